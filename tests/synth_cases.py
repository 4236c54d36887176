"""Sprites to corrupt, and what a child process prints of the pictures made of them."""

import hashlib

import numpy as np

from pixkern.pipelines.pixelart.synth import TIERS, Recipe, Region, corrupt

EVERYTHING_OF_OURS = Recipe(
    cell=(7.3, 6.9),
    crop=(0.2, 0.1, 0.3, 0.4),
    line_jitter=0.05,
    drift=0.04,
    edges="bicubic",
    scale=0.8,
    warp=0.1,
    colour_noise=2,
    shading=3,
    noise=2,
    gradient=4,
    grain=2,
    grain_size=2.5,
    displaced=0.3,
    displacement=0.2,
    split=0.1,
    merged=0.05,
    outline_blend=0.2,
    wobble=0.05,
    regions=(Region(box=(0.2, 0.3, 0.7, 0.8), ratio=(0.5, 0.5), phase=(0.3, 0.6)),),
)
"""All that needs no OpenCV."""
BY_AXIS = Recipe(cell=(9.4, 9.1), crop=(0.3, 0, 0, 0.2), edges="lanczos", scale=1.3, softness=0.1, drift=0.02, noise=3)


def noise_sprite(width, height, *, channels=3, seed=1):
    """Every cell another colour."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def figure(width=24, height=20):
    """Flat areas with dark outlines: a disc on a ground of one colour."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x - width / 2, y - height / 2) / (min(width, height) / 2)
    sprite = np.full((height, width, 3), (90, 160, 220), np.uint8)
    sprite[distance < 0.8] = (10, 8, 16)
    sprite[distance < 0.65] = (230, 120, 60)
    return sprite


def digest(recipe, *, channels=3, seed=5):
    sprite = noise_sprite(19, 17, channels=channels)
    return hashlib.sha256(corrupt(sprite, recipe, seed=seed).image.tobytes()).hexdigest()[:16]


def print_digests():
    everything = (EVERYTHING_OF_OURS, BY_AXIS, *TIERS)
    print(*(digest(recipe, channels=channels) for recipe in everything for channels in (3, 4)))
