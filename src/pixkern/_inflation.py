"""Multigrid for laplace u = -4 in a mask: the order of sweeps, and the planes they work on."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from . import _threads
from ._native import inflation as _cpu

RESIDUAL = 0.008  # of 4: u within 1/500 of itself, its root within 1/1000
ROUNDING = 2.0**-20  # of the largest u: what rounding it to float32 leaves in a sum of five
MOST_CYCLES = 200  # smooth shapes take 4, the worst of the tests' 40
_OMEGA = (0.5617019, 1.3895387)  # OMEGA in kernels/maths/inflation.h
_U, _OTHER_U, _RESIDUAL, _LOAD = range(4)  # planes of struct Cells in kernels/cpu/inflation_planes.h
_PLANES = 8
OUTLINE = 8  # planes: edges to the outside in four directions, and their distances
_NOTHING = -1  # in place of a plane: zeros


class Level:
    """The planes of a coarse level."""

    def __init__(self, rows: int, cols: int, side: int, arrays: Any = np) -> None:
        self.rows, self.cols, self.side = rows, cols, side
        self.planes = arrays.zeros((_PLANES, rows + 2, cols + 2), np.float32)


def heights(height: Any, steps: Any) -> None:
    """Fill `height` with sqrt(u), by the `steps` of a backend."""
    levels = steps.levels()
    u, other = steps.pixel_planes()
    below = levels[0]
    steps.correct(u, below, _solved(levels, steps), True)
    bound = RESIDUAL + ROUNDING * float(u.max())
    for cycle in itertools.count():
        steps.sweep(u, other, _OMEGA[0])
        steps.sweep(other, u, _OMEGA[1])
        if steps.restrict(u, below) <= bound:
            break
        if cycle == MOST_CYCLES:
            raise ArithmeticError(f"the residual is not below {bound:g} after {MOST_CYCLES} cycles")
        steps.correct(u, below, _cycle(levels, 0, _RESIDUAL, _NOTHING, steps), False)
        steps.sweep(u, other, _OMEGA[1])
        steps.sweep(other, u, _OMEGA[0])
    steps.finish(u, height)


def _solved(levels: list[Level], steps: Any) -> int:
    """The whole problem on the coarse levels, from the coarsest up; the plane of the first one that has it."""
    plane = _cycle(levels, len(levels) - 1, _LOAD, _NOTHING, steps)
    for number in reversed(range(len(levels) - 1)):
        steps.correct_cells(levels[number], _U, levels[number + 1], plane, True)
        plane = _cycle(levels, number, _LOAD, _U, steps)
    return plane


def _cycle(levels: list[Level], number: int, load: int, start: int, steps: Any) -> int:
    """One V-cycle from a level down; the plane that has the result."""
    level = levels[number]
    if number + 1 == len(levels):  # one cell
        steps.sweep_cells(level, load, _NOTHING, _U, 1.0)
        return _U
    first, second = (_OTHER_U, _U) if start == _U else (_U, _OTHER_U)
    steps.sweep_cells(level, load, start, first, _OMEGA[0])
    steps.sweep_cells(level, load, first, second, _OMEGA[1])
    steps.restrict_cells(level, load, second, levels[number + 1])
    steps.correct_cells(
        level, second, levels[number + 1], _cycle(levels, number + 1, _RESIDUAL, _NOTHING, steps), False
    )
    steps.sweep_cells(level, load, second, first, _OMEGA[1])
    steps.sweep_cells(level, load, first, second, _OMEGA[0])
    return second


class OnCpu:
    """The steps as loops over ranges of rows, split over threads."""

    def __init__(self, inside: np.ndarray, free: int, threads: int | None) -> None:
        self._inside, self._free, self._threads = inside, free, threads

    def levels(self) -> list[Level]:
        """Every coarse level's equations, down to one cell."""
        (rows, cols), side = self._inside.shape, 1
        levels: list[Level] = []
        outline: Any = None
        while rows > 1 or cols > 1 or not levels:
            rows, cols, side = -(-rows // 2), -(-cols // 2), 2 * side
            levels.append(Level(rows, cols, side))
            outline = self._merged(levels, outline)
        return levels

    def _merged(self, levels: list[Level], outline: Any) -> np.ndarray:
        """Fill the last level from the one before it and its outline; the new outline."""
        level = levels[-1]
        edges = np.zeros((OUTLINE, level.rows + 2, level.cols + 2), np.float32)

        def merge(begin: int, end: int) -> None:
            if outline is None:
                _cpu.merge(self._inside, self._free, level.planes, edges, begin, end)
            else:
                above = levels[-2]
                _cpu.merge_cells(above.planes, outline, above.side, level.planes, edges, begin, end)

        self._split(level, merge, 4)
        self._split(level, lambda begin, end: _cpu.close_cells(level.planes, edges, begin, end))
        return edges

    def pixel_planes(self) -> tuple[np.ndarray, np.ndarray]:
        rows, cols = self._inside.shape
        planes = np.zeros((2, rows + 2, cols + 2), np.float32)
        return planes[0], planes[1]

    def sweep(self, u: np.ndarray, to: np.ndarray, omega: float) -> None:
        self._rows(lambda a, b: _cpu.sweep(self._inside, self._free, u, to, omega, a, b))

    def restrict(self, u: np.ndarray, below: Level) -> float:
        worst: list[float] = []
        self._split(below, lambda a, b: worst.append(_cpu.restrict(self._inside, self._free, u, below.planes, a, b)), 4)
        return max(worst)

    def correct(self, u: np.ndarray, below: Level, source: int, start: bool) -> None:
        self._rows(lambda a, b: _cpu.correct(self._inside, self._free, u, below.planes, source, start, a, b))

    def finish(self, u: np.ndarray, height: np.ndarray) -> None:
        self._rows(lambda a, b: _cpu.finish(self._inside, u, height, a, b))

    def sweep_cells(self, level: Level, load: int, source: int, to: int, omega: float) -> None:
        self._split(level, lambda a, b: _cpu.sweep_cells(level.planes, load, source, to, omega, a, b))

    def restrict_cells(self, level: Level, load: int, source: int, below: Level) -> None:
        self._split(below, lambda a, b: _cpu.restrict_cells(level.planes, load, source, below.planes, a, b), 4)

    def correct_cells(self, level: Level, to: int, below: Level, source: int, start: bool) -> None:
        self._split(level, lambda a, b: _cpu.correct_cells(level.planes, to, below.planes, source, start, a, b))

    def _rows(self, work: Any) -> None:
        rows, cols = self._inside.shape
        _threads.split(work, rows, elements=rows * cols, threads=self._threads)

    def _split(self, level: Level, work: Any, each: int = 1) -> None:
        _threads.split(work, level.rows, elements=each * level.rows * level.cols, threads=self._threads)
