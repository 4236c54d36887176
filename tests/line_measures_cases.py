"""Lines of every kind on profiles of every kind: what must not change with the CPU level or the threads."""

import gridlines_cases
import numpy as np

from pixkern.gridscore import line_measures


def lines(length, seed):
    """Increasing from 0 to the length: a grid, a grid with jitter, or anything, by the seed."""
    draw = np.random.default_rng(seed)
    pitch = draw.uniform(1, max(1.1, length))
    inner = np.arange(draw.uniform(0.1, 1) * pitch, length, pitch)
    if seed % 3 == 1:
        inner = inner + draw.normal(0, 0.1 * pitch, len(inner))
    elif seed % 3 == 2:
        inner = draw.uniform(0, length, draw.integers(0, 40))
    inner = np.unique(inner.round(2) if seed % 2 else inner)
    return np.concatenate([[0.0], inner[(inner > 0) & (inner < length)], [float(length)]])


def results():
    for length in (1, 2, 7, 64, 333):
        profile = gridlines_cases.profile(length, 7.3)
        grids = [lines(length, seed) for seed in range(40)]
        found = line_measures(profile, grids, np.random.default_rng(length).uniform(1, 30, 40))
        yield f"{length}", gridlines_cases.digest(found)


def print_results():
    for name, value in results():
        print(name, value)
