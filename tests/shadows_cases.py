"""Cast shadows and heights of every kind, as digests: what must not change with level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.shadows import cast_shadow, inflate

SIDES = ("top", "bottom", "left", "right")
# From each side, from corners, grazing, and from straight above.
DIRECTIONS = [(0.3, 1, 0.4), (1, 0.2, 0.2), (-0.7, -1, 1), (-1, 1, 0.05), (1, 1, 0.7), (0, -1, 0.3), (-1, 0, 2)]
DIRECTIONS.append((0, 0, 1))
# One pixel, lines, more than a band of 480 lines, odd sides.
SHAPES = [(1, 1), (1, 40), (40, 1), (37, 53), (64, 64), (19, 1061), (530, 33)]


def heights(shape, seed=0):
    """Waves and noise: shadows of every length."""
    draw = np.random.default_rng(seed)
    rows, cols = (np.arange(side, dtype=np.float64) for side in shape)
    waves = 4 * np.sin(rows / 5)[:, None] + 6 * np.cos(cols / 7)
    return (waves + draw.normal(size=shape)).astype(np.float32)


def blobs(shape, seed=0, smooth=3):
    """A mask of a few pieces with holes."""
    noise = np.random.default_rng(seed).normal(size=shape)
    for axis in (0, 1):
        for _ in range(smooth):
            noise = noise + np.roll(noise, 1, axis) + np.roll(noise, 2, axis)
    return noise > 0


def shadows(backend=None):
    """(name, array) of every case."""
    for shape in SHAPES:
        field = heights(shape)
        for number, direction in enumerate(DIRECTIONS):
            mask = blobs(shape, number) if number % 3 == 1 else None
            light = cast_shadow(field, direction, mask=mask, bias=number % 2 * 0.5, backend=backend)
            yield f"cast_shadow {shape} {direction}", light
        yield f"cast_shadow soft {shape}", cast_shadow(field, (1, 2, 1), softness=0.2, samples=5, backend=backend)


def inflations(backend=None):
    """(name, array) of every case."""
    for shape in [*SHAPES[:-2], (100, 75), (33, 700), (513, 16)]:
        for number, free in enumerate([(), ("bottom",), ("left", "top"), SIDES]):
            mask = blobs(shape, number)
            mask[0, 0] = False
            yield f"inflate {shape} {free}", inflate(mask, free=free, backend=backend)
    yield "inflate all", inflate(np.ones((50, 61), bool), free=("bottom", "left", "right"), backend=backend)


def print_digests(which):
    _threads._WORTH_SPLITTING = 16  # so that these small planes are split at all
    for name, array in globals()[which]():
        print(name, hashlib.sha256(array.tobytes()).hexdigest()[:16])


def print_shadows():
    print_digests("shadows")


def print_inflations():
    print_digests("inflations")
