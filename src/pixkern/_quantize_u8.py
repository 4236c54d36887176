"""Subbands as bytes: an affine quantiser whose scale and offset come from each band's extremes."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._native import quantize as _cpu
from ._subbands import subbands

_CUDA_THREADS = 256  # THREADS in kernels/cuda/quantize.cu
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernels go round again for more


class QuantizedU8(NamedTuple):
    """What `quantize_u8` found: a coefficient of band b of plane p is about ``offsets[p, b] + symbol * scales[p, b]``.

    Attributes
    ----------
    symbols : like the coefficients, uint8
    scales, offsets : (bands,), or (P, bands) for P planes; float32, NumPy
        Bands in the order of `pixkern.lifting.subbands`; one column if there is one scale to a plane. A band without
        coefficients has 0 and 0.
    """

    symbols: Any
    scales: np.ndarray
    offsets: np.ndarray


def alphabet(quality: int) -> int:
    """How many values `quantize_u8` has at a quality: ``2 ** (1 + 7 (quality - 1) / 99)``, rounded.

    Parameters
    ----------
    quality : int
        1 to 100.

    Returns
    -------
    int
        2 at quality 1, 256 at 100. Each 14 points of quality double it, which is about 6 dB.

    Raises
    ------
    TypeError, ValueError
        `quality` is no integer, or out of range.

    Examples
    --------
    >>> [alphabet(quality) for quality in (1, 25, 50, 75, 100)]
    [2, 6, 22, 75, 256]
    """
    if isinstance(quality, bool) or not hasattr(quality, "__index__"):
        raise TypeError(f"quality must be an integer, got {type(quality).__name__}")
    if not 1 <= operator.index(quality) <= 100:
        raise ValueError(f"quality must be 1 to 100, got {quality}")
    return round(2 ** (1 + 7 * (operator.index(quality) - 1) / 99))


def quantize_u8(
    coeffs: Any,
    *,
    quality: int,
    levels: int,
    per_band: bool = True,
    backend: str | None = None,
    threads: int | None = None,
) -> QuantizedU8:
    """Coefficients as bytes: at most 256 evenly spaced values from the smallest to the largest of each band.

    Parameters
    ----------
    coeffs : (H, W) or (P, H, W), float32
        As `pixkern.lifting.dwt2` returns them. NumPy, CuPy or torch. Copied if not in C order.
    quality : int
        1 to 100; see `alphabet` for how many values that is.
    levels : int
        As given to `dwt2`; 0: no transform, one band.
    per_band : bool
        One scale and offset for each band of each plane; False: for each plane.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `coeffs` live.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    QuantizedU8
        (symbols, scales, offsets). Symbols are 0 to ``alphabet(quality) - 1``.

    Raises
    ------
    TypeError
        `coeffs` is no float32 array; `quality` or `levels` no integer.
    ValueError
        An empty array or another number of axes; `quality` or `levels` out of range; a coefficient that is not
        finite; a band whose range exceeds float32.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    With n values, ``offset`` is the band's smallest coefficient, ``scale = (largest - smallest) / (n - 1)``, rounded up
    to float32, and the symbol ``(x - offset) / scale`` to the nearest integer, halves up. So symbol 0 is the smallest
    coefficient and n - 1 the largest, nothing is clipped, and a higher quality never has a larger scale. A band of
    one value has scale 0 and is exact. `dequantize_u8` is off by at most half a scale and half a unit in the last
    place of its result. The same bits for every thread count and CPU level, and on CUDA. Memory: the result and 24
    bytes per row of a band.

    Examples
    --------
    >>> coeffs = np.array([[-1, -0.5, 0.2, 1]], np.float32)
    >>> found = quantize_u8(coeffs, quality=100, levels=0)
    >>> found.symbols
    array([[  0,  64, 153, 255]], dtype=uint8)
    >>> found.scales, found.offsets
    (array([0.00784314], dtype=float32), array([-1.], dtype=float32))
    """
    most = alphabet(quality) - 1
    spot = place(coeffs, backend, "coeffs")
    planes = _planes(spot.native(coeffs, "coeffs"), "coeffs", np.float32)
    bands, parameters = _bands(planes.shape[1:], levels, per_band)
    low, high = _extremes(spot, planes, bands, parameters, threads)
    scales, offsets = _rounded_up((high - low) / most), low.astype(np.float32)
    inverses = np.divide(1, scales, out=np.zeros(scales.shape), where=scales > 0, dtype=np.float64)
    symbols = spot.arrays.empty(planes.shape, np.uint8)
    _over_bands(spot, "quantize_u8", planes, symbols, bands, offsets.astype(np.float64), inverses, threads)
    if coeffs.ndim == 2:
        scales, offsets = scales[0], offsets[0]
    return QuantizedU8(spot.give_back(symbols.reshape(tuple(coeffs.shape)), coeffs), scales, offsets)


def dequantize_u8(
    symbols: Any,
    scales: Any,
    offsets: Any,
    *,
    levels: int,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """The coefficients that symbols of `quantize_u8` stand for: ``offset + symbol * scale`` of their band.

    Parameters
    ----------
    symbols : (H, W) or (P, H, W), uint8
        NumPy, CuPy or torch. Copied if not in C order.
    scales, offsets : (n,), or (P, n) for P planes
        As `quantize_u8` returned them: n is 1, or ``1 + 3 * levels``. Finite; scales not below 0.
    levels : int
        As given to `quantize_u8`.
    backend, threads
        See `quantize_u8`.
    out : float32 array like the result, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    float32, shape and kind of `symbols`

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `quantize_u8`; scales or offsets of another shape, or not finite.

    Notes
    -----
    Computed in float64 and rounded once; beyond float32's range it is infinite. The same bits for every thread count
    and CPU level, and on CUDA. Memory: the result.

    Examples
    --------
    >>> symbols = np.array([[0, 128, 255]], np.uint8)
    >>> dequantize_u8(symbols, [2 / 255], [-1], levels=0)
    array([[-1.        ,  0.00392157,  1.        ]], dtype=float32)
    """
    spot = place(symbols, backend, "symbols")
    planes = _planes(spot.native(symbols, "symbols"), "symbols", np.uint8)
    dims = tuple(symbols.shape)
    steps, starts = _parameters(scales, "scales", dims), _parameters(offsets, "offsets", dims)
    if steps.shape != starts.shape or (steps < 0).any():
        raise ValueError(f"scales and offsets need one shape and scales of 0 or more, got {scales!r} and {offsets!r}")
    bands, parameters = _bands(planes.shape[1:], levels, steps.shape[1] > 1 or levels == 0)
    if steps.shape[1] != parameters:
        raise ValueError(f"{levels} levels have 1 or {1 + 3 * levels} bands, got {steps.shape[1]} scales to a plane")
    result = _check.output(spot.writable(out), dims, np.float32, (planes,), spot.arrays)
    _over_bands(spot, "dequantize_u8", planes, result.reshape(planes.shape), bands, starts, steps, threads)
    return out if out is not None else spot.give_back(result, symbols)


def _planes(x: Any, name: str, dtype: Any) -> Any:
    """`x` as (P, H, W)."""
    x = _check.array(x, name, dtypes=(dtype,), ndim=(2, 3))
    if 0 in x.shape:
        raise ValueError(f"{name} is empty, got shape {x.shape}")
    return x.reshape(-1, *x.shape[-2:])


def _bands(shape: tuple[int, int], levels: int, per_band: bool) -> tuple[np.ndarray, int]:
    """The bands that are not empty, as an array of struct Band in kernels/maths/quantize.h, and the number of all."""
    if isinstance(levels, bool) or not hasattr(levels, "__index__"):
        raise TypeError(f"levels must be an integer, got {type(levels).__name__}")
    if operator.index(levels) < 0:
        raise ValueError(f"levels must not be below 0, got {levels}")
    places = [(slice(0, shape[0]), slice(0, shape[1]))]
    if levels:
        bands = subbands(shape, levels)  # checks the number of levels, too
        places = [(band.rows, band.cols) for band in bands] if per_band else places
    found, first = [], 0
    for index, (rows, cols) in enumerate(places):
        height, width = rows.stop - rows.start, cols.stop - cols.start
        if height and width:
            found.append((rows.start, cols.start, height, width, first, index))
            first += height
    return np.array(found, np.int64), len(places)


def _lines(bands: np.ndarray) -> int:
    """How many rows of bands a plane has."""
    return int(bands[-1, 2] + bands[-1, 4])


def _extremes(
    spot: Place, planes: Any, bands: np.ndarray, parameters: int, threads: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and the largest coefficient of each band of each plane, float64; 0 and 0 of empty bands."""
    lines = len(planes) * _lines(bands)
    slots = spot.arrays.empty((lines, 2), np.float32)
    if spot.where == "cuda":
        shape = map(np.int64, planes.shape)
        counts = (np.int64(len(bands)), np.int64(parameters))
        on_cuda("extremes", lines * _CUDA_THREADS, planes, *shape, bands, *counts, slots)
        slots = slots.get()
    else:
        _threads.split(
            lambda begin, end: _cpu.extremes(planes, bands, parameters, slots, begin, end),
            lines,
            elements=planes.size // 2,
            threads=threads,
        )
    if not np.isfinite(slots).all():
        raise ValueError("coeffs must be finite; there is a NaN or an infinity")
    per_plane = slots.reshape(len(planes), -1, 2).astype(np.float64)
    low, high = (np.zeros((len(planes), parameters)) for _ in range(2))
    low[:, bands[:, 5]] = np.minimum.reduceat(per_plane[..., 0], bands[:, 4], axis=1)
    high[:, bands[:, 5]] = np.maximum.reduceat(per_plane[..., 1], bands[:, 4], axis=1)
    return low, high


def _rounded_up(scales: np.ndarray) -> np.ndarray:
    """float32, none below its float64, so that the largest coefficient has the last symbol."""
    with np.errstate(over="ignore", under="ignore"):
        nearest = scales.astype(np.float32)
        upper = np.where(nearest < scales, np.nextafter(nearest, np.float32(np.inf)), nearest)
    if not np.isfinite(upper).all():
        raise ValueError("coeffs of a band lie too far apart: their range in steps exceeds float32; divide them")
    return upper


def _parameters(values: Any, name: str, dims: tuple[int, ...]) -> np.ndarray:
    """Scales or offsets as (P, n) float64."""
    given = _check.finite(values, name)
    if given.ndim != len(dims) - 1 or 0 in given.shape or given.shape[:-1] != dims[:-2]:
        wanted = "(n,)" if len(dims) == 2 else f"({dims[0]}, n)"
        raise ValueError(f"{name} needs shape {wanted}, got {given.shape}")
    return np.ascontiguousarray(given.reshape(-1, given.shape[-1]))


def _over_bands(
    spot: Place,
    name: str,
    given: Any,
    result: Any,
    bands: np.ndarray,
    offsets: np.ndarray,
    factors: np.ndarray,
    threads: int | None,
) -> None:
    lines = len(given) * _lines(bands)
    if spot.where == "cuda":
        counts = (np.int64(len(bands)), np.int64(offsets.shape[1]))
        shape = map(np.int64, given.shape)
        on_cuda(name, lines * _CUDA_THREADS, given, result, *shape, bands, *counts, offsets, factors)
        return
    run = getattr(_cpu, name)
    _threads.split(
        lambda begin, end: run(given, result, bands, offsets, factors, begin, end),
        lines,
        elements=given.size,
        threads=threads,
    )


def on_cuda(name: str, count: int, *arguments: Any) -> None:
    """An entry point of kernels/cuda/quantize.cu, with a thread for each of `count` or as many as there can be."""
    if not count:
        return
    import cupy

    from ._cuda import kernel

    moved = [cupy.asarray(value) if isinstance(value, np.ndarray) else value for value in arguments]
    kernel("quantize", name)((min(-(-count // _CUDA_THREADS), _MOST_BLOCKS),), (_CUDA_THREADS,), tuple(moved))
