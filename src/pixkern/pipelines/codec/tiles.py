"""Cut a batch of images into blocks of bounded size that overlap by a halo, so that no seam is left.

A model whose answer at a place depends on at most `halo` places around it gives the same answer there when it sees
only those: blocks are read with their halo, and only their own part is kept. At the border of the image there is no
halo to read, and the model sees its border as it would in the whole image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Span:
    """A range to keep, [begin, end), and the range to read for it, [first, last), on one axis."""

    begin: int
    end: int
    first: int
    last: int

    @property
    def kept(self) -> slice:
        """What to keep, seen from the beginning of what was read."""
        return slice(self.begin - self.first, self.end - self.first)

    def scaled(self, factor: int) -> Span:
        """The same range on an axis that is `factor` times as fine."""
        return Span(self.begin * factor, self.end * factor, self.first * factor, self.last * factor)


def spans(length: int, tile: int, halo: int) -> list[Span]:
    """Ranges of nearly equal lengths of at most `tile` that cover range(length)."""
    count = -(-length // tile)
    edges = [length * part // count for part in range(count + 1)]
    return [Span(a, b, max(0, a - halo), min(length, b + halo)) for a, b in pairwise(edges)]


def blocks(
    batch: int, rows: int, cols: int, *, tile: int, halo: int, images: int | None = None
) -> Iterator[tuple[slice, Span, Span]]:
    """Blocks of (images, rows, cols): `images` at once, or as many as fit into tile * tile places."""
    down, across = spans(rows, tile, halo), spans(cols, tile, halo)
    places = max(span.end - span.begin for span in down) * max(span.end - span.begin for span in across)
    count = images or max(1, tile * tile // places)
    for first in range(0, batch, count):
        for vertical in down:
            for horizontal in across:
                yield slice(first, min(batch, first + count)), vertical, horizontal
