"""Painting cell by cell, where sides are off the lattice, cells are split or shaded, or regions have lattices."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ._synth_colours import quarters
from ._synth_fields import codes, resized, smooth_mask
from ._synth_lattice import Lattice, region_lines
from ._synth_random import Draws
from ._synth_recipe import Recipe, Region

_ROWS = 64  # of pixels, painted at a time: some 100 bytes a pixel while they are looked up


@dataclass(frozen=True, eq=False)
class _Cells:
    """What the cells of one lattice look like.

    A side between two cells may lie beside its line: shift_x (h, w + 1) and shift_y (h + 1, w), pixels.
    """

    lines_x: np.ndarray
    lines_y: np.ndarray
    parts: np.ndarray  # (h, w, 2, 2, C) float32
    slopes: np.ndarray | None  # (h, w, 2) float32, levels across the cell, x before y
    shift_x: np.ndarray
    shift_y: np.ndarray


def paint_by_cell(
    colours: np.ndarray, lines: tuple[np.ndarray, np.ndarray], size: tuple[int, int], recipe: Recipe, seed: int
) -> tuple[np.ndarray, tuple[Lattice, ...]]:
    """The picture (H, W, C) uint8, and the lattices of its regions that are to be seen."""
    scale = {"hard": 1.0, "area": 2.0}.get(recipe.edges, recipe.scale)
    painted = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    factor = painted[0] / size[0], painted[1] / size[1]
    xs, ys = ((np.arange(length) + 0.5) / by for length, by in zip(painted, factor, strict=True))
    picture = np.empty((painted[1], painted[0], colours.shape[2]), np.uint8)
    owner = np.zeros(picture.shape[:2], np.uint8)
    _paint(picture, _cells(colours, lines, recipe, seed, "main"), xs, ys)
    drawn = []
    for number, region in enumerate(recipe.regions, 1):
        local = region_lines(region, recipe.cell, size)
        middles = [(axis[:-1] + axis[1:]) / 2 for axis in local]
        columns, rows = (
            np.clip(np.searchsorted(axis, middle, side="right") - 1, 0, len(axis) - 2)
            for axis, middle in zip(lines, middles, strict=True)
        )
        cells = _cells(colours[rows[:, None], columns], local, recipe, seed, f"region {number}")
        across, down = (
            slice(int(region.box[axis] * painted[axis]), int(np.ceil(region.box[axis + 2] * painted[axis])))
            for axis in (0, 1)
        )
        shown = _in_ellipse(region, size, middles)
        _paint(picture[down, across], cells, xs[across], ys[down], shown=shown, owner=(owner[down, across], number))
        drawn.append((number, region, local))
    if recipe.melted and recipe.melt_radius:
        _melt(picture, recipe, recipe.melt_radius * recipe.cell[0] * factor[0], seed)
    others = tuple(
        Lattice((region.ratio[0] * recipe.cell[0], region.ratio[1] * recipe.cell[1]), *local, share)
        for number, region, local in drawn
        if (share := float((owner == number).mean())) > 0
    )
    return _at_size(picture, size, recipe.edges), others


def _cells(colours: np.ndarray, lines: tuple[np.ndarray, np.ndarray], recipe: Recipe, seed: int, name: str) -> _Cells:
    h, w = colours.shape[:2]
    slopes = None
    if recipe.gradient:
        slopes = Draws(seed, f"gradient {name}").normals(h, w, 2) * np.float32(recipe.gradient)
        if colours.shape[2] == 4:
            slopes *= colours[..., 3:] / np.float32(255)
    return _Cells(
        *lines,
        quarters(colours, recipe.split, Draws(seed, f"split {name}")),
        slopes,
        _shifts(h, w + 1, recipe, recipe.cell[0], Draws(seed, f"sides x {name}")),
        _shifts(w, h + 1, recipe, recipe.cell[1], Draws(seed, f"sides y {name}")).T,
    )


def _shifts(rows: int, sides: int, recipe: Recipe, pitch: float, draws: Draws) -> np.ndarray:
    """How far each side is from its line; of the outer ones nothing is seen."""
    shifts = (2 * draws.uniforms(rows, sides) - 1) * recipe.displacement * pitch
    shifts[draws.uniforms(rows, sides) >= recipe.displaced] = 0
    return shifts


def _paint(
    picture: np.ndarray,
    cells: _Cells,
    xs: np.ndarray,
    ys: np.ndarray,
    *,
    shown: np.ndarray | None = None,
    owner: tuple[np.ndarray, int] | None = None,
) -> None:
    """Paint a picture whose pixels lie at every (x, y), or only the cells that are `shown`; `owner` notes where."""
    w = cells.parts.shape[1]
    for begin in range(0, len(ys), _ROWS):
        rows = slice(begin, begin + _ROWS)
        colours, which = _looked_up(cells, xs, ys[rows])
        if shown is None or owner is None:
            picture[rows] = colours
        else:
            inside = shown[which // w, which % w]
            picture[rows][inside] = colours[inside]
            owner[0][rows][inside] = owner[1]


def _looked_up(cells: _Cells, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes at every (x, y), and which cell each is in: its row times the cells of a row, plus its column."""
    h, w, channels = *cells.parts.shape[:2], cells.parts.shape[4]
    col = np.clip(np.searchsorted(cells.lines_x, xs, side="right") - 1, 0, w - 1)
    row = np.clip(np.searchsorted(cells.lines_y, ys, side="right") - 1, 0, h - 1)
    left, right = (cells.lines_x[side] + cells.shift_x[:, side] for side in (slice(0, -1), slice(1, None)))
    top, bottom = (cells.lines_y[side, None] + cells.shift_y[side] for side in (slice(0, -1), slice(1, None)))
    moved_col = np.clip(col - (xs < left[:, col]) + (xs >= right[:, col]), 0, w - 1)  # of a row of cells and an x
    moved_row = np.clip(row[:, None] - (ys[:, None] < top[row]) + (ys[:, None] >= bottom[row]), 0, h - 1)
    c = moved_col[row]
    r = np.take_along_axis(moved_row, c, axis=1)
    which = r * w + c
    middle_x, middle_y = ((axis[:-1] + axis[1:]) / 2 for axis in (cells.lines_x, cells.lines_y))
    from_x = (xs - middle_x[c]).astype(np.float32)
    from_y = (ys[:, None] - middle_y[r]).astype(np.float32)
    colours = cells.parts.reshape(-1, channels)[(which * 2 + (from_y >= 0)) * 2 + (from_x >= 0)]
    if cells.slopes is not None:
        per_x = (cells.slopes[..., 0] / np.diff(cells.lines_x).astype(np.float32)).reshape(-1)
        per_y = (cells.slopes[..., 1] / np.diff(cells.lines_y).astype(np.float32)[:, None]).reshape(-1)
        colours[..., :3] += (per_x[which] * from_x + per_y[which] * from_y)[..., None]
    return codes(colours), which


def _in_ellipse(region: Region, size: tuple[int, int], middles: list[np.ndarray]) -> np.ndarray:
    """Whether the middle of each cell of a region lies in its ellipse."""
    left, top, right, bottom = region.box
    x = (middles[0] / size[0] - (left + right) / 2) / ((right - left) / 2)
    y = (middles[1] / size[1] - (top + bottom) / 2) / ((bottom - top) / 2)
    return x**2 + y[:, None] ** 2 <= 1


def _melt(picture: np.ndarray, recipe: Recipe, radius: float, seed: int) -> None:
    """Round corners by a median filter, where a smooth mask says so, in place."""
    reach = round(radius)
    if reach < 1:
        return
    rounded = cv2.medianBlur(picture, 2 * reach + 1)
    mask = smooth_mask((picture.shape[1], picture.shape[0]), recipe.melted, seed, "melted")
    for begin in range(0, len(picture), _ROWS):
        rows = slice(begin, begin + _ROWS)
        change = rounded[rows] - picture[rows].astype(np.float32)
        picture[rows] = codes(picture[rows] + mask[rows, :, None] * change)


def _at_size(picture: np.ndarray, size: tuple[int, int], edges: str) -> np.ndarray:
    if edges == "area":
        pairs = picture[::2].astype(np.uint16) + picture[1::2]
        return ((pairs[:, ::2] + pairs[:, 1::2] + np.uint16(2)) >> np.uint16(2)).astype(np.uint8)
    if edges in ("bicubic", "lanczos"):
        return resized(picture, size, interpolation={"lanczos": "lanczos4"}.get(edges, edges))
    return picture
