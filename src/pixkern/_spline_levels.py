"""The levels of a spline pyramid, one after the other, on the CPU or on a GPU."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import numpy as np

from . import _threads
from ._native import splines as _cpu

_ROWS, _STRIP = 16, 64  # ROWS, STRIP in kernels/cpu/splines.h
_SPARE = 4  # floats behind the last one, so that 16 bytes can be loaded from it
_CUDA_THREADS, _MOST_BLOCKS = 128, 2**31 - 1


def level_shape(shape: tuple[int, ...], level: int) -> tuple[int, ...]:
    """The shape of level `level` for an image of `shape`: k = -1 .. floor((n - 1) / 2**level) + 2 along both axes."""
    return (*(((n - 1) >> level) + 4 for n in shape[:2]), *shape[2:])


def allocate(arrays: Any, shape: tuple[int, ...]) -> Any:
    """A float32 array with room for a 16-byte load at its last element."""
    count = math.prod(shape)
    return arrays.empty(count + _SPARE, np.float32)[:count].reshape(shape)


def with_room(array: np.ndarray) -> np.ndarray:
    """`array` itself if its buffer goes on for 16 bytes behind it, or if its pixels are never loaded as 16 bytes (1 or
    4 channels); else a copy that has the room. C order, float32."""
    if array.ndim == 2 or array.shape[2] in (1, 4):
        return array
    owner = array.base
    if isinstance(owner, np.ndarray) and owner.flags.c_contiguous:
        end = array.__array_interface__["data"][0] + array.nbytes
        if end + _SPARE * 4 <= owner.__array_interface__["data"][0] + owner.nbytes:
            return array
    copy = allocate(np, array.shape)
    copy[...] = array
    return copy


def on_cpu(image: Any, planes: list[Any], threads: int | None) -> None:
    """Fill `planes`, the levels and the base as (rows, cols, channels), from an image of such axes."""
    finest = planes[0]
    rows, pitch = len(image), finest.shape[1] * finest.shape[2]
    split = partial(_threads.split, threads=threads)
    split(partial(_cpu.filter_rows, image, finest), -(-rows // _ROWS), elements=finest.size)
    split(partial(_cpu.filter_columns, finest), -(-pitch // _STRIP), elements=finest.size)
    for level, below in itertools.pairwise(planes):
        split(partial(_cpu.down, level, below), len(below), elements=level.size)
        split(partial(_cpu.residual, level, below), len(level), elements=level.size)


def on_cuda(image: Any, planes: list[Any]) -> None:
    """The same on a GPU: a thread per line, then a thread per coefficient."""
    from ._cuda import kernel

    def run(name: str, count: int, *arguments: Any) -> None:
        blocks = min(-(-count // _CUDA_THREADS), _MOST_BLOCKS)
        sizes = (np.int64(a) if isinstance(a, int) else a for a in arguments)
        kernel("splines", name)((blocks,), (_CUDA_THREADS,), tuple(sizes))

    finest = planes[0]
    rows, cols, channels = image.shape
    pitch = finest.shape[1] * channels
    run(f"filter_rows_{image.dtype.name}", rows * channels, image, rows, cols, channels, finest)
    run("filter_columns", pitch, finest, rows, pitch)
    for level, below in itertools.pairwise(planes):
        run("down", below.size, level, *level.shape, below, *below.shape[:2])
        run("residual", level.size, level, *level.shape, below, below.shape[1])
