"""The gridlines family against NumPy, Numba and an FFT: one axis of a picture of a megapixel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import gridlines_peers as peers
import numpy as np
from compare import Row, available

from pixkern.gridscore import comb_scan, grid_lines, line_measures, many_grid_lines

LENGTH = 1000
PITCHES = (3, 20, 64)

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("comb_scan 942 pitches", "numpy matrix"): 110,
    ("comb_scan 942 pitches", "numba"): 5.2,
    ("grid_lines pitch 3", "numpy arrays"): 70,
    ("grid_lines pitch 20", "numpy arrays"): 80,
    ("grid_lines pitch 64", "numpy arrays"): 70,
    ("grid_lines pitch 20", "numba, evidence given"): 1.1,
    ("grid_lines pitch 64", "numba, evidence given"): 4.8,
    ("many_grid_lines 40 pitches", "grid_lines 40 times"): 1.5,
    ("line_measures 40 grids", "numpy arrays"): 7,
}


def profile(pitch: float = 20.0, length: int = LENGTH) -> np.ndarray:
    """Lines with jitter over noise."""
    draw = np.random.default_rng(0)
    values = 0.1 * draw.random(length + 1)
    at = np.arange(0.4 * pitch, length, pitch)
    values[np.clip(at + draw.normal(0, 0.02 * pitch, len(at)), 0, length).round().astype(int)] += 1
    return values.astype(np.float32)


def scanned(least: float = 3.5, most: float = 40.0, length: int = LENGTH) -> np.ndarray:
    """The pitches that a comb over `length` samples tells apart."""
    found = [least]
    while found[-1] < most:
        found.append(found[-1] + max(0.01, found[-1] ** 2 / (5 * length)))
    return np.array(found)


def rows() -> Iterator[Row]:
    values, pitches = profile(), scanned()
    compiled = {}
    if available("numba"):
        from numba import njit

        fast = njit(nogil=True, fastmath=True)
        comb, lines = fast(peers.comb_by_loops), fast(peers.lines_by_loops)
        compiled["comb"] = {"numba": partial(comb, values, pitches, 12.0, np.empty((3, len(pitches))))}
        for pitch in PITCHES:
            s = peers.evidence(profile(pitch), 2)
            compiled[pitch] = {"numba, evidence given": partial(lines, s, pitch, 60.0, 2, np.empty(len(s)))}
    yield Row(
        f"comb_scan {len(pitches)} pitches",
        partial(comb_scan, values, pitches, threads=1),
        {"numpy matrix": partial(peers.comb_by_matrix, values, pitches)}
        | compiled.get("comb", {})
        | {"numpy rfft of 8192, no windows": partial(peers.spectrum, values)},
    )
    for pitch in PITCHES:
        values = profile(pitch)
        slow = {"numpy arrays": partial(peers.lines_by_arrays, values, pitch)}
        yield Row(f"grid_lines pitch {pitch}", partial(grid_lines, values, pitch), slow | compiled.get(pitch, {}))
    values, some = profile(), np.linspace(4, 40, 40)
    yield Row(
        "many_grid_lines 40 pitches",
        partial(many_grid_lines, values, some, threads=1),
        {"grid_lines 40 times": lambda: [grid_lines(values, pitch) for pitch in some]},
    )
    grids = [found.lines for found in many_grid_lines(values, some)]
    yield Row(
        "line_measures 40 grids",
        partial(line_measures, values, grids, some),
        {"numpy arrays": lambda: [peers.measures_by_arrays(values, *each) for each in zip(grids, some, strict=True)]},
    )
    ours = partial(comb_scan, values, pitches, threads=1)
    yield Row("the same call twice", ours, {"ours": ours})


def cuda_rows() -> Iterator[Row]:
    """The comb scan on a GPU; the floor is a copy of its results."""
    import cupy

    for count in (900, 10_000):
        values, pitches = cupy.asarray(profile()), np.linspace(3.5, 40, count)
        results, copied = (cupy.empty((3, count)) for _ in range(2))
        yield Row(
            f"cuda comb_scan {count} pitches",
            partial(comb_scan, values, pitches),
            {"device copy": partial(cupy.copyto, copied, results)},
        )


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their profile alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from gridlines_rows import *
values, pitches = profile(length=20_000), scanned(length=20_000)[:2000]
"""
    return {
        "nothing": start,
        "comb_scan 20,000 x 2000": start + "comb_scan(values, pitches, threads=1)",
        "numpy matrix 20,000 x 2000": start + "peers.comb_by_matrix(values, pitches)",
        "grid_lines 20,000": start + "grid_lines(values, 20)",
    }
