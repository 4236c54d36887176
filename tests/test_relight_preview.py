"""Previews show what `relight` makes, and say in words what its parameters say in numbers."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pixkern.cli._relight_options import only
from pixkern.demo import photo
from pixkern.pipelines.files import decode_image
from pixkern.pipelines.relight import Settings, preview, relight
from pixkern.pipelines.relight.contact_sheet import Panel, contact_sheet
from pixkern.pipelines.relight.pictures import described, normals_picture

PHOTO = cv2.resize(decode_image(photo("astronaut.webp")).pixels, (100, 80), interpolation=cv2.INTER_AREA)
MASK = np.zeros((80, 100), np.uint8)
cv2.ellipse(MASK, (42, 50), (26, 34), 0, 0, 360, 255, -1)


def pictures_of(sheet, columns, side, labels):
    """The squares of a sheet whose rows of panels have so many lines of text."""
    found, top = [], 10
    for lines in labels:
        top += 17 * lines
        for column in range(columns):
            left = 10 + column * (side + 10)
            found.append(sheet[top : top + side, left : left + side])
        top += side + 10
    return found


def test_a_preview_shows_the_stages_and_then_each_variant():
    side = 64
    settings = only(Settings(), "specular")  # whose labels are of the same height
    sheet = preview(
        PHOTO, seed=8, key="me", variants=3, first_variant=5, settings=settings, mask=MASK, columns=4, side=side
    )
    relit = [relight(PHOTO, seed=8, key="me", variant=5 + number, settings=settings, mask=MASK) for number in range(3)]
    stages = [relit[0].image, relit[0].mask, relit[0].albedo, normals_picture(relit[0].normals)]
    lines = 1 + len(described(relit[0].params)[1:])
    shown = pictures_of(sheet, 4, side, [2, lines])
    assert sheet.shape[0] == 10 + 2 * (side + 10) + 17 * (2 + lines)
    for picture, pixels in zip(shown, [*stages, *(one.output for one in relit)], strict=False):
        expected = contact_sheet([Panel(pixels, "")], side=side)[27 : 27 + side, 10 : 10 + side]
        assert np.array_equal(picture, expected)
    assert (shown[7] == 255).all()


def test_what_is_done_to_masks_is_done_once():
    settings = only(Settings(), "specular")
    settings = replace(settings, mask=replace(settings.mask, feather=3.0, erode=2))
    side = 100
    sheet = preview(PHOTO, variants=2, settings=settings, mask=MASK, columns=6, side=side)
    lines = 1 + len(described(relight(PHOTO, seed=0, settings=settings, mask=MASK).params)[1:])
    second = pictures_of(sheet, 6, side, [lines])[5][:80]
    assert np.array_equal(second, relight(PHOTO, seed=0, variant=1, settings=settings, mask=MASK).output)


def test_a_preview_without_lights_is_refused():
    with pytest.raises(ValueError, match="variants must be at least 1, got 0"):
        preview(PHOTO, variants=0, mask=MASK)


@pytest.mark.parametrize("kind", ["soft_shading", "hard_shadow", "specular"])
def test_words_say_what_the_numbers_say(kind):
    settings = only(Settings(), kind)
    for variant in range(6):
        params = relight(PHOTO, seed=1, variant=variant, settings=settings, mask=MASK).params
        lighting, lines = params["lighting"], described(params)
        assert lines[0] == kind.replace("_", " ")
        up, around = map(int, re.fullmatch(r"light (\d+) deg up, (\d+) deg around", lines[1]).groups())
        direction = np.array(lighting["lights"][0]["direction"])
        told = np.deg2rad([up, around])
        again = [np.cos(told[0]) * np.cos(told[1]), np.cos(told[0]) * np.sin(told[1]), np.sin(told[0])]
        assert np.degrees(np.arccos(np.clip(again @ direction, -1, 1))) < 0.75  # half a degree in each of two angles
        assert abs(float(lines[2].split()[1]) - lighting["ambient"][1]) <= 0.0051  # two decimals
        assert (len(lines) == 4) == bool(lighting["shadow"] or lighting["specular"])
        if lighting["shadow"]:
            assert lines[3].endswith(f"shadow, {lighting['shadow']['opacity']:.2f} deep")
        assert all(line.isascii() for line in lines)


def test_a_sky_and_more_lights_are_told():
    soft = Settings().degradation.methods.soft_shading
    settings = only(Settings(), "soft_shading")
    many = replace(soft, lights=(3, 3), environment=0.5, pattern=0.0)
    methods = replace(settings.degradation.methods, soft_shading=many)
    settings = replace(settings, degradation=replace(settings.degradation, methods=methods))
    lines = described(relight(PHOTO, seed=0, settings=settings, mask=MASK).params)
    assert sum(line.startswith("light ") for line in lines) == 3
    assert lines[-1].endswith(" and a sky")


def test_normals_come_back_from_their_picture():
    normals = np.random.default_rng(0).normal(size=(50, 60, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    normals[0, :6] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
    back = normals_picture(normals) / 65535 * 2 - 1
    assert np.abs(back - normals).max() <= 1.6e-5  # half a step of 2 / 65535, and float32
    for wrong in (normals[..., :2], normals[0]):
        with pytest.raises(ValueError, match="normals need shape"):
            normals_picture(wrong)
