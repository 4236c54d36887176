"""Blur and Retinex against OpenCV, SciPy and torch: a portrait, one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
from compare import Row, available
from retinex_peers import (
    box_blur,
    dct_retinex,
    numpy_division,
    numpy_lab,
    numpy_luminance,
    numpy_msrcr,
    numpy_retinex,
    opencv_retinex,
    torch_blur,
)

from pixkern.retinex import albedo, gaussian_blur, multiscale_retinex

SIGMAS = (15, 80, 250)

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("gaussian_blur float32 250", "cv2.blur, three times"): 1.9,
    ("gaussian_blur uint8 15", "cv2.GaussianBlur"): 5,
    ("retinex raw float32 1024", "three cv2.GaussianBlur"): 140,
    ("retinex raw float32 1024", "scipy dctn, exact"): 6,
    ("retinex raw float32 1024", "ours, 3840 x 2160"): 4,
    ("albedo luminance uint8 1024", "cv2 and numpy"): 70,
}


def picture(size: tuple[int, int], dtype: str = "uint8") -> np.ndarray:
    """Smooth patches and grain, (H, W, 3)."""
    width, height = size
    draw = np.random.default_rng(0)
    patches = cv2.resize(draw.random((9, 16, 3), dtype=np.float32), size, interpolation=cv2.INTER_CUBIC)
    image = np.clip(patches + draw.normal(0, 0.02, (height, width, 3)), 0, 1).astype(np.float32)
    return image if dtype == "float32" else np.rint(image * np.iinfo(dtype).max).astype(dtype)


def disc(side: int) -> np.ndarray:
    """A soft mask, half of the picture."""
    rows, cols = np.indices((side, side))
    off = np.hypot(rows - side / 2, cols - side / 2)
    return np.clip((0.4 * side - off) / 8 * 255, 0, 255).astype(np.uint8)


def rows() -> Iterator[Row]:
    image = picture((1024, 1024), "float32")
    out = np.empty_like(image)
    for sigma in (2, 6, 15, 80, 250):
        peers = {"cv2.GaussianBlur": partial(cv2.GaussianBlur, image, (0, 0), sigma)}
        if sigma > 6:
            peers["cv2.blur, three times"] = partial(box_blur, image, sigma)
        if sigma == 15 and available("torch"):
            peers["torch conv2d, separable"] = torch_blur(image, sigma)
        yield Row(f"gaussian_blur float32 {sigma}", partial(gaussian_blur, image, sigma, out=out, threads=1), peers)
    codes = picture((1024, 1024))
    ours = partial(gaussian_blur, codes, 15, out=np.empty_like(codes), threads=1)
    yield Row("gaussian_blur uint8 15", ours, {"cv2.GaussianBlur": partial(cv2.GaussianBlur, codes, (0, 0), 15)})
    raw = partial(multiscale_retinex, image, sigmas=SIGMAS, percentiles=None, out=out, threads=1)
    peers = {
        "three cv2.GaussianBlur": lambda: [cv2.GaussianBlur(image, (0, 0), sigma) for sigma in SIGMAS],
        "cv2 blurs, numpy logarithms": partial(opencv_retinex, image, SIGMAS),
    }
    if available("scipy"):
        peers["scipy dctn, exact"] = partial(dct_retinex, image, SIGMAS)
    large = picture((3840, 2160), "float32")
    more = np.empty_like(large)
    peers["ours, 3840 x 2160"] = partial(
        multiscale_retinex, large, sigmas=SIGMAS, percentiles=None, out=more, threads=1
    )
    yield Row("retinex raw float32 1024", raw, peers)
    yield Row("retinex float32 1024", partial(multiscale_retinex, image, out=out, threads=1), {"ours, raw": raw})
    mask, made = disc(1024), np.empty_like(codes)
    versions = {
        "retinex": numpy_retinex,
        "luminance": numpy_luminance,
        "msrcr": numpy_msrcr,
        "lab": numpy_lab,
        "division": numpy_division,
    }
    for method, version in versions.items():
        for name, weights in (("", None), (" mask", mask)):
            ours = partial(albedo, codes, method=method, mask=weights, out=made, threads=1)
            peers = {"cv2 and numpy": partial(version, codes, SIGMAS)} if weights is None else {}
            unmasked = {"ours, no mask": partial(albedo, codes, method=method, out=made, threads=1)}
            yield Row(f"albedo {method} uint8 1024{name}", ours, peers or unmasked)
    yield Row("the same call twice", raw, {"ours": raw})


def cuda_rows() -> Iterator[Row]:
    """On a GPU; the floor is a copy of the picture."""
    import cupy

    image = cupy.asarray(picture((3840, 2160), "float32"))
    out = cupy.empty_like(image)
    copy = {"device copy": partial(cupy.copyto, out, image)}
    for sigma in (2, 15, 250):
        yield Row(f"cuda gaussian_blur {sigma}", partial(gaussian_blur, image, sigma, out=out), copy)
    yield Row("cuda retinex", partial(multiscale_retinex, image, out=out), copy)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from retinex_rows import *
image = picture((3840, 2160), "float32")
"""
    return {
        "nothing": start,
        "ours, raw": start + "multiscale_retinex(image, percentiles=None, threads=1)",
        "cv2 blurs, numpy logarithms": start + "opencv_retinex(image, (2, 3, 4))  # the memory is that of any sigma",
    }
