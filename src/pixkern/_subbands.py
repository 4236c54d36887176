"""The subbands of a Mallat layout, and its exchange with PyWavelets' nested lists."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import _check

Orientation = Literal["LL", "HL", "LH", "HH"]

MOST_LEVELS = 10
MOST_SIDE = 2**31 - 1


@dataclass(frozen=True)
class Subband:
    """One subband of a transform and where it lies.

    Attributes
    ----------
    level : int
        1 is the finest. The band has a 2**level-th of the samples' resolution.
    orientation : {"LL", "HL", "LH", "HH"}
        What it holds of the columns, then of the rows' direction: HL is high horizontally and low vertically.
    rows, cols : slice
        Its place: ``coeffs[..., band.rows, band.cols]``. Empty where a side had one sample only.

    Examples
    --------
    >>> Subband(1, "HL", slice(0, 2), slice(3, 5)).shape
    (2, 2)
    """

    level: int
    orientation: Orientation
    rows: slice
    cols: slice

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) of the band."""
        return self.rows.stop - self.rows.start, self.cols.stop - self.cols.start


def subbands(shape: Sequence[int], levels: int) -> tuple[Subband, ...]:
    """The subbands of a transform, from coarse to fine.

    Parameters
    ----------
    shape : (H, W) or (N, H, W)
        Of what was transformed.
    levels : int
        1 to 10.

    Returns
    -------
    tuple of Subband
        LL of the last level, then HL, LH, HH of each level from the last to the first: 1 + 3 `levels` bands that
        cover the plane without overlap. A low band has ceil(n / 2) of n samples.

    Raises
    ------
    TypeError
        A side or `levels` is no integer.
    ValueError
        A side is less than 1, or `levels` is not 1 to 10.

    Examples
    --------
    >>> for band in subbands((5, 8), 1):
    ...     print(band.orientation, band.level, band.shape)
    LL 1 (3, 4)
    HL 1 (3, 4)
    LH 1 (2, 4)
    HH 1 (2, 4)
    """
    sides = level_shapes(shape, levels)
    rows, cols = sides[-1]
    bands = [Subband(len(sides) - 1, "LL", slice(0, rows), slice(0, cols))]
    for level in range(len(sides) - 1, 0, -1):
        (low_rows, low_cols), (rows, cols) = sides[level], sides[level - 1]
        upper, lower = slice(0, low_rows), slice(low_rows, rows)
        left, right = slice(0, low_cols), slice(low_cols, cols)
        bands += [
            Subband(level, "HL", upper, right),
            Subband(level, "LH", lower, left),
            Subband(level, "HH", lower, right),
        ]
    return tuple(bands)


def level_shapes(shape: Sequence[int], levels: int) -> list[tuple[int, int]]:
    """(rows, cols) of the plane and of LL after each level."""
    try:
        sides = [operator.index(side) for side in shape]
    except TypeError:
        raise TypeError(f"shape must be integers (H, W) or (N, H, W), got {shape!r}") from None
    if len(sides) not in (2, 3) or not all(1 <= side <= MOST_SIDE for side in sides):
        raise ValueError(f"shape must be (H, W) or (N, H, W) with sides from 1 to 2**31 - 1, got {tuple(shape)}")
    found = [(sides[-2], sides[-1])]
    for _ in range(checked_levels(levels)):
        found.append(((found[-1][0] + 1) // 2, (found[-1][1] + 1) // 2))
    return found


def checked_levels(levels: int) -> int:
    if isinstance(levels, bool) or not hasattr(levels, "__index__"):
        raise TypeError(f"levels must be an integer, got {type(levels).__name__}")
    if not 1 <= operator.index(levels) <= MOST_LEVELS:
        raise ValueError(f"levels must be 1 to {MOST_LEVELS}, got {levels}")
    return operator.index(levels)
