"""Pictures and grids of every kind: what must not change with CPU level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.gridscore import GridScorer, profiles

SHAPES = ((1, 1, 3), (1, 70, 3), (90, 1), (13, 29, 3), (64, 64), (120, 131, 3), (127, 260, 3), (40, 700))


def picture(shape, seed=0):
    """Cells of about 5 to 9 pixels that the border cuts, with noise."""
    draw = np.random.default_rng(seed)
    cell = draw.uniform(5, 9)
    rows, cols = (((np.arange(length) + draw.uniform(0, cell)) / cell).astype(int) for length in shape[:2])
    sprite = draw.integers(0, 256, (rows[-1] + 1, cols[-1] + 1, *shape[2:]))
    return np.clip(sprite[rows][:, cols] + draw.normal(0, 3, shape), 0, 255).astype(np.uint8)


def lines(length, seed=0):
    """Lines at uneven distances, from border to border."""
    draw = np.random.default_rng(seed)
    inner = draw.uniform(0, length, draw.integers(0, length // 3 + 1))
    return np.unique(np.concatenate([[0.0, length], inner]))


def meshes(shape, count=5):
    return [(lines(shape[1], seed), lines(shape[0], seed + 100)) for seed in range(count)]


def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()[:16]


def results(**options):
    """(name, digest) of every case."""
    for shape in SHAPES:
        image = picture(shape)
        found = profiles(image, **options)
        yield f"profiles {shape}", digest(*found.x, *found.y)
        for step, masked in ((None, False), (2, False), (None, True), (4, True)):
            mask = np.random.default_rng(1).random(shape[:2]) < 0.7 if masked else None
            scorer = GridScorer(image, mask=mask, step=step, **options)
            made = scorer.measure_many(meshes(shape))
            name = f"{shape} step {step} {'masked' if masked else ''}"
            yield f"measures {name}", digest(made.error, made.cells, made.pixels, made.contrast_x, made.contrast_y)
            yield f"scores {name}", digest(scorer.score_many(meshes(shape)))
    large = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    whole = [([0, 400], [0, 300]), ([0, 3.5, 400], [0, 299])]  # cells that are summed in pieces
    yield "pieces", digest(GridScorer(large, **options).measure_many(whole).error)


def print_results():
    _threads._WORTH_SPLITTING = 64  # so that these small pictures are split at all
    for name, value in results():
        print(name, value)
