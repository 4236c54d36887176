"""A sprite at its true resolution, the grid it was read from, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ._detection import Alternative, Found, Status
from ._options import Options, number
from .grid import Grid
from .pictures import preview

if TYPE_CHECKING:
    from .restorer import Restorer

_OF_COLOURS = {"border", "colour", "colours", "palette", "dither", "alpha", "background"}


@dataclass(frozen=True, eq=False)
class Difference:
    """How far a picture is from its sprite painted back on the grid.

    A pixel differs when any channel is off by more than 32. The core of a cell is what is further than a quarter of the
    cell from its lines, the halo the rest.

    Attributes
    ----------
    total, core, halo : float
        Percent of all pixels, of those of cores, of those of halos.
    cells : (h, w) float32
        The share of each cell's core pixels that differ, 0 to 1.
    """

    total: float
    core: float
    halo: float
    cells: np.ndarray


@dataclass(frozen=True)
class Warned:
    """Something that a user should know: `code` is "native", "small_cells", "low_confidence" or "degenerate"."""

    code: str
    message: str


@dataclass(frozen=True, eq=False)
class Restoration:
    """What `restore` found.

    Attributes
    ----------
    sprite : (h, w) or (h, w, C) uint8
        One pixel per cell; RGBA where the picture is, or where a background was removed.
    image : (H, W) or (H, W, C) uint8
        The picture.
    grid : Grid
        Where the cells are.
    difference : Difference
        Of the picture from the sprite painted back, in the colours of the cells before palettes and backgrounds.
    confidence : float
        0 to 1: how probable it is that `size` is right.
    status : {"restored", "native", "forced", "degenerate"}
        "native": the picture is at its true resolution and came back as it is. "forced": `cell`, `offset` or `size`
        were given. "degenerate": there is nothing to see, the picture came back.
    alternatives : tuple of Alternative
        What else it might have been, likeliest first, the chosen grid among them; the grids of half and twice the cell
        always, where the picture has room for them.
    warnings : tuple of Warned
    palette : (n, C) uint8, or None
        The sprite's colours, the most frequent first, if they were reduced.
    background : (C,) uint8, or None
        The colour that was made transparent.
    seconds : float
        What it took.
    options : Options
        What was asked for.
    """

    sprite: np.ndarray
    image: np.ndarray
    grid: Grid
    difference: Difference
    confidence: float
    status: Status
    alternatives: tuple[Alternative, ...]
    warnings: tuple[Warned, ...]
    palette: np.ndarray | None
    background: np.ndarray | None
    seconds: float
    options: Options
    _restorer: Restorer = field(repr=False)
    _found: Found = field(repr=False)
    """The grid with the cells that the border cuts, also where these were dropped."""

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell in pixels."""
        return self.grid.cell

    @property
    def offset(self) -> tuple[float, float]:
        """Where the first interior line of each axis is, modulo the cell."""
        return self.grid.offset

    @property
    def lines(self) -> tuple[np.ndarray, np.ndarray]:
        """The boundaries of columns and rows, in pixels."""
        return self.grid.lines_x, self.grid.lines_y

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sprite."""
        return self.grid.size

    def again(self, **changes: Any) -> Restoration:
        """The same picture under other options, from what is known of it already: milliseconds.

        Parameters
        ----------
        **changes
            Options of `restore`. Those of colours and borders leave the grid as it is, also one that was moved or
            chosen; any other looks for a grid again.

        Raises
        ------
        TypeError, ValueError
            As `restore`.
        """
        found = self._found if _OF_COLOURS.issuperset(changes) else None
        return self._restorer.restore(self.options.changed(**changes), found=found)

    def half(self) -> Restoration:
        """With cells of half the size."""
        return self.again(cell=tuple(max(1.0, side / 2) for side in self.cell), offset=None, size=None)

    def double(self) -> Restoration:
        """With cells of twice the size."""
        return self.again(cell=tuple(side * 2 for side in self.cell), offset=None, size=None)

    def nudge(self, dx: float, dy: float) -> Restoration:
        """With the lines moved by (dx, dy) pixels, at most a cell."""
        steps = zip((dx, dy), ("dx", "dy"), self.cell, strict=True)
        x, y = (number(step, name, -side, side) for step, name, side in steps)
        return self._restorer.on_grid(self._found.grid.moved(x, y), self)

    def choose(self, index: int) -> Restoration:
        """On the grid of one of the alternatives."""
        return self._restorer.on_grid(self.alternatives[index].grid, self)

    def upscaled(self, scale: int) -> np.ndarray:
        """The sprite, every pixel a square of `scale` pixels a side."""
        return preview(self.sprite, scale)
