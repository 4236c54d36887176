"""The pyramid family against OpenCV: six levels, as cv2.pyrDown, cv2.pyrUp and cv2.subtract or cv2.add make them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from compare import Row, available

from pixkern.pyramid import collapse, gaussian_pyramid, laplacian_pyramid

LEVELS = 6
CHANNELS = {"grey": 1, "RGB": 3}

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("gaussian_pyramid grey uint8 2048", "cv2"): 1.2,
    ("gaussian_pyramid RGB uint8 2048", "cv2"): 1.0,
    ("gaussian_pyramid grey float32 2048", "cv2"): 0.47,
    ("laplacian_pyramid grey uint8 2048", "cv2"): 1.4,
    ("laplacian_pyramid RGB uint8 2048", "cv2"): 1.0,
    ("laplacian_pyramid grey float32 2048", "cv2"): 0.8,
    ("laplacian_pyramid RGB float32 2048", "cv2"): 0.8,
    ("collapse grey uint8 2048", "cv2"): 1.4,
    ("collapse RGB uint8 2048", "cv2"): 0.95,
    ("collapse grey float32 2048", "cv2"): 0.9,
    ("collapse RGB float32 2048", "cv2"): 0.77,
}


def image(side: int, channels: int, dtype: type) -> np.ndarray:
    shape = (side, side) if channels == 1 else (side, side, channels)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8).astype(dtype)


def rows() -> Iterator[Row]:
    for side in (512, 2048, 4096):
        for dtype in (np.uint8, np.float32) if side == 512 else (np.uint8, np.uint16, np.float32):
            for name, channels in CHANNELS.items():
                yield from _rows_of(image(side, channels, dtype), f"{name} {np.dtype(dtype).name} {side}")
    x = image(2048, 3, np.uint8)
    twice = partial(laplacian_pyramid, x, LEVELS, threads=1)
    yield Row("the same call twice", twice, {"ours": twice})


def _rows_of(x: np.ndarray, name: str) -> Iterator[Row]:
    pyramid = laplacian_pyramid(x, LEVELS)
    copy = {"a copy": partial(np.copyto, np.empty_like(pyramid[0]), pyramid[0])}  # of the finest residual
    peers = [{"cv2": partial(run, x)} if available("cv2") else {} for run in (_gaussian, _laplacian)]
    back = {"cv2": partial(_collapsed, pyramid)} if available("cv2") else {}
    yield Row(f"gaussian_pyramid {name}", partial(gaussian_pyramid, x, LEVELS, threads=1), peers[0])
    yield Row(f"laplacian_pyramid {name}", partial(laplacian_pyramid, x, LEVELS, threads=1), peers[1] | copy)
    yield Row(f"collapse {name}", partial(collapse, pyramid, threads=1), back | copy)


def _gaussian(x: np.ndarray) -> list[np.ndarray]:
    import cv2

    levels = [x]
    for _ in range(LEVELS):
        levels.append(cv2.pyrDown(levels[-1]))
    return levels


def _laplacian(x: np.ndarray) -> list[np.ndarray]:
    import cv2

    kind = {"uint8": cv2.CV_16S, "uint16": cv2.CV_32S, "float32": cv2.CV_32F}[x.dtype.name]
    levels = []
    for _ in range(LEVELS):
        low = cv2.pyrDown(x)
        levels.append(cv2.subtract(x, cv2.pyrUp(low, dstsize=(x.shape[1], x.shape[0])), dtype=kind))
        x = low
    return [*levels, x]


def _collapsed(pyramid: Sequence[np.ndarray]) -> np.ndarray:
    import cv2

    kind = {"uint8": cv2.CV_8U, "uint16": cv2.CV_16U, "float32": cv2.CV_32F}[pyramid[-1].dtype.name]
    x = pyramid[-1]
    for residual in pyramid[-2::-1]:
        guess = cv2.pyrUp(x, dstsize=(residual.shape[1], residual.shape[0]))
        x = cv2.add(guess, residual, dtype=kind)
    return x


def cuda_rows() -> Iterator[Row]:
    """On a GPU; the floor is a copy of the finest residual."""
    import cupy

    for dtype in (np.uint8, np.float32):
        for name, channels in CHANNELS.items():
            x = cupy.asarray(image(4096, channels, dtype))
            pyramid = laplacian_pyramid(x, LEVELS)
            copy = {"device copy": partial(cupy.copyto, cupy.empty_like(pyramid[0]), pyramid[0])}
            kind = f"{name} {np.dtype(dtype).name} 4096"
            yield Row(f"cuda laplacian_pyramid {kind}", partial(laplacian_pyramid, x, LEVELS), copy)
            yield Row(f"cuda collapse {kind}", partial(collapse, pyramid), copy)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from pyramid_rows import *
from pyramid_rows import _laplacian
x = image(8192, 1, np.uint8)
"""
    programs = {"nothing": start, "ours": start + "laplacian_pyramid(x, LEVELS, threads=1)"}
    if available("cv2"):
        programs["cv2"] = start + "import cv2\ncv2.setNumThreads(1)\n_laplacian(x)"
    return programs
