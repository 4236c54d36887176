"""Calibration from checkerboards: boards drawn through a known lens, and 13 real ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lens_scenes import Pose, board, drawn, homography, posed

from pixkern.demo import boards
from pixkern.lenses import BrownConrady
from pixkern.pipelines.lens.calibration import board_lines, calibrate, find_corners
from pixkern.pipelines.lens.line_fit import line_residuals, straightness

SIZE = (480, 360)
TRUE = BrownConrady((410.0, 410.0), (247.0, 172.0), (-0.25, 0.06), size=SIZE)
PATTERN = (7, 5)
POSES = (
    ((0.0, 0.0, 0.02), (-3.0, -2.0, 8.2)),
    ((0.5, 0.1, 0.1), (-3.4, -2.0, 9.0)),
    ((-0.5, 0.2, -0.2), (-2.4, -1.6, 9.5)),
    ((0.1, 0.55, 0.3), (-2.0, -2.6, 9.0)),
    ((0.1, -0.55, 0.0), (-3.6, -2.2, 8.6)),
    ((0.35, 0.35, -0.4), (-3.2, -0.8, 9.8)),
)


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    return [drawn(posed(board(*PATTERN), TRUE, pose), SIZE, TRUE) for pose in POSES]


@pytest.fixture(scope="module")
def real_boards() -> list[np.ndarray]:
    return [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) for data in boards().values()]


def test_calibration_finds_the_lens_the_boards_were_drawn_through(photos: list[np.ndarray]) -> None:
    made = calibrate(photos, pattern=PATTERN, coefficients=2)
    grid = np.stack(np.meshgrid(np.linspace(0, 479, 20), np.linspace(0, 359, 15)), axis=-1)
    # apart from the camera's pose, which boards fix but a map from pixel to pixel does not: compare directions
    ours = (made.lens.inverse(grid)[0] - made.lens.center) / made.lens.focal
    theirs = (TRUE.inverse(grid)[0] - TRUE.center) / TRUE.focal
    basis = np.column_stack([ours.reshape(-1, 2), np.ones(300)])
    change, *_ = np.linalg.lstsq(basis, theirs.reshape(-1, 2), rcond=None)
    apart = np.linalg.norm(basis @ change - theirs.reshape(-1, 2), axis=1) * TRUE.focal[0]
    assert apart.mean() < 0.15  # pixels: corners known to 0.03 px, extrapolated to the frame's corners
    assert abs(made.lens.focal[0] / 410 - 1) < 0.01  # 6 poses of up to 30 degrees
    assert made.lens.size == SIZE


def test_rows_and_columns_get_straight(photos: list[np.ndarray]) -> None:
    made = calibrate(photos, pattern=PATTERN, leave_one_out=True)
    assert made.straightness_before > 0.5  # the lens bends them by pixels
    assert made.straightness_after < 0.05  # pixels: noise-free corners, 8 bits
    assert made.straightness_left_out is not None
    assert made.straightness_left_out < 0.06  # what a fit of 9 numbers to 350 corners may add
    assert made.reprojection_rms < 0.1


def test_straightness_after_is_that_of_the_corrected_corners(photos: list[np.ndarray]) -> None:
    made = calibrate(photos, pattern=PATTERN)
    squares = []
    for photo in photos:
        corners = find_corners(photo, PATTERN)
        assert corners is not None
        for line in board_lines(made.lens.inverse(corners)[0]):
            centred = line - line.mean(axis=0)
            squares.append(np.linalg.svd(centred)[1][1] ** 2)
    expected = np.sqrt(sum(squares) / (2 * len(photos) * PATTERN[0] * PATTERN[1]))
    assert made.straightness_after == pytest.approx(expected, rel=1e-9)  # the same sums in another order


def test_leaving_a_board_out_shows_coefficients_that_only_fit_their_own_boards(photos: list[np.ndarray]) -> None:
    few = calibrate(photos[:4], pattern=PATTERN, coefficients=2, leave_one_out=True)
    many = calibrate(photos[:4], pattern=PATTERN, coefficients=12, leave_one_out=True)
    assert few.straightness_left_out is not None
    assert many.straightness_left_out is not None
    assert many.straightness_left_out > few.straightness_left_out


def test_other_photos_are_rejected_with_their_reason(photos: list[np.ndarray]) -> None:
    blank = np.full(SIZE[::-1], 128, np.uint8)
    made = calibrate([blank, photos[0], photos[1][:, :300], *photos[2:5]], pattern=PATTERN)
    assert made.used == (1, 3, 4, 5)
    reasons = dict(made.rejected)
    assert set(reasons) == {0, 2}
    assert "7 x 5" in reasons[0]
    assert "300 x 360" in reasons[2]


def test_corners_do_not_depend_on_the_kind_of_pixels(photos: list[np.ndarray]) -> None:
    grey = photos[1]
    expected = find_corners(grey, PATTERN)
    assert expected is not None
    rgba = np.dstack([grey, grey, grey, np.zeros_like(grey)])
    for image in (rgba, grey.astype(np.uint16) * 257, grey.astype(np.float32) / 255):
        found = find_corners(image, PATTERN)
        assert found is not None
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("pose", POSES[:3])
def test_corners_are_where_they_were_drawn(photos: list[np.ndarray], pose: Pose) -> None:
    found = find_corners(photos[POSES.index(pose)], PATTERN)
    assert found is not None
    plane = np.stack([*np.indices(PATTERN).reshape(2, -1), np.ones(35)])
    u, v, w = homography(TRUE, pose) @ plane
    expected = TRUE.map(np.stack([u / w, v / w], axis=1))
    apart = np.linalg.norm(found.reshape(-1, 1, 2) - expected, axis=-1)
    assert sorted(apart.argmin(axis=1)) == list(range(35))  # each corner once
    assert apart.min(axis=1).max() < 0.2  # pixels: the lens bends the edges within the refinement window
    assert np.sqrt(np.mean(apart.min(axis=1) ** 2)) < 0.08  # pixels


def test_lines_of_a_board_are_its_rows_and_columns() -> None:
    corners = np.moveaxis(np.indices((5, 7)), 0, -1)
    lines = board_lines(corners)
    assert sorted(len(line) for line in lines) == [5] * 7 + [7] * 5
    assert all(len(set(line[:, 0])) == 1 or len(set(line[:, 1])) == 1 for line in lines)


@pytest.mark.parametrize("shape", [(1, 1), (1, 640), (8, 8), (30, 30), (64, 64, 3)])
def test_small_photos_show_no_board(shape: tuple[int, ...]) -> None:
    assert find_corners(np.zeros(shape, np.uint8)) is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"coefficients": 3}, "coefficients must be one of"),
        ({"pattern": (2, 6)}, "at least 3 each"),
        ({"square": 0.0}, "positive length"),
        ({"square": float("nan")}, "positive length"),
    ],
)
def test_options_out_of_range_are_refused(options: dict, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        calibrate([], **options)


def test_too_few_boards_are_refused(photos: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="got 2 of 2"):
        calibrate(photos[:2], pattern=PATTERN)
    with pytest.raises(ValueError, match="got 0 of 0"):
        calibrate([])
    with pytest.raises(TypeError, match="uint8"):
        calibrate([np.zeros((40, 40), np.int64)])


coordinates = st.floats(-1e3, 1e3, allow_subnormal=False)


@given(st.lists(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=8), min_size=1, max_size=5))
def test_line_residuals_are_the_smallest_singular_values(groups: list) -> None:
    points = np.array([point for group in groups for point in group])
    starts = np.cumsum([0, *map(len, groups)][:-1])
    squares = np.add.reduceat(line_residuals(points, starts) ** 2, starts)
    for group, found in zip(groups, squares, strict=True):
        values = np.linalg.svd(np.array(group) - np.mean(group, axis=0), compute_uv=False)
        smallest = values[1] ** 2 if len(values) > 1 else 0.0
        assert found == pytest.approx(smallest, abs=1e-8)  # squares of up to 1e6 in float64: 1e-10 each


@given(st.floats(0, 6.2), coordinates, coordinates, st.floats(0.1, 10))
def test_straightness_follows_similarities(turn: float, dx: float, dy: float, scale: float) -> None:
    line = np.array([(0, 0.0), (10, 0.5), (20, -0.3), (30, 0.2)])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = scale * line @ rotation.T + (dx, dy)
    assert straightness([moved]) == pytest.approx(
        scale * straightness([line]), rel=1e-6
    )  # 1e3 px of offset cost digits


def test_straightness_of_lines_through_a_lens_comes_back_to_zero() -> None:
    t = np.linspace(0, 1, 20)[:, None]
    ends = np.random.default_rng(0).uniform(0, (479, 359), (12, 2, 2))
    lines = [TRUE.map(a + t * (b - a)) for a, b in ends]
    assert straightness(lines) > 0.5  # pixels: the lens bends them visibly
    assert straightness(lines, TRUE) < 1e-6  # the inverse is exact to 1e-6 px


def test_straightness_without_lines_is_zero_and_beyond_the_lens_infinite() -> None:
    folding = BrownConrady((100.0, 100.0), (0.0, 0.0), (-0.3,))
    assert straightness([]) == 0.0
    assert straightness([[(0, 0), (500, 0), (900, 3)]], folding) == float("inf")


def test_real_boards_get_as_straight_as_their_corners_are_known(real_boards: list[np.ndarray]) -> None:
    made = calibrate(real_boards, leave_one_out=True)
    assert len(made.used) == 13
    assert made.straightness_before == pytest.approx(0.68, abs=0.03)  # pixels: what the lens does
    assert made.straightness_after <= 0.10  # pixels; OpenCV's own refinement window gives 0.100
    assert made.straightness_left_out is not None
    assert made.straightness_left_out <= 0.105  # pixels: the lens is that of the camera, not of the boards


def test_calibration_gives_the_same_bits_for_any_number_of_threads(photos: list[np.ndarray]) -> None:
    threads = cv2.getNumThreads()
    made = []
    try:
        for count in (1, 2, 3, 3):
            cv2.setNumThreads(count)
            made.append(calibrate(photos[:3], pattern=PATTERN))
            assert cv2.getNumThreads() == count
    finally:
        cv2.setNumThreads(threads)
    assert all(other == made[0] for other in made)
