"""The camera of a corrected image: exactly as wide as the crop says, and never of another aspect."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.lenses import BrownConrady, Division, KannalaBrandt, PTLens, View
from pixkern.pipelines.lens.crop import CropError, frame, residual_at
from pixkern.warp import coordinate_map

STEP = 1e-6  # of the zoom: a thousandth of a pixel at the edge of these frames, far above rounding
SLACK = 1e-6  # pixels: what the kernels promise of a position


@st.composite
def lenses(draw):
    width, height = draw(st.integers(16, 300)), draw(st.integers(16, 300))
    unit = float(np.hypot(width, height) / 2)
    at = [(side - 1) / 2 + draw(st.floats(-0.05, 0.05)) * side for side in (width, height)]
    k = st.integers(-80, 80).map(lambda n: n / 1000)
    kind = draw(st.sampled_from(["brown", "division", "ptlens", "inverted"]))
    if kind == "division":
        return Division(unit, at, radial=(draw(k), 0.1 * draw(k))), (width, height)
    if kind == "ptlens":
        return PTLens(unit, at, coefficients=(0.2 * draw(k), 0.2 * draw(k), 0.2 * draw(k))), (width, height)
    p = st.integers(-20, 20).map(lambda n: n / 10000)
    lens = BrownConrady((unit, unit * draw(st.floats(0.9, 1.1))), at, (draw(k), 0.3 * draw(k)), (draw(p), draw(p)))
    return (lens.inverted() if kind == "inverted" else lens), (width, height)


def outside(framing, size):
    positions = coordinate_map(framing.lens, size, residual=framing.residual)
    limit = np.array(size) - 1
    return int((~((positions >= -SLACK) & (positions <= limit + SLACK)).all(axis=-1)).sum())


def edge_of(size):
    every = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), axis=-1).astype(float)
    return np.concatenate([every[0], every[-1], every[:, 0], every[:, -1]])


def at_zoom(lens, size, zoom):
    """The same lens behind a camera of `zoom`, made without the code under test."""
    camera = lens.view or View(lens.focal, lens.center)
    return replace(lens, view=View((camera.focal[0] * zoom, camera.focal[1] * zoom), camera.center))


@settings(max_examples=60, deadline=None)
@given(lenses())
def test_a_valid_crop_has_no_pixel_from_outside_the_photo(case):
    lens, size = case
    assert outside(frame(lens, size, "valid"), size) == 0


@settings(max_examples=60, deadline=None)
@given(lenses())
def test_a_valid_crop_is_the_widest_one(case):
    lens, size = case
    framing = frame(lens, size, "valid")
    if hasattr(lens, "lens"):
        return  # an inverted lens has its camera elsewhere; its crops are held to the other laws
    wider = at_zoom(lens, size, framing.zoom * (1 - STEP))
    mapped = wider.map(edge_of(size))
    assert not ((mapped >= 0) & (mapped <= np.array(size) - 1)).all()


@settings(max_examples=60, deadline=None)
@given(lenses())
def test_keep_all_shows_every_pixel_of_the_photo_and_wastes_nothing(case):
    lens, size = case
    framing = frame(lens, size, "keep-all")
    shown = framing.from_photo(edge_of(size))
    limit = np.array(size) - 1
    assert ((shown >= -SLACK) & (shown <= limit + SLACK)).all()
    middle = np.array(framing.camera.center)
    closer = middle + (shown - middle) * (1 + STEP)
    assert not ((closer >= 0) & (closer <= limit)).all()


@settings(max_examples=40, deadline=None)
@given(lenses(), st.sampled_from(["valid", "keep-all", "same-size"]))
def test_every_crop_keeps_the_aspect_and_the_principal_point(case, crop):
    lens, size = case
    framing = frame(lens, size, crop)
    before = lens.focal[0] / lens.focal[1]
    assert framing.camera.focal[0] / framing.camera.focal[1] == pytest.approx(before, rel=1e-12)  # bound asked: 1e-6
    assert framing.camera.center == lens.center
    assert framing.camera.size == size


@settings(max_examples=40, deadline=None)
@given(lenses(), st.sampled_from(["valid", "keep-all", "same-size"]))
def test_points_go_to_the_photo_and_back(case, crop):
    lens, size = case
    framing = frame(lens, size, crop)
    points = np.random.default_rng(0).random((50, 2)) * (np.array(size) - 1)
    found = framing.from_photo(framing.to_photo(points))
    assert np.abs(found - points).max() <= 1e-6  # pixels, what Lens.inverse promises


def test_a_lens_without_distortion_is_framed_as_it_is():
    lens = BrownConrady(100, (49.5, 39.5))
    for crop in ("valid", "keep-all", "same-size"):
        assert frame(lens, (100, 80), crop).zoom == 1.0


@pytest.mark.parametrize("k1", [-0.1, 0.1])
@pytest.mark.parametrize("crop", ["valid", "keep-all"])
def test_a_residual_takes_part_in_the_crop(k1, crop):
    size = (160, 120)
    lens = BrownConrady(100, (79.5, 59.5), radial=(k1,))
    residual = np.random.default_rng(1).normal(0, 1.5, (5, 6, 2)).astype(np.float32)
    framing = frame(lens, size, crop, residual=residual)
    if crop == "valid":
        assert outside(framing, size) == 0
        return
    shown = framing.from_photo(edge_of(size))
    room = 0.1  # pixels: the residual's kinks fall between the nodes of the new zoom
    assert ((shown >= -room) & (shown <= np.array(size) - 1 + room)).all()
    assert frame(lens, size, crop).zoom != framing.zoom


def test_a_residual_keeps_its_place_in_the_scene_under_another_zoom():
    size = (161, 121)
    lens = BrownConrady(100, (80, 60), radial=(0.1,))
    x, y = np.meshgrid(np.linspace(0, 160, 9), np.linspace(0, 120, 7))
    residual = np.stack([0.01 * x, 0.02 * y], axis=-1).astype(np.float32)  # linear: bilinear nodes hold it exactly
    framing = frame(lens, size, "valid", residual=residual)
    assert framing.zoom > 1
    points = np.random.default_rng(2).random((100, 2)) * [160, 120]
    scene = (points - [80, 60]) / framing.zoom + [80, 60]
    expected = lens.map(scene) + scene * [0.01, 0.02]
    assert np.abs(framing.to_photo(points) - expected).max() < 1e-5  # float32 nodes of up to 2.4 px


def test_points_with_a_residual_go_to_the_photo_and_back():
    size = (160, 120)
    residual = np.random.default_rng(3).normal(0, 1, (5, 6, 2)).astype(np.float32)
    framing = frame(BrownConrady(100, (79.5, 59.5), radial=(-0.1,)), size, "valid", residual=residual)
    points = np.random.default_rng(4).random((200, 2)) * [159, 119]
    assert np.abs(framing.from_photo(framing.to_photo(points)) - points).max() < 1e-6  # where the iteration ends: 1e-9


def test_a_residual_is_constant_outside_its_frame():
    residual = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    assert residual_at(residual, np.array([[-50.0, -50.0], [500.0, 500.0]]), (10, 10)).tolist() == [[0, 1], [6, 7]]


def test_a_folding_lens_has_no_keep_all_crop_but_a_valid_one():
    lens = BrownConrady(100, (99.5, 74.5), radial=(-0.45, 0.02))
    with pytest.raises(CropError, match="beyond what the lens maps"):
        frame(lens, (200, 150), "keep-all")
    framing = frame(lens, (200, 150), "valid")
    assert framing.lens.is_monotone((200, 150))
    assert outside(framing, (200, 150)) == 0


def test_a_principal_point_outside_the_photo_has_no_crop():
    lens = BrownConrady(100, (-500, 40), radial=(-0.001,))
    for crop in ("valid", "keep-all"):
        with pytest.raises(CropError):
            frame(lens, (100, 80), crop)


def test_a_fisheye_is_framed_too():
    lens = KannalaBrandt(60, (99.5, 74.5), coefficients=(0.02, -0.01))
    assert outside(frame(lens, (200, 150), "valid"), (200, 150)) == 0


def test_an_unknown_crop_is_refused():
    with pytest.raises(ValueError, match="crop must be one of"):
        frame(BrownConrady(100, (50, 40)), (100, 80), "tight")
