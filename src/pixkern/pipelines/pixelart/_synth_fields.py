"""Smooth fields over a picture, and what follows them: displacement, tint and grain. All resampling is pixkern.warp."""

from __future__ import annotations

import numpy as np

from ...lenses import BrownConrady
from ...warp import warp
from ._synth_random import Draws
from ._synth_recipe import Recipe

_WARP_KNOTS, _SHADING_KNOTS = 5, 7
_WOBBLE_SPACING = 1.5  # cells from knot to knot
_MASK_SIDE = 128  # nodes a side at most
_NODE_SPACING = 4  # pixels, of the nodes between which displacement is linear
_MARGIN = 4  # of copies of the border's pixels: what the widest kernel reaches, so that none meets the border itself


def resized(image: np.ndarray, size: tuple[int, int], *, interpolation: str = "bicubic") -> np.ndarray:
    """An image at another size, the outer borders of both on each other."""
    old = image.shape[1], image.shape[0]
    padded = np.pad(image, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), *((0, 0),) * (image.ndim - 2)), mode="edge")
    lens = BrownConrady(old, ((old[0] - 1) / 2 + _MARGIN, (old[1] - 1) / 2 + _MARGIN))
    view = lens.with_view(size, ((size[0] - 1) / 2, (size[1] - 1) / 2))
    result: np.ndarray = warp(padded, view, size=size, interpolation=interpolation)  # type: ignore[arg-type]
    return result


def displaced(picture: np.ndarray, recipe: Recipe, seed: int) -> np.ndarray:
    """The picture warped and wobbling as the recipe says."""
    size = picture.shape[1], picture.shape[0]
    nodes = -(-size[0] // _NODE_SPACING) + 1, -(-size[1] // _NODE_SPACING) + 1
    pitch = recipe.cell[0]
    moves = np.zeros((nodes[1], nodes[0], 2), np.float32)
    if recipe.warp:
        knots = Draws(seed, "warp").normals(_WARP_KNOTS, _WARP_KNOTS, 2)
        moves += resized(knots * np.float32(recipe.warp * pitch), nodes)
    if recipe.wobble:
        across, down = (max(2, round(side / (_WOBBLE_SPACING * pitch))) for side in size)
        field = Draws(seed, "wobble").normals(down, across, 2)
        moves += resized(field * np.float32(recipe.wobble * pitch), nodes)
    unmoved = BrownConrady((1, 1), (0, 0))
    result: np.ndarray = warp(picture, unmoved, residual=moves, interpolation="bicubic", border="border")
    return result


def add_light(colours: np.ndarray, recipe: Recipe, seed: int) -> None:
    """Tint, grain and noise, added to an (H, W, 3) float32 picture in place."""
    height, width = colours.shape[:2]
    if recipe.shading:
        knots = Draws(seed, "shading").normals(_SHADING_KNOTS, _SHADING_KNOTS, 3)
        colours += resized(knots * np.float32(recipe.shading), (width, height))
    if recipe.grain:
        coarse = [max(1, round(side / recipe.grain_size)) for side in (height, width)]
        grain = resized(Draws(seed, "grain").normals(*coarse), (width, height))
        colours += (grain * np.float32(recipe.grain))[..., None]
    if recipe.noise:
        noise = Draws(seed, "noise").normals(height, width, 3)
        noise *= np.float32(recipe.noise)
        colours += noise


def smooth_mask(size: tuple[int, int], share: float, seed: int, stage: str) -> np.ndarray:
    """Weights in [0, 1] with soft borders, (H, W) float32, that make up about this share of the picture."""
    coarse = min(size[0], _MASK_SIDE), min(size[1], _MASK_SIDE)
    field = resized(Draws(seed, stage).normals(_SHADING_KNOTS, _SHADING_KNOTS), coarse)
    threshold = np.sort(field, axis=None)[round((1 - share) * (field.size - 1))] if share < 1 else -np.inf
    return resized(np.clip((field - threshold) * 4 + 0.5, 0, 1).astype(np.float32), size, interpolation="bilinear")


def codes(picture: np.ndarray) -> np.ndarray:
    """In 8 bits; what is given is rounded in place."""
    np.clip(picture, 0, 255, out=picture)
    return np.rint(picture, out=picture).astype(np.uint8)
