"""Painting along one axis at a time: every pixel is a weighted mean of a few cells, the same for all rows.

Covering, resampling and blurring are linear and separable, so the weights of the cells go through all of them and
the picture is painted once. Weights are rounded to multiples of 2^-14 that add up to 1: what exp and sin differ by
from machine to machine is lost in that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ._synth_recipe import Recipe

_STEPS = 2**14
_ROWS = 32  # painted at a time: they stay in the cache


class Weights(NamedTuple):
    """Which cells each pixel of an axis shows, and how much of each."""

    cells: np.ndarray  # (pixels, taps)
    weights: np.ndarray  # (pixels, taps) float32


def axis_weights(lines: np.ndarray, size: int, recipe: Recipe) -> Weights:
    """Weights of the cells between `lines` for each of `size` pixels."""
    if recipe.edges in _KERNELS:
        painted = max(1, round(size * recipe.scale))
        dense = _resampled(_hard(lines * (painted / size), painted), size, *_KERNELS[recipe.edges])
    elif recipe.edges == "area":
        dense = _covered(lines, size)
    else:
        dense = _hard(lines, size)
    return _sparse(_blurred(dense, recipe.blur) if recipe.blur else dense)


def paint(colours: np.ndarray, across: Weights, down: Weights) -> np.ndarray:
    """Colours of cells (h, w, C) float32 as a picture (H, W, C) float32."""
    rows, channels = colours.shape[0], colours.shape[2]
    width, height = len(across.cells), len(down.cells)
    wide = _mixed(colours.swapaxes(0, 1), across).swapaxes(0, 1).reshape(rows, width * channels)
    picture = np.empty((height, width * channels), np.float32)
    for begin in range(0, height, _ROWS):
        part = slice(begin, begin + _ROWS)
        picture[part] = _mixed(wide, Weights(down.cells[part], down.weights[part]))
    return picture.reshape(height, width, channels)


def _mixed(lines: np.ndarray, by: Weights) -> np.ndarray:
    shape = (-1, *(1,) * (lines.ndim - 1))
    total = lines[by.cells[:, 0]] * by.weights[:, 0].reshape(shape)
    for tap in range(1, by.cells.shape[1]):
        used = np.flatnonzero(by.weights[:, tap])  # most pixels show one cell
        if used.size:
            total[used] += lines[by.cells[used, tap]] * by.weights[used, tap].reshape(shape)
    return total


def _hard(lines: np.ndarray, size: int) -> np.ndarray:
    """The cell at each pixel's centre; those at the ends reach beyond their lines."""
    return np.eye(len(lines) - 1)[np.searchsorted(lines[1:-1], np.arange(size) + 0.5, side="right")]


def _covered(lines: np.ndarray, size: int) -> np.ndarray:
    """How much of each pixel lies in each cell."""
    cuts = np.concatenate([[-np.inf], lines[1:-1], [np.inf]])
    begin, end = np.arange(size)[:, None], np.arange(1, size + 1)[:, None]
    return np.clip(np.minimum(cuts[1:], end) - np.maximum(cuts[:-1], begin), 0, 1)


def _blurred(dense: np.ndarray, sigma: float) -> np.ndarray:
    """The rows blurred by a Gaussian cut at three deviations; beyond the ends their last one stays."""
    reach = int(6 * sigma + 1e-9) // 2
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma * sigma))
    kernel /= kernel.sum()
    padded = np.pad(dense, ((reach, reach), (0, 0)), mode="edge")
    total = np.zeros_like(dense)
    for shift, weight in enumerate(kernel):
        total += weight * padded[shift : shift + len(dense)]
    return total


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys, "Cubic convolution interpolation for digital image processing", IEEE ASSP 29(6), 1981, a = -1/2."""
    x = np.abs(x)
    return np.where(x < 1, (1.5 * x - 2.5) * x * x + 1, np.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0))


def _lanczos(x: np.ndarray) -> np.ndarray:
    """Duchon, "Lanczos filtering in one and two dimensions", J. Applied Meteorology 18, 1979, with three lobes."""
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


_KERNELS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], int]] = {"bicubic": (_cubic, 2), "lanczos": (_lanczos, 3)}


def _resampled(dense: np.ndarray, size: int, kernel: Callable[[np.ndarray], np.ndarray], support: int) -> np.ndarray:
    """The rows resampled to `size` of them; the kernel widens where they get fewer, so nothing aliases."""
    before = len(dense)
    step = before / size
    wide = max(step, 1.0)
    centres = (np.arange(size) + 0.5) * step - 0.5
    total, norm = np.zeros((size, dense.shape[1])), np.zeros((size, 1))
    reach = int(np.ceil(support * wide))
    for shift in range(-reach, reach + 2):
        place = np.floor(centres).astype(np.intp) + shift
        weight = kernel((place - centres) / wide) * ((place >= 0) & (place < before))
        total += weight[:, None] * dense[np.clip(place, 0, before - 1)]
        norm += weight[:, None]
    return total / norm


def _sparse(dense: np.ndarray) -> Weights:
    """The weights that are not zero, in steps, with the rest given to the largest."""
    steps = np.rint(dense * _STEPS)
    rows = np.arange(len(steps))
    steps[rows, dense.argmax(axis=1)] += _STEPS - steps.sum(axis=1)
    used = steps != 0
    first = used.argmax(axis=1)
    last = used.shape[1] - 1 - used[:, ::-1].argmax(axis=1)
    taps = int((last - first).max()) + 1
    cells = np.minimum(first, used.shape[1] - taps)[:, None] + np.arange(taps)
    return Weights(cells, (steps[rows[:, None], cells] / _STEPS).astype(np.float32))
