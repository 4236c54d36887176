"""Launches of Retinex and albedos in kernels/cuda/retinex.cu."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._blur_cuda import launch, mask_of, tables
from ._retinex_cells import Scales


def retinex(restored: bool, image: Any, mask: Any, scale: float, scales: Scales, out: Any, bins: Any) -> Any:
    """Fill `out`; gives back the bins, on the host."""
    import cupy

    out.fill(1)
    for cells, way in zip(scales.cells, scales.readings, strict=True):
        sums = cells.weights if cells.weights is not None else np.uint64(0)
        launch("multiply_blur", out.size, cells.values, sums, *tables(cells.values.shape[1], way, image.shape), out)
    counts = np.uint64(0) if bins is None else cupy.asarray(bins)
    name = f"{'restored' if restored else 'retinex'}_{image.dtype.name}"
    number = np.int64(len(scales.cells))
    launch(name, out.size, image, *_picture(image, mask), np.float32(scale), number, out, counts)
    return None if bins is None else cupy.asnumpy(counts)


def finish(name: str, image: Any, mask: Any, mix: np.ndarray, *rest: Any) -> None:
    import cupy

    *given, out = (
        cupy.asarray(x) if isinstance(x, np.ndarray) else np.float32(x) if isinstance(x, float) else x for x in rest
    )
    pixels = image.shape[0] * image.shape[1]
    launch(f"{name}_{image.dtype.name}", pixels * 4, image, *_picture(image, mask), *mix, *given, out)


def division(image: Any, mask: Any, mix: np.ndarray, scales: Scales, means: np.ndarray, out: Any) -> None:
    import cupy

    cells, way = scales.cells[0], scales.readings[0]
    sums = cells.weights if cells.weights is not None else np.uint64(0)
    read = tables(cells.values.shape[1], way, image.shape)
    name = f"division_{image.dtype.name}"
    launch(name, out.size, image, *mask_of(mask), *mix, cells.values, sums, *read, cupy.asarray(means), out)


def each_pixel(name: str, pixels: int, image: Any, number: float, *out: Any) -> None:
    full = name if not out else f"{name}_{image.dtype.name}"
    launch(full, pixels, image, np.int64(pixels), np.float32(number), *out)


def sums(image: Any, mask: Any, scale: float, out: Any) -> None:
    """Of rows and channels, in the order of columns."""
    sizes = map(np.int64, image.shape)
    launch(f"sum_{image.dtype.name}", out.size, image, *mask_of(mask), *sizes, np.float32(scale), out)


def _picture(image: Any, mask: Any) -> tuple[Any, ...]:
    rows, cols, channels = image.shape
    return *mask_of(mask), np.int64(rows * cols), np.int64(channels)
