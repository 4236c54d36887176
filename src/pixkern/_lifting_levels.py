"""The levels of a wavelet transform, one after the other, on the CPU or on a GPU."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from . import _threads
from ._native import lifting as _cpu

WAVELETS = ("haar", "cdf53", "cdf97")  # enum Wavelet in kernels/maths/lifting.h
_TILE = (16, 32)  # TILE_ROWS, TILE_COLS in kernels/cuda/lifting.cu
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernel goes round again for more

Shapes = list[tuple[int, int]]  # (rows, cols) of the plane and of LL after each level


def on_cpu(inverse: bool, wavelet: str, shapes: Shapes, samples: Any, coeffs: Any, threads: int | None) -> None:
    """Samples (N, H, W) into coefficients, or back: level by level as long as a level is worth splitting into rows,
    then the small levels of each plane in one go."""
    number, levels, large = WAVELETS.index(wavelet), len(shapes) - 1, 0
    if _threads.limit(threads) > 1:
        large = sum(len(samples) * rows * cols >= 2 * _threads._WORTH_SPLITTING for rows, cols in shapes[:-1])
    chain, scratch, begins = _chain(np, shapes, samples, coeffs, large)

    def small_levels() -> None:
        run = _cpu.synthesise_planes if inverse else _cpu.analyse_planes
        x, spare = chain[large], scratch[:, begins[large] :]
        _threads.split(
            lambda begin, end: run(x, coeffs, spare, levels - large, number, begin, end),
            len(x),
            elements=x.size,
            threads=threads,
        )

    def large_level(level: int) -> None:
        run = _cpu.synthesise if inverse else _cpu.analyse
        x, low = chain[level], chain[level + 1]
        _threads.split(
            lambda begin, end: run(x, low, coeffs, number, begin, end),
            len(x) * -(-x.shape[1] // 2),  # pairs of rows
            elements=x.size,
            threads=threads,
        )

    if inverse and large < levels:
        small_levels()
    for level in reversed(range(large)) if inverse else range(large):
        large_level(level)
    if not inverse and large < levels:
        small_levels()


def on_cuda(inverse: bool, wavelet: str, shapes: Shapes, samples: Any, coeffs: Any) -> None:
    """One kernel per level, one thread block per tile."""
    import cupy

    from ._cuda import kernel

    chain, _, _ = _chain(cupy, shapes, samples, coeffs, len(shapes) - 1)
    run = kernel("lifting", f"{'synthesise' if inverse else 'analyse'}_{wavelet}_{samples.dtype.name}")
    levels = range(len(shapes) - 1)
    for level in reversed(levels) if inverse else levels:
        x, low = chain[level], chain[level + 1]
        arguments = []
        for array in (x, low, coeffs):
            plane, row, _ = (np.int64(stride // array.itemsize) for stride in array.strides)
            arguments += [array, row, plane]
        rows, cols = shapes[level]
        tiles = len(x) * -(-rows // (2 * _TILE[0])) * -(-cols // (2 * _TILE[1]))
        run((min(tiles, _MOST_BLOCKS),), (256,), (*arguments, *map(np.int64, (len(x), rows, cols))))


def _chain(arrays: Any, shapes: Shapes, samples: Any, coeffs: Any, most: int) -> tuple[list[Any], Any, list[int]]:
    """The samples, then LL after each of at most `most` levels, where it is kept: the last in the layout, the others in
    one scratch array (N, ...). Also that array, and where in its rows each LL begins."""
    sizes = [rows * cols for rows, cols in shapes[1:-1]]
    begins = list(itertools.accumulate(sizes, initial=0))
    scratch = arrays.empty((len(samples), begins[-1] + 1), samples.dtype)  # never empty, so that it has an address
    chain = [samples]
    for level, (rows, cols) in enumerate(shapes[1 : most + 1]):
        if level == len(sizes):
            chain.append(coeffs[:, :rows, :cols])
        else:
            chain.append(scratch[:, begins[level] : begins[level] + sizes[level]].reshape(-1, rows, cols))
    return chain, scratch, begins
