"""The cells along one axis in whole pixels: which pixels are whose, which are of the core, and how much each counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check


@dataclass(frozen=True)
class CellAxis:
    """n cells over `length` pixels, as kernels/cpu/cells.cpp reads them."""

    edges: np.ndarray
    """(n + 1,): pixel x is of cell b if ``edges[b] <= x < edges[b + 1]``."""
    core: np.ndarray
    """(n,): the first pixel of the core."""
    core_end: np.ndarray
    """(n,): the pixel behind its last."""
    middle: np.ndarray
    """(n,): the pixel in the middle."""
    place: np.ndarray
    """(length,) float32: the weight (1 - u^2)^2 of a pixel by its place u in the cell."""

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.edges) - 1

    @property
    def core_size(self) -> np.ndarray:
        """(n,): pixels of the core."""
        return self.core_end - self.core

    @property
    def whole(self) -> np.ndarray:
        """Everything in whole pixels as one int32 array."""
        return np.concatenate([self.edges, self.core, self.core_end, self.middle]).astype(np.int32)

    @property
    def places(self) -> np.ndarray:
        """(2, length) float32: the weights, and their eighth powers."""
        second = self.place * self.place
        fourth = second * second
        return np.stack([self.place, fourth * fourth])


def cell_axis(lines: Any, length: int, name: str) -> CellAxis:
    """The cells between `lines`, after checking them.

    A pixel belongs to the cell that its centre is in, but every cell has a pixel at least: lines that are closer than
    pixels are moved apart, as little as that takes, from the left and then from the right.
    """
    at = _lines(lines, length, name)
    count = len(at) - 1
    steps = np.arange(count + 1)
    edges = np.ceil(at - 0.5).astype(np.int64)  # the first pixel whose centre is not before the line
    edges[0], edges[-1] = 0, length
    edges = np.maximum.accumulate(edges - steps) + steps
    edges = np.minimum(edges, length - (count - steps))
    first, last = edges[:-1], edges[1:] - 1
    widths, centres = np.diff(at), (at[:-1] + at[1:]) / 2
    middle = np.clip(np.floor(centres).astype(np.int64), first, last)
    quarter = widths / 4
    core = np.clip(np.floor(at[:-1] + quarter - 0.5).astype(np.int64) + 1, first, middle)
    core_end = np.clip(np.ceil(at[1:] - quarter - 0.5).astype(np.int64), middle + 1, last + 1)
    whose = np.repeat(np.arange(count), np.diff(edges))
    u = (np.arange(length) + 0.5 - centres[whose]) / ((widths[whose] + 0.5) / 2)
    rest = 1 - np.minimum(u * u, _FARTHEST)
    return CellAxis(edges, core, core_end, middle, (rest * rest).astype(np.float32))


_FARTHEST = 0.9  # of u^2: the eighth power of the weight, squared, is 1e-32, which float32 holds in full


def _lines(lines: Any, length: int, name: str) -> np.ndarray:
    at = _check.finite(lines, name)
    if at.ndim != 1 or len(at) < 2:
        raise ValueError(f"{name} must be 2 or more positions along an axis, got shape {at.shape}")
    if not (np.diff(at) > 0).all():
        raise ValueError(f"{name} must increase, which they do not at {int(np.argmin(np.diff(at) > 0))}")
    if at[0] != 0 or at[-1] != length:
        raise ValueError(f"{name} must go from 0 to the picture's {length} pixels, got {at[0]:g} to {at[-1]:g}")
    if len(at) - 1 > length:
        raise ValueError(f"{name} make {len(at) - 1} cells of {length} pixels; a cell needs a pixel at least")
    return at
