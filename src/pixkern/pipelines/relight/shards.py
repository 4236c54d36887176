"""Samples in tar files by the conventions of WebDataset: the same samples make the same bytes.

A sample is the run of members whose names agree up to the first dot: "anna.input.png", "anna.json". So a sample's name
may hold neither dots nor slashes, and what stands before the dot is its name with everything but letters, digits, "_"
and "-" as %XX, the bytes in UTF-8, as in the address of a web page.

Headers hold nothing of the machine or the day. Format: POSIX.1-2001 (pax), which the standard's earlier ustar readers
read too, but for names that are long or not ASCII.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from .photos import Share

__all__ = ["FOLDER", "ShardWriter", "cut", "escaped", "name_of", "unescaped"]

FOLDER = "shards"
"""The folder of the shards in that of the data set."""


def escaped(sample: str) -> str:
    """A sample's name as the members of a shard begin.

    Examples
    --------
    >>> from pixkern.pipelines.relight.shards import escaped, unescaped
    >>> escaped("day 1/anna.raw_0")
    'day%201%2Fanna%2Eraw_0'
    >>> unescaped(escaped("day 1/anna.raw_0"))
    'day 1/anna.raw_0'
    """
    return "".join(
        letter if letter.isalnum() or letter in "_-" else "".join(f"%{byte:02X}" for byte in os.fsencode(letter))
        for letter in sample
    )


def unescaped(name: str) -> str:
    """The sample's name again: the inverse of `escaped`."""
    return os.fsdecode(unquote_to_bytes(name))


def cut(shares: Sequence[Share], size: int) -> Iterator[tuple[Share, ...]]:
    """Shards of `size` samples each, the last one smaller: a photo's variants may lie in two of them."""
    shard: list[Share] = []
    room = size
    for share in shares:
        left = share.variants
        while left:
            shard.append(replace(share, variants=left[:room]))
            room -= len(shard[-1].variants)
            left = left[len(shard[-1].variants) :]
            if not room:
                yield tuple(shard)
                shard, room = [], size
    if shard:
        yield tuple(shard)


def name_of(number: int) -> str:
    """What a shard is called, without suffix."""
    return f"shard-{number:06d}"


class ShardWriter:
    """A tar file that grows sample by sample.

    Parameters
    ----------
    file : binary file
        Open for writing; it stays open.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.TarFile(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, sample: str, parts: Mapping[str, bytes]) -> dict[str, str]:
        """Write the parts of a sample, by what stands behind the dot; the names of the members."""
        members = {part: f"{escaped(sample)}.{part}" for part in sorted(parts)}
        for part, name in members.items():
            header = tarfile.TarInfo(name)  # mode 644, and zeros and "" for time and owner
            header.size = len(parts[part])
            self._tar.addfile(header, io.BytesIO(parts[part]))
        return members

    def close(self) -> None:
        """Write the end of the archive."""
        self._tar.close()
