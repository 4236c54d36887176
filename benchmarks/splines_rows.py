"""Spline pyramids of five levels against the prefilter of SciPy alone, and against OpenCV's pyramid, which has none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row, available

from pixkern.pyramid import spline_pyramid

LEVELS = 5

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("spline_pyramid float32 1024 x 1024", "scipy spline_filter alone"): 6.5,
    ("spline_pyramid float32 1024 x 1024", "cv2 pyrDown, pyrUp, subtract"): 0.34,
    ("spline_pyramid float32 4096 x 4096", "scipy spline_filter alone"): 4.2,
    ("spline_pyramid uint8 4096 x 4096", "scipy spline_filter alone"): 4.2,
    ("spline_pyramid float32 4096 x 4096", "cv2 pyrDown, pyrUp, subtract"): 0.36,
    ("spline_pyramid float32 2048 x 2048 x 3", "cv2 pyrDown, pyrUp, subtract"): 0.32,
}


def image(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return noise / np.float32(255) if dtype == "float32" else noise.astype(dtype)


def rows() -> Iterator[Row]:
    for shape in ((1024, 1024), (4096, 4096), (2048, 2048, 3)):
        for dtype in ("float32", "uint8"):
            x = image(shape, dtype)
            name = f"spline_pyramid {dtype} {' x '.join(map(str, shape))}"
            yield Row(name, partial(spline_pyramid, x, LEVELS, threads=1), _peers(x))
    x = image((2048, 2048), "float32")
    twice = partial(spline_pyramid, x, LEVELS, threads=1)
    yield Row("the same call twice", twice, {"ours": twice})


def _peers(x: np.ndarray) -> dict:
    peers = {}
    if available("scipy") and x.ndim == 2:
        from scipy import ndimage

        peers["scipy spline_filter alone"] = partial(ndimage.spline_filter, x, 3, output=np.float32, mode="mirror")
    if x.dtype == np.float32:  # of bytes, OpenCV makes a pyramid of bytes
        peers["cv2 pyrDown, pyrUp, subtract"] = partial(_laplacian, x)
    return peers


def _laplacian(x: np.ndarray) -> list[np.ndarray]:
    """No prefilter, no coefficients beyond the ends: a Laplacian pyramid as such programs have it."""
    import cv2

    levels = []
    for _ in range(LEVELS):
        below = cv2.pyrDown(x)
        levels.append(cv2.subtract(x, cv2.pyrUp(below, dstsize=(x.shape[1], x.shape[0]))))
        x = below
    return [*levels, x]


def cuda_rows() -> Iterator[Row]:
    """The same on a GPU; the floor is a copy of the image."""
    import cupy

    for shape in ((4096, 4096), (2048, 2048, 3)):
        x = cupy.asarray(image(shape, "float32"))
        copied = cupy.empty_like(x)
        name = f"cuda spline_pyramid {' x '.join(map(str, shape))}"
        yield Row(name, partial(spline_pyramid, x, LEVELS), {"device copy": partial(cupy.copyto, copied, x)})


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from splines_rows import *
from splines_rows import _laplacian
x = image((4096, 4096), "float32")
"""
    return {
        "nothing": start,
        "ours": start + "pyramid = spline_pyramid(x, LEVELS, threads=1)",
        "cv2 pyrDown, pyrUp, subtract": start + "pyramid = _laplacian(x)",
    }
