"""A user's own coordinate function, compiled by Numba into a loop that the warp kernel calls."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable
from functools import cache
from typing import Any


def address(function: Callable[[float, float], tuple[float, float]]) -> int:
    """Where the compiled loop of `function` starts; it stays there as long as the process lives."""
    try:
        hash(function)
    except TypeError:
        raise TypeError(f"a coordinate function must be a function, got {type(function).__name__}") from None
    with _lock:  # one compilation, however many threads ask first
        return int(_loop(function).address)


_lock = threading.Lock()


@cache
def _loop(function: Any) -> Any:
    try:
        import numba
    except ImportError as error:
        raise ImportError("a coordinate function needs Numba; install pixkern[numba]") from error
    inner = function
    if not isinstance(function, numba.core.registry.CPUDispatcher):
        if not isinstance(function, types.FunctionType):
            raise TypeError(f"lens must be a Lens or a function f(x, y) -> (x, y), got {function!r}")
        inner = numba.njit(nogil=True, error_model="numpy")(function)

    def positions(row, x0, step, count, xs, ys):  # type: ignore[no-untyped-def]  # typed by the signature below
        for i in range(count):
            xs[i], ys[i] = inner(x0 + i * step, row)

    try:
        return numba.cfunc("void(f8, f8, f8, i8, CPointer(f8), CPointer(f8))")(positions)
    except numba.core.errors.NumbaError as error:
        name = getattr(function, "__name__", repr(function))
        raise TypeError(f"Numba cannot compile {name} as f(x, y) -> (x, y) of two floats: {error}") from error
