"""Blurs and albedos of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.retinex import gaussian_blur

SIGMAS = (0.0, 0.4, 2.0, 6.9, 8.0, 17.0, 60.0, 500.0)  # cells of 1, 1, 1, 1, 2, 4, 16, 128 pixels
# Lines of 1 to 3, sides that no cell divides, more columns than are read together (256, 960 samples).
SHAPES = [(1, 1), (1, 9), (9, 1, 3), (2, 3), (17, 31, 3), (33, 50, 4), (40, 47, 2), (5, 1031), (7, 331, 3)]
MASKS = ("none", "bytes", "floats")


def picture(dtype, shape, seed=0):
    draw = np.random.default_rng(seed)
    if dtype == "float32":
        return draw.random(shape, dtype=np.float32)
    return draw.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def mask_of(kind, shape, seed=1):
    """Half of the pixels left out, in one piece and here and there."""
    if kind == "none":
        return None
    draw = np.random.default_rng(seed)
    weights = draw.random(shape[:2], dtype=np.float32)
    weights[draw.random(shape[:2]) < 0.3] = 0
    weights[:, shape[1] // 2 :][:, : shape[1] // 4] = 0
    return weights if kind == "floats" else np.rint(weights * 255).astype(np.uint8)


def results(backend=None):
    """(name, array) of every case."""
    for number, shape in enumerate(SHAPES):
        for sigma in SIGMAS:
            for mask in MASKS:
                dtype = ("uint8", "uint16", "float32")[number % 3]
                how = {"mask": mask_of(mask, shape), "backend": backend}
                yield f"blur {dtype} {shape} {sigma} {mask}", gaussian_blur(picture(dtype, shape), sigma, **how)


def digests():
    return {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in results()}


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small pictures are split at all
    for name, value in digests().items():
        print(name, value)
