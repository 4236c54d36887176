"""One colour for the cells that show one colour."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixkern import _check

from ._shortest_description import shortest
from ._sprite import checked, distinct, medians, rgb, visible, with_rgb

_UNSURE = 3.0  # medians of noise; cells that straddle an edge have ten and more


def pool_colours(sprite: np.ndarray, *, noise: np.ndarray | None = None) -> np.ndarray:
    """Give cells that show one colour one colour.

    The cells of one colour leave a noisy picture a few codes apart. How many colours there are and how far cells stray
    are both estimated, by the shortest description of the sprite (see Notes); each cluster becomes its median.

    Parameters
    ----------
    sprite : ndarray, (h, w), (h, w, 3) or (h, w, 4), uint8
        RGB(A) or grey. Pixels of alpha 0 count for nothing and stay as they are; alpha is kept.
    noise : ndarray, (h, w), float, optional
        How uncertain each cell is, >= 0, in any unit (the spread that `pixkern.gridscore.cell_colours` returns). Where
        a cluster has surer cells, those above three times the median of visible pixels do not move its colour. If that
        median is 0, most cells were flat: colours are exact, and nothing is pooled.

    Returns
    -------
    ndarray, like `sprite`
        A new array. A sprite whose list of colours is its shortest description comes back as it is.

    Raises
    ------
    TypeError
        The sprite is not uint8; `noise` holds no numbers.
    ValueError
        A shape is wrong; `noise` is negative or not finite.

    Notes
    -----
    Clusters minimise Rissanen's description length (Automatica 14, 1978) over the cuts of Ward's tree of the colours
    and over the standard deviation of a cell. Colours closer than about 2.4 standard deviations become one.
    Deterministic; the same bits on every machine. Memory: up to 160 bytes per pixel.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> truth = np.array([[200, 40, 30], [20, 90, 160]], np.uint8)[draw.integers(0, 2, (16, 16))]
    >>> noisy = (truth + draw.normal(0, 3, truth.shape)).round().astype(np.uint8)
    >>> pooled = pool_colours(noisy)
    >>> len(np.unique(noisy.reshape(-1, 3), axis=0)), len(np.unique(pooled.reshape(-1, 3), axis=0))
    (246, 2)
    >>> bool(np.abs(pooled.astype(int) - truth).max() <= 1)
    True
    """
    sprite = checked(sprite)
    shown = visible(sprite)
    unsure = None if noise is None else _noise(noise, sprite.shape[:2])[shown]
    if not shown.any() or (unsure is not None and np.median(unsure) == 0):
        return sprite.copy()
    colours = rgb(sprite)[shown]
    rows, place, count = distinct(colours)
    pool = shortest(rows.astype(np.float64), count.astype(np.float64), channels=1 if sprite.ndim == 2 else 3)
    labels = pool.labels[place]
    counted = np.ones(len(labels), bool)
    if unsure is not None:
        sure = unsure <= _UNSURE * np.median(unsure)
        counted = sure | (np.bincount(labels[sure], minlength=pool.size) == 0)[labels]
    centres = medians(colours[counted], labels[counted], pool.size)
    return with_rgb(sprite, shown, centres[labels])


def _noise(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    noise = _check.finite(value, "noise")
    if noise.shape != shape:
        raise ValueError(f"noise needs the sprite's shape {shape}, got {noise.shape}")
    if (noise < 0).any():
        raise ValueError(f"noise must not be negative, got {noise.min()}")
    return noise.reshape(-1)
