"""A picture with less of its light in it: five methods, mixed with the picture, rounded once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from . import _blur_arguments, _check, _masks, _retinex_cuda, _threads
from ._blur import Runner
from ._dispatch import place
from ._gaussian_blur import blur_pixels
from ._multiscale_retinex import finish, percentiles_of, raw_retinex, sigmas_of
from ._native import retinex as _cpu
from ._retinex_cells import codes, mask_table, scales_of

AlbedoMethod = Literal["retinex", "luminance", "msrcr", "lab", "division"]

METHODS = ("retinex", "luminance", "msrcr", "lab", "division")
_MOST = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
_FLAT = 0.01  # of lightness squared: what varies by less than 0.1 is smoothed, what varies by more is an edge


def albedo(
    image: Any,
    *,
    method: AlbedoMethod = "retinex",
    mask: Any = None,
    sigmas: Sequence[float] = (15, 80, 250),
    percentiles: tuple[float, float] = (1, 99),
    original: float = 0.0,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Estimate how bright surfaces are, whatever light falls on them.

    No single picture tells what is surface and what is light. These methods assume that light varies slowly over the
    picture; large surfaces of one colour drift towards the mean.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        Codes as displayed; float32 nominally 0 to 1. 1 to 4 channels; 3 for luminance, msrcr and lab. Values below 0
        and NaN count as 0. NumPy, CuPy or torch; copied if not in C order.
    method : {"retinex", "luminance", "msrcr", "lab", "division"}
        retinex: `multiscale_retinex` of each channel, stretched. luminance: that of the mean of the channels,
        stretched, and all channels scaled alike, as far as the brightest allows; keeps chromaticities. msrcr: that of
        each channel times 46 [log10(125 (I + 1)) - log10(sum of the channels' I + 1)], stretched. lab: CIELAB lightness
        over a base that keeps edges, times its mean; a and b are kept. division: each channel over its blur, times its
        mean.
    mask : (H, W), bool, uint8 or float32, optional
        The weight of each pixel: True, 255 or 1 is all of it. What has weight 0 is not looked at.
    sigmas : sequence of float
        1 to 4 standard deviations in pixels; lab and division take the middle one (of an even number, the
        larger of the two).
    percentiles : (low, high)
        As of `multiscale_retinex`; lab and division have none.
    original : float
        The share of the image in the result, 0 to 1: ``(1 - original) * method + original * image``.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like `image`, optional
        Where to write; C order, no overlap with `image` or `mask`.

    Returns
    -------
    shape, dtype and kind of `image`
        0 to 1 of the dtype's range, rounded once; 0 where the mask is 0.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `multiscale_retinex`; an unknown method, a number of channels that it does not take, `original` out of range.

    Notes
    -----
    What is outside the mask changes no bit inside. The same bits for every thread count and CPU level, and on CUDA.
    Exactness as `multiscale_retinex` and `gaussian_blur`: before rounding within 0.1 of 255 of the definitions in
    float64, but for percentiles of few pixels, which may lie anywhere between two of them. lab's base is a
    guided filter whose guide is the lightness itself, with Gaussian windows and eps = 0.1^2.

    Memory: the result and float32 of the image's size for retinex and msrcr; of one channel twice for luminance, of
    eight channels for lab, none for division; and cells as `multiscale_retinex`.

    Sources: as `multiscale_retinex`, there eq. 9 and 10 for msrcr; Petro, Sbert & Morel, 2014, for luminance (their
    MSRCP); He, Sun & Tang, "Guided image filtering", IEEE Trans. PAMI 35(6), 2013, eq. 5, 6 and 8, for lab.

    Examples
    --------
    >>> from pixkern.retinex import albedo
    >>> shade = np.linspace(0.3, 1, 320)[:, None] * np.ones((320, 320))
    >>> tiles = np.where(np.indices((320, 320)).sum(0) // 40 % 2, 200, 80) * shade
    >>> flat = albedo(np.rint(tiles).astype(np.uint8), method="division", sigmas=(60,))
    >>> lit, unlit = flat[280:].max() / flat[:40].max(), tiles[280:].max() / tiles[:40].max()
    >>> bool(abs(np.log(lit)) < 0.25 * abs(np.log(unlit)))
    True
    """
    _check.choice(method, "method", METHODS)
    widths, ends, share = sigmas_of(sigmas), percentiles_of(percentiles), _share(original)
    if ends is None:
        raise TypeError("percentiles must be (low, high), got None; multiscale_retinex has raw values")
    spot = place(image, backend)
    pixels = _blur_arguments.image(spot, image, channels=(1, 2, 3, 4) if method in ("retinex", "division") else (3,))
    weights = _masks.weights(spot, mask, pixels.shape[:2])
    result = _check.output(spot.writable(out), tuple(image.shape), pixels.dtype, (pixels, weights), spot.arrays)
    run, made = Runner(spot.arrays, spot.where == "cuda", threads), result.reshape(pixels.shape)
    most = _MOST[pixels.dtype.name]
    mix = np.array([1 / most, most, share], np.float32)
    if method in ("retinex", "msrcr"):
        _of_channels(run, pixels, weights, widths, ends, mix, made, restored=method == "msrcr")
    elif method == "luminance":
        _of_intensity(run, pixels, weights, widths, ends, mix, made)
    elif method == "lab":
        _of_lightness(run, pixels, weights, sorted(widths)[len(widths) // 2], mix, made)
    else:
        _of_quotients(run, pixels, weights, sorted(widths)[len(widths) // 2], mix, made)
    return out if out is not None else spot.give_back(result, image)


def _share(original: float) -> float:
    if isinstance(original, bool) or not isinstance(original, int | float | np.integer | np.floating):
        raise TypeError(f"original must be a number, got {type(original).__name__}")
    if not 0 <= original <= 1:
        raise ValueError(f"original must be 0 to 1, got {original}")
    return float(original)


def _of_channels(
    run: Runner, image: Any, mask: Any, sigmas: Any, percentiles: Any, mix: np.ndarray, out: Any, *, restored: bool
) -> None:
    values = run.arrays.empty(image.shape, np.float32)
    stretch = raw_retinex(run, image, mask, sigmas, values, percentiles, restored=restored)
    assert stretch is not None
    finish(run, "stretch", image, mask, mix, values, *stretch, out)


def _of_intensity(run: Runner, image: Any, mask: Any, sigmas: Any, percentiles: Any, mix: np.ndarray, out: Any) -> None:
    rows, cols, _ = image.shape
    plane, values = (run.arrays.empty((rows, cols, 1), np.float32) for _ in range(2))
    _each_pixel(run, "intensity", image, plane, float(np.float32(codes(image.dtype)[0] / 255)))
    stretch = raw_retinex(run, plane, mask, sigmas, values, percentiles)
    assert stretch is not None
    finish(run, "luminance", image, mask, mix, values, *stretch, out)


def _of_quotients(run: Runner, image: Any, mask: Any, sigma: float, mix: np.ndarray, out: Any) -> None:
    scales = scales_of(run, image, mask, (sigma,))
    means = np.array(_means(run, image, mask, mix[0]), np.float32)
    if run.cuda:
        _retinex_cuda.division(image, mask, mix, scales, means, out)
    else:
        finish(run, "division", image, mask, mix, scales.table(), means, out)


def _of_lightness(run: Runner, image: Any, mask: Any, sigma: float, mix: np.ndarray, out: Any) -> None:
    rows, cols, _ = image.shape
    lightness, pairs, blurred = (run.arrays.empty((rows, cols, 2), np.float32) for _ in range(3))
    _each_pixel(run, "lightness", image, lightness, float(mix[0]))
    blur_pixels(run, lightness, mask, sigma, pairs)
    _each_pixel(run, "guide", pairs, None, _FLAT)
    blur_pixels(run, pairs, mask, sigma, blurred)
    mean = _means(run, lightness, mask, 1.0)[0]
    finish(run, "lab", image, mask, mix, lightness, blurred, float(np.float32(mean)), out)


def _each_pixel(run: Runner, name: str, image: Any, out: Any, number: float) -> None:
    pixels = image.shape[0] * image.shape[1]
    given = (image, number, out) if out is not None else (image, number)
    if run.cuda:
        _retinex_cuda.each_pixel(name, pixels, *given)
        return
    kernel = getattr(_cpu, name)
    _threads.split(lambda begin, end: kernel(*given, begin, end), pixels, elements=4 * image.size, threads=run.threads)


def _means(run: Runner, image: Any, mask: Any, unit: float) -> list[float]:
    """Of each channel within the mask, in units of 0..1; 0 without any weight."""
    rows, _, channels = image.shape
    sums = run.arrays.empty((rows, channels + 1), np.float64)
    if run.cuda:
        _retinex_cuda.sums(image, mask, float(unit), sums)
        sums = sums.get()
    else:
        weights = mask_table(mask)
        _threads.split(
            lambda begin, end: _cpu.sum(image, weights, unit, sums, begin, end),
            rows,
            elements=image.size,
            threads=run.threads,
        )
    *totals, total = (math.fsum(column) for column in sums.T.tolist())
    return [value / total if total > 0 else 0.0 for value in totals]
