"""The sprites that pixkern ships: all there, apart from each other, and with the pixels of their source."""

import json
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixkern.demo import demo_sprites

SOURCE = Path(__file__).parents[2] / "shared" / "data" / "pixelart"


def test_there_are_24_sprites_in_rgb_that_the_caller_may_change():
    sprites = demo_sprites()
    assert len(sprites) == 24
    assert list(sprites) == sorted(sprites)
    for sprite in sprites.values():
        assert sprite.dtype == np.uint8
        assert sprite.ndim == 3
        assert sprite.shape[2] == 3
        assert sprite.flags.c_contiguous
        assert sprite.flags.owndata
        assert sprite.std() > 0
    next(iter(sprites.values()))[:] = 7
    assert next(iter(demo_sprites().values())).std() > 0


def test_the_boxes_of_the_sheet_do_not_overlap():
    folder = files("pixkern.demo")
    sheet = cv2.imdecode(np.frombuffer(folder.joinpath("sprites.png").read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    taken = np.zeros(sheet.shape[:2], int)
    for x, y, width, height in json.loads(folder.joinpath("sprites.json").read_bytes()).values():
        assert taken[y : y + height, x : x + width].shape == (height, width)
        taken[y : y + height, x : x + width] += 1
    assert taken.max() == 1


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the source sprites, ../shared/data/pixelart, are not here")
def test_every_sprite_has_the_pixels_of_its_source():
    for name, sprite in demo_sprites().items():
        file = SOURCE / f"{name.replace('crawl', 'crawl-tiles-data')}.png"
        np.testing.assert_array_equal(sprite, cv2.imread(str(file), cv2.IMREAD_COLOR_RGB))
