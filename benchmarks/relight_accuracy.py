"""How much of the light is gone in an albedo, where the truth is known: python benchmarks/relight_accuracy.py

A figure of spheres and capsules with painted patches is lit in two ways, eight times each: by a light from one side,
and by light that falls off across the picture to a sixteenth. Albedos are known up to a factor for each channel, so
what is compared are logarithms of linear values less their mean over the figure. `spread` is their standard deviation
over the lights, `texture` that over the figure of their mean over the lights: what stretches a picture's contrast
raises both, and only their quotient tells whether light was taken away.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import relight_scenes as scenes

from pixkern.retinex import albedo

METHODS = ("retinex", "luminance", "msrcr", "lab", "division")
SIDE = 256
SIGMAS = tuple(sigma * SIDE / 1024 for sigma in (15, 80, 250))
AMBIENT = 0.2
FALL = 16.0
DARKEST = 1e-3  # added before logarithms: a code of 1 is 3e-4


@dataclass(frozen=True)
class Measured:
    """See the module; `correlation` is that of the mean over the lights with the true albedo."""

    spread: float
    texture: float
    correlation: float

    @property
    def left(self) -> float:
        """How much light is left for the detail there is."""
        return self.spread / self.texture


@cache
def from_one_side() -> np.ndarray:
    """(8, H, W, 3) uint8: Lambert's shading by lights 35 degrees above the picture plane."""
    figure = scenes.figure(SIDE)
    return np.stack([scenes.codes(figure.lit(one, AMBIENT)) for one in scenes.directions(8)])


@cache
def falling_off() -> np.ndarray:
    """(8, H, W, 3) uint8: no shading, but light that is FALL times as strong on one side of the circle as opposite."""
    figure = scenes.figure(SIDE)
    y, x = np.mgrid[:SIDE, :SIDE] / (SIDE - 1) - 0.5
    falls = (FALL ** (x * right - y * up - 0.5) for right, up, _ in scenes.directions(8, 0.0))
    return np.stack([scenes.codes(figure.albedo * (figure.mask * fall)[..., None]) for fall in falls])


def measured(images: np.ndarray, method: str | None) -> Measured:
    """What a method makes of the lights; None: the pictures as they are."""
    figure = scenes.figure(SIDE)
    mask = np.uint8(255) * figure.mask
    if method is not None:
        how = {"mask": mask, "sigmas": SIGMAS, "original": 0.0, "threads": 1}
        images = np.stack([albedo(image, method=method, **how) for image in images])
    values = logarithms(images, figure.mask)
    mean = values.mean(axis=0)
    truth = logarithms(scenes.codes(figure.albedo)[None], figure.mask)[0]
    spread = float(np.sqrt(values.var(axis=0).mean()))
    texture = float(np.sqrt(mean.var(axis=0).mean()))
    return Measured(spread, texture, float(np.corrcoef(truth.ravel(), mean.ravel())[0, 1]))


def logarithms(images: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(lights, pixels, 3), less the mean over the pixels."""
    values = np.log(scenes.linear(images[:, mask]) + DARKEST)
    return values - values.mean(axis=1, keepdims=True)


def main() -> None:
    for name, images in (("light from one side", from_one_side()), ("light that falls off", falling_off())):
        print(f"| {name} | spread | texture | quotient | correlation |\n|---|---|---|---|---|")
        for method in (None, *METHODS):
            one = measured(images, method)
            told = f"{one.spread:.2f} | {one.texture:.2f} | {one.left:.2f} | {one.correlation:.2f}"
            print(f"| {method or 'the pictures'} | {told} |")
        print()


if __name__ == "__main__":
    main()
