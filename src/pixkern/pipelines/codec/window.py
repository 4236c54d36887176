"""Parts of an image, and the tiles that they depend on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .layer import Layer

# How many coefficients of the coarsest level away, at most, a coefficient of any level changes pixels. The filters of a
# level l reach 4 (cdf97) and 2 (cdf53) pixels of that level from a high coefficient, and those of finer levels 3 and 1.
_REACH = {"haar": 0, "cdf53": 1, "cdf97": 3}


class Window(NamedTuple):
    """Rows and columns of an image."""

    rows: slice
    cols: slice

    def tiles(self, layer: Layer, reduce: int) -> tuple[tuple[int, int, int, int], Window]:
        """(first row, last row, first column, last column) of the tiles needed, and this window in their image."""
        side = 1 << (layer.tile_bits - reduce)
        margin = _REACH[layer.wavelet] << (layer.levels - reduce)
        top, bottom, rows = _span(self.rows, side, margin, layer.tiling.rows)
        left, right, cols = _span(self.cols, side, margin, layer.tiling.cols)
        return (top, bottom, left, right), Window(rows, cols)


def whole(shape: tuple[int, int]) -> Window:
    """All of an image of that shape."""
    return Window(slice(0, shape[0]), slice(0, shape[1]))


def window(region: tuple[int, int, int, int], shape: tuple[int, int]) -> Window:
    """The window of a region (x, y, width, height), which must lie in an image of that shape."""
    try:
        x, y, width, height = region
    except (TypeError, ValueError):
        raise ValueError(f"region must be (x, y, width, height), got {region!r}") from None
    for value in (x, y, width, height):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise TypeError(f"region must be four integers (x, y, width, height), got {region!r}")
    rows, cols = shape
    if not (0 <= x < x + width <= cols and 0 <= y < y + height <= rows):
        raise ValueError(f"region {tuple(region)} is not within an image of {cols} x {rows} pixels")
    return Window(slice(y, y + height), slice(x, x + width))


def _span(part: slice, side: int, margin: int, count: int) -> tuple[int, int, slice]:
    first = max(0, part.start - margin) // side
    last = min(count - 1, (part.stop - 1 + margin) // side)
    return first, last, slice(part.start - first * side, part.stop - first * side)
