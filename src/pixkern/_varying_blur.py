"""Blur whose width varies from pixel to pixel, and a shadow's edge that spreads by channel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._gaussian_blur import gaussian_blur
from ._native import shadows as _cpu

_MOST_REACH = 28  # MOST_REACH in kernels/cpu/shadows.cpp: 4 sigma of what is narrower than _CELLS
_REACH = 4  # standard deviations; beyond lies 6e-5 of a Gaussian
_MOST_SIGMA = 1e6  # of gaussian_blur
_FIRST = 0.354  # the first width is at most this: a sampled Gaussian leaves 96 % of a pixel where it is
_CELLS = 7.0  # from this sigma on, gaussian_blur has cells, which are faster than pixels
_DIGITS = Context(prec=25)


@dataclass(frozen=True, eq=False)
class _Widths:
    """Gaussians as the kernels take them."""

    sigmas: np.ndarray  # (n,) float32
    roots: np.ndarray  # their square roots
    reaches: np.ndarray  # (n,) int32; -1: too wide, to be made by gaussian_blur
    weights: np.ndarray  # (n, 29) float32

    def wide(self, least: float, most: float) -> list[int]:
        """Those for gaussian_blur that sigmas from `least` to `most` take a share of."""
        before, after = [-1.0, *self.sigmas[:-1]], [*self.sigmas[1:], np.inf]
        return [
            level
            for level, reach in enumerate(self.reaches)
            if reach < 0 and before[level] < most and least < after[level]
        ]


def varying_blur(
    image: Any,
    sigma_map: Any,
    *,
    max_sigma: float | None = None,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    r"""Blur an image with a Gaussian whose width is another one at every pixel, as penumbrae widen.

    Parameters
    ----------
    image : (H, W) or (H, W, C), float32
        1 to 4 channels. NumPy, CuPy or torch. Copied if not in C order.
    sigma_map : (H, W) float32
        The standard deviation at each pixel, in pixels, 0 to `max_sigma`.
    max_sigma : float, optional
        0 to 1e6. Default: the largest of `sigma_map`. Given, parts of a map are mixed from the widths of the whole.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like `image`, optional
        Where to write; C order, no overlap with `image` or `sigma_map`.

    Returns
    -------
    shape and kind of `image`, float32
        Each pixel is a mean of those around it (a gather), with the Gaussian of its own sigma. Beyond its edges the
        image is mirrored (half-sample symmetry: d c b a | a b c d | d c b a).

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or a `max_sigma` that is no number.
    ValueError
        A shape that does not fit, an empty array, a `max_sigma` out of range, a sigma below 0, above `max_sigma` or
        not a number, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Gaussians of `max_sigma`, `max_sigma` / sqrt(2), and so on down to 0 are made: those below a sigma of 7 exactly,
    wider ones by `gaussian_blur`. A pixel takes a mixture of the two that its sigma lies between. A straight edge is
    within 0.01 of its height of the exact gather (0.005 where sigma is 1 and more; 0.015 where it is more than an
    eighth of the image, which sees the edge's mirror images as well), and within 1e-4 where sigma is one of those
    widths; where sigma is 0, a pixel keeps its bits. A mixture is a convex combination: the result stays between the
    smallest and the largest pixel, within 2e-6 of the largest. What is not finite spreads over 4 of the wider of both
    widths, or as far as `gaussian_blur` says. The same bits for every thread count and CPU level, and on CUDA. Memory:
    the result and 24 kB of stack per thread; with widths from 7 on, one more image and what `gaussian_blur` takes.
    Blocks of 256 pixels make only the Gaussians below 7 that they need, which is fastest for maps that vary smoothly;
    each wider one that any pixel needs costs a `gaussian_blur`, whatever its sigma.

    Source for its use on shadows: Zhang, Barron, Tsai, Pandey, Zhang, Ng & Jacobs, "Portrait shadow manipulation", ACM
    Trans. Graphics 39(4), 2020, section 4.1.

    Examples
    --------
    >>> edge = np.repeat(np.float32([[0, 0, 0, 1, 1, 1]]), 2, axis=0)
    >>> sigma = np.repeat(np.float32([[0], [1]]), 6, axis=1)
    >>> varying_blur(edge, sigma).round(2)
    array([[0.  , 0.  , 0.  , 1.  , 1.  , 1.  ],
           [0.  , 0.06, 0.3 , 0.7 , 0.94, 1.  ]], dtype=float32)
    """
    spot = place(image, backend)
    given = _check.array(spot.native(image, "image"), "image", dtypes=(np.float32,), ndim=(2, 3))
    if 0 in given.shape or (given.ndim == 3 and given.shape[2] > 4):
        raise ValueError(f"image needs 1 or more pixels and 1 to 4 channels, got shape {given.shape}")
    pixels = given.reshape(*given.shape[:2], -1)
    sigma = _check.array(spot.native(sigma_map, "sigma_map"), "sigma_map", dtypes=(np.float32,), ndim=(2,))
    if sigma.shape != pixels.shape[:2]:
        raise ValueError(f"sigma_map needs the shape {pixels.shape[:2]}, got {sigma.shape}")
    bounds = float(sigma.min()), float(sigma.max())
    widths = _mixed(_most(bounds, max_sigma))
    result = _check.output(spot.writable(out), given.shape, np.float32, (given, sigma), spot.arrays)
    blurred = result.reshape(pixels.shape)
    if spot.where == "cuda":
        _launch("varying_blur", spot.arrays, widths, (pixels, sigma, blurred), blurred.size, pixels.shape)
    else:
        _threads.split(
            lambda begin, end: _cpu.varying_blur(
                pixels, sigma, widths.sigmas, widths.roots, widths.reaches, widths.weights, blurred, begin, end
            ),
            len(pixels),
            elements=8 * pixels.size,
            threads=threads,
        )
    for level in widths.wide(*bounds):
        _add(spot, widths, level, (pixels, sigma, blurred), threads)
    return out if out is not None else spot.give_back(result, image)


def subsurface(
    shadow: Any,
    *,
    sigma: Sequence[float],
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Let light spread under the skin at a shadow's edge, red farther than green, green farther than blue.

    Parameters
    ----------
    shadow : (H, W) float32
        How much light gets through, or how much is taken. NumPy, CuPy or torch. Copied if not in C order.
    sigma : 3 numbers
        How far red, green and blue spread: the standard deviations of a Gaussian in pixels, 0 and more. In skin, red is
        the widest; (5, 2.5, 1.5) pixels on a face 500 pixels wide looks like it.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `shadow` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : (H, W, 3) float32, optional
        Where to write; C order, no overlap with `shadow`.

    Returns
    -------
    (H, W, 3) float32
        The shadow in red, green and blue, as `pixkern.shading.shade` takes it.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or sigmas that are no numbers.
    ValueError
        A shape that does not fit, an empty array, a sigma out of range, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Each channel is `shadow` blurred over its mirror image at the edges (half-sample symmetry): below a sigma of 7, by a
    sampled Gaussian of 4 standard deviations, within 1e-4 of the image's range; from 7 on, by `gaussian_blur`. Where
    sigma is 0, the channel is `shadow`. The same bits for every thread count and CPU level, and on CUDA. Memory: the
    result, a plane for sigmas from 7 on, and what `gaussian_blur` takes then.

    Source: Zhang, Barron, Tsai, Pandey, Zhang, Ng & Jacobs, "Portrait shadow manipulation", ACM Trans. Graphics 39(4),
    2020, section 4.1.

    Examples
    --------
    >>> edge = np.float32([[0, 0, 0, 1, 1, 1]])
    >>> subsurface(edge, sigma=(1.5, 1, 0))[0, 2].round(2)  # the last dark pixel, reddish
    array([0.37, 0.3 , 0.  ], dtype=float32)
    """
    spot = place(shadow, backend, "shadow")
    given = _check.array(spot.native(shadow, "shadow"), "shadow", dtypes=(np.float32,), ndim=(2,))
    if 0 in given.shape:
        raise ValueError(f"shadow is empty, got shape {given.shape}")
    sigmas = _check.finite(sigma, "sigma")
    if sigmas.shape != (3,) or sigmas.min() < 0 or sigmas.max() > 1e6:
        raise ValueError(f"sigma must be three numbers from 0 to 1e6, got {sigma!r}")
    result = _check.output(spot.writable(out), (*given.shape, 3), np.float32, (given,), spot.arrays)
    near = _separate(tuple(float(one) for one in sigmas))
    if spot.where == "cuda":
        _launch("spread", spot.arrays, near, (given, result), given.size, given.shape)
    else:
        _threads.split(
            lambda begin, end: _cpu.spread(given, near.reaches, near.weights, result, begin, end),
            len(given),
            elements=8 * given.size,
            threads=threads,
        )
    for channel, one in enumerate(sigmas):
        if near.reaches[channel] < 0:
            result[..., channel] = gaussian_blur(given, float(one), backend=backend, threads=threads)
    return out if out is not None else spot.give_back(result, shadow)


def _add(spot: Place, widths: _Widths, level: int, on: tuple[Any, Any, Any], threads: int | None) -> None:
    """Of `on`: a width's share of the blurred image, by the map, to the result. Levels are added in rising order."""
    pixels, sigma, blurred = on
    wide = gaussian_blur(pixels, float(widths.sigmas[level]), backend=spot.where, threads=threads)
    if spot.where == "cuda":
        _launch("add_level", spot.arrays, widths, (wide, sigma, blurred), wide.size, (wide.size, wide.shape[2], level))
        return
    _threads.split(
        lambda begin, end: _cpu.add_level(wide, sigma, widths.sigmas, widths.roots, level, blurred, begin, end),
        len(wide),
        elements=wide.size,
        threads=threads,
    )


def _most(bounds: tuple[float, float], max_sigma: float | None) -> float:
    """`max_sigma`, after a look at the least and the largest sigma of a map."""
    least, most = bounds  # NaN if there is one
    limit = most if max_sigma is None else float(_check.finite(max_sigma, "max_sigma").reshape(()))
    if not 0 <= limit <= _MOST_SIGMA and max_sigma is not None:
        raise ValueError(f"max_sigma must be 0 to {_MOST_SIGMA:g} pixels, got {max_sigma!r}")
    if not (least >= 0 and most <= min(float(np.float32(limit)), _MOST_SIGMA)):  # a map holds the limit as float32
        raise ValueError(
            f"sigma_map must be from 0 to {min(limit, _MOST_SIGMA):g} pixels and finite, got {least:g} to {most:g}"
        )
    return limit


@lru_cache(maxsize=64)
def _mixed(most: float) -> _Widths:
    """Widths from `most` down in steps of sqrt(2), and 0; from _CELLS on for `gaussian_blur`."""
    sigmas = [most] if most > 0 else []
    while sigmas and sigmas[0] > _FIRST:
        sigmas.insert(0, sigmas[0] / math.sqrt(2))
    return _gaussians([0.0, *sigmas])


@lru_cache(maxsize=64)
def _separate(sigmas: tuple[float, ...]) -> _Widths:
    """One width per channel; wide ones are left to `gaussian_blur`."""
    return _gaussians(list(sigmas))


def _gaussians(sigmas: list[float]) -> _Widths:
    reaches = [math.ceil(_REACH * sigma) if sigma < _CELLS else -1 for sigma in sigmas]
    weights = np.zeros((len(sigmas), _MOST_REACH + 1), np.float32)
    for row, sigma, reach in zip(weights, sigmas, reaches, strict=True):
        # Decimal arithmetic: the C library's exponential has other bits on every machine.
        ahead = [1.0] + [float(_DIGITS.exp(-((Decimal(k) / Decimal(sigma)) ** 2) / 2)) for k in range(1, reach + 1)]
        row[: len(ahead)] = np.array(ahead) / (math.fsum(ahead) + math.fsum(ahead[1:]))
    widths = np.array(sigmas, np.float32)
    return _Widths(widths, np.sqrt(widths), np.array(reaches, np.int32), weights)


def _launch(
    name: str, arrays: Any, widths: _Widths, given: tuple[Any, ...], count: int, shape: tuple[int, ...]
) -> None:
    from ._cuda import kernel

    tables = [arrays.asarray(table) for table in (widths.sigmas, widths.roots, widths.reaches, widths.weights)]
    numbers = (*map(np.int64, shape), np.int32(len(widths.sigmas)))
    kernel("shadows", name)((-(-count // 128),), (128,), (*given, *tables, *numbers))
