"""Fake pixel art with known truth: sprites go in, what upscalers and image generators make of them comes out.

    sprite -> colours of cells -> lattice -> painted -> displaced -> tinted, grained -> 8 bits -> JPEG

A `Recipe` holds every parameter; `draw_recipe` draws one of a tier; `corrupt` does what it says and returns the picture
with its labels: cell sizes, offsets and lines, for tests, tables of accuracy and training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ... import _check
from ._synth_axes import axis_weights, paint
from ._synth_cells import paint_by_cell
from ._synth_colours import drawn_colours
from ._synth_fields import add_light, codes, displaced
from ._synth_lattice import Lattice, drawn_lines
from ._synth_random import Draws
from ._synth_recipe import CHROMA, EDGES, Recipe, Region
from ._synth_tiers import TIERS, check_kind, check_whole, draw_recipe

__all__ = [
    "CHROMA",
    "EDGES",
    "TIERS",
    "Corrupted",
    "Labels",
    "Lattice",
    "Recipe",
    "Region",
    "corrupt",
    "draw_recipe",
]

_SUBSAMPLING = {"4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420}


@dataclass(frozen=True, eq=False)
class Labels:
    """What is true of a corrupted picture.

    Attributes
    ----------
    size : (width, height)
        Of the sprite, in cells.
    lattice : Lattice
        The one that most of the picture is on: `cell`, `offset`, `lines_x` and `lines_y` before any displacement of
        the finished picture (`warp`, `wobble`), in its pixels. The first and the last line may lie outside the picture.
    others : tuple of Lattice
        Those of regions, in the order of the recipe, without regions that are not to be seen.
    recipe : Recipe
    seed : int
    """

    size: tuple[int, int]
    lattice: Lattice
    others: tuple[Lattice, ...]
    recipe: Recipe
    seed: int

    @property
    def cell(self) -> tuple[float, float]:
        """Mean size of a cell, (x, y), in pixels."""
        return self.lattice.cell

    @property
    def offset(self) -> tuple[float, float]:
        """The first inner line modulo the cell's size, per axis."""
        return self.lattice.offset

    @property
    def lines_x(self) -> np.ndarray:
        """Boundaries of the columns, float64, one more than columns."""
        return self.lattice.lines_x

    @property
    def lines_y(self) -> np.ndarray:
        """Boundaries of the rows, float64, one more than rows."""
        return self.lattice.lines_y

    def record(self) -> dict[str, Any]:
        """All of it, as JSON knows it."""
        return {
            "size": list(self.size),
            **self.lattice.record(),
            "others": [lattice.record() for lattice in self.others],
            "recipe": self.recipe.record(),
            "seed": self.seed,
        }


@dataclass(frozen=True, eq=False)
class Corrupted:
    """A corrupted picture and what is true of it.

    Attributes
    ----------
    image : ndarray, (H, W, 3) or (H, W, 4) uint8
    labels : Labels
    """

    image: np.ndarray
    labels: Labels


def corrupt(sprite: np.ndarray, tier_or_recipe: str | Recipe, *, seed: int, max_side: int = 1024) -> Corrupted:
    """Turn a sprite into a picture that only looks like pixel art.

    Parameters
    ----------
    sprite : (h, w, 3) or (h, w, 4) uint8
        RGB or RGBA, at its true resolution.
    tier_or_recipe : str or Recipe
        A tier, of which `draw_recipe` draws a recipe with this seed, or a recipe.
    seed : int
        At least 0. Of everything that the recipe leaves to chance.
    max_side : int
        The longer side of the picture is at most this many pixels; a recipe that asks for more is refused.

    Returns
    -------
    Corrupted
        The picture, as RGB or RGBA as the sprite is, and its labels.

    Raises
    ------
    TypeError
        A sprite of another dtype, or wrong kinds of arguments.
    ValueError
        A sprite of another shape, a tier or seed that is none, or a picture larger than `max_side` or without pixels.

    Notes
    -----
    Alpha is painted and displaced like the colours, which are weighted by it; it has no noise and no JPEG, and where
    it is 0 the colour is black.

    The same arguments give the same bytes for every number of threads and on every machine, as far as it is in our
    hands: three steps are OpenCV's (JPEG, whose codec may change with its version; the median filter of `melted`, and
    the blur of what is painted by cell, both of integers), and exp and sin of the machine's libm reach weights that are
    rounded to 2^-14. Memory: at most 45 bytes per pixel of the picture, 65 where it is painted by cell, and 8 MB.

    Examples
    --------
    >>> from pixkern.demo import demo_sprites
    >>> sprite = demo_sprites()["crawl_007"]
    >>> made = corrupt(sprite, Recipe(cell=(6, 6), crop=(0.5, 0, 0, 0)), seed=1)
    >>> made.image.shape, made.labels.size, made.labels.offset
    ((270, 219, 3), (37, 45), (3.0, 0.0))
    """
    cells = _sprite(sprite)
    check_kind(tier_or_recipe)
    check_whole(seed, "seed", least=0)
    check_whole(max_side, "max_side", least=1)
    size = cells.shape[1], cells.shape[0]
    if isinstance(tier_or_recipe, str):
        recipe = draw_recipe(tier_or_recipe, size, seed, max_side=max_side)
    else:
        recipe = tier_or_recipe
    (lines_x, width), (lines_y, height) = (_axis(size, recipe, axis, seed) for axis in (0, 1))
    if not 1 <= min(width, height) <= max(width, height) <= max_side:
        raise ValueError(f"the picture would have {width} x {height} pixels; sides must be 1 to max_side={max_side}")
    colours = drawn_colours(cells, recipe, seed)
    others: tuple[Lattice, ...] = ()
    if recipe.by_cell:
        picture, others = paint_by_cell(colours, (lines_x, lines_y), (width, height), recipe, seed)
        if recipe.blur:
            picture = cv2.GaussianBlur(picture, (0, 0), recipe.blur, borderType=cv2.BORDER_REPLICATE)
    else:
        picture = paint(colours, axis_weights(lines_x, width, recipe), axis_weights(lines_y, height, recipe))
    if recipe.warp or recipe.wobble:
        picture = displaced(picture, recipe, seed)
    image = _finished(picture.astype(np.float32, copy=False), recipe, seed)
    lattice = Lattice(recipe.cell, lines_x, lines_y, 1 - sum(other.share for other in others))
    return Corrupted(image, Labels(size, lattice, others, recipe, seed))


def _sprite(sprite: Any) -> np.ndarray:
    if not isinstance(sprite, np.ndarray):
        raise TypeError(f"sprite must be a NumPy array, got {type(sprite).__name__}")
    cells: np.ndarray = _check.array(sprite, "sprite", dtypes=(np.uint8,), ndim=(3,))
    if 0 in cells.shape or cells.shape[2] not in (3, 4):
        raise ValueError(f"sprite needs shape (h, w, 3) or (h, w, 4) with at least one pixel, got {cells.shape}")
    return cells


def _axis(size: tuple[int, int], recipe: Recipe, axis: int, seed: int) -> tuple[np.ndarray, int]:
    """The lines of an axis and the picture's length along it."""
    pitch = recipe.cell[axis]
    lines = drawn_lines(
        size[axis],
        pitch,
        cut=recipe.crop[axis],
        jitter=recipe.line_jitter,
        drift=recipe.drift,
        draws=Draws(seed, f"lines {'xy'[axis]}"),
    )
    return lines, max(0, round(float(lines[-1]) - recipe.crop[axis + 2] * pitch))


def _finished(picture: np.ndarray, recipe: Recipe, seed: int) -> np.ndarray:
    """Colours no longer times alpha, with light and noise on them, in 8 bits, through JPEG."""
    if picture.shape[2] == 3:
        add_light(picture, recipe, seed)
        return _through_jpeg(codes(picture), recipe)
    alpha = codes(picture[..., 3:].copy())
    colours = picture[..., :3] * (np.float32(255) / np.maximum(picture[..., 3:], np.float32(0.5)))
    add_light(colours, recipe, seed)
    image = np.concatenate([_through_jpeg(codes(colours), recipe), alpha], axis=2)
    image[alpha[..., 0] == 0] = 0
    return image


def _through_jpeg(image: np.ndarray, recipe: Recipe) -> np.ndarray:
    if not recipe.jpeg_quality:
        return image
    options = [cv2.IMWRITE_JPEG_QUALITY, recipe.jpeg_quality]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _SUBSAMPLING[recipe.jpeg_chroma]]
    done, file = cv2.imencode(".jpg", image[..., ::-1], options)
    if not done:
        raise RuntimeError("OpenCV could not encode a JPEG")
    decoded: Any = cv2.imdecode(file, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(decoded[..., ::-1])
