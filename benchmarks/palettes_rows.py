"""Colours of sprites against Pillow, OpenCV and SciPy, on sprites of noisy cells.

Pillow measures distances in RGB and quantises by median cut, then k-means; OpenCV's k-means runs on pixels in float32
RGB from a random start; SciPy has the same tree as ours. Snapping in Oklab is slower than what Pillow does in RGB.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
from compare import Row, available

from pixkern import _palettes
from pixkern.pipelines.pixelart.palette import extract_palette, pool_colours, snap

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("Ward's tree of 1024", "scipy linkage"): 7.4,
    ("Ward's tree of 2048", "scipy linkage"): 8,
    ("pool_colours 160 x 160", "a sort of the colours"): 0.7,
    ("extract_palette of 16, 160 x 160", "Pillow k-means"): 1.7,
}


def sprite(side: int, colours: int = 24, noise: float = 3.0) -> np.ndarray:
    draw = np.random.default_rng(0)
    truth = draw.integers(20, 236, (colours, 3))[draw.integers(0, colours, (side, side))]
    return np.clip(np.rint(truth + draw.normal(0, noise, truth.shape)), 0, 255).astype(np.uint8)


def rows() -> Iterator[Row]:
    for count in (256, 1024, 2048):
        points, weights = np.random.default_rng(0).uniform(0, 255, (count, 3)), np.ones(count)
        yield Row(f"Ward's tree of {count}", partial(_palettes.ward, points, weights), _scipy(points))
    for side in (64, 160):
        image = sprite(side)
        peers = {"a sort of the colours": partial(np.unique, image.reshape(-1, 3), axis=0, return_inverse=True)}
        yield Row(f"pool_colours {side} x {side}", partial(pool_colours, image), peers)
        yield Row(f"extract_palette of 16, {side} x {side}", partial(extract_palette, image, size=16), _k_means(image))
    image = sprite(512)
    palette = extract_palette(image, size=32)
    for dither in ("none", "bayer8", "floyd-steinberg"):
        yield Row(
            f"snap {dither}, 512 x 512 to 32",
            partial(snap, image, palette, dither=dither),
            _pillow(image, palette, dither),
        )
    twice = partial(snap, image, palette)
    yield Row("the same call twice", twice, {"ours": twice})


def _scipy(points: np.ndarray) -> dict:
    if not available("scipy"):
        return {}
    from scipy.cluster.hierarchy import linkage

    return {"scipy linkage": partial(linkage, points, "ward")}


def _k_means(image: np.ndarray) -> dict:
    pixels = image.reshape(-1, 3).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_MAX_ITER | cv2.TERM_CRITERIA_EPS, 30, 0.1)
    peers = {"cv2.kmeans": partial(cv2.kmeans, pixels, 16, None, stop, 1, cv2.KMEANS_PP_CENTERS)}
    if available("PIL"):
        from PIL import Image

        picture = Image.fromarray(image)
        peers["Pillow median cut"] = partial(picture.quantize, 16, kmeans=0)
        peers["Pillow k-means"] = partial(picture.quantize, 16, kmeans=1)
    return peers


def _pillow(image: np.ndarray, palette: np.ndarray, dither: str) -> dict:
    if dither == "bayer8" or not available("PIL"):
        return {}
    from PIL import Image

    picture, entries = Image.fromarray(image), Image.new("P", (1, 1))
    entries.putpalette(palette.tobytes())
    how = Image.Dither.NONE if dither == "none" else Image.Dither.FLOYDSTEINBERG
    return {"Pillow": partial(picture.quantize, palette=entries, dither=how)}


def cuda_rows() -> Iterator[Row]:
    """None: sprites are small."""
    return iter(())


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from palettes_rows import *
x = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), np.uint8)
"""
    return {"nothing": start, "ours": start + "pool_colours(x)"}
