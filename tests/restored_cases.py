"""Pictures whose sprites are known, what must not change with CPU level or threads, and the law of alternatives."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart import restore
from pixkern.pipelines.pixelart.synth import corrupt

SPRITES = demo_sprites()
SPRITE = SPRITES["crawl_000"]


def upscaled(sprite, x, y=None):
    """Every pixel a rectangle of x times y."""
    return np.ascontiguousarray(sprite.repeat(y or x, axis=0).repeat(x, axis=1))


def noisy(image, sigma=4.0, seed=0):
    """With normal noise in every channel."""
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(np.round(image + noise), 0, 255).astype(np.uint8)


def fractional(sprite, ratio):
    """Upscaled by nearest neighbours: cells of two sizes."""
    rows, columns = (np.arange(round(side * ratio)) * side // round(side * ratio) for side in sprite.shape[:2])
    return np.ascontiguousarray(sprite[rows][:, columns])


def pictures():
    """(name, picture): exact, noisy, corrupted, native, grey, RGBA, noise."""
    yield "exact", upscaled(SPRITE, 5)
    yield "native", SPRITE
    yield "noisy", noisy(upscaled(SPRITE, 7))
    for k, tier in enumerate(("easy", "medium", "hard", "diffusion")):
        yield tier, corrupt(list(SPRITES.values())[k], tier, seed=k, max_side=400).image
    yield "grey", noisy(upscaled(SPRITE, 6)[..., 1])
    alpha = np.where(upscaled(SPRITE, 6).any(axis=2), 255, 0).astype(np.uint8)
    yield "RGBA", np.dstack([noisy(upscaled(SPRITE, 6)), alpha])
    yield "noise", np.random.default_rng(0).integers(0, 256, (150, 170, 3), np.uint8)


def described(found):
    """All that a restoration says, to the bit."""
    parts = [found.sprite, *found.lines, found.difference.cells, *(one.grid.lines_x for one in found.alternatives)]
    parts += [one.grid.lines_y for one in found.alternatives]
    arrays = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    said = (
        found.size,
        found.cell,
        found.offset,
        found.status,
        found.confidence,
        [(one.probability, one.relation, one.grid.score) for one in found.alternatives],
        [warning.code for warning in found.warnings],
        (found.difference.total, found.difference.core, found.difference.halo),
    )
    return hashlib.sha256(arrays + repr(said).encode()).hexdigest()[:24]


def results(threads=None):
    for name, picture in pictures():
        found = restore(picture, threads=threads)
        yield name, described(found)
        yield f"{name} half", described(found.half())
        yield f"{name} palette", described(found.again(colours=8, background="auto", drift="free"))


def print_results():
    _threads._WORTH_SPLITTING = 64  # so that small pictures are split at all
    for name, value in results():
        print(name, value)


def same(one, other):
    """Whether two restorations say the same, but for the time they took."""
    return described(one) == described(other)


def relatives(found):
    """The alternatives that are half and double, by their relation."""
    return {one.relation: one for one in found.alternatives if one.relation in ("half", "double")}
