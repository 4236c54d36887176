"""Quantisers of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib
import itertools

import numpy as np

from pixkern import _threads
from pixkern.quantize import dequantize, dequantize_u8, quantize, quantize_u8

SHAPES = ((1, 1), (7, 1), (1, 9), (37, 53), (3, 40, 67))


def laplacian(shape, seed=0, scale=3.0):
    """Values as wavelet coefficients have them: dense at 0, with a long tail."""
    return np.random.default_rng(seed).laplace(0, scale, shape).astype(np.float32)


def results(backend=None):
    """(name, array) of every case."""
    for shape, deadzone in itertools.product(SHAPES, (1, 1.28, 2)):
        x, step = laplacian(shape), np.linspace(0.1, 3, shape[0])
        name = f"{shape} {deadzone}"
        q = quantize(x, step, deadzone=deadzone, backend=backend)
        yield f"quantize {name}", q
        yield f"dequantize {name}", dequantize(q, step, deadzone=deadzone, reconstruction=0.4, backend=backend)
    for shape, levels, per_band in itertools.product(SHAPES, (0, 1, 3), (False, True)):
        name = f"{shape} {levels} {per_band}"
        found = quantize_u8(laplacian(shape), quality=80, levels=levels, per_band=per_band, backend=backend)
        for part, array in found._asdict().items():
            yield f"{part} {name}", array
        yield f"dequantize_u8 {name}", dequantize_u8(*found, levels=levels, backend=backend)


def print_digests():
    _threads._WORTH_SPLITTING = 64  # so that these small arrays are split at all
    for name, array in results():
        print(name, hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16])
