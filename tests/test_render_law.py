"""The law of the renderer on photos, borders included: mean, variance, convergence, and that its draws are independent."""

import math
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import pytest

from pixkern import demo
from pixkern.pyramid import render, spline_pyramid, variance

COUNTS = (1, 4, 16, 64, 256)


@dataclass(frozen=True)
class Scene:
    """A crop (x, y, width, height) of a shipped photo, the size of its picture, the law of the draws."""

    photo: str
    crop: tuple
    size: tuple
    levels: int = 5
    grey: bool = True
    law: dict = field(default_factory=dict, hash=False)

    @property
    def pyramid(self):
        return pyramid_of(self.photo, self.crop, self.levels, self.grey)


@cache
def pyramid_of(photo, crop, levels, grey):
    how = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB
    image = cv2.imdecode(np.frombuffer(demo.photo(photo), np.uint8), how)
    x, y, width, height = crop
    return spline_pyramid(np.ascontiguousarray(image[y : y + height, x : x + width]), levels)


FACE, ROOF = (170, 40, 96, 80), (300, 60, 75, 61)
NOISY = {"patch_size": 3, "jitter": 0.8, "noise_strength": 0.05}
SCENES = [
    Scene("astronaut.webp", FACE, (96, 80)),
    Scene("astronaut.webp", FACE, (241, 201)),
    Scene("building.jpg", ROOF, (111, 83), law={"patch_size": 5}),
    Scene("building.jpg", ROOF, (60, 40), levels=4, law={"jitter": 1.5, "gains": (1, 0.5, 2, 1)}),
    Scene("astronaut.webp", FACE, (120, 97), levels=3, grey=False, law=NOISY),
    Scene("building.jpg", ROOF, (75, 61), levels=7, law={"noise_strength": 0.3}),
]
every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.photo} {s.size} {s.law}")
every_block = pytest.mark.parametrize("block", [1, 8])


def errors(scene, samples, repeats, block=1, seed=0):
    """out - E of independent pictures, (repeats, H, W, C) float64."""
    exact = render(scene.pyramid, scene.size, samples=math.inf, **scene.law).astype(np.float64)
    pictures = [
        render(
            scene.pyramid, scene.size, samples=samples, first_sample=k * samples, seed=seed, block=block, **scene.law
        )
        for k in range(repeats)
    ]
    return (np.stack(pictures) - exact).reshape(repeats, *scene.size[::-1], -1)


def cell_sums(values, block):
    """Sums over what shares draws: the pixels of a block and their channels."""
    for axis in (-3, -2):
        values = np.add.reduceat(values, np.arange(0, values.shape[axis], block), axis=axis)
    return values.sum(axis=-1)


def ratio_and_error(off, spread, block):
    """rms(off) / rms(spread) over everything, and the standard error of that, from the independent cells."""
    squares, wanted = cell_sums(off**2, block), cell_sums(spread, block)
    total = wanted.sum() * len(off)
    return math.sqrt(squares.sum() / total), math.sqrt(((squares - wanted) ** 2).sum()) / total / 2


@every_scene
@every_block
def test_errors_have_the_stated_variance_for_every_number_of_samples(scene, block):
    spread = variance(scene.pyramid, scene.size, **scene.law).astype(np.float64).reshape(*scene.size[::-1], -1)
    cells = math.prod(-(-side // block) for side in scene.size)
    rms = []
    for samples in COUNTS:
        repeats = max(2, 90_000 // cells // (samples if block == 8 else 1))
        off = errors(scene, samples, repeats, block)
        ratio, error = ratio_and_error(off, spread / samples, block)
        print(f"block {block} samples {samples} repeats {repeats}: {ratio:.4f} +- {error:.4f}")
        assert error < 0.006, "too little was rendered to say anything"
        assert 0.98 <= ratio <= 1.02
        rms.append(math.sqrt((off**2).mean()))
    slope = np.polyfit(np.log(COUNTS), np.log(rms), 1)[0]
    assert abs(slope + 0.5) <= 0.02
