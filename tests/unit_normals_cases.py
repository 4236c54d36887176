"""Vectors for the tests of unit normals, and digests of what they become."""

import hashlib

import numpy as np

from pixkern.shading import normals_from_vectors

DTYPES = (np.uint8, np.uint16, np.float32, np.float64)


def vectors(shape, dtype, seed=0):
    """Vectors of all directions; some without length, some very short or long."""
    draw = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "u":
        return draw.integers(0, np.iinfo(dtype).max + 1, (*shape, 3)).astype(dtype)
    made = draw.normal(size=(*shape, 3)) * 10.0 ** draw.integers(-2, 9, (*shape, 1))
    made[draw.random(shape) < 0.1] = 0
    return made.astype(dtype)


def weights(shape, kind, seed=1):
    """A mask of a kind, with zeros in it."""
    draw = np.random.default_rng(seed)
    if kind is None:
        return None
    if kind == "bool":
        return draw.random(shape) < 0.7
    made = np.where(draw.random(shape) < 0.3, 0, draw.random(shape))
    return made.astype(np.float32) if kind == "float32" else (made * 255).astype(np.uint8)


def cases():
    """(name, vectors, mask)."""
    for dtype in DTYPES:
        for shape in ((1, 1), (7, 150), (400, 700)):
            for kind in (None, "bool", "uint8", "float32")[: 4 if shape[0] < 100 else 1]:
                yield f"{np.dtype(dtype).name} {shape} {kind}", vectors(shape, dtype), weights(shape, kind)


def print_digests():
    for name, given, mask in cases():
        made = normals_from_vectors(given, mask=mask)
        print(name, made.lost, made.away, hashlib.sha256(made.normals).hexdigest())
