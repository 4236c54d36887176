"""Shadow patterns against NumPy with OpenCV, as they are written at full size: a sharp mask, then cv2.GaussianBlur."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from compare import Row

from pixkern.shadows import PATTERN_WEIGHTS, draw_pattern, draw_silhouette, pattern_mask, silhouette_mask

SIDE, SOFTNESS = 1024, 0.006

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("tree_foliage 1024", "numpy, cv2"): 2.5,
    ("venetian_blind 1024", "numpy, cv2"): 4.9,
    ("window 1024", "numpy, cv2"): 2.7,
    ("branch 1024", "numpy, cv2"): 2.3,
    ("curtain 1024", "numpy, cv2"): 3.2,
    ("fence 1024", "numpy, cv2"): 4.7,
    ("voronoi 1024", "numpy, cv2"): 14,
    ("lattice 1024", "numpy, cv2"): 7.2,
    ("cloud 1024", "numpy, cv2"): 4.9,
    ("screen 1024", "numpy, cv2"): 6.9,
    ("perlin 1024", "numpy, cv2"): 5.1,
}


def blurred(mask: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(mask, (0, 0), SOFTNESS * SIDE)


def places(angle: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Along and across, as float32 pictures."""
    line = np.arange(SIDE, dtype=np.float32)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return line[None] * c - line[:, None] * s, line[None] * s + line[:, None] * c


def stripes(period: float, share: float) -> np.ndarray:
    _, b = places()
    return blurred((b % period < share * period).astype(np.float32))


def crossed(period: float, share: float) -> np.ndarray:
    a, b = places()
    return blurred(((a % period < share * period) | (b % period < share * period)).astype(np.float32))


def window() -> np.ndarray:
    mask = np.ones((SIDE, SIDE), np.float32)
    for row in range(3):
        for col in range(3):
            corner = np.array([200 + 210 * col + 20 * row, 200 + 220 * row])
            pane = np.array([[0, 0], [190, 0], [210, 200], [20, 200]]) + corner
            cv2.fillConvexPoly(mask, pane.astype(np.int32), 0, cv2.LINE_8)
    return blurred(mask)


def limbs() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    draw = np.random.default_rng(0)
    ends = draw.integers(0, SIDE, (1200, 2))
    for x, y in ends:
        cv2.line(mask, (int(x), int(y)), (int(x) + 40, int(y) + 25), 255, 5, cv2.LINE_AA)
    return blurred(mask.astype(np.float32) / 255)


def leaves() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    draw = np.random.default_rng(0)
    for x, y, turn in draw.integers(0, SIDE, (1500, 3)):
        cv2.ellipse(mask, (int(x), int(y)), (35, 15), int(turn), 0, 360, 255, -1, cv2.LINE_AA)
    return blurred(mask.astype(np.float32) / 255)


def voronoi() -> np.ndarray:
    """Distances to the nearest two of 64 points, at a quarter of the size."""
    side = SIDE // 4
    points = np.random.default_rng(0).uniform(0, side, (64, 2)).astype(np.float32)
    line = np.arange(side, dtype=np.float32)
    squares = (line[None, None] - points[:, 0, None, None]) ** 2 + (line[None, :, None] - points[:, 1, None, None]) ** 2
    first, second = np.partition(np.sqrt(squares), 1, axis=0)[:2]
    return blurred(cv2.resize((second - first < 3).astype(np.float32), (SIDE, SIDE)))


def clouds() -> np.ndarray:
    """Octaves of white noise, resized."""
    draw = np.random.default_rng(0)
    total = np.zeros((SIDE, SIDE), np.float32)
    for k in range(4):
        nodes = draw.normal(size=(5 << k, 5 << k)).astype(np.float32)
        total += np.float32(0.5**k) * cv2.resize(nodes, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return blurred((total > 0.15).astype(np.float32))


def folds() -> np.ndarray:
    a, b = places()
    return blurred(0.5 + 0.5 * np.sin(a * np.float32(0.05) + np.sin(b * np.float32(0.01))))


PEERS: dict[str, Callable[[], np.ndarray]] = {
    "tree_foliage": leaves,
    "venetian_blind": partial(stripes, 70.0, 0.5),
    "window": window,
    "branch": limbs,
    "curtain": folds,
    "fence": partial(stripes, 120.0, 0.6),
    "voronoi": voronoi,
    "lattice": partial(crossed, 130.0, 0.25),
    "cloud": clouds,
    "screen": partial(crossed, 28.0, 0.35),
    "perlin": clouds,
}


def rows() -> Iterator[Row]:
    out = np.empty((SIDE, SIDE), np.float32)
    for kind in (*PATTERN_WEIGHTS, "perlin"):
        pattern = replace(draw_pattern(kind, seed=0), softness=SOFTNESS)
        yield Row(
            f"{kind} {SIDE}", partial(pattern_mask, pattern, out.shape, out=out, threads=1), {"numpy, cv2": PEERS[kind]}
        )
    hand = draw_silhouette("hand", seed=0)
    turn = cv2.getRotationMatrix2D((128, 128), 30, 3)
    peer = {"cv2.warpAffine, cv2": lambda: blurred(cv2.warpAffine(hand, turn, out.shape))}
    yield Row(
        f"silhouette {SIDE}", partial(silhouette_mask, hand, out.shape, angle=30, scale=0.75, out=out, threads=1), peer
    )
    same = partial(
        pattern_mask, replace(draw_pattern("fence", seed=0), softness=SOFTNESS), out.shape, out=out, threads=1
    )
    yield Row("the same call twice", same, {"ours": same})


def cuda_rows() -> Iterator[Row]:
    """The floor is filling the picture."""
    import cupy

    out = cupy.empty((SIDE, SIDE), np.float32)
    for kind in (*PATTERN_WEIGHTS, "perlin"):
        yield Row(
            f"cuda {kind} {SIDE}",
            partial(pattern_mask, draw_pattern(kind, seed=0), out.shape, out=out),
            {"fill": partial(out.fill, 1)},
        )


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making the output alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from patterns_rows import *
out = np.ones((SIDE, SIDE), np.float32)
"""
    ours = (
        start + "pattern_mask(replace(draw_pattern('fence', seed=0), softness=SOFTNESS), out.shape, out=out, threads=1)"
    )
    return {"nothing": start, "ours": ours, "numpy, cv2": start + "stripes(120.0, 0.6)"}
