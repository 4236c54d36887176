"""Warps of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib
import itertools

import numpy as np

from pixkern import _threads
from pixkern.lenses import BrownConrady, Chromatic, Division, KannalaBrandt, PTLens
from pixkern.warp import coordinate_map, grid_sample, warp

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos4")
BORDERS = ("zeros", "border", "reflection")
DTYPES = (np.uint8, np.uint16, np.float32)
SIZE = (311, 67)  # of the output: two blocks, the second one partial

LENSES = {
    "brown_conrady": BrownConrady(300, (151, 40.5), radial=(-0.2, 0.05, 0.01, 0.01), tangential=(0.001, -0.002)),
    "strong": BrownConrady(60, (151, 40.5), radial=(-0.05, 0.01)),  # too bent for the cubic path
    "fisheye": KannalaBrandt(200, (151, 40.5), coefficients=(0.02, -0.01)),
    "division": Division(200, (151, 40.5), radial=(-0.1,)),
    "pt_lens": PTLens(100, (151, 40.5), coefficients=(0.01, -0.02, 0.005)),
    "inverted": BrownConrady(300, (151, 40.5), radial=(-0.2, 0.05), tangential=(0.001, 0)).inverted(),
}


def image(dtype, channels=3, shape=(80, 300), seed=0):
    """High contrast: neighbouring pixels have nothing in common."""
    noise = np.random.default_rng(seed).integers(0, 256, (*shape, channels))
    if dtype == np.float32:
        return (noise / 255).astype(dtype)
    return (noise * (np.iinfo(dtype).max // 255)).astype(dtype)


def residual(seed=1, amount=0.7):
    return (np.random.default_rng(seed).normal(size=(4, 6, 2)) * amount).astype(np.float32)


def chromatic():
    return Chromatic(150, (151, 40.5), red=(1.001, 0, 0.0005), blue=(0.999, 0.0002, 0))


def grid(dtype, shape=(33, 41), reach=1.2):
    field = np.random.default_rng(2).uniform(-reach, reach, (*shape, 2)).astype(dtype)
    field[0, :4] = [[np.nan, 0], [0, np.inf], [-1, -1], [1, 1]]
    return field


def results(backend=None):
    """(name, array) of every case."""
    options = {"size": SIZE, "backend": backend}
    for dtype, interpolation, border in itertools.product(DTYPES, INTERPOLATIONS, BORDERS):
        how = {"interpolation": interpolation, "border": border}
        for channels in (1, 2, 3, 4, 7):
            name = f"{np.dtype(dtype).name} {interpolation} {border} {channels}"
            given = image(dtype, channels)
            yield f"warp {name}", warp(given, LENSES["brown_conrady"], **how, **options)
            sampled = [grid_sample(given, grid(real), **how, backend=backend) for real in (np.float32, np.float64)]
            yield f"grid {name}", np.stack(sampled)
        yield f"chromatic {name}", warp(image(dtype), LENSES["brown_conrady"], chromatic=chromatic(), **how, **options)
    for name, lens in LENSES.items():
        for field in (None, residual()):
            yield f"{name} residual {field is not None}", warp(image(np.uint8), lens, residual=field, **options)
    batch = np.stack([image(np.uint8, seed=seed) for seed in range(3)])
    yield "batch", warp(batch, LENSES["brown_conrady"], **options)
    tiny = image(np.uint8, shape=(1, 1))
    for interpolation, border in itertools.product(INTERPOLATIONS, BORDERS):
        yield (
            f"one pixel {interpolation} {border}",
            warp(tiny, LENSES["brown_conrady"], interpolation=interpolation, border=border, **options),
        )


def digests():
    """{name: digest} of every case, and of the positions of every lens."""
    found = {name: digest(array) for name, array in results()}
    for name, lens in LENSES.items():
        found[f"positions {name}"] = digest(coordinate_map(lens, SIZE, residual=residual()))
        points = np.random.default_rng(3).uniform(-50, 350, (500, 2))
        found[f"map {name}"] = digest(lens.map(points))
        found[f"inverse {name}"] = digest(lens.inverse(points)[0])
        found[f"jacobian {name}"] = digest(lens.jacobian(points))
    return found


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def print_digests():
    _threads._WORTH_SPLITTING = 64  # so that these small images are split at all
    for name, value in digests().items():
        print(name, value)
