"""Noise of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib

from pixkern import _threads
from pixkern.shading import fbm

# One pixel, lines, more columns than a block of 1024, more rows than a strip of 32, cells of a pixel and of none of a
# row's whole, regions before and far from the origin.
CASES = [
    ((1, 1), {}),
    ((1, 70), {"cell": 5.0, "octaves": 2}),
    ((70, 1), {"cell": 5.0, "octaves": 2}),
    ((67, 1061), {}),
    ((40, 33), {"cell": 1.0, "octaves": 1}),
    ((33, 2050), {"cell": 37.3, "lacunarity": 1.7, "octaves": 6, "persistence": 0.9}),
    ((50, 60), {"cell": 3000.5, "octaves": 16, "lacunarity": 1.5, "origin": (-25, 2**31 - 100)}),
    ((20, 90), {"cell": 17, "octaves": 3, "persistence": 0, "origin": (-(2**31) + 1, -7)}),
]


def results(backend=None):
    """(name, array) of every case."""
    for kind in ("perlin", "value"):
        for seed in (0, 2**64 - 1):
            for shape, how in CASES:
                yield f"{kind} {seed} {shape} {how}", fbm(shape, seed=seed, kind=kind, backend=backend, **how)


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small pictures are split at all
    for name, array in results():
        print(name, hashlib.sha256(array.tobytes()).hexdigest()[:16])
