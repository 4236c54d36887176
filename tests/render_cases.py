"""Pictures of every kind of call, as digests: what must not change with CPU level, threads or backend."""

import hashlib
import math

import numpy as np

from pixkern import _threads
from pixkern.pyramid import SplinePyramid, render, variance

# One sample, one row, one column, odd sides, more channels than one, more columns than any strip.
SHAPES = [(1, 1), (1, 9), (9, 1), (2, 3), (33, 20), (31, 47, 2), (24, 33, 3), (17, 50, 4), (40, 4200)]
LAWS = [
    {},
    {"patch_size": 3, "seed": 2**64 - 1},
    {"jitter": 1.5, "noise_strength": 0.25, "block": 24, "samples": 5},
    {"patch_size": 6, "jitter": 0.4, "noise_strength": 1.5, "cell": 2.6, "samples": 3, "first_sample": 2**32 + 5},
]


def stored(n, level):
    """How many coefficients of a level there are along a side of n samples."""
    return (n - 1) // 2**level + 4


def arrays(shape, levels, seed=0):
    """(details, base) of noise: neighbouring coefficients have nothing in common, and no level is small."""
    draw = np.random.default_rng([seed, levels, *shape])
    every = [
        draw.uniform(-1, 1, (stored(shape[0], level), stored(shape[1], level), *shape[2:])).astype(np.float32)
        for level in range(levels + 1)
    ]
    return tuple(every[:levels]), every[levels]


def pyramid(shape, levels, seed=0):
    details, base = arrays(shape, levels, seed)
    return SplinePyramid(details=details, base=base, shape=shape)


def sizes(shape):
    """(width, height): the image's own, a larger one, a smaller one."""
    height, width = shape[:2]
    if width > 1000:
        return [(width, height)]
    return [(width, height), (3 * width + 1, 2 * height - 1), (max(1, width // 2), max(1, height - 3))]


def results(backend=None):
    """(name, array) of every case."""
    for shape in SHAPES:
        for levels in (0, 1, 5):
            coefficients = pyramid(shape, levels)
            for size in sizes(shape):
                for number, law in enumerate(LAWS):
                    name = f"{shape} {levels} {size} {number}"
                    yield f"render {name}", render(coefficients, size, **law, backend=backend)
                limits = {name: value for name, value in LAWS[3].items() if name not in ("samples", "first_sample")}
                exact = render(coefficients, size, **limits | {"samples": math.inf}, backend=backend)
                yield f"expectation {shape} {levels} {size}", exact
                spread = {name: limits[name] for name in ("patch_size", "jitter", "noise_strength")}
                yield f"variance {shape} {levels} {size}", variance(coefficients, size, **spread, backend=backend)
    coefficients = pyramid((30, 41, 3), 4)
    for dtype in (np.uint8, np.uint16):
        yield f"render {dtype.__name__}", render(coefficients, (90, 80), dtype=dtype, jitter=1, backend=backend)
    part = {"roi": (17, 5, 40, 33), "window": (1.25, 2, 30, 28.5), "gains": (0, -1, 2.5, 1), "backend": backend}
    yield "render part", render(coefficients, (90, 80), **part)


def digests():
    return {name: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()[:16] for name, a in results()}


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small pictures are split at all
    for name, value in digests().items():
        print(name, value)
