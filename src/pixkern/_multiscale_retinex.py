"""Multiscale Retinex, raw and stretched between percentiles."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _blur_arguments, _check, _masks, _retinex_cuda, _threads
from ._blur import Runner
from ._dispatch import place
from ._native import retinex as _cpu
from ._retinex_cells import codes, mask_table, scales_of

_BINS = 8192  # BINS in kernels/maths/retinex.h
_RANGES = {False: 2.5, True: 235.0}  # RANGE of Plain and Restored there
_MOST_SCALES = 4  # MOST_SCALES in kernels/cpu/retinex.cpp


def multiscale_retinex(
    image: Any,
    *,
    sigmas: Sequence[float] = (15, 80, 250),
    mask: Any = None,
    percentiles: tuple[float, float] | None = (1, 99),
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """How bright each sample is among those around it, as a mean of logarithms at several scales.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        1 to 4 channels, each by itself. Codes as displayed; float32 nominally 0 to 1. Values below 0 and NaN count as
        0, values above 2**20 / 255 as that. NumPy, CuPy or torch; copied if not in C order.
    sigmas : sequence of float
        Standard deviations of the surrounds in pixels, 1 to 4 of them, 0.05 to 1e6.
    mask : (H, W), bool, uint8 or float32, optional
        The weight of each pixel: True, 255 or 1 is all of it. What has weight 0 is not looked at.
    percentiles : (low, high) or None
        These percentiles of each channel, pixels counted by their weight, become 0 and 1, and what is beyond is
        clipped: 0 <= low < high <= 100. None: the raw values.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : float32 of the image's shape, optional
        Where to write; C order, no overlap with `image` or `mask`.

    Returns
    -------
    float32, shape and kind of `image`
        ``mean over s of log10(I + 1) - log10(G_s * I + 1)`` with I in units of 255 codes and `gaussian_blur`'s G,
        within the mask where there is one; -2.41 to 2.41 raw for codes up to 255, 0 to 1
        stretched. 0 where the mask is 0.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed; sigmas or percentiles that are no numbers.
    ValueError
        A shape that does not fit, sigmas or percentiles out of range, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Raw values are within 2e-4 of the definition in float64, typically 2e-5. Percentiles are read from 8192 bins over
    -2.5 to 2.5, 6.1e-4 wide, linearly within a bin; a weight counts in 255ths. One logarithm is taken per sample, of
    the product over scales. The same bits for every thread count and CPU level, and on CUDA.

    Memory: the result; the picture in cells of a quarter of its sides, one such per sigma and two while one is made,
    16 bytes of float32 in all per 16 pixels and channel for each; 64 kB per channel and thread for bins. No blur is
    written in full size, but for sigmas below 7 pixels, which have no cells: float32 of the picture's size.

    Sources: Jobson, Rahman & Woodell, "A multiscale retinex for bridging the gap between color images and the human
    observation of scenes", IEEE Trans. Image Processing 6(7), 1997, eq. 5; Petro, Sbert & Morel, "Multiscale Retinex",
    Image Processing On Line 4, 2014, for percentiles.

    Examples
    --------
    >>> from pixkern.retinex import multiscale_retinex
    >>> ramp = np.tile(np.linspace(0.2, 0.8, 400, dtype=np.float32), (300, 1))  # light from the right
    >>> ramp[100:200, 150:250] *= 0.5  # on a dark square
    >>> raw = multiscale_retinex(ramp, sigmas=(20, 80), percentiles=None)
    >>> bool(abs(raw[150, 160] - raw[150, 240]) < 0.4 * abs(np.log10(ramp[150, 160] / ramp[150, 240])))
    True
    """
    widths = sigmas_of(sigmas)
    ends = percentiles_of(percentiles)
    spot = place(image, backend)
    pixels = _blur_arguments.image(spot, image)
    weights = _masks.weights(spot, mask, pixels.shape[:2])
    result = _check.output(spot.writable(out), tuple(image.shape), np.float32, (pixels, weights), spot.arrays)
    values = result.reshape(pixels.shape)
    run = Runner(spot.arrays, spot.where == "cuda", threads)
    stretch = raw_retinex(run, pixels, weights, widths, values, ends)
    if stretch is not None:
        finish(run, "stretch", values, weights, np.array([0, 1, 0], np.float32), values, *stretch, values)
    return out if out is not None else spot.give_back(result, image)


def sigmas_of(sigmas: Sequence[float]) -> tuple[float, ...]:
    try:
        given = tuple(_blur_arguments.sigma(sigma, "sigmas") for sigma in sigmas)
    except TypeError:
        raise TypeError(f"sigmas must be a sequence of numbers, got {sigmas!r}") from None
    if not 1 <= len(given) <= _MOST_SCALES or min(given) < 0.05:
        raise ValueError(f"sigmas must be 1 to {_MOST_SCALES} numbers of at least 0.05 pixels, got {sigmas!r}")
    return given


def percentiles_of(percentiles: tuple[float, float] | None) -> tuple[float, float] | None:
    if percentiles is None:
        return None
    given = _check.finite(percentiles, "percentiles")
    if given.shape != (2,) or not 0 <= given[0] < given[1] <= 100:
        raise ValueError(f"percentiles must be (low, high) with 0 <= low < high <= 100, got {percentiles!r}")
    return float(given[0]), float(given[1])


def raw_retinex(
    run: Runner,
    image: Any,
    mask: Any,
    sigmas: tuple[float, ...],
    out: Any,
    percentiles: tuple[float, float] | None,
    *,
    restored: bool = False,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Fill `out`, and say by which low ends and gains its channels are stretched."""
    scales = scales_of(run, image, mask, sigmas)
    bins = None if percentiles is None else np.zeros((image.shape[2], _BINS), np.int64)
    if run.cuda:
        bins = _retinex_cuda.retinex(restored, image, mask, codes(image.dtype)[0], scales, out, bins)
    else:
        _rows(run, restored, image, mask, scales, out, bins)
    if bins is None or percentiles is None:
        return None
    ends = [_ends(channel, percentiles, _RANGES[restored]) for channel in bins]
    low = np.array([low for low, _ in ends], np.float32)
    return low, np.array([1 / (high - low) for low, high in ends], np.float32)


def _rows(run: Runner, restored: bool, image: Any, mask: Any, scales: Any, out: Any, bins: Any) -> None:
    table, weights = scales.table(), mask_table(mask)
    lock = threading.Lock()

    def work(begin: int, end: int) -> None:
        mine = None if bins is None else np.zeros_like(bins)
        _cpu.retinex(restored, image, weights, codes(image.dtype)[0], table, out, mine, begin, end)
        if bins is not None:
            with lock:
                bins[...] += mine  # integers: in any order

    _threads.split(work, image.shape[0], elements=2 * image.size, threads=run.threads)


def _ends(counts: np.ndarray, percentiles: tuple[float, float], span: float) -> tuple[float, float]:
    """Where two shares of all that was counted lie, linearly within their bins."""
    width, total = 2 * span / _BINS, int(counts.sum())
    if total == 0:
        return 0.0, 1.0
    upto = np.cumsum(counts)
    ends = []
    for percentile in percentiles:
        wanted = percentile / 100 * total
        place = int(np.searchsorted(upto, wanted, side="left"))
        if counts[place] == 0:  # the 0th percentile: the lower end of the first that is not empty
            place = int(np.argmax(counts > 0))
        ends.append((place + (wanted - (int(upto[place]) - int(counts[place]))) / int(counts[place])) * width - span)
    return ends[0], max(ends[1], ends[0] + width / 1024)


def finish(run: Runner, name: str, image: Any, mask: Any, mix: np.ndarray, *rest: Any) -> None:
    """The pass `name` of kernels/cpu/albedo.h over rows; the last of `rest` is written."""
    if run.cuda:
        _retinex_cuda.finish(name, image, mask, mix, *rest)
        return
    weights, kernel = mask_table(mask), getattr(_cpu, name)
    _threads.split(
        lambda begin, end: kernel(image, weights, mix, *rest, begin, end),
        image.shape[0],
        elements=image.size,
        threads=run.threads,
    )
