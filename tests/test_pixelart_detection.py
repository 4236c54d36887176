import numpy as np
import pytest
import restored_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from restored_cases import SPRITE, SPRITES, fractional, noisy, relatives, upscaled

from pixkern.pipelines.pixelart import Grid, restore
from pixkern.pipelines.pixelart._native import exact_cell
from pixkern.pipelines.pixelart.synth import corrupt

some = pytest.mark.parametrize("name", list(SPRITES)[::4])
HIGH = 0.5  # more is a claim


def colourful(width, height, seed=0, channels=3):
    """Sprites in which all neighbours differ."""
    draw = np.random.default_rng(seed)
    shape = (height, width, channels)
    parity = np.indices((height, width)).sum(axis=0)[..., None] % 2
    return (draw.integers(0, 100, shape) + 128 * parity).astype(np.uint8)


# Exact upscales


@some
@pytest.mark.parametrize("cell", [(3, 2), (2, 3), (4, 2), (2, 6), (5, 5), (16, 16)])
def test_upscaled_sprites_come_back_exactly_also_with_cells_that_are_not_square(name, cell):
    found = restore(upscaled(SPRITES[name], *cell))
    assert found.cell == cell
    assert found.offset == (0, 0)
    assert np.array_equal(found.sprite, SPRITES[name])
    assert found.confidence > 0.99
    assert found.status == "restored"


@some
@pytest.mark.parametrize("crop", [(0, 5, 3, 6), (7, 1, 1, 0), (4, 4, 4, 4)])
def test_cropped_upscales_come_back_with_their_offset(name, crop):
    left, right, top, bottom = crop
    whole = upscaled(SPRITES[name], 8)
    found = restore(whole[top : len(whole) - bottom, left : whole.shape[1] - right])
    assert np.array_equal(found.sprite, SPRITES[name])
    assert found.offset == ((8 - left) % 8, (8 - top) % 8)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(5, 20),
    st.integers(5, 20),
    st.integers(2, 9),
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3]),
)
def test_every_exact_upscale_has_its_cell_and_its_offset(width, height, cell, left, top, seed, channels):
    left, top = left % cell, top % cell
    sprite = colourful(width, height, seed, channels).squeeze()
    found = restore(upscaled(sprite, cell)[top:, left:])
    assert found.cell == (cell, cell)
    assert found.offset == ((cell - left) % cell, (cell - top) % cell)
    assert np.array_equal(found.sprite, sprite)


def test_a_cell_of_which_one_pixel_is_another_is_not_exact():
    picture = upscaled(colourful(12, 10), 6)
    profiles = (np.zeros(73), np.zeros(61))
    assert exact_cell([picture], profiles)[:4] == (6, 6, 0, 0)
    picture[20, 33, 1] ^= 1
    assert exact_cell([picture], profiles) is None
    assert restore(picture).size == (12, 10)


def test_squares_are_preferred_unless_chance_speaks_against_them():
    sprite = colourful(6, 30)
    wide = upscaled(sprite, 4, 2)  # 5 changes along x, which may all lie on every other line of 2 x 2 cells by chance
    assert restore(wide).cell == (2, 2)
    assert restore(wide, square=False).cell == (4, 2)
    many = upscaled(colourful(30, 30), 4, 2)
    assert restore(many).cell == (4, 2)
    assert restore(many, square=True).cell == (2, 2)


def test_unequal_exact_cells_are_not_forced_on_who_wants_squares():
    picture = upscaled(colourful(20, 20), 3, 2)
    found = restore(picture, square=True)
    assert found.cell[0] == pytest.approx(found.cell[1], rel=0.05)  # a percent, and ends
    assert found.status != "native"
    assert found.confidence < HIGH


def test_exact_cells_out_of_the_range_asked_for_are_not_the_answer():
    picture = upscaled(colourful(20, 20), 8)
    for options in ({"min_cell": 10}, {"max_cell": 6}):
        found = restore(picture, **options)
        assert found.cell[0] >= 0.85 * options.get("min_cell", 3)  # gaps vary about the pitch
        assert found.cell[0] <= 1.15 * options.get("max_cell", 32)  # likewise
        assert found.status == "restored"
        assert found.confidence < HIGH
    assert restore(picture, min_cell=8, max_cell=8).cell == (8, 8)
    assert restore(upscaled(colourful(20, 20), 2)).cell == (2, 2)


# Noise, fractions, and the ends of ranges


@some
@pytest.mark.parametrize("ratio", [4.7, 7.5])
def test_fractional_upscales_have_their_size(name, ratio):
    found = restore(fractional(SPRITES[name], ratio))
    assert found.size == SPRITES[name].shape[1::-1]
    assert np.array_equal(found.sprite, SPRITES[name])
    assert found.cell == pytest.approx((ratio, ratio), rel=0.03)  # sides are rounded


@pytest.mark.parametrize("cell", [3, 8])
def test_the_ends_of_the_range_are_in_it(cell):
    picture = noisy(upscaled(SPRITE, cell))
    for options in ({"min_cell": cell}, {"max_cell": cell}, {"min_cell": cell, "max_cell": cell}):
        assert restore(picture, **options).size == SPRITE.shape[1::-1], options


@pytest.mark.parametrize("cells", [5, 6])
@pytest.mark.parametrize("cell", [8, 33, 64])
def test_sprites_of_few_large_cells_are_found(cells, cell):
    sprite = colourful(cells, cells, seed=cell)
    found = restore(noisy(upscaled(sprite, cell)), colours=None)
    assert found.size == (cells, cells)
    assert np.abs(found.sprite.astype(int) - sprite).max() <= 6  # noise of 4 over the pixels of a cell


@pytest.mark.parametrize("tier", ["easy", "medium"])
@some
def test_corrupted_sprites_have_their_size_and_cells_near_the_truth(tier, name):
    made = corrupt(SPRITES[name], tier, seed=11, max_side=500)
    found = restore(made.image)
    assert found.size == made.labels.size
    assert found.cell == pytest.approx(made.labels.cell, rel=0.02)  # drift and rounding of lines to half pixels


# Symmetries


def corrupted(seed):
    names = list(SPRITES)
    return corrupt(SPRITES[names[seed % len(names)]], "easy", seed=seed, max_side=400).image


@pytest.mark.parametrize("seed", range(6))
def test_a_transposed_picture_has_the_transposed_answer(seed):
    picture = corrupted(seed)
    there, back = (restore(view, colours=None) for view in (picture, np.ascontiguousarray(picture.swapaxes(0, 1))))
    colours = back.sprite.swapaxes(0, 1).astype(int)
    assert np.abs(colours - there.sprite).max() <= 1  # weighted means in float32, added in another order, then rounded
    assert np.array_equal(back.lines[0], there.lines[1])
    assert np.array_equal(back.lines[1], there.lines[0])
    assert back.confidence == pytest.approx(there.confidence, abs=1e-12)  # features of the axes are added in turn


@pytest.mark.parametrize("seed", range(6))
def test_mirrored_pictures_have_sprites_of_the_same_size(seed):
    picture = corrupted(seed)
    there = restore(picture)
    for mirrored in (picture[:, ::-1], picture[::-1], picture[::-1, ::-1]):
        back = restore(np.ascontiguousarray(mirrored))
        assert there.confidence > HIGH
        assert back.size == there.size


def test_mirrored_upscales_have_the_mirrored_sprite():
    picture = upscaled(SPRITE, 7)[3:, 2:]
    assert np.array_equal(restore(picture[:, ::-1]).sprite, SPRITE[:, ::-1])
    assert np.array_equal(restore(picture[::-1]).sprite, SPRITE[::-1])


def test_turned_channels_change_no_line():
    picture = noisy(upscaled(SPRITE, 6))
    there, back = restore(picture), restore(np.ascontiguousarray(picture[..., ::-1]))
    assert all(np.array_equal(a, b) for a, b in zip(there.lines, back.lines, strict=True))
    assert back.confidence == there.confidence


def test_a_constant_that_is_added_is_added_to_the_sprite():
    picture = noisy(upscaled(SPRITE // 2 + 20, 6))
    there, back = restore(picture, colours=None), restore(picture + np.uint8(60), colours=None)
    assert all(np.array_equal(a, b) for a, b in zip(there.lines, back.lines, strict=True))
    assert np.array_equal(back.sprite, there.sprite + np.uint8(60))
    assert back.confidence == there.confidence


# Channels


@pytest.mark.parametrize("cell", [1, 4])
def test_grey_pictures_are_those_of_three_equal_channels(cell):
    for name in list(SPRITES)[::6]:
        grey = noisy(upscaled(SPRITES[name][..., 1], cell), 3.0 if cell > 1 else 0.0)
        one, three = restore(grey, colours=None), restore(np.dstack([grey] * 3), colours=None)
        assert one.sprite.shape == three.sprite.shape[:2]
        assert np.array_equal(np.dstack([one.sprite] * 3), three.sprite)
        assert (one.status, one.confidence) == (three.status, three.confidence)


def test_opaque_pictures_with_alpha_are_those_without():
    for picture in (noisy(upscaled(SPRITE, 6)), SPRITE, upscaled(SPRITE, 3)):
        alpha = np.full(picture.shape[:2], 255, np.uint8)
        found, plain = restore(np.dstack([picture, alpha])), restore(picture)
        assert np.array_equal(found.sprite[..., :3], plain.sprite)
        assert (found.sprite[..., 3] == 255).all()
        assert found.confidence == plain.confidence


def test_colours_under_transparent_pixels_do_not_matter():
    picture = noisy(upscaled(SPRITE, 6))
    alpha = upscaled(np.where(SPRITE.any(axis=2), 255, 0).astype(np.uint8), 6)
    assert 0 < np.count_nonzero(alpha == 0) < alpha.size
    one, other = np.dstack([picture, alpha]), np.dstack([picture, alpha])
    other[alpha == 0, :3] = np.random.default_rng(0).integers(0, 256, (np.count_nonzero(alpha == 0), 3))
    first, second = restore(one), restore(other)
    assert all(np.array_equal(a, b) for a, b in zip(first.lines, second.lines, strict=True))
    assert np.array_equal(first.sprite[..., 3], second.sprite[..., 3])
    seen = first.sprite[..., 3] > 0
    assert np.array_equal(first.sprite[seen], second.sprite[seen])


# Alternatives


@pytest.mark.parametrize("name", [name for name, _ in cases.pictures()])
def test_alternatives_contain_the_half_and_the_double(name):
    found = restore(dict(cases.pictures())[name])
    related = relatives(found)
    if found.status == "native":
        assert list(related) == ["double"]  # a cell of half a pixel is none
    else:
        assert set(related) == {"half", "double"}
    for relation, one in related.items():
        factor = 2 if relation == "half" else 0.5
        for side, cells in zip(found.size, one.grid.size, strict=True):
            assert abs(cells - factor * side) <= max(2, 0.12 * factor * side)  # cut ends; gaps vary
        assert one.grid.cell == pytest.approx(tuple(cell / factor for cell in found.cell), rel=0.15)  # likewise


@pytest.mark.parametrize("name", [name for name, _ in cases.pictures()])
@pytest.mark.parametrize("top_k", [1, 3, 5])
def test_alternatives_are_ranked_and_their_probabilities_are_shares(name, top_k):
    found = restore(dict(cases.pictures())[name], top_k=top_k)
    chances = [one.probability for one in found.alternatives]
    assert found.alternatives[0].grid is found.grid
    assert chances[1:] == sorted(chances[1:], reverse=True)
    assert min(chances) >= 0
    assert sum(chances) <= 1 + 1e-9  # softmax, rounded
    sizes = [one.grid.size for one in found.alternatives]
    assert len(set(sizes)) == len(sizes)
    assert sum(one.relation in ("candidate", "native") for one in found.alternatives) <= top_k


def test_the_chosen_size_is_the_likeliest():
    for seed in range(6):
        found = restore(corrupt(SPRITE, "hard", seed=seed, max_side=300).image)
        if found.status == "restored":
            chances = [one.probability for one in found.alternatives]
            assert chances[0] == max(chances)


# Hostile pictures


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (1, 20_000), (20_000, 1), (3, 20_000), (20_000, 3)]
)
@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_pictures_with_no_room_for_a_grid_come_back(shape, channels):
    picture = np.random.default_rng(0).integers(0, 256, shape + channels, np.uint8)
    found = restore(picture)
    assert found.status in ("native", "degenerate")
    assert np.array_equal(found.sprite, picture)
    assert found.confidence <= HIGH
    assert [warning.code for warning in found.warnings] == [found.status]


def test_a_strip_that_is_20000_pixels_wide_has_its_cells():
    sprite = colourful(1250, 6)
    found = restore(upscaled(sprite, 16))
    assert found.size == (1250, 6)
    assert restore(noisy(upscaled(sprite, 16)), max_cell=20).size == (1250, 6)


@pytest.mark.parametrize("shape", [(1, 1), (64, 64), (300, 200, 3), (50, 50, 4)])
def test_flat_pictures_are_degenerate_and_come_back(shape):
    picture = np.full(shape, 77, np.uint8)
    found = restore(picture)
    assert found.status == "degenerate"
    assert [warning.code for warning in found.warnings] == ["degenerate"]
    assert found.confidence == 0
    assert np.array_equal(found.sprite, picture)


def test_pictures_that_are_all_transparent_are_degenerate():
    picture = np.random.default_rng(0).integers(0, 256, (60, 70, 4), np.uint8)
    picture[..., 3] = 0
    found = restore(picture)
    assert found.status == "degenerate"
    assert np.array_equal(found.sprite, picture)


@pytest.mark.parametrize("side", [20, 64, 200, 400])
@pytest.mark.parametrize("sigma", [2, 20, 60, None])
def test_noise_is_never_a_claim(side, sigma):
    draw = np.random.default_rng(side)
    if sigma is None:
        picture = draw.integers(0, 256, (side, side, 3), np.uint8)
    else:
        picture = np.clip(draw.normal(128, sigma, (side, side, 3)), 0, 255).astype(np.uint8)
    found = restore(picture)
    assert found.confidence <= HIGH
    assert found.warnings


def test_smooth_pictures_are_never_a_claim():
    x, y = np.meshgrid(np.linspace(0, 1, 300), np.linspace(0, 1, 200))
    waves = 0.5 + 0.25 * np.sin(7 * x + 3 * y) + 0.2 * np.cos(5 * y - 2 * x)
    for plane in (x, y, (x + y) / 2, x * y, waves, np.hypot(x - 0.5, y - 0.5)):
        grey = (255 * plane).astype(np.uint8)
        for picture in (grey, np.dstack([grey, grey[::-1], grey[:, ::-1]])):
            found = restore(picture)
            assert found.confidence < HIGH
            assert found.warnings


def test_ramps_without_any_edge_are_degenerate():
    ramp = np.arange(256, dtype=np.uint8)
    for picture in (np.tile(ramp, (100, 1)), np.tile(ramp[:, None], (1, 100)), ramp[:128, None] + ramp[:128]):
        found = restore(picture)
        assert found.status == "degenerate"
        assert "smooth" in found.warnings[0].message


@pytest.mark.parametrize("cell", [1, 2, 3, 8])
def test_checkerboards_have_the_cells_they_have(cell):
    parity = np.indices((30, 40)).sum(axis=0) % 2
    found = restore(upscaled((255 * parity).astype(np.uint8), cell))
    assert found.size == (40, 30)
    assert found.status == ("native" if cell == 1 else "restored")


@pytest.mark.parametrize("cell", [2, 3, 8])
def test_stripes_say_nothing_of_one_axis_and_cells_are_taken_to_be_square(cell):
    sprite = np.zeros((24, 30), np.uint8)
    sprite[:, ::2] = 200
    for across in (False, True):
        found = restore(upscaled(sprite.T if across else sprite, cell))
        assert found.size == ((24, 30) if across else (30, 24))
        assert found.confidence < HIGH
        assert "low_confidence" in [warning.code for warning in found.warnings]


# Bits


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_level_and_thread_count_gives_the_same_bits(level, threads):
    expected = "".join(f"{name} {value}\n" for name, value in cases.results())
    assert run_at(level, "restored_cases", "print_results", threads=threads) == expected


def test_grids_know_their_pitch_where_they_have_few_lines():
    even = np.array([0.0, 10, 20])
    assert Grid.of(even, even).cell == (10, 10)
    assert Grid.of(np.array([0.0, 7, 17]), even).cell == (10, 10)
    assert Grid.of(np.array([0.0, 30]), even, (40.0, 10.0)).cell == (40, 10)
