"""Pictures of a restoration: what is drawn where, and that it can be seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixelart_results import even, found, grid, painted, sprite

from pixkern.gridscore import cell_difference
from pixkern.pipelines.pixelart.pictures import (
    MAX_SIDE,
    THRESHOLD,
    difference_picture,
    heat_map,
    overlay,
    paint_back,
    preview,
)

LUMA = np.array([0.299, 0.587, 0.114])  # of ITU-R BT.601


@st.composite
def lines(draw, most=6):
    """Lines of one axis: from 0 to a whole number of pixels, as many as there are cells at least."""
    cells = draw(st.lists(st.floats(0.2, 7), min_size=1, max_size=most))
    positions = np.cumsum([0, *cells])
    lines = positions * (max(np.ceil(positions[-1]), len(cells)) / positions[-1])
    lines[-1] = np.rint(lines[-1])
    return lines


@pytest.mark.parametrize("channels", [0, 3, 4])
@pytest.mark.parametrize("scale", [1, 2, 7])
def test_a_preview_is_the_sprite_with_every_pixel_a_square(channels, scale):
    small = sprite(5, 3, channels)
    large = preview(small, scale)
    assert large.shape == (3 * scale, 5 * scale, *small.shape[2:])
    assert large.dtype == np.uint8
    for y in range(scale):
        for x in range(scale):
            assert np.array_equal(large[y::scale, x::scale], small)


def test_a_preview_too_large_for_memory_is_refused_with_the_largest_scale():
    small = sprite()
    with pytest.raises(ValueError, match="scale may be 4729 at most"):
        preview(small, 100_000)


def test_a_preview_is_never_the_sprite_s_own_memory():
    small = sprite()
    assert not np.shares_memory(preview(small, 1), small)


@given(lines(), lines(), st.sampled_from([0, 3, 4]))
@settings(deadline=None)
def test_painting_back_follows_the_definition(lines_x, lines_y, channels):
    cells = sprite(len(lines_x) - 1, len(lines_y) - 1, channels)
    expected = painted(cells, lines_x, lines_y)
    assert np.array_equal(paint_back(cells, grid(lines_x, lines_y), expected.shape[1::-1]), expected)


def test_a_sprite_of_another_size_than_the_grid_is_refused():
    with pytest.raises(ValueError, match="4 x 3 cells, the sprite has shape"):
        paint_back(sprite(5, 3), grid(even(4, 5), even(3, 5)), (20, 15))


@pytest.mark.parametrize("grey", range(0, 256, 5))
def test_lines_can_be_seen_on_every_grey(grey):
    image = np.full((20, 20, 3), grey, np.uint8)
    drawn = overlay(image, grid(even(4, 5), even(4, 5)), scale=3)
    on_line = (drawn != grey).any(axis=2)
    contrast = np.abs(drawn[on_line] @ LUMA - grey)
    assert contrast.min() > 65  # the lines' lumas are 180 and 46, and change over halfway between
    assert on_line.sum() == 60 * 60 - 55 * 55  # five lines each way


def test_lines_stand_on_the_pixel_after_them_and_the_last_ones_inside():
    image = np.zeros((10, 12), np.uint8)
    drawn = overlay(image, grid([0, 4.4, 8.6, 12], [0, 5, 10]), scale=2)
    on_line = drawn.any(axis=2)
    assert np.flatnonzero(on_line.all(axis=0)).tolist() == [0, 9, 17, 23]  # 8.8 and 17.2 rounded
    assert np.flatnonzero(on_line.all(axis=1)).tolist() == [0, 10, 19]
    assert on_line.sum() == 4 * 20 + 3 * 24 - 4 * 3


@given(lines(), lines())
@settings(deadline=None)
def test_between_the_lines_the_picture_is_as_it_was(lines_x, lines_y):
    shape = (round(lines_y[-1]), round(lines_x[-1]), 3)
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    drawn = overlay(image, grid(lines_x, lines_y), scale=4)
    untouched = (drawn == preview(image, 4)).all(axis=2)
    rows, cols = (set(np.rint(line * 4).astype(int).clip(0, round(line[-1]) * 4 - 1)) for line in (lines_y, lines_x))
    expected = np.array([[y not in rows and x not in cols for x in range(4 * shape[1])] for y in range(4 * shape[0])])
    assert (untouched | ~expected).all()


@pytest.mark.parametrize(
    ("side", "cell", "scale"),
    [(1024, 16, 1), (1024, 4, 3), (400, 16, 2), (64, 8, 16), (1, 1, 1024), (3000, 3, 1), (2048, 3, 2)],
)
def test_small_pictures_are_enlarged_until_cells_are_clear_but_not_without_end(side, cell, scale):
    lines = np.linspace(0, side, side // cell + 1)
    drawn = overlay(np.zeros((side, side), np.uint8), grid(lines, lines))
    assert drawn.shape == (side * scale, side * scale, 3)
    assert len(drawn) <= MAX_SIDE


@pytest.mark.parametrize("channels", [0, 3, 4])
def test_what_is_painted_back_exactly_shows_no_red(channels):
    good = found(sprite(channels=channels))
    drawn = difference_picture(good.image, good)
    assert drawn.shape == (15, 20, 3)
    assert np.ptp(drawn.astype(int), axis=2).max() == 0


@pytest.mark.parametrize("channel", range(4))
@pytest.mark.parametrize("step", [-1, 1])
def test_a_pixel_is_red_from_one_above_the_threshold_in_any_channel(channel, step):
    cells = np.full((3, 4, 4), 128, np.uint8)
    image = painted(cells, even(4, 5), even(3, 5))
    image[7, 7, channel] = 128 + step * THRESHOLD
    good = found(cells, image=image)
    assert np.ptp(difference_picture(image, good).astype(int), axis=2).max() == 0
    image[7, 7, channel] = 128 + step * (THRESHOLD + 1)
    red = np.argwhere(np.ptp(difference_picture(image, good).astype(int), axis=2))
    assert red.tolist() == [[7, 7]]


@pytest.mark.parametrize(("pitch", "core"), [(5, (1, 2, 3)), (10, (3, 4, 5, 6)), (2, (1,)), (1, (0,))])
def test_the_core_is_strong_red_and_the_halo_weak(pitch, core):
    cells, lines = sprite(), (even(4, pitch), even(3, pitch))
    good = found(cells, *lines, image=255 - painted(cells, *lines))
    drawn = difference_picture(good.image, good).astype(int)
    redness = drawn[..., 0] - drawn[..., 1]
    in_core = np.isin(np.arange(4 * pitch) % pitch, core)  # centres further than a quarter from the lines, not at it
    core = in_core[: 3 * pitch, None] & in_core
    assert (drawn[core] == (255, 0, 0)).all()
    assert ((redness[~core] > 90) & (redness[~core] < 150)).all()


@given(lines(), lines(), st.sampled_from([0, 3, 4]), st.integers(0, 255))
@settings(deadline=None)
def test_as_many_pixels_are_red_as_the_kernel_counts(lines_x, lines_y, channels, threshold):
    cells = sprite(len(lines_x) - 1, len(lines_y) - 1, channels)
    image = painted(cells, lines_x, lines_y)
    noise = np.random.default_rng(1).integers(0, 256, image.shape)
    image = np.where(noise % 3, image, noise).astype(np.uint8)
    if channels == 4:
        image[::2, ::2, 3] = cells[::2, ::2, 3] = 0
    counted = cell_difference(image, cells, lines_x, lines_y, threshold=threshold)
    drawn = difference_picture(image, found(cells, lines_x, lines_y, image=image), threshold=threshold).astype(int)
    redness = drawn[..., 0] - drawn[..., 1]
    assert (redness == 255).sum() == counted.core.sum()
    assert ((redness > 0) & (redness < 255)).sum() == counted.halo.sum()


def test_dropped_cells_are_neither_compared_nor_hot():
    lines_x, lines_y = np.array([0, 3, 8, 13, 15.5, 17]), np.array([0, 4, 8, 9.0])
    image = np.random.default_rng(0).integers(0, 256, (9, 17, 3)).astype(np.uint8)
    cells = 255 - image[[1, 5, 8]][:, [1, 5, 10, 14, 16]]
    whole = found(cells, lines_x, lines_y, image=image, shares=np.ones((3, 5), np.float32))
    part = found(cells[:2, 1:4], lines_x[1:-1], lines_y[:-1], image=image, shares=np.ones((2, 3), np.float32))
    inside = np.zeros((9, 17), bool)
    inside[:8, 3:15] = True  # the centre of pixel 15 lies on the line at 15.5, and on a line is after it
    for draw in (lambda one: difference_picture(image, one), heat_map):
        assert np.array_equal(draw(part)[inside], draw(whole)[inside])
    assert np.ptp(difference_picture(image, part).astype(int), axis=2)[~inside].max() == 0
    assert np.ptp(difference_picture(image, part).astype(int), axis=2)[inside].max() > 0
    assert heat_map(part)[~inside].max() == 0
    drawn = overlay(np.zeros((9, 17), np.uint8), part.grid, scale=2).any(axis=2)
    assert np.flatnonzero(drawn.all(axis=0)).tolist() == [6, 16, 26, 31]
    assert np.flatnonzero(drawn.all(axis=1)).tolist() == [0, 8, 16]


@pytest.mark.parametrize(("size", "wrong"), [((20, 15), False), ((19, 15), True), ((29, 15), False), ((30, 15), True)])
def test_a_grid_of_another_picture_is_refused(size, wrong):
    lines = grid(even(4, 5), even(3, 5))
    if wrong:
        with pytest.raises(ValueError, match="of another picture: its lines go from 0 to 20, and this one is"):
            paint_back(sprite(), lines, size)
    else:
        assert paint_back(sprite(), lines, size).shape == (15, size[0], 3)


@pytest.mark.parametrize("channels", [0, 3, 4])
def test_a_background_that_was_made_transparent_is_compared_by_its_colour(channels):
    cells = sprite(channels=channels)
    image = painted(cells, even(4, 5), even(3, 5))
    if channels == 4:
        image[:5, :5] = cells[0, 0] = 0  # transparent from the beginning
    colour = np.dstack([cells] * 3) if channels == 0 else cells[..., :3]
    clear = np.dstack([colour, cells[..., 3] if channels == 4 else np.full(cells.shape[:2], 255, np.uint8)])
    clear[1, 2] = 0
    true = np.atleast_1d(cells[1, 2])
    for background, red in ((true, 0), (true ^ np.uint8(128), 25)):
        good = found(clear, image=image, background=background)
        assert np.ptp(difference_picture(image, good).astype(int), axis=2).astype(bool).sum() == red


def test_a_sprite_without_its_background_is_compared_by_colour():
    cells = sprite(channels=3)
    good = found(
        np.dstack([cells, np.full(cells.shape[:2], 255, np.uint8)]), image=painted(cells, even(4, 5), even(3, 5))
    )
    assert np.ptp(difference_picture(good.image, good).astype(int), axis=2).max() == 0


def test_hotter_is_lighter_at_every_step_that_can_be_told():
    shares = np.square(np.arange(256, dtype=np.float32) / 255)[None]
    good = found(sprite(256, 1), even(256, 1), [0, 1], shares=shares)
    luma = heat_map(good)[0] @ LUMA
    assert (np.diff(luma) > -0.6).all()  # colours of the map are rounded to whole numbers
    assert (np.diff(luma[::4]) > 0).all()
    assert luma[0] < 5
    assert luma[-1] > 230


def test_a_heat_map_shows_each_cell_s_share_on_the_cell():
    shares = np.zeros((3, 4), np.float32)
    shares[1, 2] = 1
    hot = heat_map(found(shares=shares)) @ LUMA > 128
    assert np.array_equal(hot, painted(shares, even(4, 5), even(3, 5)) == 1)


def test_one_pixel_of_a_thousand_can_be_seen_in_a_heat_map():
    shares = np.array([[0, 0.001]], np.float32)
    drawn = heat_map(found(sprite(2, 1), even(2, 5), [0, 5], shares=shares))
    assert (drawn[0, 9] != drawn[0, 0]).any()


def test_a_share_that_is_no_number_is_shown_as_nothing():
    shares = np.array([[np.nan, 2.0]], np.float32)
    drawn = heat_map(found(sprite(2, 1), even(2, 5), [0, 5], shares=shares)) @ LUMA
    assert drawn[0, 0] < 5 < 230 < drawn[0, 9]


@pytest.mark.parametrize("side", [1, 2])
def test_a_picture_of_one_cell_can_be_drawn(side):
    good = found(sprite(1, 1), [0, side], [0, side])
    for drawn in (overlay(good.image, good.grid), difference_picture(good.image, good), heat_map(good)):
        assert drawn.dtype == np.uint8
        assert drawn.shape[2] == 3


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (np.zeros((15, 20, 3), np.uint16), TypeError),
        (np.zeros((15, 20, 3), np.float32), TypeError),
        ([[1]], TypeError),
        (np.zeros((15, 20, 2), np.uint8), ValueError),
        (np.zeros((15, 20, 1, 3), np.uint8), ValueError),
        (np.zeros((0, 20, 3), np.uint8), ValueError),
        (np.zeros((20, 15, 3), np.uint8), ValueError),
    ],
)
def test_other_pictures_are_refused(image, kind):
    good = found()
    with pytest.raises(kind):
        overlay(image, good.grid)
    with pytest.raises(kind):
        difference_picture(image, good)


@pytest.mark.parametrize(("scale", "kind"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_a_scale_is_a_whole_number_of_at_least_one(scale, kind):
    good = found()
    with pytest.raises(kind, match="scale"):
        preview(good.sprite, scale)
    with pytest.raises(kind, match="scale"):
        overlay(good.image, good.grid, scale=scale)


def test_no_picture_changes_what_it_shows():
    good = found(image=np.random.default_rng(0).integers(0, 256, (15, 20, 3)).astype(np.uint8))
    before = good.image.copy(), good.sprite.copy()
    preview(good.sprite, 2)
    overlay(good.image, good.grid, scale=1)
    difference_picture(good.image, good)
    assert np.array_equal(good.image, before[0])
    assert np.array_equal(good.sprite, before[1])
