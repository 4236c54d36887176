"""The lines of many grids as kernels read them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check

Mesh = tuple[Any, Any]
_MOST_CELLS = 2**28  # of a mesh, so that its sums fit


@dataclass(frozen=True)
class Lines:
    """The lines of many grids, one after another, and the place of the first of each."""

    x: np.ndarray
    first_x: np.ndarray
    y: np.ndarray
    first_y: np.ndarray

    @classmethod
    def of(cls, meshes: Iterable[Mesh], size: tuple[int, int]) -> Lines:
        pairs = list(meshes)
        for pair in pairs:
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise ValueError(f"meshes must be pairs (lines_x, lines_y), got {pair!r}")
        x, first_x = joined([pair[0] for pair in pairs], "lines_x", size[0])
        y, first_y = joined([pair[1] for pair in pairs], "lines_y", size[1])
        lines = cls(x, first_x, y, first_y)
        if len(pairs) and int(lines.cells.max()) > _MOST_CELLS:
            raise ValueError("a mesh must have at most 2**28 cells")
        return lines

    @property
    def widths(self) -> np.ndarray:
        """How many columns of cells each grid has."""
        return self.first_x[1:] - self.first_x[:-1] - 1

    @property
    def cells(self) -> np.ndarray:
        return self.widths * (self.first_y[1:] - self.first_y[:-1] - 1)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.x, self.first_x, self.y, self.first_y


def joined(parts: list[Any], name: str, length: int) -> tuple[np.ndarray, np.ndarray]:
    """All lines as one array, and where each part begins and the last one ends."""
    for part in parts:
        _check.not_masked(part, name)
    arrays = [np.asarray(part) for part in parts]
    if any(array.ndim != 1 or len(array) < 2 for array in arrays):
        wrong = next(array.shape for array in arrays if array.ndim != 1 or len(array) < 2)
        raise ValueError(f"{name} must be two numbers or more along one axis, got shape {wrong}")
    if any(array.dtype.kind not in "iuf" for array in arrays):
        raise TypeError(f"{name} must be numbers, got {next(a.dtype for a in arrays if a.dtype.kind not in 'iuf')}")
    first = np.array(list(itertools.accumulate(map(len, arrays), initial=0)), np.int64)
    if not arrays:
        return np.empty(0), first
    joined = np.concatenate(arrays).astype(np.float64)
    rising = joined[1:] > joined[:-1]
    rising[first[1:-1] - 1] = True
    if not (rising.all() and (joined[first[:-1]] >= 0).all() and (joined[first[1:] - 1] <= length).all()):
        raise ValueError(f"{name} must be finite and increase from 0 or more to {length} or less")
    return joined, first
