"""The renderer against NumPy and OpenCV: five levels, patches of 3, jitter 1, one sample where no number is named."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import render_peers as peers
from compare import Row, available

from pixkern.pyramid import SplinePyramid, render, spline_pyramid, variance

LEVELS = 5
LAW = {"patch_size": 3, "jitter": 1.0}
TAPS_ALONE = {"patch_size": 1, "jitter": 0.0}

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("block 1 1024", "numpy, nearest, clipped"): 12,
    ("block 1 4096", "numpy, nearest, clipped"): 15,
    ("block 1 1024", "cv2, the same law"): 6.5,
    ("block 32 1024", "cv2, the same law"): 3,
    ("block 32 4096", "cv2, the same law"): 4.5,
    ("block 32 1024", "cv2, the same law, with care"): 0.8,
    ("RGB, 4 samples 1024", "ours, grey"): 0.25,
    ("expectation 1024", "scipy.ndimage.map_coordinates"): 3,
}


def photo(side: int, channels: int = 1) -> np.ndarray:
    """Smooth noise with the spectrum of no photo in particular: time does not depend on it."""
    shape = (side, side) if channels == 1 else (side, side, channels)
    return cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32), (0, 0), 1)


def pyramid(side: int, channels: int = 1) -> SplinePyramid:
    return spline_pyramid(photo(side, channels), LEVELS)


def rows() -> Iterator[Row]:
    for side in (1024, 4096):
        yield from _samples(side)
    for side in (1024, 4096):
        yield from _expectation(side)
    coefficients = pyramid(1024)
    again = partial(render, coefficients, samples=1, **LAW, threads=1, out=np.empty((1024, 1024), np.float32))
    yield Row("the same call twice", again, {"ours": again})


def _samples(side: int) -> Iterator[Row]:
    grey, size = pyramid(side), (side, side)
    out = np.empty((side, side), np.float32)
    bands = peers.area_pyramid(photo(side), LEVELS)
    base = render(grey, gains=[0.0] * LEVELS, samples=1)
    for block in (1, 32):
        plain = partial(peers.same_law_cv2, grey.details, base, size, 1, block=block)
        others: dict[str, Callable[[], object]] = {}
        if block == 1:
            others["numpy, nearest, clipped"] = partial(peers.direct_numpy, bands, size, 1, **LAW)
            others["cv2, the same law"] = partial(plain, **LAW)
        else:
            others["cv2, the same law"] = partial(plain, **LAW, late=False)
            others["cv2, the same law, with care"] = partial(plain, **LAW)
        ours = partial(render, grey, samples=1, block=block, threads=1, out=out)
        yield Row(f"block {block} {side}", partial(ours, **LAW), others)
        taps = {"cv2, the same law, with care": partial(plain, **TAPS_ALONE)}
        yield Row(f"block {block}, taps alone {side}", partial(ours, **TAPS_ALONE), taps)
    ours = partial(render, grey, **LAW, threads=1, out=out)
    yield Row(f"16 samples {side}", partial(ours, samples=16), {"ours, 1 sample": partial(ours, samples=1)})
    colour = pyramid(side, 3)
    rgb = partial(render, colour, samples=4, **LAW, threads=1, out=np.empty((side, side, 3), np.float32))
    yield Row(f"RGB, 4 samples {side}", rgb, {"ours, grey": partial(ours, samples=4)})
    noisy = partial(ours, samples=4, noise_strength=0.1)
    yield Row(f"noise, 4 samples {side}", noisy, {"ours, no noise": partial(ours, samples=4)})


def _expectation(side: int) -> Iterator[Row]:
    """The exact pictures from a quarter of the pixels, and beside them what resizes by a cubic."""
    small = photo(side // 2)
    coefficients = spline_pyramid(small, LEVELS)
    size, out = (side, side), np.empty((side, side), np.float32)
    keys: dict[str, Callable[[], object]] = {
        "cv2.resize, Keys' cubic": partial(cv2.resize, small, size, interpolation=cv2.INTER_CUBIC)
    }
    others = dict(keys)
    if available("scipy") and side <= 1024:
        from scipy import ndimage

        at = np.linspace(0, side // 2 - 1, side)
        grid = np.meshgrid(at, at, indexing="ij")
        filtered = ndimage.spline_filter(small, 3, output=np.float32, mode="mirror")
        others["scipy.ndimage.map_coordinates"] = partial(
            ndimage.map_coordinates, filtered, grid, order=3, mode="mirror", prefilter=False, output=np.float32
        )
    ours = partial(render, coefficients, size, samples=math.inf, threads=1, out=out)
    yield Row(f"expectation {side}", ours, others)
    alone = partial(render, spline_pyramid(small, 0), size, samples=math.inf, threads=1, out=out)
    yield Row(f"expectation, no levels {side}", alone, keys)
    moved = partial(ours, **LAW)
    yield Row(f"expectation, patch and jitter {side}", moved, {"ours, neither": ours})
    yield Row(
        f"variance {side}",
        partial(variance, coefficients, size, **LAW, threads=1, out=out),
        {"ours, expectation": moved},
    )


def cuda_rows() -> Iterator[Row]:
    """Samples on a GPU against the CPU with 16 threads, or as many as it has."""
    import cupy

    for side in (1024, 4096):
        for channels in (1, 3):
            host = pyramid(side, channels)
            device = SplinePyramid(tuple(map(cupy.asarray, host.details)), cupy.asarray(host.base), host.shape)
            for block in (1, 32):
                how = {"samples": 16, "block": block, **LAW}
                cpu = partial(render, host, **how, threads=16, out=np.empty(host.shape, np.float32))
                gpu = partial(render, device, **how, out=cupy.empty(host.shape, np.float32))
                name = f"cuda 16 samples {side} x {channels}, block {block}"
                yield Row(name, gpu, {"CPU, 16 threads": cpu})
            exact = partial(render, samples=math.inf, **LAW)
            yield Row(
                f"cuda expectation {side} x {channels}",
                partial(exact, device, out=cupy.empty(host.shape, np.float32)),
                {"CPU, 16 threads": partial(exact, host, threads=16, out=np.empty(host.shape, np.float32))},
            )


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of a pyramid alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from render_rows import *
def ones(level):
    return np.ones((4095 // 2**level + 4,) * 2, np.float32)
coefficients = SplinePyramid(tuple(map(ones, range(LEVELS))), ones(LEVELS), (4096, 4096))
"""
    programs = {"nothing": start}
    programs["ours, 16 samples"] = start + "render(coefficients, samples=16, **LAW, threads=1)"
    programs["ours, expectation"] = start + "render(coefficients, samples=math.inf, **LAW, threads=1)"
    programs["numpy, nearest, clipped"] = (
        start + "peers.direct_numpy([*coefficients.details, coefficients.base], (4096, 4096), 1, **LAW)"
    )
    programs["cv2, the same law"] = start + (
        "peers.same_law_cv2(coefficients.details, np.zeros((4096, 4096), np.float32), (4096, 4096), 1, **LAW)"
    )
    return programs
