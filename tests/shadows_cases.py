"""Cast shadows and heights of every kind, as digests: what must not change with level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.shadows import cast_shadow, inflate, relief_detail, subsurface, varying_blur

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


def widths(shape, most, seed=0):
    """A map of sigmas that has 0, `most` and all between."""
    smooth = np.cumsum(np.random.default_rng(seed).normal(size=shape), axis=1)
    smooth = smooth - smooth.min()
    return (most * smooth / max(smooth.max(), 1e-9)).astype(np.float32)


def spreads(backend=None):
    """(name, array) of every case."""
    for shape in [(1, 1), (1, 40), (40, 1), (37, 53), (9, 600)]:
        for number, channels in enumerate([(), (1,), (2,), (3,), (4,)]):
            image = np.random.default_rng(number).normal(size=(*shape, *channels)).astype(np.float32)
            sigma = widths(shape, (0.0, 0.3, 1.0, 2.5, 6.0)[number], number)
            yield f"varying_blur {shape} {channels}", varying_blur(image, sigma, max_sigma=6, backend=backend)
        wide = varying_blur(heights(shape), widths(shape, 200), max_sigma=200, backend=backend)
        yield f"varying_blur {shape} of many widths", wide
        yield f"subsurface {shape}", subsurface(heights(shape), sigma=(5, 2.5, 0), backend=backend)


def reliefs(backend=None):
    """(name, array) of every case; on GPUs, the blurs have tests of their own."""
    for dtype in ("uint8", "uint16", "float32"):
        for shape in [(1, 1), (37, 53), (40, 61, 3)]:
            image = (np.random.default_rng(0).random(shape) * (1 if dtype == "float32" else 255)).astype(dtype)
            yield f"relief {dtype} {shape}", relief_detail(image, backend=backend)
            yield f"relief in a mask {dtype} {shape}", relief_detail(image, blobs(shape[:2]), backend=backend)


def print_digests(which):
    _threads._WORTH_SPLITTING = 16  # so that these small planes are split at all
    for name, array in globals()[which]():
        print(name, hashlib.sha256(array.tobytes()).hexdigest()[:16])


def print_shadows():
    print_digests("shadows")


def print_inflations():
    print_digests("inflations")
    print_digests("reliefs")


def print_spreads():
    print_digests("spreads")
