"""Blurs and albedos of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.retinex import albedo, gaussian_blur, multiscale_retinex

SIGMAS = (0.0, 0.4, 2.0, 6.9, 8.0, 17.0, 60.0, 500.0)  # cells of 1, 1, 1, 1, 2, 4, 16, 128 pixels
# Lines of 1 to 3, sides that no cell divides, more columns than are read together (256, 960 samples).
SHAPES = [(1, 1), (1, 9), (9, 1, 3), (2, 3), (17, 31, 3), (33, 50, 4), (40, 47, 2), (5, 1031), (7, 331, 3)]
RETINEX_SHAPES = [(1, 1, 3), (21, 34, 3), (9, 331, 3), (40, 47, 3), (17, 31), (33, 50, 4), (3, 1031, 2)]
METHODS = ("retinex", "luminance", "msrcr", "lab", "division")
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

    for number, shape in enumerate(RETINEX_SHAPES):
        for mask in MASKS:
            for sigmas in ((15, 80, 250), (3, 40), (0.8,), (2, 8, 16, 1000)):
                dtype = ("uint8", "uint16", "float32")[number % 3]
                how = {"sigmas": sigmas, "mask": mask_of(mask, shape), "backend": backend}
                for ends in (None, (1, 99)):
                    name = f"retinex {dtype} {shape} {sigmas} {mask} {ends}"
                    yield name, multiscale_retinex(picture(dtype, shape), percentiles=ends, **how)
                for method in METHODS if shape[2:] == (3,) else ("retinex", "division"):
                    name = f"albedo {method} {dtype} {shape} {sigmas} {mask}"
                    yield name, albedo(picture(dtype, shape), method=method, original=0.2, **how)


def digests():
    return {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in results()}


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small pictures are split at all
    for name, value in digests().items():
        print(name, value)
