"""Which cell each pixel of a picture belongs to, and a value for each cell painted on its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pixkern._cell_axis import cell_axis

if TYPE_CHECKING:
    from .grid import Grid

OUTSIDE = -1
"""The cell of a pixel beyond the first or the last line: one whose cell the border cuts, and that was dropped."""


class Pixels(NamedTuple):
    """The pixels along one axis."""

    cell: np.ndarray
    """(length,): the cell of each, or `OUTSIDE`."""
    core: np.ndarray
    """(length,) bool: whether it is of the core of its cell, of a dropped one too."""


def pixels_of(lines: np.ndarray, length: int, name: str) -> Pixels:
    """The cell of each of `length` pixels, as `pixkern.gridscore.cell_colours` has it; lines may leave out the ends."""
    before, after = int(lines[0] > 0), int(lines[-1] < length)
    whole = np.concatenate([[0.0] * before, lines, [float(length)] * after])
    axis = cell_axis(whole, length, name)
    cell = np.repeat(np.arange(axis.cells), np.diff(axis.edges))
    pixels = np.arange(length)
    core = (pixels >= axis.core[cell]) & (pixels < axis.core_end[cell])
    cell = cell - before
    cell[cell >= len(lines) - 1] = OUTSIDE
    return Pixels(cell, core)


def paint(cells: np.ndarray, down: Pixels, across: Pixels) -> np.ndarray:
    """Each cell's value on its pixels, and zeros outside."""
    painted: np.ndarray = cells[down.cell][:, across.cell]
    painted[down.cell == OUTSIDE] = 0
    painted[:, across.cell == OUTSIDE] = 0
    return painted


def along(grid: Grid, size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """The pixels down and across a picture of `size` (width, height).

    Raises
    ------
    ValueError
        The grid is of another picture: its lines reach beyond this one, or leave out a cell or more at an end.
    """
    for lines, length, cell in zip((grid.lines_x, grid.lines_y), size, grid.cell, strict=True):
        if lines[0] < 0 or lines[-1] > length or max(lines[0], length - lines[-1]) >= 2 * cell:
            raise ValueError(
                f"the grid is of another picture: its lines go from {lines[0]:g} to {lines[-1]:g}, "
                f"and this one is {size[0]} x {size[1]} pixels"
            )
    return pixels_of(grid.lines_y, size[1], "lines_y"), pixels_of(grid.lines_x, size[0], "lines_x")
