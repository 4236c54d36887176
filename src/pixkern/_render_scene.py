"""What a rendering is of: the checked arguments of `render` and `variance` as the arrays that kernels read."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check
from ._native import render as _cpu
from ._offset_law import _checked, law_thresholds
from ._spline_pyramid import SplinePyramid

_MOST_NOISE = 1e6
_SMALLEST_CELL = 2.0**-20  # of a pixel: the names of cells stay below 2^51
_MOST_FLOATS = 2**31 - 1  # of the rows that one output row can take its lookups from: kernels count them in 32 bits

Roi = tuple[int, int, int, int]


@dataclass(frozen=True)
class Places:
    """Where the outputs of one axis lie: in the image, and in each level as `kernels/maths/bspline.h` says."""

    positions: np.ndarray  # (n,) float64
    first: np.ndarray  # (levels + 1, n) int32
    taps: np.ndarray  # (levels + 1, 3, n) int16
    weights: np.ndarray  # (levels + 1, 4, n) float32


@dataclass(frozen=True)
class Law:
    """The law of offsets as kernels read it."""

    thresholds: np.ndarray  # (max(reach, 1),) int16
    kappa: np.ndarray  # (2 reach + 1,) float32

    @property
    def reach(self) -> int:
        """The largest offset."""
        return len(self.kappa) // 2


@dataclass(frozen=True)
class Scene:
    """A pyramid seen through a window by a grid of outputs, with its gains and its law of offsets."""

    pyramid: SplinePyramid
    roi: Roi
    rows: Places
    cols: Places
    gains: np.ndarray  # (levels,) float32
    law: Law

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape of the result: axes as the image has."""
        return (self.roi[3], self.roi[2], *self.pyramid.shape[2:])

    @property
    def gains_or_none(self) -> np.ndarray:
        """The gains in an array that has an address where there are no levels, too."""
        return self.gains if len(self.gains) else np.zeros(1, np.float32)

    def cells(self, block: int, cell: float | None) -> tuple[np.ndarray, np.ndarray]:
        """Names of the cells whose outputs share draws, of rows (int64) and of columns (int64)."""
        if cell is None:
            x, y, width, height = self.roi
            return np.arange(y, y + height) // block, np.arange(x, x + width) // block
        rows, cols = (np.floor(places.positions / cell).astype(np.int64) for places in (self.rows, self.cols))
        return rows, cols


def scene(
    pyramid: Any, size: Any, patch_size: int, jitter: float, gains: Sequence[float] | None, roi: Any, window: Any
) -> Scene:
    """Check what `render` and `variance` have in common."""
    if not isinstance(pyramid, SplinePyramid):
        raise TypeError(f"pyramid must be a SplinePyramid, as spline_pyramid makes it, got {type(pyramid).__name__}")
    law = _law(*_checked(patch_size, jitter))
    width, height = pyramid.size if size is None else _check.size(size)
    part = (0, 0, width, height) if roi is None else _roi(roi, width, height)
    _check.shape((part[3], part[2], pyramid.channels), 4, "size: a result")  # before tables of its rows and columns
    left, top, right, bottom = _window(window, pyramid.size)
    if (2 * law.reach + 5) * (pyramid.size[0] + 4) > _MOST_FLOATS:
        raise ValueError(f"an image {pyramid.size[0]} pixels wide needs a smaller jitter or patch_size")
    return Scene(
        pyramid,
        part,
        _places(top, bottom, height, part[1], part[3], pyramid.levels),
        _places(left, right, width, part[0], part[2], pyramid.levels),
        _gains(gains, pyramid.levels),
        law,
    )


def _law(patch_size: int, jitter: float) -> Law:
    thresholds = law_thresholds(patch_size, jitter)
    edges = np.array([0, *thresholds, 32768])
    one_side = np.diff(edges)[1:]
    weights = np.concatenate([one_side[::-1], [2 * edges[1]], one_side])
    return Law(np.array(thresholds or (0,), np.int16), (weights / 65536).astype(np.float32))


def _places(begin: float, end: float, count: int, first: int, number: int, levels: int) -> Places:
    steps = np.arange(first, first + number, dtype=np.float64)
    positions = np.minimum(begin + steps * (end - begin) / max(count - 1, 1), end)
    places = Places(
        positions,
        np.empty((levels + 1, number), np.int32),
        np.empty((levels + 1, 3, number), np.int16),
        np.empty((levels + 1, 4, number), np.float32),
    )
    _cpu.locate(positions, levels, places.first, places.taps, places.weights)
    return places


def _roi(roi: Any, width: int, height: int) -> Roi:
    try:
        x, y, across, down = (operator.index(value) for value in roi)
    except (TypeError, ValueError):
        raise TypeError(f"roi must be four integers (x, y, width, height), got {roi!r}") from None
    if min(x, y) < 0 or min(across, down) < 1 or x + across > width or y + down > height:
        raise ValueError(f"roi (x, y, width, height) must lie within the size ({width}, {height}), got {roi!r}")
    return x, y, across, down


def _window(window: Any, size: tuple[int, int]) -> tuple[float, float, float, float]:
    right, bottom = size[0] - 1.0, size[1] - 1.0
    if window is None:
        return 0.0, 0.0, right, bottom
    corners = _check.finite(window, "window")
    if corners.shape != (4,):
        raise ValueError(f"window must be (x0, y0, x1, y1) in pixels of the image, got {window!r}")
    x0, y0, x1, y1 = map(float, corners)
    if not (0 <= x0 <= x1 <= right and 0 <= y0 <= y1 <= bottom):
        raise ValueError(f"window (x0, y0, x1, y1) must lie within (0, 0, {right:.0f}, {bottom:.0f}), got {window!r}")
    return x0, y0, x1, y1


def _gains(gains: Sequence[float] | None, levels: int) -> np.ndarray:
    if gains is None:
        return np.ones(levels, np.float32)
    values = _check.finite(gains, "gains")
    if values.shape != (levels,):
        raise ValueError(f"gains needs one number for each of {levels} levels, finest first, got {gains!r}")
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if not np.isfinite(narrow).all():
        raise ValueError(f"gains must be within the range of float32, got {gains!r}")
    return narrow


def count(value: Any, name: str, least: int, most: int) -> int:
    """An integer in a range."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    number = operator.index(value)
    if not least <= number <= most:
        raise ValueError(f"{name} must be {least} to {most}, got {number}")
    return number


def strength(value: Any) -> float:
    """A `noise_strength`."""
    number = _number(value, "noise_strength")
    if not 0 <= number <= _MOST_NOISE:
        raise ValueError(f"noise_strength must be 0 to {_MOST_NOISE:.0f}, got {value}")
    return number


def cell_side(value: Any, block: int) -> float | None:
    """A `cell`, or None where `block` says which outputs share draws."""
    if value is None:
        return None
    if block != 1:
        raise ValueError("pass block (in output pixels) or cell (in pixels of the image), not both")
    number = _number(value, "cell")
    if number < _SMALLEST_CELL:
        raise ValueError(f"cell must be at least 2**-20 pixels, got {value}")
    return number


def _number(value: Any, name: str) -> float:
    number = _check.finite(value, name)
    if number.ndim:
        raise TypeError(f"{name} must be a number, got {value!r}")
    return float(number)


def is_infinite(samples: Any) -> bool:
    """Whether the expectation is asked for."""
    return isinstance(samples, float | np.floating) and samples == math.inf
