"""Pixel art that is at its true resolution, or only upscaled, comes back exactly."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixkern.demo import demo_sprites
from pixkern.pipelines.files import read_image
from pixkern.pipelines.pixelart import restore

SPRITES = demo_sprites()
DATA = Path(__file__).parents[2] / "shared" / "data" / "pixelart"
SCALES = (2, 3, 8)


def upscaled(sprite: np.ndarray, scale: int) -> np.ndarray:
    return np.ascontiguousarray(sprite.repeat(scale, axis=0).repeat(scale, axis=1))


def transparent(sprite: np.ndarray) -> np.ndarray:
    """RGBA, its background (the colour of the first pixel) transparent."""
    alpha = np.where((sprite == sprite[0, 0]).all(axis=2), 0, 255).astype(np.uint8)
    return np.dstack([np.where(alpha[..., None] > 0, sprite, 0), alpha])


@pytest.mark.parametrize("name", SPRITES)
def test_a_sprite_passes_through_unchanged(name):
    found = restore(SPRITES[name])
    assert np.array_equal(found.sprite, SPRITES[name])
    assert found.status == "native"
    assert "native" in [warning.code for warning in found.warnings]
    assert found.cell == (1.0, 1.0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", SPRITES)
def test_an_upscaled_sprite_comes_back_exactly(name, scale):
    found = restore(upscaled(SPRITES[name], scale))
    assert found.size == SPRITES[name].shape[1::-1]
    assert np.array_equal(found.sprite, SPRITES[name])
    assert found.cell == (scale, scale)
    assert (found.difference.total, found.difference.core, found.difference.halo) == (0, 0, 0)


@pytest.mark.parametrize("scale", [1, *SCALES])
@pytest.mark.parametrize("name", SPRITES)
def test_grey_and_transparent_sprites_come_back_as_such(name, scale):
    grey = cv2.cvtColor(SPRITES[name], cv2.COLOR_RGB2GRAY)
    for sprite in (grey, transparent(SPRITES[name])):
        found = restore(upscaled(sprite, scale)).sprite
        assert found.shape == sprite.shape
        assert np.array_equal(found, sprite)


@pytest.mark.parametrize("scale", [1, *SCALES])
def test_every_true_sprite_there_is_comes_back_exactly(scale):
    if not DATA.is_dir():
        pytest.skip(f"the larger set of sprites, {DATA}, is not on this machine")
    entries = json.loads((DATA / "manifest.json").read_text())
    lost = []
    for entry in entries:
        sprite = read_image(DATA / entry["file"]).pixels
        if not np.array_equal(restore(upscaled(sprite, scale)).sprite, sprite):
            lost.append(entry["file"])
    assert lost == []
    assert len(entries) > 100


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("rows", [2, 3])
def test_upscaled_strips_of_few_rows_come_back_exactly(rows, turned):
    strip = np.random.default_rng(rows).integers(0, 256, (rows, 40, 3), np.uint8)
    strip = strip.swapaxes(0, 1) if turned else strip
    found = restore(upscaled(strip, 20))
    assert np.array_equal(found.sprite, strip)
    sure = rows == 3  # a single change between rows does not say how high they are
    assert ("low_confidence" in [warning.code for warning in found.warnings]) is not sure
