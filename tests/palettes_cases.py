"""Sprites and colours that palettes are tested with, and digests of what becomes of them."""

import hashlib

import numpy as np

from pixkern.pipelines.pixelart.background import composite_for_detection, find_background, remove_background
from pixkern.pipelines.pixelart.palette import DITHERS, extract_palette, pool_colours, snap


def sprite(seed, *, side=24, colours=6, apart=40, noise=0.0, channels=3):
    """(truth, noisy): patches of colours at least `apart` codes from each other, and the same with noise."""
    draw = np.random.default_rng(seed)
    palette = [draw.integers(20, 236, 3)]
    while len(palette) < colours:
        colour = draw.integers(20, 236, 3)
        if min(np.sqrt(((colour - other) ** 2).sum()) for other in palette) >= apart:
            palette.append(colour)
    patches = draw.integers(0, colours, (side // 3 + 1, side // 3 + 1)).repeat(3, 0).repeat(3, 1)[:side, :side]
    truth = np.array(palette)[patches]
    noisy = np.clip(np.rint(truth + draw.normal(0, noise, truth.shape)), 0, 255) if noise else truth
    pair = [truth.astype(np.uint8), noisy.astype(np.uint8)]
    if channels == 1:
        return tuple(image[..., 0].copy() for image in pair)
    if channels == 4:
        alpha = draw.choice(np.array([0, 90, 255, 255], np.uint8), (side, side, 1))
        return tuple(np.concatenate([image, alpha], axis=2) for image in pair)
    return tuple(pair)


def digests():
    found = []
    for seed, channels in enumerate((1, 3, 4)):
        noisy = sprite(seed, side=60, colours=30, apart=25, noise=3, channels=channels)[1]
        results = [pool_colours(noisy), extract_palette(noisy), extract_palette(noisy, size=9)]
        results += [snap(noisy, results[2], dither=dither).indices for dither in DITHERS]
        results.append(remove_background(noisy, int(noisy.flat[0]), tolerance=0.1))
        background = find_background(noisy)
        results += [] if background is None else [background]
        results += [composite_for_detection(noisy)] if channels == 4 else []
        found += [hashlib.sha256(np.ascontiguousarray(result).tobytes()).hexdigest() for result in results]
    return found


def print_digests():
    print("\n".join(digests()))
