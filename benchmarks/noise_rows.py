"""Fractal noise against NumPy, all pixels of an octave at once: for any cells, and for cells that divide pictures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row

from pixkern.shading import fbm

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("fbm perlin 1024, 6 octaves", "numpy, any cells"): 14,
}


def numpy_any_cells(side: int, octaves: int, cell: float, dtype: type = np.float32) -> np.ndarray:
    """Perlin noise as it is written for any cells: gradients of four corners by index, dot products, two blends."""
    draw = np.random.default_rng(0)
    total = np.zeros((side, side), dtype)
    share = dtype(0.5)
    for _ in range(octaves):
        places = (np.arange(side) + 0.5) / cell
        node = places.astype(np.int64)
        t = (places - node).astype(dtype)
        f = t * t * t * (t * (t * 6 - 15) + 10)
        angle = draw.uniform(0, 2 * np.pi, (node[-1] + 2,) * 2)
        gx, gy = np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)
        rows, cols, dy, dx = node[:, None], node[None, :], t[:, None], t[None, :]
        upper = gx[rows, cols] * dx + gy[rows, cols] * dy
        upper += f[None, :] * (gx[rows, cols + 1] * (dx - 1) + gy[rows, cols + 1] * dy - upper)
        lower = gx[rows + 1, cols] * dx + gy[rows + 1, cols] * (dy - 1)
        lower += f[None, :] * (gx[rows + 1, cols + 1] * (dx - 1) + gy[rows + 1, cols + 1] * (dy - 1) - lower)
        total += share * (upper + f[:, None] * (lower - upper))
        share *= dtype(0.5)
        cell /= 2
    return total


def numpy_fbm(side: int, octaves: int, cell: int, dtype: type = np.float32) -> np.ndarray:
    """Perlin noise of cells that divide the picture: columns are blended by broadcasting, nothing is computed twice."""
    draw = np.random.default_rng(0)
    total = np.zeros((side, side), dtype)
    share = dtype(0.5)
    for k in range(octaves):
        width = cell >> k
        count = side // width
        angle = draw.uniform(0, 2 * np.pi, (count + 1, count + 1))
        gx, gy = np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)
        t = ((np.arange(width, dtype=dtype) + dtype(0.5)) / dtype(width)).astype(dtype)
        f = t * t * t * (t * (t * 6 - 15) + 10)
        tile = total.reshape(count, width, count, width)
        # rows of nodes blended down the cells first: (count, width, count + 1)
        down, t_down = f[None, :, None], t[None, :, None]
        upper, lower = gy[:-1, None] * t_down, gy[1:, None] * (t_down - 1)
        a = upper + down * (lower - upper)
        b = gx[:-1, None] + down * (gx[1:, None] - gx[:-1, None])
        left = a[..., :-1, None] + b[..., :-1, None] * t
        right = a[..., 1:, None] + b[..., 1:, None] * (t - 1)
        right -= left
        right *= f
        left += right
        left *= share
        tile += left
        share *= dtype(0.5)
    return total


def rows() -> Iterator[Row]:
    for side in (512, 1024, 2048):
        out = np.empty((side, side), np.float32)
        peers = {
            "numpy, any cells": partial(numpy_any_cells, side, 6, 128),
            "numpy, cells that divide": partial(numpy_fbm, side, 6, 128),
        }
        for kind in ("perlin", "value"):
            ours = partial(fbm, (side, side), seed=0, kind=kind, octaves=6, cell=128, out=out, threads=1)
            yield Row(f"fbm {kind} {side}, 6 octaves", ours, peers if kind == "perlin" else {"a copy": out.copy})
    out = np.empty((1024, 1024), np.float32)
    same = partial(fbm, out.shape, seed=0, out=out, threads=1)
    yield Row("the same call twice", same, {"ours": same})


def cuda_rows() -> Iterator[Row]:
    """The floor is filling the picture."""
    import cupy

    out = cupy.empty((4096, 4096), np.float32)
    yield Row("cuda fbm 4096, 6 octaves", partial(fbm, out.shape, seed=0, out=out), {"fill": partial(out.fill, 1)})


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making the output alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from noise_rows import *
out = np.ones((2048, 2048), np.float32)
"""
    ours = start + "fbm(out.shape, seed=0, out=out, threads=1)"
    return {"nothing": start, "ours": ours, "numpy, any cells": start + "numpy_any_cells(2048, 6, 128)"}
