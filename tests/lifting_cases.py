"""Transforms of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.lifting import dwt2, hadamard4, idwt2

KINDS = [("haar", "float32"), ("cdf53", "float32"), ("cdf97", "float32"), ("haar", "int32"), ("cdf53", "int32")]
# Both parities, lines of 1 to 3, more columns than a strip of 4096, more rows than threads.
SHAPES = [
    (1, 1),
    (1, 9),
    (9, 1),
    (2, 2),
    (2, 3),
    (3, 2),
    (5, 8),
    (3, 17, 31),
    (4, 4, 4),
    (64, 64),
    (101, 67),
    (7, 4133),
]


def planes(dtype, shape, seed=0):
    """Noise: neighbouring samples have nothing in common."""
    draw = np.random.default_rng(seed)
    return (
        draw.uniform(-1, 1, shape).astype(dtype) if dtype == "float32" else draw.integers(-(2**20), 2**20, shape, dtype)
    )


def results(backend=None):
    """(name, array) of every case."""
    for wavelet, dtype in KINDS:
        for shape in SHAPES:
            for levels in (1, 4):
                name = f"{wavelet} {dtype} {shape} {levels}"
                how = {"wavelet": wavelet, "levels": levels, "backend": backend}
                yield f"dwt2 {name}", dwt2(planes(dtype, shape), **how)
                yield f"idwt2 {name}", idwt2(planes(dtype, shape, 1), **how)
    for shape, axis in [((4,), 0), ((4, 100, 7), 0), ((300, 4), 1), ((5, 4, 3), -2), ((2, 4, 257), 1)]:
        yield f"hadamard4 {shape} {axis}", hadamard4(planes("float32", shape), axis=axis, backend=backend)


def digests():
    return {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in results()}


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small planes are split at all
    for name, value in digests().items():
        print(name, value)
