"""Pyramids of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.pyramid import collapse, gaussian_pyramid, laplacian_pyramid

DTYPES = ("uint8", "uint16", "float32")
# Both parities, sides of 1 to 3, more columns than two strips of 8192 bytes, more rows than threads.
WIDE = [(5, 33003), (4, 16493, 2), (5, 11005, 3), (4, 8311, 4)]
SHAPES = [
    (1, 1),
    (1, 9),
    (9, 1, 3),
    (2, 2, 2),
    (2, 3, 4),
    (3, 2),
    (5, 8, 3),
    (3, 17, 31, 1),
    (2, 64, 64, 4),
    (101, 67, 3),
    *WIDE,
]


def image(dtype, shape, seed=0):
    """Noise of the full range: neighbouring samples have nothing in common."""
    draw = np.random.default_rng(seed)
    if dtype == "float32":
        return draw.uniform(-1, 1, shape).astype(np.float32)
    return draw.integers(0, np.iinfo(dtype).max + 1, shape, dtype)


def edited(pyramid):
    """Residuals three times as large."""
    return [level * level.dtype.type(3) for level in pyramid[:-1]] + [pyramid[-1]]


def results(backend=None):
    """(name, arrays) of every case."""
    for dtype in DTYPES:
        for shape in SHAPES:
            x = image(dtype, shape)
            pyramid = laplacian_pyramid(x, 4, backend=backend)
            yield f"gaussian {dtype} {shape}", gaussian_pyramid(x, 4, backend=backend)
            yield f"laplacian {dtype} {shape}", pyramid
            yield f"collapse {dtype} {shape}", [collapse(edited(pyramid), backend=backend)]


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small images are split at all
    for name, arrays in results():
        print(name, hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16])
