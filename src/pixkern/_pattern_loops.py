"""The loops of kernels/cpu/pattern_loops.h and kernels/cuda/patterns.cu by name: rows over threads, or a launch."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _threads
from ._dispatch import Place
from ._native import patterns as _cpu

_THREADS = 128  # of a block on GPUs: __launch_bounds__ in kernels/cuda/patterns.cu
_MOST_BLOCKS = 2**31 - 1  # of a grid; the kernels go round again for more


def run(name: str, arguments: tuple[Any, ...], out: Any, spot: Place, threads: int | None, *, work: int) -> None:
    """Write `out` (rows, cols) by the loop `name`; `work`: what a sample costs, in passes over memory."""
    if spot.where == "cuda":
        _launch(name, arguments, out)
        return
    loop = getattr(_cpu, name)

    def part(begin: int, end: int) -> None:
        loop(*arguments, out, begin, end)

    _threads.split(part, len(out), elements=work * out.size, threads=threads)


def _launch(name: str, arguments: tuple[Any, ...], out: Any) -> None:
    """Arrays go with their shapes, numbers in 64 bits."""
    import cupy

    from ._cuda import kernel

    given: list[Any] = []
    for value in (*arguments, out):
        if isinstance(value, int):
            given.append(np.uint64(value))
        elif isinstance(value, float):
            given.append(np.float64(value))
        else:
            given += [cupy.asarray(value), *map(np.int64, value.shape)]
    blocks = min(-(-out.size // _THREADS), _MOST_BLOCKS)
    kernel("patterns", name)((blocks,), (_THREADS,), tuple(given))
