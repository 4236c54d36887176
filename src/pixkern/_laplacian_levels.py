"""A level of a Gaussian or Laplacian pyramid, on the CPU or on a GPU. Arrays are (B, H, W, C)."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _threads
from ._native import pyramid as _cpu

_SPLIT = {"uint8": _cpu.split_u8, "uint16": _cpu.split_u16, "float32": _cpu.split_f32}
_JOIN = {"uint8": _cpu.join_u8, "uint16": _cpu.join_u16, "float32": _cpu.join_f32}
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernel goes round again for more


def halved(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the next level."""
    batch, rows, cols, channels = shape
    return batch, (rows + 1) // 2, (cols + 1) // 2, channels


def reduce(x: Any, low: Any, where: str, threads: int | None) -> None:
    """Fill the next Gaussian level."""
    if where == "cuda":
        _launch(f"reduce_{x.dtype.name}", low.size, (x, low), x.shape)
    else:
        _split(lambda begin, end: _cpu.reduce(x, low, begin, end), x, threads)


def split(x: Any, low: Any, residual: Any, where: str, threads: int | None) -> None:
    """Fill the next Gaussian level and what it misses of `x`."""
    if where == "cuda":
        reduce(x, low, where, threads)
        _launch(f"subtract_{x.dtype.name}", x.size, (x, low, residual), x.shape)
    else:
        run = _SPLIT[x.dtype.name]
        _split(lambda begin, end: run(x, low, residual, begin, end), x, threads)


def join(low: Any, residual: Any, x: Any, where: str, threads: int | None) -> None:
    """Fill `x` from the next Gaussian level and what it misses."""
    if where == "cuda":
        _launch(f"add_{x.dtype.name}", x.size, (low, residual, x), x.shape)
    else:
        run = _JOIN[x.dtype.name]
        _split(lambda begin, end: run(low, residual, x, begin, end), x, threads)


def _split(work: Any, x: Any, threads: int | None) -> None:
    batch, rows, _, _ = halved(x.shape)
    _threads.split(work, batch * rows, elements=x.size, threads=threads)


def _launch(name: str, samples: int, arrays: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    from ._cuda import kernel

    blocks = min(-(-samples // 256), _MOST_BLOCKS)
    kernel("pyramid", name)((blocks,), (256,), (*arrays, *map(np.int64, shape)))
