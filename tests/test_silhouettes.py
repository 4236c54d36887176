import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.shadows import draw_silhouette, silhouette_mask

KINDS = ("leaf", "hand", "frond", "blob")


def outline(side=64, seed=0):
    return np.random.default_rng(seed).random((side, side), np.float32)


# Laws


@settings(max_examples=40, deadline=None)
@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(0, 99))
def test_a_silhouette_as_large_as_the_picture_is_itself(shape, seed):
    given_one = np.random.default_rng(seed).random(shape, np.float32)
    got = silhouette_mask(given_one, shape, softness=0)
    np.testing.assert_allclose(got, given_one, rtol=0, atol=2e-6)  # places are off by 1e-14, a mixture by two roundings


def test_turning_by_quarters_turns_counter_clockwise():
    given_one = outline()
    for quarters in range(-3, 5):
        got = silhouette_mask(given_one, (64, 64), angle=90.0 * quarters, softness=0)
        np.testing.assert_allclose(got, np.rot90(given_one, quarters), rtol=0, atol=2e-6)  # as above


def test_moving_goes_right_and_down():
    given_one = outline()
    got = silhouette_mask(given_one, (64, 64), center=(5 / 64, 3 / 64), softness=0)
    np.testing.assert_allclose(got[3:, 5:], given_one[:-3, :-5], rtol=0, atol=2e-6)  # as above
    assert got[:3].max() == 0
    assert got[:, :5].max() == 0


def test_twice_the_scale_is_twice_the_size():
    disc = np.hypot(*(np.mgrid[:201, :201] - 100)) < 60
    areas = [silhouette_mask(disc, (400, 400), scale=scale, softness=0.01).mean() for scale in (0.2, 0.4, 0.8)]
    for small, large in itertools.pairwise(areas):
        assert large / small == pytest.approx(4, rel=0.01)  # the disc's own pixels
    assert areas[1] == pytest.approx(np.pi * (60 / 201 * 0.4) ** 2, rel=0.01)


@pytest.mark.parametrize("side", [63, 64, 500, 2047])
def test_fine_outlines_are_averaged_and_stay_in_place(side):
    places = (np.arange(side) + 0.5) / side - 0.5
    stripes = np.broadcast_to(np.arange(side) % 2 == 0, (side, side))
    half = stripes & (places[:, None] < 0.1)
    mask = silhouette_mask(half, (40, 40), scale=0.5, softness=0.02)
    inside = mask[14:18, 14:26]
    np.testing.assert_allclose(inside, 0.5, atol=0.06)  # stripes of a sample and less leave some of their beat
    edge = np.interp(0.25, mask[18:26, 20][::-1], np.arange(18, 26)[::-1])  # half of the half shade
    assert edge == pytest.approx((0.1 * 0.5 + 0.5) * 40 - 0.5, abs=0.25)  # pixels: a stripe of the smallest outline


def test_dtypes_mean_the_same():
    hand = draw_silhouette("hand", seed=1) > 0.5
    masks = [
        silhouette_mask(hand.astype(dtype) * scale, (90, 120), angle=20)
        for dtype, scale in ((bool, True), (np.uint8, np.uint8(255)), (np.float32, np.float32(1)))
    ]
    np.testing.assert_array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(masks[0], masks[2])


@pytest.mark.parametrize("kind", KINDS)
def test_outlines_that_are_drawn_are_whole_and_differ_by_seed(kind):
    first, again, second = (draw_silhouette(kind, seed=seed, side=200) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)
    for drawn in (first, second):
        assert 0.05 < drawn.mean() < 0.6
        assert drawn.min() == 0
        assert drawn.max() == pytest.approx(1, abs=1e-6)  # a rounding of the second coat
        assert drawn[0].max() == drawn[:, 0].max() == drawn[:, -1].max() == 0  # nothing is cut off
        assert kind == "hand" or drawn[-1].max() == 0  # an arm is


# Hostile arguments


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"silhouette": [[True]]}, TypeError),
        ({"silhouette": np.ones((3, 3))}, TypeError),
        ({"silhouette": np.ones((3, 3), ">f4")}, TypeError),
        ({"silhouette": np.ones((3, 3, 1), np.uint8)}, ValueError),
        ({"silhouette": np.ones((0, 3), np.uint8)}, ValueError),
        ({"silhouette": np.full((3, 3), 1.5, np.float32)}, ValueError),
        ({"silhouette": np.full((3, 3), -0.1, np.float32)}, ValueError),
        ({"silhouette": np.full((3, 3), np.nan, np.float32)}, ValueError),
        ({"silhouette": np.ma.masked_array(np.ones((3, 3), np.uint8))}, TypeError),
        ({"center": 0.5}, ValueError),
        ({"center": (0, 5)}, ValueError),
        ({"angle": np.inf}, ValueError),
        ({"scale": 0}, ValueError),
        ({"softness": 0.26}, ValueError),
        ({"shape": (0, 1)}, ValueError),
        ({"out": np.empty((4, 5), np.float32)}, ValueError),
    ],
)
def test_what_cannot_be_laid_is_refused(how, error):
    given_ones = {"silhouette": np.ones((3, 3), np.uint8), "shape": (4, 4), **how}
    with pytest.raises(error):
        silhouette_mask(given_ones.pop("silhouette"), given_ones.pop("shape"), **given_ones)


def test_an_output_that_overlaps_the_silhouette_raises():
    buffer = np.zeros((8, 8), np.float32)
    with pytest.raises(ValueError, match="overlaps"):
        silhouette_mask(buffer, (8, 8), out=buffer)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"kind": "cat"}, ValueError),
        ({"seed": -1}, ValueError),
        ({"side": 7}, ValueError),
        ({"side": 10.5}, TypeError),
        ({"side": 5000}, ValueError),
    ],
)
def test_what_has_no_outline_is_refused(how, error):
    given_ones = {"kind": "leaf", "seed": 0, **how}
    with pytest.raises(error):
        draw_silhouette(given_ones.pop("kind"), **given_ones)


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a[:, ::2], lambda a: a.T, np.asfortranarray])
def test_any_memory_order_gives_the_result_of_its_copy(view):
    laid = view(outline())
    np.testing.assert_array_equal(
        silhouette_mask(laid, (30, 40), angle=7), silhouette_mask(np.array(laid, order="C"), (30, 40), angle=7)
    )
