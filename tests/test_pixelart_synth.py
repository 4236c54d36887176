"""Corruption of sprites: what each parameter does to a picture, what the labels say, and the same bytes everywhere."""

import dataclasses
import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from synth_cases import BY_AXIS, EVERYTHING_OF_OURS, digest, figure, noise_sprite

from pixkern import set_threads
from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart._synth_axes import axis_weights
from pixkern.pipelines.pixelart.synth import EDGES, TIERS, Recipe, Region, corrupt, draw_recipe

FROZEN = ["1a13680d655cae18", "a3fd6c1c1da0d1be", "4726cdad47a96495", "8b15a7a138054fa5"]
BY_CELL = {"melted": 1e-9}  # alone it does nothing, but cells are painted one by one


@pytest.fixture(autouse=True)
def _threads():
    yield
    set_threads(None)


def made(sprite, *, seed=1, **parameters):
    return corrupt(sprite, Recipe(**{"cell": (8, 8), **parameters}), seed=seed)


def picture(sprite, **parameters):
    return made(sprite, **parameters).image.astype(float)


def upscaled(sprite, x, y=None):
    return sprite.repeat(y or x, axis=0).repeat(x, axis=1)


def covered(colours, lines_x, lines_y, width, height):
    """The mean of what covers each pixel, by the definition, in float64; the cells at the ends go on for ever."""

    def weights(lines, size):
        table = np.zeros((size, len(lines) - 1))
        for pixel in range(size):
            for cell in range(len(lines) - 1):
                begin = lines[cell] if cell else -np.inf
                end = lines[cell + 1] if cell < len(lines) - 2 else np.inf
                table[pixel, cell] = max(0, min(pixel + 1, end) - max(pixel, begin))
        return table

    return np.einsum("yr,rcn,xc->yxn", weights(lines_y, height), colours.astype(float), weights(lines_x, width))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), st.integers(1, 12), st.sampled_from((3, 4)))
def test_without_anything_to_do_a_sprite_is_upscaled(width, height, x, y, channels):
    sprite = noise_sprite(width, height, channels=channels)
    if channels == 4:
        sprite[..., 3] = np.where(sprite[..., 3] < 128, 0, 255)
        sprite[sprite[..., 3] == 0] = 0
    for how in ({}, {"edges": "area"}, BY_CELL, {**BY_CELL, "edges": "area"}):
        result = made(sprite, cell=(x, y), **how)
        assert np.array_equal(result.image, upscaled(sprite, x, y))
        assert result.labels.lines_x.tolist() == [x * n for n in range(width + 1)]
        assert result.labels.lines_y.tolist() == [y * n for n in range(height + 1)]


@given(st.integers(2, 9), st.integers(1, 9), st.floats(1, 9), st.floats(1, 9), st.floats(0, 0.49), st.integers(0, 99))
def test_covered_areas_are_averaged(width, height, x, y, cut, seed):
    sprite = noise_sprite(width, height)
    how = {"cell": (x, y), "crop": (cut, 0, 0.1, cut), "drift": 0.05, "line_jitter": 0.1, "seed": seed}
    result = made(sprite, edges="area", **how)
    labels = result.labels
    expected = covered(sprite, labels.lines_x, labels.lines_y, result.image.shape[1], result.image.shape[0])
    # weights are rounded to 2^-14 each, at most 11 cells to a pixel and axis, of 255 levels; half a level to 8 bits
    np.testing.assert_allclose(result.image, expected, atol=0.5 + 2 * 11 * 255 * 2**-14)


def test_areas_of_what_is_painted_by_cell_are_means_of_four():
    sprite = noise_sprite(12, 9)
    how = {"crop": (0.3, 0.1, 0, 0.2), "displaced": 0.4, "displacement": 0.3, "split": 0.2, "drift": 0.04}
    hard = made(sprite, cell=(14.6, 13.4), **how).image
    area = made(sprite, cell=(7.3, 6.7), edges="area", **how).image
    hard = hard[: 2 * area.shape[0], : 2 * area.shape[1]].astype(int)
    rows, columns = hard.shape[0] // 2, hard.shape[1] // 2
    fours = hard[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, 3).sum(axis=(1, 3))
    assert np.array_equal(area[:rows, :columns], (fours + 2) // 4)


@pytest.mark.parametrize("how", [{}, BY_CELL])
@pytest.mark.parametrize("odd", [{"cell": (2.5, 3.5)}, {"cell": (7.37, 8.21), "line_jitter": 0.05, "drift": 0.04}])
def test_hard_edges_lie_on_the_lines_of_the_labels(how, odd):
    sprite = noise_sprite(23, 17)
    result = made(sprite, crop=(0.4, 0.0, 0.2, 0.4), **odd, **how)
    for axis, lines in ((1, result.labels.lines_x), (0, result.labels.lines_y)):
        changes = np.any(np.diff(result.image.astype(int), axis=axis), axis=(1 - axis, 2))
        first = np.ceil(lines[1:-1] - 0.5)  # the first pixel whose centre is not before the line
        assert np.flatnonzero(changes).tolist() == (first - 1).tolist()


def test_labels_say_size_pitch_offset_and_the_cut():
    result = made(noise_sprite(30, 20), cell=(9.5, 8.5), crop=(0.25, 0.4, 0.1, 0.3), drift=0.1, line_jitter=0.1)
    labels = result.labels
    assert labels.size == (30, 20)
    assert labels.cell == (9.5, 8.5)
    for axis, lines in enumerate((labels.lines_x, labels.lines_y)):
        pitch, before, after = labels.cell[axis], labels.recipe.crop[axis], labels.recipe.crop[axis + 2]
        assert len(lines) == labels.size[axis] + 1
        assert np.diff(lines).min() > 0
        assert lines[0] == -before * pitch
        assert lines[-1] - lines[0] == pytest.approx(pitch * labels.size[axis], rel=1e-12)  # sums of rounded pitches
        assert result.image.shape[1 - axis] == round(lines[-1] - after * pitch)
        assert labels.offset[axis] == lines[1] % pitch
    record = labels.record()
    assert (record["cell"], record["lines_x"]) == ([9.5, 8.5], labels.lines_x.tolist())
    assert Recipe.of(record["recipe"]) == labels.recipe
    assert record["seed"] == labels.seed == 1


@pytest.mark.parametrize(("name", "value"), [("line_jitter", 0.08), ("drift", 0.05)])
def test_lines_move_as_far_as_the_recipe_says(name, value):
    lines = made(noise_sprite(400, 1), cell=(2, 2), **{name: value}).labels.lines_x
    off = (lines - 2 * np.arange(401)) / 2
    if name == "line_jitter":
        assert off.std() == pytest.approx(value, rel=0.2)  # 5 deviations of a deviation of 400
        assert np.abs(off).max() <= 0.25
        assert abs(np.corrcoef(off[1:-2], off[2:-1])[0, 1]) < 0.25  # 5 deviations of a correlation of nothing
    else:
        pitches = np.diff(lines) / 2
        assert 0.9 * value < np.ptp(pitches) / 2 < 1.05 * value  # a half wave at least, about its own mean
        assert np.abs(np.diff(pitches)).max() < 2 * np.pi * 2.2 / 400 * value  # at most two waves


@pytest.mark.parametrize("edges", ["hard", "area", "bicubic", "lanczos"])
def test_a_flat_sprite_stays_flat_whatever_only_paints_and_moves(edges):
    flat = np.full((9, 11, 3), (17, 130, 244), np.uint8)
    everything = dataclasses.replace(
        EVERYTHING_OF_OURS, edges=edges, softness=0.1, colour_noise=0, shading=0, noise=0, gradient=0, grain=0, melted=1
    )
    for recipe in (everything, dataclasses.replace(BY_AXIS, edges=edges, noise=0)):
        assert np.unique(corrupt(flat, recipe, seed=2).image.reshape(-1, 3), axis=0).tolist() == [[17, 130, 244]]


@given(st.integers(1, 12), st.floats(1, 9), st.sampled_from(EDGES), st.floats(0.25, 4), st.floats(0, 0.5))
def test_weights_of_the_cells_of_a_pixel_add_up_to_exactly_1(cells, pitch, edges, scale, softness):
    recipe = Recipe(cell=(pitch, pitch), edges=edges, scale=scale, softness=softness)
    used, weights = axis_weights(pitch * np.arange(cells + 1), max(1, round(pitch * cells)), recipe)
    assert np.all(weights.astype(np.float64).sum(axis=1) == 1)
    assert np.all((used >= 0) & (used < cells))
    assert np.all(np.diff(used, axis=1) == 1)


@pytest.mark.parametrize("edges", ["bicubic", "lanczos"])
@pytest.mark.parametrize("how", [{}, BY_CELL])
def test_resampled_pictures_have_the_same_cells_and_ring(edges, how):
    sprite = figure()
    hard = upscaled(sprite, 8).astype(float)
    soft = picture(sprite, edges=edges, scale=0.7, **how)
    assert soft.shape == hard.shape
    centres = (slice(4, None, 8),) * 2
    inside = np.abs(soft - hard)[centres].mean()
    assert inside < 4  # levels; the centre of a cell of 8 pixels is more than 2 of 5.6 from an edge
    assert np.abs(soft - hard).max() > 60  # edges are smooth
    assert soft.max() > hard.max() + 3  # and overshoot, as kernels with negative lobes do


@pytest.mark.parametrize("how", [{}, BY_CELL])
def test_softness_is_a_gaussian_of_that_deviation(how):
    step = np.zeros((6, 6, 3), np.uint8)
    step[:, 3:] = 200
    row = picture(step, cell=(20, 20), softness=0.15, **how)[60, :, 0]
    density = np.diff(row) / 200
    places = np.arange(1, 120)
    assert (density * places).sum() == pytest.approx(60, abs=0.1)  # of 8-bit levels
    assert np.sqrt((density * (places - 60) ** 2).sum()) == pytest.approx(3, abs=0.15)  # cut at three deviations


def test_colours_of_cells_move_as_wholes():
    noisy = picture(np.full((40, 40, 3), 120, np.uint8), colour_noise=5) - 120
    cells = noisy[::8, ::8]
    assert np.array_equal(noisy, upscaled(cells, 8))
    assert cells.std() == pytest.approx(5, rel=0.07)  # 5 deviations of a deviation of 4800
    assert np.abs(np.corrcoef(cells.reshape(-1, 3).T) - np.eye(3)).max() < 0.13  # channels are independent: 5 of 1600


def test_noise_is_white_and_of_its_deviation():
    noise = picture(np.full((32, 32, 3), 128, np.uint8), noise=6) - 128
    assert noise.std() == pytest.approx(6, rel=0.01)  # 196,608 samples: 6 deviations
    assert abs(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]) < 0.015
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.025


def test_grain_is_brightness_alone_and_smooth():
    grain = picture(np.full((32, 32, 3), 128, np.uint8), grain=6, grain_size=4) - 128
    assert np.all(grain == grain[..., :1])
    assert 3 < grain.std() < 6  # interpolation averages
    assert np.corrcoef(grain[:, 1:].ravel(), grain[:, :-1].ravel())[0, 1] > 0.8


def test_shading_is_a_smooth_tint():
    tint = picture(np.full((32, 32, 3), 128, np.uint8), shading=10) - 128
    assert 3 < tint.std() < 15
    assert np.abs(np.diff(tint, axis=0)).max() <= 3  # 10 levels of deviation within 37 pixels between knots
    assert not np.array_equal(tint[..., 0], tint[..., 1])


def test_gradients_tilt_cells_about_their_own_colour():
    sprite = np.full((20, 20, 3), 128, np.uint8)
    tilted = picture(sprite, cell=(16, 16), gradient=12)
    cells = tilted.reshape(20, 16, 20, 16, 3).transpose(0, 2, 1, 3, 4)
    assert np.abs(cells.mean(axis=(2, 3)) - 128).max() < 0.1  # of 256 samples of 8 bits each
    across = (cells[:, :, :, -1] - cells[:, :, :, 0]).mean(axis=2)[..., 0] * 16 / 15
    down = (cells[:, :, -1] - cells[:, :, 0]).mean(axis=2)[..., 0] * 16 / 15
    for slope in (across, down):
        assert slope.std() == pytest.approx(12, rel=0.2)  # 5 deviations of a deviation of 400
    assert np.all(tilted == tilted[..., :1])


def test_a_share_of_the_sides_is_off_the_lattice_and_no_further_than_said():
    sprite = noise_sprite(40, 40)
    moved = made(sprite, cell=(20, 20), displaced=0.3, displacement=0.2).image
    plain = upscaled(sprite, 20)
    off = np.any(moved != plain, axis=2)
    y, x = np.nonzero(off)
    to_line = np.minimum(np.minimum(x % 20, 19 - x % 20), np.minimum(y % 20, 19 - y % 20))
    assert to_line.max() < 4
    extents = []
    for rows in (off[10::20], off.T[10::20]):  # through the middle of cells, where sides of one kind are met
        inner = rows[:, 16:796].reshape(40, 39, 20)
        before, behind = inner[:, :, :4].sum(axis=2), inner[:, :, 4:8].sum(axis=2)
        assert np.all((before == 0) | (behind == 0))
        for extent in (before, behind):
            # half of them go each way; an eighth moves by less than half a pixel; 5 deviations of 1560
            assert (extent > 0).mean() == pytest.approx(0.15 * 7 / 8, abs=0.043)
            counts = np.bincount(extent.ravel(), minlength=5)[1:5] / (extent > 0).sum()
            np.testing.assert_allclose(counts, np.array([2, 2, 2, 1]) / 7, atol=0.16)  # 5 deviations of 200
        extents.append((before + behind).ravel())
    assert abs(np.corrcoef(extents)[0, 1]) < 0.13  # the axes are drawn apart; 5 deviations of 1560


def test_split_cells_take_halves_and_quarters_from_beside_them():
    sprite = noise_sprite(40, 40)
    parts = made(sprite, split=0.2).image.reshape(40, 2, 4, 40, 2, 4, 3).transpose(0, 3, 1, 4, 2, 5, 6)
    assert np.all(parts == parts[:, :, :, :, :1, :1])  # quarters are flat
    changed = np.any(parts[:, :, :, :, 0, 0] != sprite[:, :, None, None], axis=4)
    count = changed.sum(axis=(2, 3))
    assert set(np.unique(count)) == {0, 1, 2}
    for row, col in np.argwhere(count > 0):
        rows, columns = np.nonzero(changed[row, col])
        beside = []  # the neighbours that the changed part touches with all of a side
        if len(set(columns)) == 1:
            beside.append((row, col + (1 if columns[0] else -1)))
        if len(set(rows)) == 1:
            beside.append((row + (1 if rows[0] else -1), col))
        own, part = sprite[row, col].astype(float), parts[row, col, rows[0], columns[0], 0, 0]
        neighbours = [sprite[r, c] for r, c in beside if 0 <= r < 40 and 0 <= c < 40]
        nearest = [np.minimum(own + 0.4 * (one - own), one) - 0.5 for one in neighbours]  # a rounding
        furthest = [np.maximum(own + 0.4 * (one - own), one) + 0.5 for one in neighbours]
        assert any(np.all((low <= part) & (part <= high)) for low, high in zip(nearest, furthest, strict=True))
    assert (count > 0).mean() == pytest.approx(0.2, abs=0.05)  # 5 deviations; neighbours of cells at the edge: 1 %
    assert (count == 2).sum() / (count > 0).sum() == pytest.approx(0.6, abs=0.15)  # 5 deviations of 320


def test_merged_cells_take_the_colour_of_a_like_neighbour():
    sprite = (noise_sprite(40, 40) // 4).astype(np.uint8)  # all within 63 levels
    cells = made(sprite, merged=0.3).image[::8, ::8]
    changed = np.argwhere(np.any(cells != sprite, axis=2))
    assert 50 < len(changed) < 480
    for row, col in changed:
        around = [sprite[r, c] for r, c in ((row, col - 1), (row, col + 1), (row - 1, col), (row + 1, col))
                  if 0 <= r < 40 and 0 <= c < 40]  # fmt: skip
        assert any(np.array_equal(cells[row, col], one) for one in around)
        assert np.abs(cells[row, col].astype(int) - sprite[row, col]).max() <= 48


def test_only_outlines_are_blended_and_no_more_than_said():
    sprite = figure()
    cells = made(sprite, outline_blend=0.3).image[::8, ::8].astype(float)
    changed = np.any(cells != sprite, axis=2)
    dark = sprite.sum(axis=2) < 60
    assert changed.sum() > 10
    assert not np.any(changed & ~dark)
    assert np.all(cells[dark] >= sprite[dark])
    assert (cells - sprite)[dark].max() <= 0.3 * 230


def test_melting_is_a_median_filter_where_the_mask_says_so():
    sprite = figure()
    plain = upscaled(sprite, 16)
    rounded = cv2.medianBlur(plain, 2 * 5 + 1)
    assert np.array_equal(made(sprite, cell=(16, 16), melted=1, melt_radius=5 / 16).image, rounded)
    half = picture(sprite, cell=(16, 16), melted=0.5, melt_radius=5 / 16)
    differ = np.any(rounded != plain, axis=2)
    change = np.abs(half - plain)[differ].sum() / np.abs(rounded.astype(float) - plain)[differ].sum()
    assert 0.2 < change < 0.8
    assert np.array_equal(half[~differ], plain[~differ])


@pytest.mark.parametrize(("name", "value"), [("warp", 0.1), ("wobble", 0.05)])
def test_displacement_moves_edges_by_about_its_deviation(name, value):
    sprite = noise_sprite(30, 30)
    moved = picture(sprite, cell=(20, 20), **{name: value})
    plain = upscaled(sprite, 20).astype(float)
    y, x = np.mgrid[:600, :600]
    to_line = np.minimum(np.minimum(x % 20, 19 - x % 20), np.minimum(y % 20, 19 - y % 20))
    off = np.abs(moved - plain).max(axis=2) > 40
    assert off[to_line >= 8].mean() < 1e-3  # 8 pixels are 4 and 8 deviations
    assert 0.1 < off[to_line < 2].mean() < 0.8


def test_a_region_has_a_lattice_of_its_own_inside_its_ellipse():
    sprite = noise_sprite(40, 40)
    region = Region(box=(0.25, 0.25, 0.75, 0.65), ratio=(1.5, 0.5), phase=(0.25, 0.5))
    result = made(sprite, regions=(region,))
    (other,) = result.labels.others
    assert other.cell == (12, 4)
    assert other.lines_x.tolist() == [80 - 3 + 12 * n for n in range(15)]
    assert other.lines_y.tolist() == [80 - 2 + 4 * n for n in range(34)]
    assert other.offset == (89 % 12, 82 % 4)
    assert other.share == pytest.approx(0.5 * 0.4 * np.pi / 4, abs=0.006)  # cells at the rim are in or out as wholes
    assert other.share + result.labels.lattice.share == 1
    plain = upscaled(sprite, 8)
    y, x = np.mgrid[:320, :320] + 0.5
    inside = ((x / 320 - 0.5) / 0.25) ** 2 + ((y / 320 - 0.45) / 0.2) ** 2
    assert np.array_equal(result.image[inside > 1.4], plain[inside > 1.4])
    core = result.image[110:178, 125:195].astype(int)
    columns = np.flatnonzero(np.any(np.diff(core, axis=1), axis=(0, 2))) + 126
    assert set(columns) <= set(other.lines_x)
    assert len(columns) > 4
    middle = 80 - 3 + 12 * 6 + 6
    assert np.array_equal(result.image[144, middle], sprite[(143 - 78) // 4 * 4 // 8 + 10, middle // 8])


def test_jpeg_is_that_of_opencv_with_full_or_half_chroma():
    sprite = figure()
    plain = upscaled(sprite, 8)
    for quality in (1, 60, 100):
        for chroma, factor in (("4:4:4", 0x111111), ("4:2:0", 0x221111)):
            options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
            file = cv2.imencode(".jpg", plain[..., ::-1], options)[1]
            expected = cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]
            assert np.array_equal(made(sprite, jpeg_quality=quality, jpeg_chroma=chroma).image, expected)


@pytest.mark.parametrize("recipe", [BY_AXIS, EVERYTHING_OF_OURS, *TIERS])
def test_an_opaque_sprite_has_the_same_colours_with_and_without_alpha(recipe):
    sprite = figure()
    opaque = np.dstack([sprite, np.full(sprite.shape[:2], 255, np.uint8)])
    without, with_alpha = (corrupt(one, recipe, seed=4).image for one in (sprite, opaque))
    assert np.all(with_alpha[..., 3] == 255)
    if recipe in (BY_AXIS, "easy", "medium"):
        assert np.array_equal(with_alpha[..., :3], without)
    else:  # displaced alpha is 255 but for the last bits, which noise and JPEG can carry over a rounding
        assert np.mean(np.abs(with_alpha[..., :3].astype(int) - without) > 1) < 0.001


@pytest.mark.parametrize("how", [{}, BY_CELL])
def test_transparent_cells_leave_no_colour_and_soften_nothing_but_alpha(how):
    sprite = np.dstack([figure(), np.full((20, 24), 255, np.uint8)])
    outside = np.all(sprite[..., :3] == sprite[0, 0, :3], axis=2)
    sprite[outside] = (0, 255, 255, 0)
    sprite[~outside] = (240, 130, 20, 255)
    plain = made(sprite, softness=0.2, **how).image
    rim = (plain[..., 3] > 32) & (plain[..., 3] < 224)
    assert rim.mean() > 0.02
    off = np.abs(plain[..., :3].astype(int) - (240, 130, 20))
    assert off[rim].max() <= (
        255 / 32 if how else 0.5
    )  # painted by cell: alpha and colour times alpha are half a level off
    noisy = made(sprite, softness=0.2, shading=4, noise=4, jpeg_quality=80, **how).image
    assert np.array_equal(noisy[..., 3], plain[..., 3])
    gone = noisy[..., 3] == 0
    assert gone.mean() > 0.3
    assert not noisy[gone].any()


@pytest.mark.parametrize("tier", TIERS)
@given(
    width=st.integers(1, 12), height=st.integers(1, 12), seed=st.integers(0, 2**60), channels=st.sampled_from((3, 4))
)
@settings(max_examples=15)
def test_every_tier_takes_every_sprite(tier, width, height, seed, channels):
    sprite = noise_sprite(width, height, channels=channels)
    before = sprite.copy()
    result = corrupt(sprite, tier, seed=seed, max_side=140)
    assert np.array_equal(sprite, before)
    assert result.image.dtype == np.uint8
    assert result.image.shape[2] == channels
    assert result.image.flags.c_contiguous
    assert max(result.image.shape[:2]) <= 140
    assert result.labels.recipe == draw_recipe(tier, (width, height), seed, max_side=140)
    for axis, lines in ((1, result.labels.lines_x), (0, result.labels.lines_y)):
        assert lines[0] <= 0
        assert lines[-1] >= result.image.shape[axis] - 0.5  # the length is rounded


@pytest.mark.parametrize("recipe", [BY_AXIS, EVERYTHING_OF_OURS, *TIERS])
def test_the_same_arguments_give_the_same_bytes_for_any_threads_and_another_seed_does_not(recipe):
    sprite = demo_sprites()["crawl_012"]
    images = []
    for threads in (1, 2, 3):
        set_threads(threads)
        images.append(corrupt(sprite, recipe, seed=6).image)
    assert np.array_equal(images[0], images[1])
    assert np.array_equal(images[0], images[2])
    other = corrupt(sprite, recipe, seed=7).image
    assert other.shape != images[0].shape or np.mean(other != images[0]) > 0.1


@pytest.mark.parametrize("level", AVAILABLE)
def test_every_cpu_level_gives_the_same_bytes(level):
    here = run_at(AVAILABLE[-1], "synth_cases", "print_digests")
    assert run_at(level, "synth_cases", "print_digests", threads=2) == here
    assert len(set(here.split())) == 12


def test_what_needs_no_opencv_gives_the_bytes_it_always_gave():
    digests = [digest(recipe, channels=channels) for recipe in (EVERYTHING_OF_OURS, BY_AXIS) for channels in (3, 4)]
    assert digests == FROZEN


def test_one_parameter_changes_no_draw_of_another():
    sprite = np.full((12, 12, 3), 100, np.uint8)
    noise = picture(sprite, noise=4)
    both = picture(sprite, noise=4, colour_noise=20)
    cells = picture(sprite, colour_noise=20)
    assert np.abs(both - cells - (noise - 100)).max() <= 1  # three roundings of half a level


def test_strided_views_are_read_as_their_copies():
    wide = noise_sprite(20, 20)
    for view in (wide[::2, ::-1], wide.transpose(1, 0, 2), wide[3:, 2:]):
        assert np.array_equal(corrupt(view, "easy", seed=1).image, corrupt(view.copy(), "easy", seed=1).image)


@pytest.mark.parametrize(
    ("sprite", "kind", "message"),
    [
        (np.zeros((4, 4, 3)), TypeError, "sprite must be uint8"),
        (np.zeros((4, 4, 3), np.uint16), TypeError, "sprite must be uint8"),
        ([[1, 2, 3]], TypeError, "sprite must be a NumPy array"),
        (np.ma.zeros((4, 4, 3), np.uint8), TypeError, "sprite is a masked array"),
        (np.zeros((4, 4), np.uint8), ValueError, "sprite needs 3 axes"),
        (np.zeros((4, 4, 2), np.uint8), ValueError, "sprite needs shape"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, "sprite needs shape"),
    ],
)
def test_what_is_no_sprite_is_refused(sprite, kind, message):
    with pytest.raises(kind, match=f"^{message}"):
        corrupt(sprite, "easy", seed=1)


@pytest.mark.parametrize(
    ("how", "options", "kind", "message"),
    [
        ("Hard", {"seed": 1}, ValueError, "tier must be one of"),
        (None, {"seed": 1}, TypeError, "tier_or_recipe must be a Recipe or one of"),
        ("hard", {"seed": -1}, ValueError, "seed must be at least 0"),
        ("hard", {"seed": 1.5}, TypeError, "seed must be an integer"),
        ("hard", {"seed": 1, "max_side": 20}, ValueError, "a sprite of 9 x 5 pixels needs max_side of at least 45"),
        (Recipe(cell=(8, 8)), {"seed": 1, "max_side": 71}, ValueError, "the picture would have 72 x 40 pixels"),
    ],
)
def test_what_cannot_be_done_is_refused(how, options, kind, message):
    with pytest.raises(kind, match=f"^{message}"):
        corrupt(noise_sprite(9, 5), how, **options)


def test_a_cell_that_is_cut_away_from_both_sides_is_no_picture():
    with pytest.raises(ValueError, match="the picture would have 9 x 0 pixels"):
        made(noise_sprite(9, 1), cell=(1, 1), crop=(0, 0.9, 0, 0.9))


@pytest.mark.parametrize("recipe", ["medium", "hard", "diffusion", EVERYTHING_OF_OURS])
@pytest.mark.parametrize("edges", ["area", "bicubic"])
def test_memory_is_as_stated(recipe, edges):
    sprite = noise_sprite(64, 64, channels=4)
    if isinstance(recipe, str):
        recipe = draw_recipe(recipe, (64, 64), 1)
    recipe = dataclasses.replace(recipe, cell=(15.5, 15.5), edges=edges, scale=0.9)
    corrupt(sprite, recipe, seed=1)
    tracemalloc.start()
    image = corrupt(sprite, recipe, seed=1).image
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (65 if recipe.by_cell else 45) * image[..., 0].size + 8e6
