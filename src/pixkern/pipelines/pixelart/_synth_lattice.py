"""The lines between cells: evenly apart, drifting or jittered, and where the picture is cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._synth_random import Draws
from ._synth_recipe import Region


@dataclass(frozen=True, eq=False)
class Lattice:
    """Cells of one pitch, and the part of the picture they make up.

    Attributes
    ----------
    cell : (x, y)
        Mean pitch in pixels.
    lines_x, lines_y : ndarray, float64
        Boundaries of the cells in pixels of the picture, increasing, one more than cells; the first is at most 0, the
        last at least the picture's length (at the edges of the region, where the lattice is that of a region).
    share : float
        Of the picture's pixels, 0 to 1.
    """

    cell: tuple[float, float]
    lines_x: np.ndarray
    lines_y: np.ndarray
    share: float

    @property
    def offset(self) -> tuple[float, float]:
        """The second line modulo the pitch, per axis: the first inner one."""
        return float(self.lines_x[1] % self.cell[0]), float(self.lines_y[1] % self.cell[1])

    def record(self) -> dict[str, Any]:
        """All of it, as JSON knows it."""
        return {
            "cell": list(self.cell),
            "offset": list(self.offset),
            "lines_x": self.lines_x.tolist(),
            "lines_y": self.lines_y.tolist(),
            "share": self.share,
        }


def drawn_lines(cells: int, pitch: float, *, cut: float, jitter: float, drift: float, draws: Draws) -> np.ndarray:
    """Lines of so many cells, the first of them `cut` cells before the picture begins."""
    pitches = np.full(cells, pitch)
    if drift:
        periods, start = draws.uniform(0.5, 2), draws.uniform()
        pitches *= 1 + drift * wave(np.arange(cells) / cells * periods + start)
        pitches *= pitch * cells / pitches.sum()
    lines = np.concatenate([[0], np.cumsum(pitches)])
    if jitter and cells > 1:
        moves = draws.normals(cells - 1).astype(np.float64) * (jitter * pitch)
        lines[1:-1] += np.clip(moves, -pitch / 4, pitch / 4)
    return lines - cut * pitch


def wave(turns: np.ndarray) -> np.ndarray:
    """A sine within 0.002, of arithmetic alone: 16 u (1 - u) / (5 - 4 u (1 - u)), Bhaskara I, 7th century."""
    halves = 2 * (turns - np.floor(turns))
    u = halves - np.floor(halves)
    parabola = u * (1 - u)
    return np.where(halves < 1, 1, -1) * 16 * parabola / (5 - 4 * parabola)


def region_lines(region: Region, cell: tuple[float, float], size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Lines that cover the box of a region in a picture of this size."""
    lines = []
    for axis in (0, 1):
        begin, end = (region.box[axis + side] * size[axis] for side in (0, 2))
        pitch = region.ratio[axis] * cell[axis]
        first = begin - region.phase[axis] * pitch
        lines.append(first + pitch * np.arange(int(np.ceil((end - first) / pitch)) + 1))
    return lines[0], lines[1]
