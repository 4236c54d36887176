"""Colours of cells against NumPy's loop over cells, differences against NumPy and OpenCV: 1024 x 1024 pixels, RGB.

`cv2.resize` by areas, which takes each pixel once and weighs it by nothing, is the floor: it estimates no colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row

from pixkern.gridscore import cell_colours, cell_difference

SIDE = 1024

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("inlier, 32 x 32 cells", "np.median per cell"): 5.0,
    ("inlier, 32 x 32 cells", "cv2.resize by areas"): 0.17,
    ("inlier, 60 x 60 cells", "np.median per cell"): 11,
    ("median, 32 x 32 cells", "np.median per cell"): 4.6,
    ("difference, 32 x 32 cells", "NumPy"): 50,
    ("difference, 32 x 32 cells", "cv2"): 3.2,
    ("difference, 60 x 60 cells", "cv2"): 2.7,
}


def enlarged(cells: int, channels: int = 3, side: int = SIDE) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture of `cells` x `cells` noisy cells, its sprite, and its lines along either axis."""
    draw = np.random.default_rng(0)
    sprite = draw.integers(0, 236, (cells, cells, channels), dtype=np.uint8)
    lines = np.linspace(0, side, cells + 1)
    whose = np.searchsorted(lines, np.arange(side) + 0.5) - 1
    picture = sprite[np.ix_(whose, whose)] + draw.integers(0, 20, (side, side, channels), dtype=np.uint8)
    return np.ascontiguousarray(picture), sprite, lines


def rows() -> Iterator[Row]:
    import cv2

    for cells in (32, 60):
        picture, sprite, lines = enlarged(cells)
        name = f"{cells} x {cells} cells"
        areas = partial(cv2.resize, picture, (cells, cells), interpolation=cv2.INTER_AREA)
        loop = partial(_medians, picture, lines)
        for method in ("inlier", "median", "mode"):
            ours = partial(cell_colours, picture, lines, lines, method=method, threads=1)
            yield Row(f"{method}, {name}", ours, {"np.median per cell": loop, "cv2.resize by areas": areas})
        ours = partial(cell_difference, picture, sprite, lines, lines, threads=1)
        peers = {"NumPy": partial(_difference, picture, sprite, lines), "cv2": partial(_by_cv2, picture, sprite, lines)}
        yield Row(f"difference, {name}", ours, peers)
    yield Row("the same call twice", ours, {"ours": ours})


def _medians(picture: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The median of the middle half of each cell, as programs of this kind go."""
    quarter = np.diff(lines) / 4
    begin, end = np.round(lines[:-1] + quarter).astype(int), np.round(lines[1:] - quarter).astype(int)
    out = np.empty((len(begin), len(begin), picture.shape[2]), np.uint8)
    for r, (top, bottom) in enumerate(zip(begin, end, strict=True)):
        for c, (left, right) in enumerate(zip(begin, end, strict=True)):
            out[r, c] = np.median(picture[top:bottom, left:right], axis=(0, 1))
    return out


def _whose(lines: np.ndarray) -> np.ndarray:
    return np.searchsorted(lines, np.arange(int(lines[-1])) + 0.5) - 1


def _difference(picture: np.ndarray, sprite: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Differing pixels per cell by whole arrays, without telling core from halo."""
    whose = _whose(lines)
    painted = sprite[np.ix_(whose, whose)]
    off = (np.maximum(picture, painted) - np.minimum(picture, painted)).max(axis=2) > 32
    starts = np.searchsorted(whose, np.arange(len(lines) - 1))
    return np.add.reduceat(np.add.reduceat(off.astype(np.int32), starts, axis=0), starts, axis=1)


def _by_cv2(picture: np.ndarray, sprite: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The same with OpenCV where it has the step, and sums of areas by `cv2.integral`."""
    import cv2

    painted = cv2.resize(sprite, picture.shape[:2], interpolation=cv2.INTER_NEAREST)
    off = cv2.transform(
        cv2.compare(cv2.absdiff(picture, painted), (32.0,) * 4, cv2.CMP_GT), np.ones((1, 3), np.float32)
    )
    sums = cv2.integral(cv2.min(off, 1))
    at = np.round(lines).astype(int)
    corners = sums[np.ix_(at, at)]
    return corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]


def cuda_rows() -> Iterator[Row]:
    """The same on a GPU; the floor is a copy of the picture."""
    import cupy

    for cells in (32, 60):
        picture, sprite, lines = enlarged(cells)
        on_gpu, colours = cupy.asarray(picture), cupy.asarray(sprite)
        peers = {"device copy": partial(cupy.copyto, cupy.empty_like(on_gpu), on_gpu)}
        for method in ("inlier", "median", "mode"):
            ours = partial(cell_colours, on_gpu, lines, lines, method=method)
            yield Row(f"cuda {method}, {cells} x {cells} cells", ours, peers)
        yield Row(
            f"cuda difference, {cells} x {cells} cells", partial(cell_difference, on_gpu, colours, lines, lines), peers
        )


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making the picture alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from cells_rows import *
picture, sprite, lines = enlarged(64, side=4096)
"""
    return {
        "nothing": start,
        "cell_colours": start + "cell_colours(picture, lines, lines, threads=1)",
        "cell_difference": start + "cell_difference(picture, sprite, lines, lines, threads=1)",
        "np.median per cell": start + "from cells_rows import _medians; _medians(picture, lines)",
        "NumPy difference": start + "from cells_rows import _difference; _difference(picture, sprite, lines)",
    }
