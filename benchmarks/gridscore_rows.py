"""The gridscore family against NumPy and OpenCV: a picture of a megapixel, of noisy cells of about 31 pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import gridscore_peers as peers
import numpy as np
from compare import Row

from pixkern.gridscore import GridScorer, profiles

SIDE = 1000
CELLS = 32

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("profiles 1000, scale 1", "numpy diff and median"): 45,
    ("profiles 1000, scale 1", "cv2.Sobel, no median"): 6.6,
    ("profiles 1000, four scales", "numpy, four scales"): 47,
    ("profiles 1000, four scales", "cv2.Sobel, one scale, no median"): 1.4,
    ("GridScorer 1000", "cv2.integral2, float64 squares, no profiles"): 0.43,
    ("GridScorer 1000", "numpy cumsum, no profiles"): 5.4,
    ("measure one grid of 1024 cells", "numpy, a loop over cells"): 250,
    ("measure one grid of 1024 cells", "numpy, add.reduceat"): 170,
    ("measure one grid of 1024 cells", "numpy, summed-area table given"): 1,
    ("measure 100 grids of 1024 cells", "numpy, summed-area table given"): 10,
    ("score 10 grids of 1024 cells, from the picture", "numpy, add.reduceat, errors alone"): 15,
}


def picture(side: int = SIDE) -> np.ndarray:
    draw = np.random.default_rng(0)
    sprite = draw.integers(0, 256, (CELLS, CELLS, 3), np.uint8)
    large = cv2.resize(sprite, (side, side), interpolation=cv2.INTER_NEAREST)
    return np.clip(large + draw.normal(0, 3, large.shape), 0, 255).astype(np.uint8)


def meshes(count: int, side: int = SIDE) -> list[tuple[np.ndarray, np.ndarray]]:
    """Grids of about 32 x 32 cells."""
    draw = np.random.default_rng(1)
    lines = np.linspace(0, side, CELLS + 1)
    moved = lines + draw.uniform(-2, 2, (count, 2, CELLS + 1))
    moved[..., 0], moved[..., -1] = 0, side
    return [(x, y) for x, y in moved]


def rows() -> Iterator[Row]:
    image = picture()
    scorer, grids = GridScorer(image, threads=1), meshes(100)
    one, ten = grids[0], grids[:10]
    sums = peers.summed(image)
    yield Row(
        f"profiles {SIDE}, scale 1",
        partial(profiles, image, scales=(1,), threads=1),
        {
            "numpy diff, no median": partial(peers.differences, image),
            "numpy diff and median": partial(peers.evidence, image),
            "cv2.Sobel, no median": partial(peers.sobel, image),
        },
    )
    yield Row(
        f"profiles {SIDE}, four scales",
        partial(profiles, image, threads=1),
        {
            "numpy, four scales": partial(peers.evidence_at_scales, image, (1, 2, 4, 8)),
            "cv2.Sobel, one scale, no median": partial(peers.sobel, image),
            "ours, scale 1": partial(profiles, image, scales=(1,), threads=1),
        },
    )
    yield Row(
        f"GridScorer {SIDE}",
        partial(GridScorer, image, threads=1),
        {
            "cv2.integral2, float64 squares, no profiles": partial(cv2.integral2, image),
            "numpy cumsum, no profiles": partial(peers.summed, image),
            "ours, profiles alone": partial(profiles, image, threads=1),
        },
    )
    yield Row(
        "measure one grid of 1024 cells",
        partial(scorer.measure, *one),
        {
            "numpy, a loop over cells": partial(peers.error_by_loop, image, *one),
            "numpy, add.reduceat": partial(peers.error_by_reduceat, image, *one),
            "numpy, summed-area table given": partial(peers.error_by_table, sums, *one),
        },
    )
    yield Row(
        "measure 100 grids of 1024 cells",
        partial(scorer.measure_many, grids),
        {
            "numpy, summed-area table given": lambda: [peers.error_by_table(sums, *grid) for grid in grids],
            "ours, one by one": lambda: [scorer.measure(*grid) for grid in grids],
        },
    )
    yield Row(
        "score 10 grids of 1024 cells, from the picture",
        lambda: GridScorer(image, threads=1).score_many(ten),
        {"numpy, add.reduceat, errors alone": lambda: [peers.error_by_reduceat(image, *grid) for grid in ten]},
    )
    twice = partial(scorer.measure_many, grids)
    yield Row("the same call twice", twice, {"ours": twice})


def cuda_rows() -> Iterator[Row]:
    """The floor is a copy of as many bytes as the table has."""
    import cupy

    for side in (1000, 4000):
        image = cupy.asarray(picture(side))
        scorer, grids = GridScorer(image), meshes(10000, side)
        copy = {"device copy of the table": partial(cupy.copyto, cupy.empty_like(scorer.table), scorer.table)}
        yield Row(f"cuda profiles {side}", partial(profiles, image), copy)
        yield Row(f"cuda GridScorer {side}", partial(GridScorer, image), copy)
        yield Row(f"cuda score 10000 grids {side}", partial(scorer.score_many, grids), copy)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from gridscore_rows import *
x = np.zeros((2000, 2000, 3), np.uint8)
"""
    return {
        "nothing": start,
        "ours": start + "GridScorer(x, threads=1)",
        "cv2.integral2, no profiles": start + "cv2.integral2(x)",
    }
