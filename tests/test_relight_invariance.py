"""What becomes of the light: figures of known albedo under eight lights, and how much of the lights is left in albedos.

Albedos are known up to a factor for each channel, so what is compared are logarithms less their mean over the figure.
`spread` is their standard deviation over the lights, `texture` that over the figure of their mean over the lights: what
stretches a picture's contrast raises both, and only their quotient tells whether light was taken away.
"""

from functools import cache

import numpy as np
import pytest
import relight_scenes as scenes

from pixkern.retinex import albedo
from pixkern.shading import normals_from_depth

METHODS = ("retinex", "luminance", "msrcr", "lab", "division")
AMBIENT = 0.2
SIDE = 256
SIGMAS = (15 * SIDE / 1024, 80 * SIDE / 1024, 250 * SIDE / 1024)


@cache
def pictures():
    """(8, H, W, 3) uint8, and the figure."""
    figure = scenes.figure(SIDE)
    return np.stack([scenes.codes(figure.lit(one, AMBIENT)) for one in scenes.directions(8)]), figure


def logarithms(images, mask):
    """(lights, pixels, 3), less the mean over the pixels."""
    values = np.log(scenes.linear(images[:, mask]) + 1e-3)  # a code of 1 is 3e-4
    return values - values.mean(axis=1, keepdims=True)


def spread_and_texture(images, mask):
    values = logarithms(images, mask)
    return float(np.sqrt(values.var(axis=0).mean())), float(np.sqrt(values.mean(axis=0).var(axis=0).mean()))


@cache
def measured(method):
    """(spread, texture, correlation of the mean with the true albedo) of a method; None: the pictures as they are."""
    images, figure = pictures()
    mask = np.uint8(255) * figure.mask
    if method is not None:
        images = np.stack([albedo(one, method=method, mask=mask, sigmas=SIGMAS, original=0.0) for one in images])
    truth = logarithms(scenes.codes(figure.albedo)[None], figure.mask)[0].ravel()
    mean = logarithms(images, figure.mask).mean(axis=0).ravel()
    return *spread_and_texture(images, figure.mask), float(np.corrcoef(truth, mean)[0, 1])


def test_the_pictures_differ_by_their_light_alone():
    spread, texture, _ = measured(None)
    assert spread > 0.2  # a factor of 1.2 between lights: there is something to take away
    assert texture > 0.3
    images, figure = pictures()
    quotient = scenes.linear(images[0]) / np.maximum(figure.lit(scenes.directions(8)[0], AMBIENT), 1e-9)
    assert np.abs(quotient[figure.mask] - 1).max() < 0.1  # half a code of the darkest


@pytest.mark.parametrize("method", METHODS)
def test_an_albedo_has_less_light_for_its_texture_than_the_picture(method):
    spread, texture, correlation = measured(method)
    before = measured(None)
    assert spread / texture < 0.9 * before[0] / before[1]
    assert correlation > 0.5


def test_normals_of_the_figure_s_depth_are_its_normals():
    figure = scenes.figure(SIDE)
    width = np.ptp(np.nonzero(figure.mask.any(axis=0))[0]) + 1
    tall = np.ptp(np.nonzero(figure.mask.any(axis=1))[0]) + 1
    heights = figure.height[figure.mask]
    relief = float(np.ptp(heights)) / max(width, tall)
    found = normals_from_depth((-figure.height).astype(np.float32), mask=figure.mask, relief=relief)
    angle = np.degrees(np.arccos(np.clip((found * figure.normals).sum(axis=2), -1, 1)))
    inside = figure.mask & (figure.normals[..., 2] > 0.5)
    assert np.median(angle[inside]) < 1.0  # central differences of a curve; edges between shapes are few
