"""The steps of inflation as launches, one thread a pixel or cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._cuda import kernel
from ._inflation import OUTLINE, Level


class OnCuda:
    """As `pixkern._inflation.OnCpu`."""

    def __init__(self, inside: Any, free: int) -> None:
        import cupy

        self._arrays = cupy
        self._inside, self._free = inside, free
        rows, cols = inside.shape
        self._image = (inside, *map(np.int64, (inside.strides[0], rows, cols)), np.int32(free))
        self._pixels = rows * cols

    def levels(self) -> list[Level]:
        """Every coarse level's equations, down to one cell."""
        (rows, cols), side = self._inside.shape, 1
        levels: list[Level] = []
        outline: Any = None
        while rows > 1 or cols > 1 or not levels:
            rows, cols, side = -(-rows // 2), -(-cols // 2), 2 * side
            level = Level(rows, cols, side, self._arrays)
            edges = self._arrays.zeros((OUTLINE, rows + 2, cols + 2), np.float32)
            if outline is None:
                _launch("merge", rows * cols, *self._image, *_cells(level), edges)
            else:
                above = levels[-1]
                _launch(
                    "merge_cells", rows * cols, *_cells(above), outline, np.float32(above.side), *_cells(level), edges
                )
            _launch("close_cells", rows * cols, *_cells(level), edges)
            levels.append(level)
            outline = edges
        return levels

    def pixel_planes(self) -> tuple[Any, Any]:
        rows, cols = self._inside.shape
        planes = self._arrays.zeros((2, rows + 2, cols + 2), np.float32)
        return planes[0], planes[1]

    def sweep(self, u: Any, to: Any, omega: float) -> None:
        _launch("sweep", self._pixels, *self._image, u, to, np.float32(omega))

    def restrict(self, u: Any, below: Level) -> float:
        """The largest |residual| of each cell's pixels goes to a plane that is free then, the largest of all here."""
        _launch("restrict", below.rows * below.cols, *self._image, u, *_cells(below))
        return float(below.planes[0, 1:-1, 1:-1].max())

    def correct(self, u: Any, below: Level, source: int, start: bool) -> None:
        _launch("correct", self._pixels, *self._image, u, *_cells(below), np.int32(source), np.int32(start))

    def finish(self, u: Any, height: Any) -> None:
        row = np.int64(height.strides[0] // height.itemsize)
        _launch("finish", self._pixels, *self._image, u, height, row)

    def sweep_cells(self, level: Level, load: int, source: int, to: int, omega: float) -> None:
        planes = map(np.int32, (load, source, to))
        _launch("sweep_cells", level.rows * level.cols, *_cells(level), *planes, np.float32(omega))

    def restrict_cells(self, level: Level, load: int, source: int, below: Level) -> None:
        planes = map(np.int32, (load, source))
        _launch("restrict_cells", below.rows * below.cols, *_cells(level), *planes, *_cells(below))

    def correct_cells(self, level: Level, to: int, below: Level, source: int, start: bool) -> None:
        numbers = (np.int32(source), np.int32(start))
        _launch("correct_cells", level.rows * level.cols, *_cells(level), np.int32(to), *_cells(below), *numbers)


def _cells(level: Level) -> tuple[Any, ...]:
    return level.planes, np.int64(level.rows), np.int64(level.cols)


def _launch(name: str, count: int, *arguments: Any) -> None:
    kernel("inflation", name)((-(-count // 256),), (256,), arguments)
