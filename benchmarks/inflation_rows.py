"""Inflation and relief from shades against SciPy's direct solver and Jacobi sweeps with OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
from compare import Row, available

from pixkern.shadows import inflate, relief_detail

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("inflate figure 256", "200 Jacobi sweeps, cv2"): 1.5,
    ("inflate figure 256", "scipy spsolve"): 13,
    ("inflate figure 1024", "200 Jacobi sweeps, cv2"): 2.4,
    ("inflate all of 1024", "200 Jacobi sweeps, cv2"): 1.8,
    ("relief_detail", "cv2, four blurs"): 1.6,
}


def figure(side: int) -> np.ndarray:
    """Head and shoulders, cut off below."""
    rows, cols = np.mgrid[:side, :side] / side - 0.5
    head = (cols / 0.17) ** 2 + ((rows + 0.15) / 0.24) ** 2 < 1
    return head | ((cols / 0.42) ** 2 + ((rows - 0.55) / 0.42) ** 2 < 1)


def rows() -> Iterator[Row]:
    for side in (256, 1024):
        mask = figure(side)
        out = np.empty(mask.shape, np.float32)
        peers = {"200 Jacobi sweeps, cv2": partial(jacobi_cv2, mask)}
        if side == 256 and available("scipy"):
            peers["scipy spsolve"] = partial(direct_scipy, mask)
        yield Row(f"inflate figure {side}", partial(inflate, mask, threads=1, out=out), peers)
    mask = np.ones((1024, 1024), bool)
    ours = partial(inflate, mask, free=(), threads=1)
    yield Row("inflate all of 1024", ours, {"200 Jacobi sweeps, cv2": partial(jacobi_cv2, mask)})
    photo = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), np.uint8)
    ours = partial(relief_detail, photo, figure(1024), threads=1)
    yield Row("relief_detail", ours, {"cv2, four blurs": partial(relief_cv2, photo, figure(1024))})
    yield Row("the same call twice", ours, {"ours": ours})


def jacobi_cv2(mask: np.ndarray) -> np.ndarray:
    """Far from converged: errors decay by a factor of about 1 - 5 / size**2 a sweep."""
    kernel = np.float32([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) / 4
    inside = mask.astype(np.float32)
    u = np.zeros(mask.shape, np.float32)
    for _ in range(200):
        u = cv2.multiply(cv2.add(cv2.filter2D(u, -1, kernel, borderType=cv2.BORDER_REPLICATE), 1.0), inside)
    return cv2.sqrt(u)


def direct_scipy(mask: np.ndarray) -> np.ndarray:
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    number = np.full(np.add(mask.shape, 2), -1)
    number[1:-1, 1:-1][mask] = np.arange(mask.sum())
    own = number[1:-1, 1:-1][mask]
    rows_of, cols_of = np.nonzero(mask)
    diagonal = np.full(len(own), 4.0)
    places, others = [], []
    for down, across in ((0, 1), (2, 1), (1, 0), (1, 2)):
        other = number[rows_of + down, cols_of + across]
        places.append(own[other >= 0])
        others.append(other[other >= 0])
    diagonal[rows_of == mask.shape[0] - 1] -= 1  # free below
    pairs = (np.concatenate(places), np.concatenate(others))
    matrix = sparse.diags(diagonal) - sparse.coo_matrix((np.ones(len(pairs[0])), pairs), shape=(len(own),) * 2)
    u = np.zeros(mask.shape)
    u[mask] = spsolve(matrix.tocsc(), np.full(len(own), 4.0))
    return np.sqrt(u)


def relief_cv2(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    luma, inside = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255, mask.astype(np.float32)

    def blur(sigma: float) -> np.ndarray:
        sums, weights = (
            cv2.GaussianBlur(x, (0, 0), sigma, borderType=cv2.BORDER_REFLECT) for x in (luma * inside, inside)
        )
        return sums / np.maximum(weights, 1e-6)

    return 0.3 * 12 * (blur(1.5) - blur(12)) * inside


def cuda_rows() -> Iterator[Row]:
    """On a GPU; the floor is a copy of the height."""
    import cupy

    mask = cupy.asarray(figure(1024))
    out = cupy.empty(mask.shape, np.float32)
    copy = {"device copy": partial(cupy.copyto, out, cupy.ones_like(out))}
    yield Row("cuda inflate figure 1024", partial(inflate, mask, out=out), copy)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from inflation_rows import *
mask = figure(2048)
"""
    return {"nothing": start, "inflate": start + "inflate(mask, threads=1)"}
