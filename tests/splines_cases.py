"""Spline pyramids of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.pyramid import spline_pyramid

DTYPES = ("uint8", "uint16", "float32")
# Lines of 1 to 4; both parities; groups of 16 rows and strips of 64 columns with rests; one block of the recursion,
# two, and three; more columns than the 512 that are reduced at a time.
SHAPES = [
    (1, 1),
    (1, 7),
    (7, 1),
    (2, 2),
    (3, 2),
    (2, 4, 1),
    (5, 8, 2),
    (16, 64),
    (33, 67, 3),
    (40, 23, 4),
    (257, 18),
    (4, 481, 2),
    (6, 1100),
]


def image(dtype, shape, seed=0):
    """Noise up to both ends of the range: spline coefficients as large as they get."""
    draw = np.random.default_rng(seed)
    if dtype == "float32":
        return np.clip(draw.uniform(-0.5, 1.5, shape), 0, 1).astype(np.float32)
    most = np.iinfo(dtype).max
    return np.clip(draw.integers(-most // 2, most + most // 2, shape), 0, most).astype(dtype)


def results(backend=None):
    """(name, array) of every level of every case."""
    for dtype in DTYPES:
        for shape in SHAPES:
            for levels in (0, 1, 4):
                pyramid = spline_pyramid(image(dtype, shape), levels, backend=backend)
                for level, array in enumerate((*pyramid.details, pyramid.base)):
                    yield f"{dtype} {shape} {levels} {level}", array


def digests():
    return {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in results()}


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small images are split at all
    for name, value in digests().items():
        print(name, value)
