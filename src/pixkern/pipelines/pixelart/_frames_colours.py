"""Colours of many frames together: what stays the same in the picture stays the same in the sprites."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ._detection import ALONE, Found
from ._options import Options
from ._sprite import distinct, rgb, visible, with_rgb
from .alpha import prepare_alpha
from .background import find_background, remove_background
from .palette import extract_palette, pool_colours, snap
from .restorer import background_code

_SAME = 6.0  # standard deviations of a cell: closer than this, two colours that a cell has over time are one
_MEDIAN_LENGTH = {1: 0.6745, 3: 1.5382}  # of a normal vector of so many dimensions, in standard deviations
_LEAST_AGREEING = 0.5  # of the frames must have the background


def finish(
    cells: np.ndarray, spreads: np.ndarray, found: Found, options: Options
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Sprites (n, h, w[, C]) from their cells, their palette if it was reduced, and the background if one was removed.

    Unless every cell keeps its own colour, all palettes and backgrounds begin with cells that were pooled, so that
    noise does not flicker between two entries.
    """
    alone = found.status in ALONE
    sprites, palette, background = cells, None, None
    if not alone and (options.colours is not None or options.palette is not None or options.background == "auto"):
        pooled = pool_frames(cells, spreads)
        sprites = cells if options.colours is None and options.palette is None else pooled
    else:
        pooled = cells
    if options.background is not None:
        background = (
            _background(pooled) if options.background == "auto" else background_code(options.background, cells[0])
        )
        if background is not None:
            sprites = np.stack([remove_background(sprite, background) for sprite in sprites])
    if not alone or options.alpha != "keep":
        sprites = prepare_alpha(stacked(sprites), options.alpha).reshape(sprites.shape)
    if isinstance(options.colours, int):
        palette = extract_palette(stacked(sprites), size=options.colours)
    elif options.palette is not None:
        palette = options.palette
    if palette is not None:
        sprites, palette = _snapped(sprites, palette, options.dither)
    return np.ascontiguousarray(sprites), palette, background


def pool_frames(cells: np.ndarray, spreads: np.ndarray) -> np.ndarray:
    """`pool_colours` of all frames at once, after which no cell changes its colour by noise alone.

    A cell whose colour is near the border of two clusters would fall into the one or the other from frame to frame. So
    the clusters that one cell is in over time are compared: where its mean colours in two of them are closer than six
    standard deviations of a cell, both become the one that it is in more often.
    """
    flat = stacked(cells)
    pooled = pool_colours(flat, noise=spreads.reshape(flat.shape[:2]))
    shown = visible(flat)
    before, after = rgb(flat)[shown].astype(np.float64), rgb(pooled)[shown]
    away = np.sqrt(((before - after) ** 2).sum(1))
    if not (away > 0).any():
        return pooled.reshape(cells.shape)
    channels = 1 if flat.ndim == 2 else 3
    before, away = (before[:, :1], away / np.sqrt(3)) if channels == 1 else (before, away)
    deviation = float(np.median(away[away > 0])) / _MEDIAN_LENGTH[channels]
    colours, label, _ = distinct(after)
    place = np.tile(np.arange(cells.shape[1] * cells.shape[2]), len(cells))[shown]
    steady = _steadied(place, label, len(colours), before, _SAME * deviation)
    return with_rgb(pooled, shown, colours[steady]).reshape(cells.shape)


def _steadied(place: np.ndarray, label: np.ndarray, labels: int, colour: np.ndarray, near: float) -> np.ndarray:
    """The label of each cell after those of one place whose mean colours are within `near` have become one."""
    keys, member, count = np.unique(place.astype(np.int64) * labels + label, return_inverse=True, return_counts=True)
    member = member.ravel()
    mean = np.stack([np.bincount(member, plane) / count for plane in colour.T], axis=1)
    where, result = keys // labels, keys % labels
    left = np.lexsort((keys, -count, where))  # by place, then the most frequent first
    while len(left):
        first = np.ones(len(left), bool)
        first[1:] = where[left[1:]] != where[left[:-1]]
        leader = left[first][np.cumsum(first) - 1]
        joins = ((mean[left] - mean[leader]) ** 2).sum(1) <= near * near
        result[left[joins]] = result[leader[joins]]
        left = left[~joins]
    return result[member]


def _background(pooled: np.ndarray) -> np.ndarray | None:
    """The background that most frames have, if half of them have it."""
    found = Counter(tuple(colour.tolist()) for colour in map(find_background, pooled) if colour is not None)
    if not found:
        return None
    colour, frames = min(found.items(), key=lambda item: (-item[1], item[0]))
    return np.array(colour, np.uint8) if frames >= _LEAST_AGREEING * len(pooled) else None


def _snapped(sprites: np.ndarray, palette: np.ndarray, dither: str) -> tuple[np.ndarray, np.ndarray]:
    """Every frame is dithered for itself: the patterns of equal frames are equal."""
    whole = snap(stacked(sprites), palette)
    if dither == "none":
        return whole.pixels.reshape(sprites.shape), whole.palette
    return np.stack([snap(sprite, palette, dither=dither).pixels for sprite in sprites]), whole.palette


def stacked(sprites: np.ndarray) -> np.ndarray:
    """Frames (n, h, w[, C]) below each other."""
    return sprites.reshape(sprites.shape[0] * sprites.shape[1], *sprites.shape[2:])
