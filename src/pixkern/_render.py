"""Stochastic rendering of a spline pyramid; kernels/maths/{bspline,random}.h have the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._native import render as _cpu
from ._render_scene import Scene, cell_side, count, is_infinite, scene, strength
from ._spline_levels import level_shape, with_room
from ._spline_pyramid import SplinePyramid

_STEP_OF_COLUMNS = 0x9E3779B9  # of kernels/maths/random.h
_SPARE = 4  # floats: kernels read a pixel's channels as four


def render(
    pyramid: SplinePyramid,
    size: tuple[int, int] | None = None,
    *,
    samples: float = 16,
    patch_size: int = 1,
    jitter: float = 0.0,
    noise_strength: float = 0.0,
    gains: Sequence[float] | None = None,
    block: int = 1,
    cell: float | None = None,
    seed: int = 0,
    first_sample: int = 0,
    roi: tuple[int, int, int, int] | None = None,
    window: tuple[float, float, float, float] | None = None,
    dtype: Any = np.float32,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    r"""Render an image at any size from its spline pyramid by stochastic lookups, or their expectation.

    A sample of an output pixel is the base's spline there, plus one coefficient of every detail level, plus noise. The
    coefficient is drawn by the weights of the cubic B-spline, so its mean is the spline, and then displaced at random.
    The result is the mean of the samples: an unbiased estimate of the expectation, whose variance is that of `variance`
    over the number of samples.

    Parameters
    ----------
    pyramid : SplinePyramid
        From `spline_pyramid`; NumPy, CuPy or torch arrays.
    size : (width, height), optional
        Of the output. Default: that of the image.
    samples : int or math.inf
        1 to 2**31. ``math.inf``: the expectation, in closed form.
    patch_size : int
        1 to 255. Lookups are displaced evenly by ``-r .. r`` coefficients, ``r = patch_size // 2``, along each axis.
    jitter : float
        0 to 128. Standard deviation of a rounded normal displacement along each axis, in coefficients of the level.
    noise_strength : float
        Standard deviation of Gaussian noise that each sample adds to each output and channel. Images span 0 to 1.
    gains : sequence of float, optional
        One factor for each detail level, finest first. Default: 1.
    block : int
        Squares of `block` x `block` output pixels share their draws (not their noise): 1 is grain, more are patches.
    cell : float, optional
        Instead of `block`: squares of this side in pixels of the image share their draws and their noise, wherever they
        come to lie in the output. For a sequence of windows whose draws move with the image.
    seed : int
        0 to 2**64 - 1. Every draw is a hash of the seed, the sample, the level and the place; nothing else.
    first_sample : int
        0 to 2**62. Samples are numbered on from it: the mean of two renderings of samples 0 to 7 and 8 to 15 is that
        of 0 to 15, up to rounding.
    roi : (x, y, width, height), optional
        Render only this part of the output, with the same bits as the whole has there.
    window : (x0, y0, x1, y1), optional
        What of the image the output shows, in its pixels: the first output row and column lie on y0 and x0, the last on
        y1 and x1. Default: corners on corners, (0, 0, W - 1, H - 1). A single row or column lies on y0 or x0.
    dtype : {float32, uint8, uint16}
        float32 is not clipped. Integers are clipped to 0 .. 1, scaled to their range and rounded once, after the mean.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where the pyramid lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : array, optional
        Where to write; of the shape and dtype of the result, C order, no overlap with the pyramid.

    Returns
    -------
    (height, width) or (height, width, C), as the image has axes

    Raises
    ------
    TypeError
        An argument of the wrong kind.
    ValueError
        An argument out of range, a `roi` or `window` that is not inside, both `block` and `cell`, or an `out` that does
        not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    With no jitter, patch, noise or gains the expectation is the cubic-spline interpolant of the image at every size,
    within 1e-6. Offsets are clamped at the ends of a level's coefficients. The same bits for every thread count, CPU
    level and roi, and on CUDA. Memory: the result; 26 bytes per level and 60 more for every output row and column; per
    thread one row of the base (``math.inf``: an output row and two rows of the finest level).

    Sources: Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 31(4), 1983;
    Unser, Aldroubi & Eden, "B-spline signal processing: part I", IEEE Trans. Signal Processing 41(2), 1993; Pharr,
    Wronski, Salvi & Fajardo, "Filtering after shading with stochastic texture filtering", Proc. ACM Comput. Graph.
    7(1), 2024.

    Examples
    --------
    >>> image = np.random.default_rng(0).random((40, 60), dtype=np.float32)
    >>> pyramid = pixkern.pyramid.spline_pyramid(image, 3)
    >>> render(pyramid, (240, 160), samples=8, jitter=0.5).shape
    (160, 240)
    >>> bool(abs(render(pyramid, samples=np.inf) - image).max() < 1e-6)
    True
    """
    seen = scene(pyramid, size, patch_size, jitter, gains, roi, window)
    block = count(block, "block", 1, 2**31 - 1)
    side = cell_side(cell, block)
    seed = count(seed, "seed", 0, 2**64 - 1)
    first_sample = count(first_sample, "first_sample", 0, 2**62)
    noise = strength(noise_strength)
    number = None if is_infinite(samples) else count(samples, "samples", 1, 2**31)
    kind = np.dtype(dtype)
    if kind not in (np.float32, np.uint8, np.uint16):
        raise TypeError(f"dtype must be float32, uint8 or uint16, got {kind}")
    spot, levels = _native(pyramid, backend)
    result = _check.output(spot.writable(out), seen.dims, kind, levels, spot.arrays)
    pixels = result.reshape(*result.shape[:2], -1)
    if number is None:
        _expected(seen, spot, levels, pixels, threads)
    else:
        draws = _draws(seen, block, side, seed, first_sample, number, noise)
        _stochastic(seen, spot, levels, draws, pixels, threads)
    return out if out is not None else spot.give_back(result, pyramid.base)


def variance(
    pyramid: SplinePyramid,
    size: tuple[int, int] | None = None,
    *,
    patch_size: int = 1,
    jitter: float = 0.0,
    noise_strength: float = 0.0,
    gains: Sequence[float] | None = None,
    roi: tuple[int, int, int, int] | None = None,
    window: tuple[float, float, float, float] | None = None,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Variance of one sample of `render` at every output, in closed form.

    A mean of N samples has this variance divided by N; ``sqrt(variance(...).mean() / N)`` is what its error will be.

    Parameters
    ----------
    pyramid, size, patch_size, jitter, noise_strength, gains, roi, window, backend, threads, out
        As for `render`.

    Returns
    -------
    float32 (height, width) or (height, width, C), as the image has axes

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `render`.

    Notes
    -----
    Of each level the mean of squares less the square of the mean, times its gain squared, added up (levels
    are drawn independently), plus the noise's. Error: 1e-6 of the mean of squares, with offsets of hundreds of
    coefficients 1e-5. The same bits for every thread count, CPU level and roi, and on CUDA. Memory: the result; 26
    bytes per level and 38 more for every output row and column; per thread four rows of the finest level.

    Examples
    --------
    >>> flat = pixkern.pyramid.spline_pyramid(np.full((8, 8), 0.5, np.float32), 2)
    >>> float(variance(flat, noise_strength=0.5).max())
    0.25
    """
    seen = scene(pyramid, size, patch_size, jitter, gains, roi, window)
    noise = strength(noise_strength)
    spot, levels = _native(pyramid, backend)
    result = _check.output(spot.writable(out), seen.dims, np.float32, levels, spot.arrays)
    pixels = result.reshape(*result.shape[:2], -1)
    if spot.where == "cuda":
        from ._render_cuda import variance_on_cuda

        variance_on_cuda(seen, levels, noise, pixels)
    else:
        arguments = (*_tables(seen, levels), seen.gains_or_none, seen.law.thresholds, seen.law.kappa, noise)
        room = 4 * _line(seen)

        def part(begin: int, end: int) -> None:
            _cpu.variance(*arguments, np.empty(room, np.float32), pixels, begin, end)

        _threads.split(part, len(pixels), elements=pixels.size * (8 + 8 * pyramid.levels), threads=threads)
    return out if out is not None else spot.give_back(result, pyramid.base)


def _native(pyramid: SplinePyramid, backend: str | None) -> tuple[Place, list[Any]]:
    spot = place(pyramid.base, backend, "pyramid")
    levels = [spot.native(array, "pyramid") for array in (*pyramid.details, pyramid.base)]
    for level, array in enumerate(levels):  # checked when the pyramid was made; arrays can be reshaped in place since
        if (
            array.shape != level_shape(pyramid.shape, level)
            or array.dtype != np.float32
            or not array.flags.c_contiguous
        ):
            raise ValueError("an array of the pyramid is no longer what it was made of; make another SplinePyramid")
    return spot, levels if spot.where == "cuda" else list(map(with_room, levels))


def _tables(seen: Scene, levels: list[np.ndarray]) -> tuple[Any, ...]:
    table = np.array([(array.ctypes.data, *array.shape[:2]) for array in levels], np.int64)
    rows, cols = seen.rows, seen.cols
    return table, rows.first, rows.taps, rows.weights, cols.first, cols.taps, cols.weights


def _line(seen: Scene) -> int:
    """Floats of a line of the widest level, with what offsets reach beyond it."""
    return int((seen.pyramid.size[0] + 4 + 2 * seen.law.reach) * seen.pyramid.channels) + _SPARE


def _draws(
    seen: Scene, block: int, side: float | None, seed: int, first_sample: int, number: int, noise: float
) -> tuple[Any, ...]:
    """What kernels take after the law: shares, the samples, and the names of cells."""
    rows, cols = seen.cells(block, side)
    noise_rows, noise_cols = (rows, cols) if side is not None else seen.cells(1, None)
    stepped, noise_stepped = ((names * _STEP_OF_COLUMNS & 0xFFFFFFFF).astype(np.uint32) for names in (cols, noise_cols))
    return noise / number, seed, first_sample, number, rows, stepped, noise_rows, noise_stepped


def _stochastic(
    seen: Scene, spot: Place, levels: list[Any], draws: tuple[Any, ...], pixels: Any, threads: int | None
) -> None:
    number = draws[3]
    shares = (seen.gains_or_none.astype(np.float64) / number).astype(np.float32)
    if spot.where == "cuda":
        from ._render_cuda import stochastic_on_cuda

        stochastic_on_cuda(seen, levels, shares, draws, pixels)
        return
    arguments = (*_tables(seen, levels), shares, seen.law.thresholds, seen.law.kappa, *draws)
    room = levels[-1].shape[1] * seen.pyramid.channels + _SPARE

    def part(begin: int, end: int) -> None:
        _cpu.stochastic(*arguments, np.empty(room, np.float32), pixels, begin, end)

    work = pixels.shape[0] * pixels.shape[1] * (4 + 4 * number * (seen.pyramid.levels + 1))
    _threads.split(part, len(pixels), elements=work, threads=threads)


def _expected(seen: Scene, spot: Place, levels: list[Any], pixels: Any, threads: int | None) -> None:
    if spot.where == "cuda":
        from ._render_cuda import expected_on_cuda

        expected_on_cuda(seen, levels, pixels)
        return
    arguments = (*_tables(seen, levels), seen.gains_or_none, seen.law.thresholds, seen.law.kappa)
    room = seen.roi[2] * seen.pyramid.channels + 2 * _line(seen)

    def part(begin: int, end: int) -> None:
        _cpu.expected(*arguments, np.empty(room, np.float32), pixels, begin, end)

    _threads.split(part, len(pixels), elements=pixels.size * 4 * (1 + seen.pyramid.levels), threads=threads)
