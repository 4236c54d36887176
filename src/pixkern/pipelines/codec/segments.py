"""Where a tile's coefficients stand: one segment per subband and plane, coarse to fine, each with what it looks at.

The wavelet transform is of the whole image, so that there are no seams. A tile of side T, a multiple of 2**levels, owns
in every subband of level l the T / 2**l columns and rows that lie above its own pixels. What a segment looks at (its
parent, its siblings, the luma) is in the same tile, so that tiles are coded and decoded on their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LEVEL_GROUPS = 3  # levels 1, 2, and the coarser ones together have tables of their own
ROLES = 3
TABLES = ROLES * (1 + 3 * LEVEL_GROUPS)
MOST_TILE_BITS = 12  # WIDEST in kernels/cpu/coefficients.cpp
LL, HL, LH, HH = range(4)

_LEFT, _RIGHT, _TOP, _BOTTOM = 2, 6, 2, 2  # zeros around a map
_SPARE = 64


@dataclass(frozen=True)
class PlaneRole:
    """Which tables a plane uses and at which planes, coded before it, it looks."""

    role: int
    luma: int = -1
    chroma: int = -1


class Segments(NamedTuple):
    """The segments of one tile."""

    fields: np.ndarray  # (segments, 15) int64: struct Segment in kernels/cpu/coefficients.cpp
    levels: np.ndarray  # (segments,)
    orientations: np.ndarray  # (segments,) LL, HL, LH or HH
    map_bytes: int


@dataclass(frozen=True)
class Tiling:
    """The coefficients of an image in Mallat layout, cut into tiles.

    Attributes
    ----------
    height, width : int
        Of the image.
    levels : int
        Of the transform.
    side : int
        Of a tile, in pixels of the image; a multiple of ``2**levels``.
    reduce : int
        How many of the finest levels to leave out: the planes then are those of the image at 1 / 2**reduce.
    """

    height: int
    width: int
    levels: int
    side: int
    reduce: int = 0

    @property
    def rows(self) -> int:
        """How many tiles there are from top to bottom."""
        return -(-self.height // self.side)

    @property
    def cols(self) -> int:
        """How many tiles there are from left to right."""
        return -(-self.width // self.side)

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Of one plane of coefficients."""
        return -(-self.height >> self.reduce), -(-self.width >> self.reduce)

    def part(self, region: tuple[int, int, int, int], reduce: int = 0) -> Tiling:
        """The tiles (first row, last row, first column, last column), both ends included, as an image of their own."""
        top, bottom, left, right = region
        height = min(self.height, (bottom + 1) * self.side) - top * self.side
        width = min(self.width, (right + 1) * self.side) - left * self.side
        return Tiling(height, width, self.levels, self.side, reduce)

    def segments(self, index: int, roles: tuple[PlaneRole, ...]) -> Segments:
        """The segments of tile `index`, counted row by row; empty subbands have none."""
        top, left = (number * self.side for number in divmod(index, self.cols))
        fields: list[tuple[int, ...]] = []
        found: dict[tuple[int, ...], int] = {}  # (plane, level, orientation) -> segment
        position = 0
        finer = range(self.levels, self.reduce, -1)
        for level, orientation in [(self.levels, LL), *((level, o) for level in finer for o in (HL, LH, HH))]:
            row, rows = _span(self.height, level, orientation in (LH, HH), top, self.side)
            col, cols = _span(self.width, level, orientation in (HL, HH), left, self.side)
            if rows < 1 or cols < 1:
                continue
            stride = cols + _LEFT + _RIGHT
            for plane, of in enumerate(roles):
                around = (
                    (plane, level + 1, orientation) if orientation else (),
                    (plane, level, HL) if orientation in (LH, HH) else (),
                    (plane, level, LH) if orientation == HH else (),
                    (of.luma, level, orientation),
                    (of.chroma, level, orientation),
                )
                table = table_index(of.role, level, orientation)
                fields.append(
                    (
                        *(plane, row, col, rows, cols, position + _TOP * stride + _LEFT, stride, table),
                        *(found.get(key, -1) for key in around),
                        *(int(orientation == LL), 0),
                    )
                )
                position += (rows + _TOP + _BOTTOM) * stride
                found[plane, level, orientation] = len(fields) - 1
        return Segments(
            np.array(fields, np.int64),
            np.array([level for _, level, _ in found]),
            np.array([orientation for _, _, orientation in found]),
            position + _SPARE,
        )


def table_index(role: int, level: int, orientation: int) -> int:
    """Which row of frequencies and weights a segment uses."""
    band = 0 if orientation == LL else 1 + (orientation - 1) * LEVEL_GROUPS + min(level, LEVEL_GROUPS) - 1
    return role * (1 + 3 * LEVEL_GROUPS) + band


def _span(size: int, level: int, high: bool, begin: int, side: int) -> tuple[int, int]:
    """Along one side: where a tile's part of a subband stands in Mallat layout, and how long it is."""
    low = -(-size >> level)
    count = -(-size >> (level - 1)) // 2 if high else low
    first = min(begin >> level, count)
    return (low if high else 0) + first, min((begin + side) >> level, count) - first
