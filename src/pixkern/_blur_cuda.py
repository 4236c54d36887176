"""Launches of the blur in kernels/cuda/retinex.cu."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._blur_plan import Band, Reading

_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernel goes round again for more


def launch(name: str, elements: int, *arguments: Any) -> None:
    """One thread per element."""
    from ._cuda import kernel

    kernel("retinex", name)((min(-(-elements // 256), _MOST_BLOCKS),), (256,), arguments)


def moved(band: Band) -> tuple[Any, Any, np.int64, np.int64]:
    """A band as kernels take it: first columns and weights on the GPU, rows, taps."""
    import cupy

    rows, taps = band.weights.shape
    return cupy.asarray(band.first), cupy.asarray(band.weights), np.int64(rows), np.int64(taps)


def collect(image: Any, mask: Any, code: tuple[float, float], band: Band, out: Any) -> None:
    _, cols, channels = image.shape
    sizes = (np.int64(cols), np.int64(channels), *map(np.float32, code))
    launch(f"collect_{image.dtype.name}", out.size, image, *mask_of(mask), *sizes, *moved(band), out)


def mask_of(mask: Any) -> tuple[Any, np.int64]:
    """A mask, or a null pointer, and its kind."""
    if mask is None:
        return np.uint64(0), np.int64(0)
    return mask, np.int64(1 if mask.dtype == np.uint8 else 2)


def filter(planes: Any, band: Band, out: Any) -> None:
    strides = (np.int64(stride // 4) for stride in out.strides)
    sizes = (np.int64(length) for length in planes.shape)
    launch("filter", out.size, planes, *sizes, *moved(band), out, *strides)


def read(values: Any, weights: Any, way: Reading | None, result: Any) -> None:
    sums = weights if weights is not None else np.uint64(0)  # a null pointer
    launch(f"read_{result.dtype.name}", result.size, values, sums, *tables(values.shape[1], way, result.shape), result)


def tables(across: int, way: Reading | None, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """PK_CELLS of kernels/cuda/retinex.cu."""
    import cupy

    rows, cols, channels = map(np.int64, shape)
    if way is None:
        null = np.uint64(0)
        return rows, np.int64(across), cols, channels, null, null, np.int64(0), null, null
    first, weights, _, taps = moved(way.down)
    return rows, np.int64(across), cols, channels, first, weights, taps, cupy.asarray(way.at), cupy.asarray(way.taps)
