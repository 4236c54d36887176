"""A shadow pattern as pixels: sharp on a grid that its softness allows, a Gaussian there, a spline surface to pixels.

With softness s the grid's pitch is s / 1.5, in units of the picture's longer side: the same numbers for pictures of any
size. The box of an edge, the taps and the cubic B-spline have variances that add up to s^2, as convolutions do.
Where that pitch were below a pixel, the pattern is sampled at the pixels, and what the box leaves of s^2 is filtered
there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check
from ._dispatch import Place, place
from ._native import patterns as _cpu
from ._noise import fill, octaves_of, picture_shape
from ._pattern import Pattern, directions
from ._pattern_loops import run
from ._pattern_shapes import branch, foliage

_PER_SOFTNESS = 1.5  # pitches in a standard deviation: what the spline and the grid fold back is below 0.004
_COARSEST = 1 / 256  # of the longer side, so that a pattern's own edges are sampled
_BOX, _SPLINE = 1 / 12, 1 / 3  # variances, in squared pitches
_REACH = 4  # standard deviations that taps go to
_SHAPES = {"tree_foliage": foliage, "branch": branch}
_OCTAVES = 4
_PERLIN = 0  # of `_noise.KINDS`

Fill = Callable[["Grid", Any, Any], None]


@dataclass(frozen=True)
class Grid:
    """Where samples are: (row, col) at ((left + col) pitch, (top + row) pitch) from the picture's middle."""

    left: float
    top: float
    pitch: float
    rows: int
    cols: int


def pattern_mask(
    pattern: Pattern,
    shape: tuple[int, int],
    *,
    out: Any = None,
    backend: str | None = None,
    threads: int | None = None,
) -> Any:
    """Draw a shadow pattern: how much of the light each pixel is kept from.

    Parameters
    ----------
    pattern : Pattern
        From `draw_pattern`, or made of numbers.
    shape : (height, width)
        Of the result, in pixels. The pattern's middle is the picture's, and its unit the longer side: pictures of two
        sizes show the same pattern.
    out : (height, width) float32, optional
        Where to write; C order.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `out` lives, else the CPU.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    (height, width) float32
        0 in the light to 1 in full shade. An array like `out`; without it a NumPy array, or for ``backend="cuda"`` a
        CuPy array.

    Raises
    ------
    TypeError, ValueError
        No pattern, a shape that is none, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Edges are antialiased, then softened by a Gaussian of standard deviation `pattern.softness`, of which the
    antialiasing is a part where it is the smaller one. The pattern has no borders: what lies beyond the picture shines
    and shades into it. Within 0.03 of the exact convolution, typically 0.003; up to 0.15 in a few pixels where cells of
    "voronoi" meet and where the noise of "perlin" bends within a sample. The same bits for every thread count and CPU
    level, and on CUDA. Memory: two grids of ``1.5 / softness`` samples a side or of the picture's, whichever is less,
    with a margin of some four times the softness.

    Examples
    --------
    >>> shade = pattern_mask(pixkern.shadows.draw_pattern("branch", seed=1), (480, 640))
    >>> shade.shape, bool(0 <= shade.min() and shade.max() <= 1)
    ((480, 640), True)
    """
    if not isinstance(pattern, Pattern):
        raise TypeError(f"pattern must be a Pattern, as draw_pattern makes it, got {type(pattern).__name__}")
    spot = place(np.empty(0) if out is None else out, backend, "out")
    dims = picture_shape(shape)
    result = _check.output(spot.writable(out), dims, np.float32, (), spot.arrays)
    softened(_filler(pattern, threads), pattern.softness, result, spot, threads)
    return result if out is None else out


def softened(fill: Fill, softness: float, result: Any, spot: Place, threads: int | None) -> None:
    """Fill `result` with what `fill` draws sharply on a grid, softened by a Gaussian."""
    xp = spot.arrays
    height, width = result.shape
    side = max(height, width)
    pitch = min(softness / _PER_SOFTNESS, _COARSEST)
    fine = pitch * side <= 1
    if fine:
        pitch = 1 / side
        taps = gaussian((softness * side) ** 2 - _BOX)
        left, top, rows, cols = (1 - width) / 2, (1 - height) / 2, height, width
    else:
        taps = gaussian((softness / pitch) ** 2 - _BOX - _SPLINE)
        # whole numbers of pitches from the middle, with a coefficient more on either side than a pixel in between needs
        across, down = (math.floor((size - 1) / 2 / side / pitch) + 2 for size in (width, height))
        left, top, rows, cols = float(-across), float(-down), 2 * down + 1, 2 * across + 1
    reach = len(taps) - 1
    grid = Grid(left - reach, top - reach, pitch, rows + 2 * reach, cols + 2 * reach)
    sharp = result if fine and reach == 0 else xp.empty((grid.rows, grid.cols), np.float32)
    fill(grid, sharp, spot)
    soft = sharp
    if reach:
        narrow = xp.empty((grid.rows, cols), np.float32)
        run("soften_rows", (sharp, taps), narrow, spot, threads, work=1 + reach)
        soft = result if fine else sharp.reshape(-1)[: rows * cols].reshape(rows, cols)
        run("soften_columns", (narrow, taps), soft, spot, threads, work=1 + reach)
    if not fine:
        places = []
        for size, first in ((height, top), (width, left)):
            firsts, weights = np.empty(size, np.int32), np.empty((4, size), np.float32)
            # pixel i is at (i + 1/2 - size / 2) / side
            _cpu.spline_places((1 - size) / 2 - first * pitch * side, 1 / (side * pitch), firsts, weights)
            places += [firsts, weights]
        run("surface", (soft, *places), result, spot, threads, work=4)


def gaussian(variance: float) -> np.ndarray:
    """Taps of a Gaussian with exactly this variance, from the middle one outwards: q^(k^2), q such that it is.

    Without exponentials, whose last bits differ between machines: the variance grows with q, so q is found by halving.
    """
    if variance <= 0:
        return np.ones(1, np.float32)
    reach = max(1, math.ceil(_REACH * math.sqrt(variance)))
    low, high = 0.0, 1.0
    for _ in range(53):
        q = (low + high) / 2
        weights = _powers(q, reach)
        spread = 2 * sum(k * k * weight for k, weight in enumerate(weights))
        if spread < variance * (2 * sum(weights) - 1):
            low = q
        else:
            high = q
    weights = _powers(low, reach)
    total = 2 * sum(weights) - 1
    return np.array([weight / total for weight in weights], np.float32)


def _powers(q: float, reach: int) -> list[float]:
    weights, factor = [1.0], q
    for _ in range(reach):
        weights.append(weights[-1] * factor)
        factor *= q * q
    return weights


def _filler(pattern: Pattern, threads: int | None) -> Fill:
    if pattern.kind in _SHAPES:
        return shapes_filler(_SHAPES[pattern.kind](pattern), threads)
    if pattern.kind in ("cloud", "perlin"):
        return _noise_filler(pattern, threads)
    (cosine,), (sine,) = directions(pattern.angle)
    values = (pattern.x, pattern.y, pattern.size, pattern.aspect, pattern.coverage, pattern.irregularity, pattern.slant)
    numbers = np.array([cosine, sine, *values, pattern.columns, pattern.rows], np.float32)

    def fill(grid: Grid, sharp: Any, spot: Place) -> None:
        run(pattern.kind, (numbers, pattern.seed, grid.left, grid.top, grid.pitch), sharp, spot, threads, work=8)

    return fill


def shapes_filler(shapes: np.ndarray, threads: int | None) -> Fill:
    """Paint a list of shapes, as kernels/maths/shapes.h reads it, on light ground."""

    def fill(grid: Grid, sharp: Any, spot: Place) -> None:
        run("shapes", (shapes, grid.left, grid.top, grid.pitch), sharp, spot, threads, work=8)

    return fill


def _noise_filler(pattern: Pattern, threads: int | None) -> Fill:
    def fill_shade(grid: Grid, sharp: Any, spot: Place) -> None:
        side = max(pattern.size / grid.pitch, 1.0)
        count = _OCTAVES
        while side / 2 ** (count - 1) < 1:  # what is finer than the samples stays away
            count -= 1
        sides, shares = octaves_of(count, side, pattern.irregularity, 2)
        noise = spot.arrays.empty(sharp.shape, np.float32)
        offset = (grid.left - pattern.x / grid.pitch, grid.top - pattern.y / grid.pitch)
        fill(pattern.seed, _PERLIN, sides, shares, (0, 0), noise, spot, threads, offset=offset)
        first = float(shares[0])  # thresholds are for the sum of octaves of which the first one counts once
        width = 2 * pattern.coverage * first if pattern.kind == "cloud" else 0.0
        run("noise_shade", (noise, pattern.threshold * first, width), sharp, spot, threads, work=4)

    return fill_shade
