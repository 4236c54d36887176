"""Colours of cells before they are painted: jitter, merged neighbours, blended outlines, split cells."""

from __future__ import annotations

import numpy as np

from ._synth_random import Draws
from ._synth_recipe import Recipe

_MERGED_WITHIN = 48  # levels, any channel
_OUTLINE = 64  # levels of brightness that a cell of an outline is darker than the brightest one beside it
_SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))


def drawn_colours(sprite: np.ndarray, recipe: Recipe, seed: int) -> np.ndarray:
    """Colours of a sprite (h, w, C) uint8 as float32, merged, blended and jittered; those of RGBA times alpha."""
    colours = sprite.astype(np.float32)
    if recipe.merged:
        _merge(colours, recipe.merged, Draws(seed, "merged"))
    if recipe.outline_blend:
        _blend_outlines(colours, recipe.outline_blend, Draws(seed, "outline blend"))
    if recipe.colour_noise:
        colours[..., :3] += Draws(seed, "colour noise").normals(*colours.shape[:2], 3) * np.float32(recipe.colour_noise)
    if colours.shape[2] == 4:
        colours[..., :3] *= colours[..., 3:] / np.float32(255)
    return colours


def quarters(colours: np.ndarray, share: float, draws: Draws) -> np.ndarray:
    """Colours of the quarters of cells (h, w, 2, 2, C), row of the quarter before its column.

    In this share of the cells, drawn by `draws`, a half or a quarter takes on the colour beside it.
    """
    parts = np.repeat(np.repeat(colours[:, :, None, None], 2, axis=2), 2, axis=3)
    if not share:
        return parts
    chosen = draws.uniforms(*colours.shape[:2]) < share
    side = (draws.uniforms(*colours.shape[:2]) * 4).astype(np.intp)
    half = draws.uniforms(*colours.shape[:2]) < 0.6
    other = (draws.uniforms(*colours.shape[:2]) * 2).astype(np.intp)
    towards = (0.4 + 0.6 * draws.uniforms(*colours.shape[:2])).astype(np.float32)
    for number, step in enumerate(_SIDES):
        r, c = np.nonzero(chosen & (side == number))
        mixed = colours[r, c] + towards[r, c, None] * (_beside(colours, step)[r, c] - colours[r, c])
        for second in (0, 1):
            painted = half[r, c] | (other[r, c] == second)
            row, col = (second, max(step[1], 0)) if step[1] else (max(step[0], 0), second)
            parts[r[painted], c[painted], row, col] = mixed[painted]
    return parts


def _beside(colours: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    """The colour of each cell's neighbour; cells at the edge are their own."""
    rows, cols = (np.clip(np.arange(n) + move, 0, n - 1) for n, move in zip(colours.shape[:2], step, strict=True))
    return colours[rows[:, None], cols]


def _merge(colours: np.ndarray, share: float, draws: Draws) -> None:
    chosen = draws.uniforms(*colours.shape[:2]) < share
    side = (draws.uniforms(*colours.shape[:2]) * 4).astype(np.intp)
    before = colours.copy()
    for number, step in enumerate(_SIDES):
        beside = _beside(before, step)
        like = np.abs(beside - before).max(axis=2) <= _MERGED_WITHIN
        taken = chosen & (side == number) & like
        colours[taken] = beside[taken]


def _blend_outlines(colours: np.ndarray, most: float, draws: Draws) -> None:
    around = np.stack([_beside(colours, step) for step in _SIDES])
    brightness = colours[..., :3].mean(axis=2)
    outline = around[..., :3].mean(axis=3).max(axis=0) - brightness > _OUTLINE
    how_much = (most * draws.uniforms(*colours.shape[:2])).astype(np.float32)[..., None]
    colours[:] = np.where(outline[..., None], colours + how_much * (around.mean(axis=0) - colours), colours)
