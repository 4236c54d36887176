"""Views between key frames: inside the image, geometric in scale, about one point that stays where it is."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixkern.pipelines.slpr.key_file import load_keys
from pixkern.pipelines.slpr.key_frames import KeyFrame, octave, smallest_scale, views

SIDES = st.integers(2, 5000)
SIZES = st.tuples(SIDES, SIDES)
PLACES = st.tuples(st.floats(-100, 6000), st.floats(-100, 6000))
ENLARGED = st.floats(1, 1000)


def made(image_size, size, parts):
    """Key frames at 0, 1, ..., each `more` times the smallest scale."""
    smallest = smallest_scale(image_size, size)
    return [KeyFrame(time, place, more * smallest) for time, (place, more) in enumerate(parts)]


@settings(deadline=None)
@given(SIZES, SIZES, st.lists(st.tuples(PLACES, ENLARGED), min_size=1, max_size=4), st.integers(1, 30))
def test_every_view_lies_inside_the_image_and_is_as_large_as_its_scale_says(image_size, size, parts, frames):
    for easing in ("smooth", "linear"):
        seen = views(made(image_size, size, parts), image_size, size, frames, easing=easing)
        assert len(seen) == frames
        for view in seen:
            x0, y0, x1, y1 = view.window
            assert 0 <= x0 <= x1 <= image_size[0] - 1
            assert 0 <= y0 <= y1 <= image_size[1] - 1
            ulps = 1e-9  # of 5000 pixels: rounding of the edges, far below what is seen
            assert (x1 - x0) * view.scale == pytest.approx(size[0] - 1, rel=ulps, abs=ulps * view.scale)
            assert (y1 - y0) * view.scale == pytest.approx(size[1] - 1, rel=ulps, abs=ulps * view.scale)


@settings(deadline=None)
@given(SIZES, SIZES, PLACES, ENLARGED, PLACES, ENLARGED)
def test_one_source_point_stays_put_on_the_screen_and_edges_move_one_way(image_size, size, c0, m0, c1, m1):
    assume(abs(math.log(m1 / m0)) > 0.01)
    keys = made(image_size, size, [(c0, m0), (c1, m1)])
    seen = views(keys, image_size, size, 9, easing="linear")
    left = np.array([view.window for view in seen])
    scale = np.array([view.scale for view in seen])
    assert np.diff(np.log(scale)) == pytest.approx([math.log(m1 / m0) / 8] * 8, rel=1e-6)
    point = (scale[-1] * left[-1] - scale[0] * left[0]) / (scale[-1] - scale[0])
    on_screen = (point - left) * scale[:, None]
    far = 1e-10 * scale[:, None] * (np.abs(point) + 5000)  # rounding of float64 positions, in pixels of the screen
    assert (np.abs(on_screen - on_screen[0]) <= far).all()
    steps = np.diff(left, axis=0) * np.sign(left[-1] - left[0])
    assert (steps >= -1e-9).all()


@given(st.floats(0, 500), st.floats(0, 500), st.floats(1, 50))
def test_a_pan_at_one_scale_is_a_straight_line_with_constant_speed(x, y, scale):
    keys = [KeyFrame(0, (100, 200), scale), KeyFrame(2, (x, y), scale)]
    seen = np.array([view.window for view in views(keys, (512, 512), (11, 11), 5, easing="linear")])
    assert np.allclose(np.diff(seen, axis=0), (seen[-1] - seen[0]) / 4, atol=1e-10)


def test_nearly_equal_scales_pan_as_equal_ones_do():
    for ratio in (1 + 1e-15, 1 + 1e-12, 1 - 1e-9):
        keys = [KeyFrame(0, (100, 100), 2.0), KeyFrame(1, (300, 200), 2.0 * ratio)]
        middle = views(keys, (512, 512), (65, 65), 3, easing="linear")[1]
        assert middle.window == pytest.approx((184, 134, 216, 166), abs=1e-6)  # 1e-9 of 100 pixels, and rounding


def test_key_frames_are_reached_at_their_times_and_easing_only_moves_what_lies_between():
    keys = [KeyFrame(0, (50, 50), 4), KeyFrame(1, (200, 80), 8), KeyFrame(4, (90, 90), 32)]
    linear = views(keys, (256, 256), (64, 64), 9, easing="linear")
    smooth = views(keys, (256, 256), (64, 64), 9)
    for frame, scale in ((0, 4), (2, 8), (8, 32)):
        assert linear[frame] == smooth[frame]
        assert linear[frame].scale == scale
    assert linear[5].scale == pytest.approx(16)  # half-way in both
    assert smooth[5].scale == pytest.approx(16)
    assert smooth[3].scale < linear[3].scale
    assert smooth[7].scale > linear[7].scale
    passed = (1.5 - 1) / 3  # frame 3 is at time 1.5
    eased = passed**2 * (3 - 2 * passed)
    assert smooth[3].scale == pytest.approx(8 * 4**eased)


def test_static_keys_and_single_frames_see_the_same_window():
    key = KeyFrame(0, (31.7, 12.9), 3.3)
    held = views([key, KeyFrame(1, key.center, key.scale), KeyFrame(5, key.center, key.scale)], (64, 64), (32, 32), 50)
    assert set(held) == set(views([key], (64, 64), (32, 32), 1))


def test_what_a_key_frame_leaves_out_is_all_that_fits_in_the_middle():
    whole = views([KeyFrame(0)], (512, 256), (101, 101), 1)[0]
    assert whole.window == (128.0, 0.0, 383.0, 255.0)
    assert whole.scale == 100 / 255


def test_views_that_would_leave_the_image_are_moved_inside():
    for center, window in (((-50, 1e6), (0.0, 191.0, 64.0, 255.0)), ((255, 0), (191.0, 0.0, 255.0, 64.0))):
        assert views([KeyFrame(0, center, 1.0)], (256, 256), (65, 65), 1)[0].window == window


def test_a_view_larger_than_the_image_is_an_error_that_says_the_smallest_scale():
    with pytest.raises(ValueError, match=r"key frame 2 .*512 x 300.*smallest scale .*480 x 270 is 0\.\d+"):
        views([KeyFrame(0), KeyFrame(1, (9, 9), 0.5)], (512, 300), (480, 270), 2)
    try:
        views([KeyFrame(0, None, 0.5)], (512, 300), (480, 270), 2)
    except ValueError as error:
        told = float(str(error).split(" is ")[1].split(",")[0])
    assert views([KeyFrame(0, None, told)], (512, 300), (480, 270), 1)
    assert told - smallest_scale((512, 300), (480, 270)) < 1e-4


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1)])
def test_frames_of_one_pixel_a_side_see_a_line_or_a_point(size):
    view = views([KeyFrame(0, (3, 4), 2)], (9, 9), size, 1)[0]
    x0, y0, x1, y1 = view.window
    assert (x1 - x0, y1 - y0) == ((size[0] - 1) / 2, (size[1] - 1) / 2)
    assert views([KeyFrame(0)], (1, 1), (1, 1), 1)[0].window == (0, 0, 0, 0)


def test_an_image_one_pixel_wide_fills_no_frame():
    with pytest.raises(ValueError, match="1 pixel wide"):
        views([KeyFrame(0)], (1, 9), (3, 3), 1)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: KeyFrame("0"), TypeError, "time must be a number"),
        (lambda: KeyFrame(math.nan), ValueError, "time must be finite"),
        (lambda: KeyFrame(True), TypeError, "time"),
        (lambda: KeyFrame(0, (1, 2, 3)), TypeError, "center must be"),
        (lambda: KeyFrame(0, 5), TypeError, "center must be"),
        (lambda: KeyFrame(0, (1, math.inf)), ValueError, "center y"),
        (lambda: KeyFrame(0, None, 0), ValueError, "scale must be positive"),
        (lambda: KeyFrame(0, None, "2"), TypeError, "scale"),
        (lambda: views([], (9, 9), (3, 3), 2), ValueError, "at least one"),
        (lambda: views([(0, 1)], (9, 9), (3, 3), 2), TypeError, "KeyFrame, got tuple"),
        (lambda: views([KeyFrame(1), KeyFrame(1)], (9, 9), (3, 3), 2), ValueError, "number 1 is at 1"),
        (lambda: views([KeyFrame(0)], (9, 9), (3, 3), 0), ValueError, "frames must be 1 to"),
        (lambda: views([KeyFrame(0)], (9, 9), (3, 3), 10**11), ValueError, "1000000, got 100000000000"),
        (lambda: views([KeyFrame(0)], (9, 9), (3, 3), 2.0), TypeError, "frames must be an int"),
        (lambda: views([KeyFrame(0)], (9, 9), (3, 3), 2, easing="cubic"), ValueError, "smooth, linear"),
    ],
)
def test_what_is_no_zoom_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


@given(st.floats(1e-5, 1e5))
def test_octaves_give_back_the_scale(scale):
    whole, fraction = octave(scale)
    assert whole == math.floor(math.log2(scale)) or scale == pytest.approx(2.0**whole)
    assert 0 <= fraction < 1 or scale == pytest.approx(2.0 ** (whole + 1))
    assert 2.0 ** (whole + fraction) == pytest.approx(scale, rel=1e-14)


def test_octaves_begin_exactly_at_powers_of_two():
    assert [octave(2.0**power) for power in range(-9, 10)] == [(power, 0.0) for power in range(-9, 10)]


def test_key_files_count_seconds_or_frames(tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_text("- frame: 0\n- {frame: 50, center: [3, 4.5], scale: 2}\n")
    assert load_keys(path, fps=20) == [KeyFrame(0), KeyFrame(2.5, (3, 4.5), 2)]
    path.write_text("[{time: 0}, {time: 5e1}]")
    assert load_keys(path, fps=20) == [KeyFrame(0), KeyFrame(50)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a list"),
        ("time: 0", "must be a list"),
        ("- {time: 0", "not YAML at line 1"),
        ("- 5", "key frame 1: must be a mapping"),
        ("- {time: 0}\n- {time: 1, centre: [1, 2]}", "key frame 2: unknown 'centre'; did you mean 'center'"),
        ("- {time: 0, whatever: 1}", "known: time, frame, center, scale"),
        ("- {scale: 1}", "needs its time"),
        ("- {time: 0, frame: 0}", "needs its time"),
        ("- {time: 0}\n- {frame: 3}", "all by time or all by frame"),
        ("- {time: soon}", "key frame 1: time must be a number"),
        ("- {frame: soon}", "key frame 1: time must be a number"),
        ("- {time: 0, center: [1]}", "center must be"),
        ("- {time: 0, time: 1}", "the key 'time' stands twice"),
        ("[" * 100_000, "nested more than 20 deep"),
        ("- {time: 0, scale: -2}", "scale must be positive"),
    ],
)
def test_what_is_wrong_with_a_key_file_names_the_file_and_the_place(tmp_path, text, words):
    path = tmp_path / "keys.yaml"
    path.write_text(text)
    with pytest.raises(ValueError) as caught:
        load_keys(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
