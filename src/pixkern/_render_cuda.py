"""Stochastic rendering on a GPU: one thread per output pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._render_scene import Scene

_THREADS = 128  # of a block: __launch_bounds__ in kernels/cuda/render.cu
_MOST_BLOCKS = 2**31 - 1  # of a grid; the kernel goes round again for more


def stochastic_on_cuda(seen: Scene, levels: list[Any], shares: np.ndarray, draws: tuple[Any, ...], pixels: Any) -> None:
    """What the CPU's `stochastic` does, in one launch."""
    import cupy

    noise, seed, first_sample, number, *cells = draws
    counts = (np.float32(noise), np.uint64(seed), np.uint64(first_sample), np.uint64(number))
    _launch("stochastic", seen, levels, shares, (*counts, *map(cupy.asarray, cells)), pixels)


def expected_on_cuda(seen: Scene, levels: list[Any], pixels: Any) -> None:
    """What the CPU's `expected` does, in one launch."""
    _launch("expected", seen, levels, seen.gains_or_none, (), pixels)


def variance_on_cuda(seen: Scene, levels: list[Any], noise: float, pixels: Any) -> None:
    """What the CPU's `variance` does, in one launch."""
    _launch("variance", seen, levels, seen.gains_or_none, (np.float32(noise),), pixels)


def _launch(name: str, seen: Scene, levels: list[Any], gains: np.ndarray, rest: tuple[Any, ...], pixels: Any) -> None:
    import cupy

    from ._cuda import kernel

    table = np.array([(array.data.ptr, *array.shape[:2]) for array in levels], np.int64)
    axes = []
    for places in (seen.rows, seen.cols):
        axes += [*map(cupy.asarray, (places.first, places.taps, places.weights)), np.int64(len(places.positions))]
    law = (cupy.asarray(seen.law.thresholds), cupy.asarray(seen.law.kappa), np.int32(seen.law.reach))
    scene = (
        cupy.asarray(table),
        np.int32(seen.pyramid.levels),
        *axes,
        np.int32(pixels.shape[2]),
        cupy.asarray(gains),
        *law,
    )
    blocks = min(-(-pixels.shape[0] * pixels.shape[1] // _THREADS), _MOST_BLOCKS)
    kernel("render", f"{name}_{pixels.dtype.name}")((blocks,), (_THREADS,), (*scene, *rest, pixels))
