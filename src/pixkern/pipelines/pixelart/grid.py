"""A grid over a picture: the lines that bound the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LEAST = 1.0 - 1e-6  # pixels that a border cell keeps: there are never more cells than pixels


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells of a picture.

    Attributes
    ----------
    lines_x, lines_y : (cells + 1,) float64, read-only
        The boundaries of the columns and of the rows of cells in pixels, increasing; pixel x covers [x, x + 1). The
        first and the last are the picture's borders, which may cut a cell, unless cut cells were dropped.
    cell : (float, float)
        The pitch: a cell's width and height in pixels.
    score : float
        What the detection gave it: the logarithm of its odds against the other grids of the picture, up to a constant.

    Examples
    --------
    >>> grid = Grid.of(np.array([0, 5.0, 15.0, 25.0, 30.0]), np.array([0, 10.0, 20.0]))
    >>> grid.size, grid.cell, grid.offset
    ((4, 2), (10.0, 10.0), (5.0, 0.0))
    """

    lines_x: np.ndarray
    lines_y: np.ndarray
    cell: tuple[float, float]
    score: float = 0.0

    @classmethod
    def of(
        cls, lines_x: np.ndarray, lines_y: np.ndarray, pitches: tuple[float, float] | None = None, score: float = 0.0
    ) -> Grid:
        """The grid of these lines; `pitches` are taken where an axis has no whole cell between two interior lines."""
        along = [np.array(lines, np.float64) for lines in (lines_x, lines_y)]
        for lines in along:
            lines.flags.writeable = False
        given = pitches or (float(np.diff(along[0]).max()), float(np.diff(along[1]).max()))
        cell = tuple(_pitch(lines, pitch) for lines, pitch in zip(along, given, strict=True))
        return cls(along[0], along[1], (cell[0], cell[1]), score)

    def moved(self, dx: float, dy: float) -> Grid:
        """The lines moved by (dx, dy) pixels; border cells that grow beyond a cell are divided, what vanishes goes."""
        x, y = (
            _moved(lines, step, cell)
            for lines, step, cell in zip((self.lines_x, self.lines_y), (dx, dy), self.cell, strict=True)
        )
        return Grid.of(x, y, self.cell)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of cells: the size of the sprite."""
        return len(self.lines_x) - 1, len(self.lines_y) - 1

    @property
    def offset(self) -> tuple[float, float]:
        """Where the first interior line of each axis is, modulo the cell: 0 where the first cell is whole."""
        return _offset(self.lines_x, self.cell[0]), _offset(self.lines_y, self.cell[1])


def _pitch(lines: np.ndarray, given: float) -> float:
    if len(lines) > 3:
        return float((lines[-2] - lines[1]) / (len(lines) - 3))
    return float(given)


def _offset(lines: np.ndarray, cell: float) -> float:
    if len(lines) < 3:
        return 0.0
    offset = float(lines[1]) % cell
    return 0.0 if cell - offset < 1e-6 * cell else offset


def _moved(lines: np.ndarray, step: float, cell: float) -> np.ndarray:
    first, last, inner = lines[0], lines[-1], lines[1:-1] + step
    if len(inner) == 0:
        return lines
    before = np.arange(inner[0] - cell, first, -cell)[::-1]
    after = np.arange(inner[-1] + cell, last, cell)
    every = np.concatenate([before, inner, after])
    return np.concatenate([[first], every[(every > first + _LEAST) & (every < last - _LEAST)], [last]])
