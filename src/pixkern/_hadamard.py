"""The 4-point Hadamard transform; kernels/maths/hadamard.h has the formula."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import place
from ._native import lifting as _cpu


def hadamard4(x: Any, *, axis: int = 0, backend: str | None = None, threads: int | None = None, out: Any = None) -> Any:
    """Orthogonal 4-point Hadamard transform along an axis; it is its own inverse.

    Parameters
    ----------
    x : float32 of any number of axes, 4 long along `axis`
        NumPy, CuPy or torch. Copied if not in C order.
    axis : int
        Which axis to transform. Negative ones count from the last.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `x` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like `x`, optional
        Where to write; C order, no overlap with `x`.

    Returns
    -------
    shape, dtype and kind of `x`
        ``H4 @ x`` along the axis, with ``H4 = [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, -1, 1], [1, -1, 1, -1]] / 2``,
        whose rows are in order of sequency.

    Raises
    ------
    TypeError
        `x` is no float32 array, or `axis` no integer.
    ValueError
        `x` has no such axis, it is not 4 long, or `out` does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Each value is two roundings from exact. The same bits for every thread count and CPU level, and on CUDA. Each value
    is read and written once; no memory beyond the result. With 2 to 15 values behind
    the axis it is 2 to 4 times slower than a copy, else about as fast.

    Source: Pratt, Kane & Andrews, "Hadamard transform image coding", Proc. IEEE 57(1), 1969.

    Examples
    --------
    >>> hadamard4(np.array([1, 2, 3, 4], np.float32))
    array([ 5., -2.,  0., -1.], dtype=float32)
    """
    spot = place(x, backend, "x")
    values = _check.array(spot.native(x, "x"), "x", dtypes=(np.float32,), ndim=range(1, 65))
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"axis must be an integer, got {type(axis).__name__}")
    axis = operator.index(axis)
    if not -values.ndim <= axis < values.ndim:
        raise ValueError(f"axis must be {-values.ndim} to {values.ndim - 1}, got {axis}")
    axis %= values.ndim
    if values.shape[axis] != 4:
        raise ValueError(f"x must be 4 long along axis {axis}, got shape {values.shape}")
    result = _check.output(spot.writable(out), values.shape, values.dtype, (values,), spot.arrays)
    inner = math.prod(values.shape[axis + 1 :])
    if values.size:
        source, target = values.reshape(-1, 4, inner), result.reshape(-1, 4, inner)
        if spot.where == "cuda":
            _on_cuda(source, target)
        else:
            _threads.split(
                lambda begin, end: _cpu.hadamard4(source, target, begin, end),
                values.size // 4,
                elements=values.size,
                threads=threads,
            )
    return out if out is not None else spot.give_back(result, x)


def _on_cuda(source: Any, target: Any) -> None:
    from ._cuda import kernel

    count = source.size // 4
    blocks = min(-(-count // 256), 2**31 - 1)
    kernel("lifting", "hadamard4")((blocks,), (256,), (source, target, np.int64(source.shape[2]), np.int64(count)))
