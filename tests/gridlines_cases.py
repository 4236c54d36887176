"""Profiles, pitches and everything found in them: what must not change with CPU level, threads or backend."""

import hashlib
import itertools
import math

import numpy as np

from pixkern import _threads
from pixkern.gridscore import comb_scan, grid_lines, many_grid_lines

WINDOWS = (1.0, 2.5, 12.0, math.inf)
STEPS = (1, 0.5, 0.25)


def profile(length, pitch, *, offset=2.3, jitter=0.3, noise=0.1, seed=0):
    """Lines about a pitch apart, each shared by the two positions next to it, over noise."""
    draw = np.random.default_rng(seed)
    values = noise * draw.random(length + 1)
    at = np.arange(offset, length, pitch)
    at = np.clip(at + jitter * draw.standard_normal(len(at)), 0, length - 1e-3)
    weight = draw.uniform(0.5, 1, len(at))
    np.add.at(values, at.astype(int), weight * (1 - at % 1))
    np.add.at(values, at.astype(int) + 1, weight * (at % 1))
    return values.astype(np.float32)


def pitches(count, least=1.0, most=64.0):
    """Unsorted, with repeats, and with those whose sine is 0."""
    found = np.random.default_rng(count).uniform(least, most, count)
    found[: min(count, 4)] = (1, 2, 4, 4)[: min(count, 4)]
    return found


def digest(arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()[:24]


def combs(backend=None):
    """(name, bytes) of comb scans; lengths around the 256 samples of a run."""
    for length, count in itertools.product((0, 1, 7, 254, 255, 256, 511, 1400), (1, 8, 63, 64, 65, 150)):
        for window in WINDOWS:
            found = comb_scan(profile(length, 7.3), pitches(count), window=window, backend=backend)
            yield f"comb {length} {count} {window}", digest(found)


def results():
    yield from combs()
    for length, pitch, step in itertools.product((1, 5, 40, 257), (1, 2.2, 3, 5.4, 11.3, 20, 64, 300), STEPS):
        for stiffness in (0, 8, 60):
            how = {"stiffness": stiffness, "step": step, "smoothing": 0.2 if stiffness == 8 else 0}
            found = grid_lines(profile(length, pitch), pitch, **how)
            yield f"lines {length} {pitch} {step} {stiffness}", digest([found.lines, np.array(found.score)])
    for step in STEPS:
        found = many_grid_lines(profile(300, 9.1), pitches(33, 2, 90), np.linspace(0, 80, 33), step=step)
        yield f"many {step}", digest([*(one.lines for one in found), [one.score for one in found]])


def print_results():
    _threads._WORTH_SPLITTING = 64  # so that these few pitches are split at all
    for name, value in results():
        print(name, value)
