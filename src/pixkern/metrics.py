"""How far two images are apart: mean squared error, PSNR, SSIM and MS-SSIM.

One pass over both images; neither a float copy of them nor a map of similarities is ever stored. The loops are in
``kernels/cpu/metrics.h`` and ``kernels/cuda/metrics.cu``, the formulas in ``kernels/maths/metrics.h``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Literal

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._native import metrics as _cpu

__all__ = ["MS_SSIM_WEIGHTS", "ms_ssim", "mse", "psnr", "ssim"]

Window = Literal["gaussian", "uniform"]

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first (Wang, Simoncelli & Bovik 2003, section 4)."""

_WINDOWS = {"gaussian": 11, "uniform": 7}  # TAPS in kernels/maths/metrics.h
_ERROR_BLOCK = 8192  # there
_TILE = 144  # there
_CUDA_STRIP = 8  # STRIP in kernels/cuda/metrics.cu
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernel goes round again for more
_MOST_SCALES = 16
_DIGITS = Context(prec=30)  # logarithm and power have the same bits everywhere, which the C library does not promise


def mse(a: Any, b: Any, *, backend: str | None = None, threads: int | None = None) -> Any:
    """Mean squared error of two images, over all pixels and channels.

    Parameters
    ----------
    a, b : (H, W), (H, W, C) or (B, H, W, C), uint8, uint16 or float32
        NumPy, CuPy or torch, of one shape and dtype. Copied if not in C order.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `a` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    float, or (B,) float64 for batches
        In squared units of the images. 0.0 for equal images; NaN if a float image has one.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or two dtypes.
    ValueError
        A shape that does not fit, or two shapes.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    uint8 and uint16: the exact sum of squares, rounded once. float32: float64 sums, relative error below 1e-13. The
    same bits for every thread count and CPU level, and on CUDA. Memory: 40 bytes per 8192 samples.

    Examples
    --------
    >>> a = np.array([[10, 20], [30, 40]], np.uint8)
    >>> mse(a, a + np.uint8(3))
    9.0
    """
    pair = _pair(a, b, backend)
    return pair.give_back(_squared_errors(pair, threads))


def psnr(
    a: Any, b: Any, *, data_range: float | None = None, backend: str | None = None, threads: int | None = None
) -> Any:
    """Peak signal-to-noise ratio, ``10 log10(data_range**2 / mse)``.

    Parameters
    ----------
    a, b, backend, threads
        See `mse`.
    data_range : float, optional
        The largest value less the smallest that images may have. Default: 255 for uint8, 65535 for uint16, 1 for
        float32.

    Returns
    -------
    float, or (B,) float64 for batches
        Decibels. Infinity for equal images; NaN if a float image has one.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `mse`; `data_range` is no number, or not above 0.

    Notes
    -----
    As exact as `mse`: the logarithm is correctly rounded.

    Examples
    --------
    >>> a = np.zeros((8, 8), np.uint8)
    >>> round(psnr(a, a + np.uint8(1)), 2)
    48.13
    """
    pair = _pair(a, b, backend)
    peak = Decimal(_range(data_range, pair))
    return pair.give_back([_decibels(peak, error) for error in _squared_errors(pair, threads)])


def ssim(
    a: Any,
    b: Any,
    *,
    window: Window = "gaussian",
    data_range: float | None = None,
    backend: str | None = None,
    threads: int | None = None,
) -> Any:
    """Mean structural similarity of two images.

    Parameters
    ----------
    a, b, backend, threads
        See `mse`.
    window : {"gaussian", "uniform"}
        "gaussian": 11 x 11, sigma 1.5, population covariance, as published; scikit-image's
        ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False``. "uniform": 7 x 7, sample covariance, what
        scikit-image does by default.
    data_range : float, optional
        See `psnr`.

    Returns
    -------
    float, or (B,) float64 for batches
        From -1 to 1; 1.0 for equal images; NaN if a float image has one. The mean over all windows that lie inside the
        image, then over channels, each channel by itself.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `psnr`; an image smaller than the window.

    Notes
    -----
    Sums are float64, or integers: within 1e-9 of the definition for uint8, uint16 and for floats within 10
    `data_range` of 0, and of scikit-image for integers (which uses float32 for float32 images). The same bits for every
    thread count and CPU level, and on CUDA. Memory: 70 kB per thread and 40 bytes per row and channel.

    Source: Wang, Bovik, Sheikh & Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE Trans. Image Processing 13(4), 2004, eq. 13, with K1 = 0.01 and K2 = 0.03.

    Examples
    --------
    >>> a = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    >>> ssim(a, a), round(ssim(a, 255 - a), 2)
    (1.0, -0.97)
    """
    _check.choice(window, "window", tuple(_WINDOWS))
    pair = _pair(a, b, backend)
    span = _range(data_range, pair)
    _check_size(pair, _WINDOWS[window], f"ssim with the {window} window")
    means = _similarity(pair, f"ssim_{window}", span, threads)
    return pair.give_back([math.fsum(channels) / len(channels) for channels in means])


def ms_ssim(
    a: Any,
    b: Any,
    *,
    data_range: float | None = None,
    weights: Sequence[float] = MS_SSIM_WEIGHTS,
    backend: str | None = None,
    threads: int | None = None,
) -> Any:
    """Multiscale structural similarity of two images.

    Scale 1 is the image itself; each further one averages 2 x 2 pixels of the one before. The result is the product
    over scales of the mean contrast-structure term, at the last scale of the mean similarity, each to the power of its
    weight.

    Parameters
    ----------
    a, b, backend, threads
        See `mse`.
    data_range : float, optional
        See `psnr`.
    weights : sequence of float
        One exponent above 0 per scale, finest first, 1 to 16 of them.

    Returns
    -------
    float, or (B,) float64 for batches
        From 0 to 1; 1.0 for equal images; NaN if a float image has one. The mean over channels, each by itself.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `psnr`; weights that are none; an image whose last scale is smaller than the window, which for five scales
        is one with a side below 161 pixels.

    Notes
    -----
    Windows are those of `ssim`, "gaussian". A mean term below 0 has no power and counts as 0. The last row or column
    of an odd image counts twice when it is halved, as in the authors' program. Scales are float32, which holds those of
    uint8 and uint16 images exactly (down to the fifth). Within 1e-9 of the definition for uint8 and uint16, 1e-6 for
    float32. The same bits for every thread count and CPU level, and on CUDA. Memory: 5/4 bytes per sample of each
    image, and as `ssim`.

    Source: Wang, Simoncelli & Bovik, "Multiscale structural similarity for image quality assessment", Asilomar Conf. on
    Signals, Systems and Computers, 2003, eq. 7.

    Examples
    --------
    >>> a = np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8)
    >>> ms_ssim(a, a), round(ms_ssim(a, a // 2), 3)
    (1.0, 0.818)
    """
    powers = _powers(weights)
    pair = _pair(a, b, backend)
    span = _range(data_range, pair)
    _check_size(pair, (_WINDOWS["gaussian"] - 1) * 2 ** (len(powers) - 1) + 1, f"ms_ssim of {len(powers)} scales")
    scales = []
    for _ in powers[1:]:
        smaller = pair.halved()
        scales.append(_similarity(pair, "structure", span, threads, smaller))
        pair = smaller
    scales.append(_similarity(pair, "ssim_gaussian", span, threads))
    values = []
    for image in zip(*scales, strict=True):
        products = [_product(terms, powers) for terms in zip(*image, strict=True)]  # of each channel
        values.append(math.fsum(products) / len(products))
    return pair.give_back(values)


@dataclass(frozen=True)
class _Pair:
    """Two images as (B, rows, cols, C), and what the caller gave."""

    a: Any
    b: Any
    spot: Place
    like: Any

    def halved(self) -> _Pair:
        """Room for both at half the size."""
        batch, rows, cols, channels = self.a.shape
        half = (batch, (rows + 1) // 2, (cols + 1) // 2, channels)
        empty = self.spot.arrays.empty
        return _Pair(empty(half, np.float32), empty(half, np.float32), self.spot, self.like)

    def give_back(self, values: list[float]) -> Any:
        """The number of an image, or the numbers of a batch in its kind of array."""
        return self.spot.give_back(np.array(values), self.like) if self.like.ndim == 4 else values[0]


def _pair(a: Any, b: Any, backend: str | None) -> _Pair:
    spot = place(a, backend, "a")
    first, second = _check.image(spot.native(a, "a"), "a"), _check.image(spot.native(b, "b"), "b")
    if first.dtype != second.dtype:
        raise TypeError(f"a and b must have one dtype, got {first.dtype.name} and {second.dtype.name}; convert one")
    if tuple(a.shape) != tuple(b.shape):
        raise ValueError(f"a and b must have one shape, got {tuple(a.shape)} and {tuple(b.shape)}")
    return _Pair(first, second, spot, a)


def _range(data_range: float | None, pair: _Pair) -> float:
    dtype = pair.a.dtype
    if data_range is None:
        return 1.0 if dtype == np.float32 else float(np.iinfo(dtype).max)
    if isinstance(data_range, bool) or not isinstance(data_range, int | float | np.integer | np.floating):
        raise TypeError(f"data_range must be a number, got {type(data_range).__name__}")
    if not 1e-30 <= data_range <= 1e30:  # so that neither its square nor its fourth power leaves float64
        raise ValueError(f"data_range must be 1e-30 to 1e30, got {data_range}")
    return float(data_range)


def _powers(weights: Sequence[float]) -> list[Decimal]:
    given = _check.finite(weights, "weights")
    if given.ndim != 1 or not 1 <= given.size <= _MOST_SCALES or not (given > 0).all():
        raise ValueError(f"weights must be 1 to {_MOST_SCALES} numbers above 0, got {weights!r}")
    return [Decimal(weight) for weight in given.tolist()]


def _check_size(pair: _Pair, least: int, what: str) -> None:
    rows, cols = pair.a.shape[1:3]
    if min(rows, cols) < least:
        raise ValueError(
            f"{what} needs images of at least {least} x {least} pixels, got {cols} x {rows} (width x height)"
        )


def _squared_errors(pair: _Pair, threads: int | None) -> list[float]:
    """The mean of each image; sums of blocks are added exactly, whatever their order."""
    samples = pair.a[0].size
    slots = pair.spot.arrays.empty((len(pair.a), -(-samples // _ERROR_BLOCK)), np.float64)
    if pair.spot.where == "cuda":
        from ._cuda import kernel

        run = kernel("metrics", f"squared_errors_{pair.a.dtype.name}")
        blocks = min(-(-slots.size // 8), _MOST_BLOCKS)  # eight slots to a thread block
        run((blocks,), (256,), (pair.a, pair.b, np.int64(samples), slots, np.int64(slots.size)))
        slots = slots.get()
    else:
        _threads.split(
            lambda begin, end: _cpu.squared_errors(pair.a, pair.b, slots, begin, end),
            slots.size,
            elements=pair.a.size // 4,  # a sample takes a quarter of what the measure of `split` assumes
            threads=threads,
        )
    return [math.fsum(image) / samples for image in slots.tolist()]


def _decibels(peak: Decimal, error: float) -> float:
    if error == 0 or math.isnan(error):
        return math.inf if error == 0 else math.nan
    ratio = _DIGITS.divide(_DIGITS.multiply(peak, peak), Decimal(error))
    return float(_DIGITS.multiply(10, _DIGITS.log10(ratio)))


def _similarity(
    pair: _Pair, name: str, span: float, threads: int | None, smaller: _Pair | None = None
) -> list[list[float]]:
    """The mean of a kernel's terms for each image and channel; fills `smaller`, if given, in the same pass."""
    batch, rows, cols, channels = pair.a.shape
    taps = _WINDOWS["uniform" if name == "ssim_uniform" else "gaussian"]
    slots = pair.spot.arrays.zeros((batch, rows - taps + 1, channels), np.float64)
    if pair.spot.where == "cuda":
        _similarity_on_cuda(pair, name, span, slots, smaller)
        slots = slots.get()
    else:
        halves = () if smaller is None else (smaller.a, smaller.b)
        run = getattr(_cpu, name)
        _threads.split(
            lambda begin, end: run(pair.a, pair.b, span, slots, *halves, begin, end),
            batch * (rows - taps + 1),
            elements=4 * pair.a.size,  # a sample takes four times what the measure of `split` assumes
            threads=threads,
        )
    windows = (rows - taps + 1) * (cols - taps + 1)
    return [[math.fsum(channel) / windows for channel in image] for image in slots.swapaxes(1, 2).tolist()]


def _product(terms: Iterable[float], powers: Sequence[Decimal]) -> float:
    """The terms to their powers, multiplied; a negative term counts as 0."""
    value = Decimal(1)
    for term, power in zip(terms, powers, strict=True):
        if math.isnan(term):
            return math.nan
        value = _DIGITS.multiply(value, _DIGITS.power(Decimal(max(term, 0.0)), power))
    return float(value)


def _similarity_on_cuda(pair: _Pair, name: str, span: float, slots: Any, smaller: _Pair | None) -> None:
    """One thread block per strip of rows, one thread per value of a tile; see kernels/cuda/metrics.cu."""
    from ._cuda import kernel

    sizes = [np.int64(length) for length in pair.a.shape[1:]]
    strips = len(slots) * -(-slots.shape[1] // _CUDA_STRIP)
    run = kernel("metrics", f"{name}_{pair.a.dtype.name}")
    run((min(strips, _MOST_BLOCKS),), (_TILE,), (pair.a, pair.b, *sizes, np.int64(len(slots)), np.float64(span), slots))
    if smaller is not None:
        run = kernel("metrics", f"halve_{pair.a.dtype.name}")
        blocks = (min(-(-smaller.a.size // 256), _MOST_BLOCKS),)
        for image, half in ((pair.a, smaller.a), (pair.b, smaller.b)):
            run(blocks, (256,), (image, *sizes, np.int64(len(slots)), half))
