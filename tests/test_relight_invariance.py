"""What becomes of the light: a figure of known albedo under eight lights, and how much of them is left in albedos."""

import numpy as np
import pytest
import relight_scenes as scenes
from relight_accuracy import AMBIENT, FALL, METHODS, SIDE, falling_off, from_one_side, measured

from pixkern.shading import DirectionalLight, normals_from_depth, shade


def test_the_pictures_differ_by_their_light_alone():
    figure = scenes.figure(SIDE)
    for images in (from_one_side(), falling_off()):
        one = measured(images, None)
        assert one.spread > 0.2  # a factor of 1.2 between lights: there is something to take away
        assert one.correlation > 0.9
    ratio = scenes.linear(from_one_side()[0]) / np.maximum(figure.lit(scenes.directions(8)[0], AMBIENT), 1e-9)
    assert np.abs(ratio[figure.mask] - 1).max() < 0.1  # half a code of the darkest
    inside = scenes.linear(falling_off()[0])[figure.mask] / figure.albedo[figure.mask]
    assert inside.max() / inside.min() > FALL**0.8  # the figure is narrower than the picture


@pytest.mark.parametrize("method", METHODS)
def test_light_that_falls_off_slowly_is_taken_away_by_every_method(method):
    left = measured(falling_off(), method).left
    assert left < 0.75 * measured(falling_off(), None).left  # measured: 0.16 to 0.59 of it


def test_light_from_one_side_is_taken_away_by_edge_preserving_division_of_lightness():
    before, lab = measured(from_one_side(), None), measured(from_one_side(), "lab")
    assert lab.left < 0.6 * before.left  # measured: 0.44 of it; the others 0.97 to 1.43, as the page says
    assert lab.spread < 0.5 * before.spread


@pytest.mark.parametrize("method", METHODS)
def test_albedos_go_with_the_true_ones(method):
    assert measured(from_one_side(), method).correlation > 0.7  # measured: 0.78 to 0.88
    assert measured(falling_off(), method).correlation > 0.7


def test_normals_of_the_figure_s_depth_are_its_normals():
    figure = scenes.figure(SIDE)
    width, tall = (np.ptp(np.nonzero(figure.mask.any(axis=axis))[0]) + 1 for axis in (0, 1))
    relief = float(np.ptp(figure.height[figure.mask])) / max(width, tall)
    found = normals_from_depth((-figure.height).astype(np.float32), mask=figure.mask, relief=relief)
    angle = np.degrees(np.arccos(np.clip((found * figure.normals).sum(axis=2), -1, 1)))
    inside = figure.mask & (figure.normals[..., 2] > 0.5)
    assert np.median(angle[inside]) < 1.0  # central differences of a curve; edges between shapes are few


def test_the_figure_is_shaded_as_its_definition_says():
    figure = scenes.figure(SIDE)
    for direction, image in zip(scenes.directions(8), from_one_side(), strict=True):
        lit = shade(
            scenes.codes(figure.albedo),
            figure.normals.astype(np.float32),
            [DirectionalLight(tuple(direction), 1 - AMBIENT)],
            ambient=AMBIENT,
            background=np.zeros_like(image),
            mask=np.uint8(255) * figure.mask,
        )
        assert np.abs(lit.astype(int) - image).max() <= 1  # the albedo has been rounded to codes before
