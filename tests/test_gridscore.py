"""Profiles, tables, measures and scores of grids."""

import math
import tracemalloc

import gridscore_cases as cases
import levels
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import gridscore as ref

from pixkern import _grid_tables, _threads
from pixkern._native import gridscore as native
from pixkern.gridscore import GridScorer, profiles

UNIT = 2**-13  # per cell, of a sum of squared deviations: half a 4096th
shapes = st.tuples(st.integers(1, 70), st.integers(1, 70))
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True)
def small_pictures_are_split(monkeypatch):
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 64)


def noise(shape, seed=0, flat=0.5):
    """Steps between flat areas: medians of 0 and of more."""
    draw = np.random.default_rng(seed)
    image = draw.integers(0, 256, shape, dtype=np.uint8)
    return np.where(draw.random(shape[:2] + (1,) * (len(shape) - 2)) < flat, image, np.uint8(90))


def same_profiles(found, expected):
    x, y, used = expected
    assert found.scales == used
    for got, wanted in zip(found.x + found.y, x + y, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, wanted)


# Profiles


@settings(max_examples=60, deadline=None)
@given(shapes, st.booleans(), st.sampled_from([0.1, 0.5, 1.0]), st.integers(1, 3), seeds)
def test_profiles_are_those_of_the_definition(shape, grey, flat, threads, seed):
    image = noise(shape if grey else (*shape, 3), seed, flat)
    same_profiles(profiles(image, threads=threads), ref.profiles(image))


@pytest.mark.parametrize("shape", [(1, 1), (1, 300, 3), (300, 1, 3), (2, 2, 3), (14, 500), (131, 120, 3)])
def test_profiles_of_hostile_shapes_are_those_of_the_definition(shape):
    image = noise(shape)
    for scales in ((1,), (1, 8), (1, 2, 4, 8)):
        same_profiles(profiles(image, scales=scales, threads=2), ref.profiles(image, scales))


def test_profiles_of_a_picture_of_20000_columns_are_those_of_the_definition():
    image = cases.picture((17, 20000, 3))
    same_profiles(profiles(image), ref.profiles(image))


def test_many_block_rows_are_sampled_for_the_median():
    image = noise((200, 40, 3), flat=0.3)
    image[::7] = noise((29, 40, 3), 1, flat=1)
    same_profiles(profiles(image), ref.profiles(image))


def test_the_y_axis_is_the_x_axis_of_the_transposed_picture():
    image = cases.picture((117, 130, 3))
    found, across = profiles(image), profiles(np.ascontiguousarray(image.swapaxes(0, 1)))
    for a, b in zip(found.x + found.y, across.y + across.x, strict=True):
        np.testing.assert_array_equal(a, b)


def test_grey_counts_as_three_equal_channels():
    grey = cases.picture((60, 61))
    colour = np.repeat(grey[..., None], 3, 2)
    for a, b in zip(profiles(grey).x + profiles(grey).y, profiles(colour).x + profiles(colour).y, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(GridScorer(grey).table, GridScorer(colour).table)


def test_a_negative_has_the_same_evidence():
    image = cases.picture((120, 90, 3))
    for a, b in zip(profiles(image).x, profiles(255 - image).x, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_flat_picture_has_no_evidence():
    found = profiles(np.full((120, 130, 3), 77, np.uint8))
    assert found.scales == (1, 2, 4, 8)
    assert not any(axis.any() for axis in found.x + found.y)


def test_the_largest_steps_do_not_overflow():
    image = np.zeros((1200, 120, 3), np.uint8)
    image[:, 60:] = 255  # one step, so the median is 0 and the cap holds in every block
    found = profiles(image)
    for scale, x in zip(found.scales, found.x, strict=True):
        assert x[60] == 120 * (1200 // scale) * scale
        assert not x[: 60 - scale].any()


def test_where_jpeg_blocks_meet_the_threshold_is_higher():
    image = np.full((64, 80, 3), 100, np.uint8)
    image[:, np.arange(80) // 8 % 2 == 1] += 5  # 15 of 765 at every 8th column and nowhere else
    for x in profiles(image).x:
        assert not x[8::8].any()
    image[:, np.arange(80) // 8 % 2 == 1] += 10
    np.testing.assert_array_equal(profiles(image, scales=(1,)).x[0][8:80:8], 64 * (45 - 24))  # no more than 24 of it
    assert (profiles(image[:, 3:], scales=(1,)).x[0][5:77:8] == 64 * 45).all()  # nor elsewhere
    assert (profiles(image[:, :63], scales=(1,)).x[0][8:56:8] == 64 * 45).all()  # nor in small pictures


def test_the_scale_that_suits_a_pitch_is_that_of_the_definition():
    for side in (20, 30, 60, 120):
        found = profiles(np.zeros((side, side), np.uint8))
        for pitch in np.geomspace(1, 100, 200):
            assert found.suited(pitch) == ref.suited(pitch, found.scales)


# Measures and scores


@settings(max_examples=60, deadline=None)
@given(shapes, st.booleans(), st.sampled_from([None, 1, 2, 8]), st.sampled_from([None, 0.0, 0.3, 0.9]), seeds)
def test_measures_are_those_of_the_definition(shape, grey, step, kept, seed):
    image = cases.picture(shape if grey else (*shape, 3), seed)
    mask = None if kept is None else np.random.default_rng(seed).random(shape) < kept
    scorer = GridScorer(image, mask=mask, step=step, threads=2)
    meshes = cases.meshes(shape)
    found = scorer.measure_many(meshes)
    for k, (x, y) in enumerate(meshes):
        error, cells, pixels, across, down = ref.measure(image, x, y, mask, scorer.step)
        assert (found.cells[k], found.pixels[k]) == (cells, pixels)
        assert found.error[k] == pytest.approx(error, rel=1e-12, abs=UNIT * cells / max(3 * pixels, 1))  # per cell
        # means are off by 1/512 at most, so the difference of two by 1/256
        assert found.contrast_x[k] == pytest.approx(across, abs=2 * math.sqrt(across) / 256 + 2**-16)
        assert found.contrast_y[k] == pytest.approx(down, abs=2 * math.sqrt(down) / 256 + 2**-16)


@settings(max_examples=40, deadline=None)
@given(shapes, seeds)
def test_scores_are_those_of_the_definition(shape, seed):
    image = cases.picture((*shape, 3), seed)
    scorer, meshes = GridScorer(image), cases.meshes(shape)
    expected = [ref.score(image, x, y) for x, y in meshes]
    np.testing.assert_allclose(scorer.score_many(meshes), expected, atol=1e-4)  # errors of 2**-13 per pixel, over 6
    assert scorer.score(*meshes[0]) == scorer.score_many(meshes)[0]


def test_cells_too_large_for_32_bits_are_exact():
    image = np.random.default_rng(0).integers(200, 256, (400, 500, 3), np.uint8)
    for mask in (None, np.random.default_rng(1).random((400, 500)) < 0.9):
        for step in (1, 4):
            scorer = GridScorer(image, mask=mask, step=step)
            for x, y in (([0, 500], [0, 400]), ([0, 250, 500], [0, 399]), ([0.0, 1, 500], [0, 200, 400])):
                error = ref.measure(image, x, y, mask, step)[0]
                assert scorer.measure(x, y).error[0] == pytest.approx(error, rel=1e-9)  # 1e9 units of 2**-13


def test_the_right_grid_has_flat_cells_and_the_best_score():
    sprite = np.random.default_rng(0).integers(0, 256, (16, 20, 3), np.uint8)
    scorer = GridScorer(sprite.repeat(7, 0).repeat(7, 1))
    sizes = ((20, 16), (40, 32), (10, 8), (19, 16))
    grid = [(np.linspace(0, 140, w + 1), np.linspace(0, 112, h + 1)) for w, h in sizes]
    assert scorer.measure(*grid[0]).error[0] == 0
    assert scorer.measure(*grid[0]).cells[0] == 320
    scores = scorer.score_many(grid)
    assert scores.argmax() == 0


def test_contrast_is_the_mean_squared_step_between_neighbours():
    sprite = np.zeros((2, 2, 3), np.uint8)
    sprite[:, 1], sprite[1] = 10, sprite[1] + 40
    sprite[1, 1] = 50
    made = GridScorer(sprite.repeat(10, 0).repeat(10, 1)).measure([0, 10, 20], [0, 10, 20])
    assert (made.contrast_x[0], made.contrast_y[0]) == (100, 1600)


@pytest.mark.parametrize("cell", range(1, 33))
def test_contrast_of_flat_cells_is_exact(cell):
    sprite = np.random.default_rng(cell).integers(0, 256, (6, 40, 3), np.uint8)
    steps = np.diff(sprite.astype(np.int64), axis=1)
    lines = np.arange(41) * cell, np.arange(7) * cell
    made = GridScorer(sprite.repeat(cell, 0).repeat(cell, 1)).measure(*lines)
    assert made.contrast_x[0] == (steps**2).sum() / steps.size  # whole means, whatever 1 / n rounds to
    assert made.error[0] == 0


def test_pixels_that_do_not_count_change_nothing():
    image = cases.picture((60, 70, 3))
    mask = np.random.default_rng(0).random((60, 70)) < 0.5
    other = np.where(mask[..., None], image, 255 - image)
    a, b = (GridScorer(picture, mask=mask).measure_many(cases.meshes((60, 70))) for picture in (image, other))
    for name in ("error", "cells", "pixels", "contrast_x", "contrast_y"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_a_mask_of_all_pixels_is_as_none():
    image = cases.picture((60, 70, 3))
    a, b = (GridScorer(image, mask=mask).score_many(cases.meshes((60, 70))) for mask in (None, np.ones((60, 70), bool)))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("step", [1, 2, 8])
def test_tables_are_sums_modulo_two_to_the_32(threads, step):
    image = np.full((203, 301, 3), 255, np.uint8)  # squares exceed 32 bits
    image[100:, 100:] = noise((103, 201, 3))
    mask = np.random.default_rng(0).random((203, 301)) < 0.8
    wide = image.astype(np.int64)
    samples = np.concatenate([wide, (wide**2).sum(2, keepdims=True)], 2)
    for kept in (None, mask):
        scorer = GridScorer(image, mask=kept, step=step, threads=threads)
        counted = samples if kept is None else samples * kept[..., None]
        sums = np.pad(counted.cumsum(0).cumsum(1), ((1, 0), (1, 0), (0, 0)))
        rows, cols = (np.append(np.arange(0, length, step), length) for length in (203, 301))
        np.testing.assert_array_equal(scorer.table, (sums[rows][:, cols] % 2**32).astype(np.uint32))
        if kept is not None:
            counts = np.pad(mask.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
            np.testing.assert_array_equal(scorer.counts, counts[rows][:, cols])


def test_parts_of_a_table_have_squares_that_fit():
    assert _grid_tables.checked_step(None, 200, 2**28) == 128  # though the table has more than 2**22 records
    assert _grid_tables.checked_step(None, 20_000, 20_000) == 16


def test_large_pictures_have_a_coarser_table():
    assert GridScorer(np.zeros((3, 20000), np.uint8)).step == 1
    scorer = GridScorer(np.zeros((1500, 3000), np.uint8))
    assert scorer.step == 2
    assert scorer.table.shape == (751, 1501, 4)


@pytest.mark.parametrize("q", [2, 3, 4, 5, 6])
def test_a_grid_that_is_q_times_too_fine_loses(q):
    sprite = np.random.default_rng(0).integers(0, 256, (10, 10, 3), np.uint8)
    scorer = GridScorer(sprite.repeat(24, 0).repeat(24, 1))
    right, fine = np.linspace(0, 240, 11), np.linspace(0, 240, 10 * q + 1)
    scores = scorer.score_many([(right, right), (fine, fine)])
    longer = 0.7 * math.log(q * q)  # what more cells cost
    assert scores[0] - scores[1] == pytest.approx(longer + 1.2, abs=1e-9)  # and, for a residue of 0, all there is


def test_the_logarithm_is_within_its_bound():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 20001), np.linspace(0.5, 2, 20001), [1.0, 6.0]])
    found = np.empty_like(x)
    native.logarithms(x, found)
    exact = np.array([math.log(value) for value in x])
    assert (np.abs(found - exact) <= 5e-16 * np.maximum(np.abs(exact), 1)).all()
    assert found[-2] == 0


# Bits


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("level", levels.AVAILABLE)
def test_cpu_level_and_thread_count_change_no_bit(level, threads):
    expected = "".join(f"{name} {value}\n" for name, value in cases.results())
    assert levels.run_at(level, "gridscore_cases", "print_results", threads=threads) == expected


# Hostile arguments


@pytest.mark.parametrize("call", [profiles, GridScorer])
@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.zeros((4, 4, 3), np.float32), TypeError, "uint8"),
        (np.zeros((4, 4, 3), np.int8), TypeError, "uint8"),
        (np.zeros((4, 4, 4), np.uint8), ValueError, "composite"),
        (np.zeros((4, 4, 1), np.uint8), ValueError, "shape"),
        (np.zeros((4, 0, 3), np.uint8), ValueError, "sides"),
        (np.zeros(4, np.uint8), ValueError, "axes"),
        (np.zeros((2, 4, 4, 3), np.uint8), ValueError, "axes"),
        (np.ma.zeros((4, 4), np.uint8), TypeError, "masked"),
        ([[1, 2]], TypeError, "NumPy"),
    ],
)
def test_pictures_that_are_none_are_refused(call, image, error, words):
    with pytest.raises(error, match=words):
        call(image)


def test_strided_pictures_are_read_as_they_are():
    image = noise((120, 140, 3))
    views = image[::-1, ::2], image[..., ::-1], np.asfortranarray(image), image[3:50, 5:60, :]
    for view in views:
        same_profiles(profiles(view), ref.profiles(view))
        np.testing.assert_array_equal(GridScorer(view).table, GridScorer(view.copy()).table)


@pytest.mark.parametrize("scales", [(), (2, 1), (1, 1), (3,), (0,), (1, 16), ("1",)])
def test_scales_that_are_none_are_refused(scales):
    with pytest.raises(ValueError, match="scales"):
        profiles(np.zeros((200, 200), np.uint8), scales=scales)


def test_a_picture_too_small_for_the_only_scale_is_refused():
    with pytest.raises(ValueError, match="scale 1"):
        profiles(np.zeros((27, 100), np.uint8), scales=(2,))


@pytest.mark.parametrize(
    ("mask", "error"),
    [
        (np.ones((4, 5), np.uint8), TypeError),
        (np.ones((5, 4), bool), ValueError),
        (np.ones((4, 5, 1), bool), ValueError),
        ([[True]], TypeError),
    ],
)
def test_masks_that_do_not_fit_are_refused(mask, error):
    with pytest.raises(error, match="mask"):
        GridScorer(np.zeros((4, 5, 3), np.uint8), mask=mask)


@pytest.mark.parametrize(
    ("step", "error"), [(0, ValueError), (3, ValueError), (256, ValueError), (1.0, TypeError), (True, TypeError)]
)
def test_steps_that_are_no_powers_of_two_are_refused(step, error):
    with pytest.raises(error, match="step"):
        GridScorer(np.zeros((4, 5), np.uint8), step=step)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([0], ValueError),
        ([], ValueError),
        ([[0, 9]], ValueError),
        ([0, 5, 5, 9], ValueError),
        ([0, 6, 5, 9], ValueError),
        ([-0.5, 9], ValueError),
        ([0, 9.5], ValueError),
        ([0, math.nan, 9], ValueError),
        ([0, math.inf], ValueError),
        (["0", "9"], TypeError),
        ([0, 9j], TypeError),
        (np.ma.array([0.0, 9.0]), TypeError),
    ],
)
def test_lines_that_are_none_are_refused_in_either_axis(lines, error):
    scorer = GridScorer(np.zeros((9, 9), np.uint8))
    good = [0, 4, 9]
    for mesh in ((lines, good), (good, lines)):
        for call in (scorer.measure_many, scorer.score_many):
            with pytest.raises(error, match="lines_"):
                call([(good, good), mesh, (good, good)])


def test_meshes_that_are_no_pairs_are_refused():
    with pytest.raises(ValueError, match="pairs"):
        GridScorer(np.zeros((9, 9), np.uint8)).score_many([[0, 4, 9]])


def test_no_mesh_gives_no_score():
    scorer = GridScorer(np.zeros((9, 9), np.uint8))
    assert scorer.score_many([]).shape == (0,)
    assert scorer.measure_many([]).error.shape == (0,)


# Memory


def test_memory_is_as_documented(monkeypatch):
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1 << 18)
    for rows, cols in ((600, 700), (112, 6000), (6000, 112)):
        image = noise((rows, cols, 3))
        shared = 56 * (rows + cols) + 162 * (cols + 64)
        check_memory(profiles, image, shared)
        check_memory(GridScorer, image, 16 * (rows + 1) * (cols + 1) + 20 * cols + shared)


def check_memory(call, image, most):
    call(image, threads=1)
    tracemalloc.start()
    call(image, threads=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= most + 180_000  # counts of differences, and what NumPy buffers


@pytest.mark.cuda
def test_cuda_gives_the_same_bits():
    for (name, ours), (_, theirs) in zip(cases.results(backend="cuda"), cases.results(backend="cpu"), strict=True):
        assert ours == theirs, name
