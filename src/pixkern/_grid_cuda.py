"""Launches of kernels/cuda/gridscore.cu; arrays are CuPy's unless they are said to be NumPy's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._grid_meshes import Lines

VALUES = 766  # in kernels/maths/gridscore.h
_LANES = 32  # in kernels/cuda/gridscore.cu
_CELL_LANES = 128  # there
_CHUNK = 32  # there
_THREADS = 128
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; kernels go round again for more


def counts(pixels: Any, axis: int, k: int, every: int, sampled: int) -> np.ndarray:
    """(3, 766) uint64, NumPy: how often each difference of scale 2**k occurs in the sampled blocks."""
    found = _zeros((3, VALUES))
    shape = _axis(pixels, axis)
    if shape[0] > 1:
        arguments = (pixels, *shape, np.int32(k), np.int64(every), np.int64(sampled), found)
        _launch("count_differences", sampled * (int(shape[0]) - 1), arguments)
    return found.get()


def evidence(pixels: Any, limits: np.ndarray, used: Sequence[int]) -> tuple[Any, Any]:
    """((scales, W + 1), (scales, H + 1)) of float32, for the scales 2**k, k in `used`."""
    return _evidence(pixels, limits[0], used, 0), _evidence(pixels, limits[1], used, 1)


def _evidence(pixels: Any, limits: np.ndarray, used: Sequence[int], axis: int) -> Any:
    import cupy

    shape = _axis(pixels, axis)
    places = int(shape[0]) + 1
    made = cupy.empty((len(used), places), np.float32)
    for row, k in zip(made, used, strict=True):
        sums = _zeros((places,))
        blocks = pixels.shape[axis] >> k
        scalars = np.int64(blocks), np.int32(axis == 0), *(np.int32(limit) for limit in limits[k])
        if places > 2:
            _launch("gather_evidence", _LANES * (places - 2), (pixels, *shape, np.int32(k), *scalars, sums))
        _launch("finish_profile", places, (sums, np.int32(k), np.int64(places), row))
    return made


def tables(pixels: Any, mask: Any, step: int, threads: int | None) -> tuple[Any, Any]:
    """Records and, with a mask, counts; `threads` is for CPUs."""
    import cupy

    rows, cols, channels = pixels.shape
    down, across = -(-rows // step) + 1, -(-cols // step) + 1
    table = cupy.empty((down, across, 4), np.uint32)
    counted = None if mask is None else cupy.empty((down, across), np.uint32)
    sizes = np.int64(rows), np.int64(cols), np.int32(channels), np.int64(step)
    given = _or_null(mask)
    _launch("fill_records", down * across, (pixels, given, *sizes, table, _or_null(counted)))
    for words, lanes in ((table, 4), (counted, 1)):
        if words is not None:
            width = across * lanes
            _running_sums(words, width, down, width, width, 0)
            _running_sums(words, down * lanes, across, lanes, lanes, width)
    return table, counted


def _running_sums(words: Any, count: int, length: int, along: int, group: int, outer: int) -> None:
    """In place, over `count` lines of words that are `along` apart; see Lines in kernels/cuda/gridscore.cu."""
    import cupy

    chunks = -(-length // _CHUNK)
    totals = cupy.empty((chunks, count), np.uint32)
    lines = tuple(np.int64(number) for number in (count, length, along, group, outer))
    _launch("total_chunks", count * chunks, (words, *lines, totals))
    _launch("start_chunks", count, (totals, np.int64(count), np.int64(chunks)))
    _launch("sum_chunks", count * chunks, (words, *lines, totals))


def sums(table: Any, counted: Any, rows: int, cols: int, step: int, lines: Lines) -> np.ndarray:
    """(n, 7) uint64, NumPy: GridSums in kernels/maths/gridscore.h."""
    import cupy

    count = len(lines.first_x) - 1
    made = _zeros((count, 7))
    sizes = tuple(np.int64(number) for number in (rows, cols, step))
    arrays = tuple(cupy.asarray(array) for array in lines.arrays)
    _launch(
        "measure_meshes",
        count * _CELL_LANES,
        (table, _or_null(counted), *sizes, *arrays, np.int64(count), made),
    )
    return made.get()


def residues(stack: Any, scales: np.ndarray, lines: np.ndarray, first: np.ndarray) -> np.ndarray:
    """(n,) float64, NumPy: the residue of every grid's lines along an axis."""
    import cupy

    count = len(first) - 1
    made = cupy.empty((count,), np.float64)
    length = np.int64(stack.shape[1] - 1)
    on_device = tuple(cupy.asarray(array) for array in (lines, first))
    arguments = (stack, length, cupy.asarray(scales), np.int64(len(scales)), *on_device, np.int64(count), made)
    _launch("line_residues", count, arguments)
    return made.get()


def _axis(pixels: Any, axis: int) -> tuple[Any, ...]:
    """Length, distances in bytes along and across, channels."""
    channels = pixels.shape[2]
    row = pixels.shape[1] * channels
    along, across = (row, channels) if axis else (channels, row)
    return np.int64(pixels.shape[1 - axis]), np.int64(along), np.int64(across), np.int32(channels)


def _zeros(shape: tuple[int, ...]) -> Any:
    import cupy

    return cupy.asarray(np.zeros(shape, np.uint64))


def _or_null(array: Any) -> Any:
    return np.uint64(0) if array is None else array


def _launch(name: str, items: int, arguments: tuple[Any, ...]) -> None:
    from ._cuda import kernel

    kernel("gridscore", name)((min(-(-items // _THREADS), _MOST_BLOCKS),), (_THREADS,), arguments)
