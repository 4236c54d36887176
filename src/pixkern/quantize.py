"""Scalar quantisers for transform coefficients, and their inverses.

`quantize` has a dead zone around 0 and bins of one step outside it, as JPEG 2000; `quantize_u8` spreads at most 256
values evenly over the range of each subband. The loops are in ``kernels/cpu/quantize.h`` and
``kernels/cuda/quantize.cu``, the formulas in ``kernels/maths/quantize.h``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import place
from ._native import quantize as _cpu
from ._quantize_u8 import QuantizedU8, alphabet, dequantize_u8, on_cuda, quantize_u8

__all__ = ["QuantizedU8", "alphabet", "dequantize", "dequantize_u8", "quantize", "quantize_u8"]

_AXES = tuple(range(1, 9))


def quantize(
    x: Any,
    step: Any,
    *,
    deadzone: float = 1.0,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """The bin of every value of a dead-zone quantiser: ``sign(x) floor(|x| / step + 1 - deadzone / 2)``.

    Parameters
    ----------
    x : float32, 1 to 8 axes
        NumPy, CuPy or torch. Copied if not in C order.
    step : float, or array of shape ``x.shape[:k]``
        The width of a bin, above 0; of an array, one for each index of the first k axes (a plane, say). Rounded to
        float32.
    deadzone : float
        The width of bin 0 in steps, 1 to 2. 1: round to the nearest multiple of `step`, halves away from 0. 2: the
        quantiser of JPEG 2000. Between them: fewer bits at little more error, since small coefficients become 0.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `x` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : int32 array like the result, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    int32, shape and kind of `x`
        Bin q > 0 holds ``(q - 1 + deadzone / 2) step <= x < (q + deadzone / 2) step``, bin -q the negatives of these.

    Raises
    ------
    TypeError
        `x` is no float32 array; `step` or `deadzone` no numbers.
    ValueError
        A step that is not finite and above 0, or of another shape; `deadzone` out of range; a value without a bin: NaN,
        infinite, or of 2**31 steps or more (`out` is then partly written).
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Only the quotient ``|x| / step`` and ``deadzone / 2`` are rounded, to float32: bins are those of the definition for
    a value within 1.2e-7 ``|x|`` of x. The same bits for every thread count and CPU level, and on CUDA. Memory: the
    result.

    Sources: Sullivan, "Efficient scalar quantization of exponential and Laplacian random variables", IEEE Trans.
    Information Theory 42(5), 1996; ISO/IEC 15444-1 (JPEG 2000), equation E-2.

    Examples
    --------
    >>> x = np.array([-2.5, -0.9, 0.4, 0.9, 2.4], np.float32)
    >>> quantize(x, 1)
    array([-3, -1,  0,  1,  2], dtype=int32)
    >>> quantize(x, 1, deadzone=2)
    array([-2,  0,  0,  0,  2], dtype=int32)
    """
    spot = place(x, backend, "x")
    values = _check.array(spot.native(x, "x"), "x", dtypes=(np.float32,), ndim=_AXES)
    steps, run = _steps(step, values.shape)
    half_zone = _between(deadzone, "deadzone", 1, 2) / 2
    bins = _check.output(spot.writable(out), values.shape, np.int32, (values,), spot.arrays)
    refused = [0]
    if spot.where == "cuda":
        refused = [_on_cuda_quantize(values, bins, steps, run, half_zone)]
    elif values.size:
        _threads.split(
            lambda begin, end: refused.append(
                _cpu.quantize(values.reshape(-1), bins.reshape(-1), steps, run, half_zone, begin, end)
            ),
            values.size,
            elements=values.size,
            threads=threads,
        )
    if any(refused):
        raise ValueError("x has values that are not finite, or of 2**31 steps or more, which have no bin")
    return out if out is not None else spot.give_back(bins, x)


def dequantize(
    q: Any,
    step: Any,
    *,
    deadzone: float = 1.0,
    reconstruction: float = 0.5,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """The value that stands for a bin: ``sign(q) (|q| - 1 + deadzone / 2 + reconstruction) step``, and 0 for bin 0.

    Parameters
    ----------
    q : int32, 1 to 8 axes
        NumPy, CuPy or torch. Copied if not in C order.
    step, deadzone
        As given to `quantize`.
    reconstruction : float
        Where in its bin the value lies, from 0 (the end towards 0) to 1. 0.5: the middle. JPEG 2000 calls it r; below
        0.5 it suits coefficients that are dense at 0.
    backend, threads
        See `quantize`.
    out : float32 array like the result, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    float32, shape and kind of `q`

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `quantize`; `reconstruction` out of range.

    Notes
    -----
    With r = `reconstruction`, ``y = dequantize(quantize(x))`` is off by at most ``max(r, 1 - r) step``, for bin 0 by at
    most ``deadzone / 2 step``, and by float32's roundings, 3e-7 ``(|x| + step)``. Proof: where |x| is in a bin that
    begins at a, |x| = a + u step with 0 <= u < 1 and |y| = a + r step, so ``|x - y| = |u - r| step``; bin 0 has y = 0
    and |x| < deadzone / 2 step. With the defaults that is half a step. The same bits for every thread count and CPU
    level, and on CUDA. Memory: the result.

    Source: ISO/IEC 15444-1 (JPEG 2000), equation E-6.

    Examples
    --------
    >>> q = np.array([-2, 0, 1], np.int32)
    >>> dequantize(q, 0.5)
    array([-1. ,  0. ,  0.5], dtype=float32)
    >>> dequantize(q, 0.5, deadzone=2)
    array([-1.25,  0.  ,  0.75], dtype=float32)
    """
    spot = place(q, backend, "q")
    bins = _check.array(spot.native(q, "q"), "q", dtypes=(np.int32,), ndim=_AXES)
    steps, run = _steps(step, bins.shape)
    shift = _between(reconstruction, "reconstruction", 0, 1) + _between(deadzone, "deadzone", 1, 2) / 2 - 1
    values = _check.output(spot.writable(out), bins.shape, np.float32, (bins,), spot.arrays)
    if spot.where == "cuda":
        on_cuda("dequantize", bins.size, bins, values, steps, np.int64(bins.size), np.int64(run), np.float32(shift))
    elif bins.size:
        _threads.split(
            lambda begin, end: _cpu.dequantize(bins.reshape(-1), values.reshape(-1), steps, run, shift, begin, end),
            bins.size,
            elements=bins.size,
            threads=threads,
        )
    return out if out is not None else spot.give_back(values, q)


def _between(value: float, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low} to {high}, got {value}")
    return float(value)


def _steps(step: Any, dims: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """float32 steps in C order, and how many elements in a row each of them has."""
    with np.errstate(over="ignore", under="ignore"):
        steps = np.ascontiguousarray(_check.finite(step, "step"), np.float32)
    if steps.size and not ((steps > 0) & (steps < np.inf)).all():
        raise ValueError(f"step must be above 0, and finite as float32, got {step!r}")
    shape = np.shape(step)
    if shape != dims[: len(shape)]:
        raise ValueError(f"step needs a shape that begins x's, {dims}, got {shape}; index its other axes away")
    return steps.reshape(-1), max(1, math.prod(dims[len(shape) :]))


def _on_cuda_quantize(values: Any, bins: Any, steps: np.ndarray, run: int, half_zone: float) -> int:
    import cupy

    refused = cupy.zeros(1, np.int32)
    sizes = (np.int64(values.size), np.int64(run), np.float32(half_zone))
    on_cuda("quantize", values.size, values, bins, steps, *sizes, refused)
    return int(refused[0])
