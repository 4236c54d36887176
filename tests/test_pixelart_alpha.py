"""Alpha of sprites, and backgrounds: found, removed, put behind."""

import numpy as np
import palettes_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import palettes as ref

from pixkern.pipelines.pixelart.alpha import prepare_alpha
from pixkern.pipelines.pixelart.background import TOLERANCE, composite_for_detection, find_background, remove_background

OPTIONS = {"deadline": None, "max_examples": 40}
WHITE = (250, 250, 250)


def drawing(*lines, colours=None):
    """A sprite of characters: a dot is the background, # is dark, o is the background's colour too."""
    colours = {".": WHITE, "o": WHITE, "#": (40, 20, 60)} | (colours or {})
    return np.array([[colours[mark] for mark in line] for line in lines], np.uint8)


def transparent(sprite):
    return sprite[..., 3] == 0


def marks(lines, wanted):
    return np.array([[mark in wanted for mark in line] for line in lines])


# alpha


@settings(**OPTIONS)
@given(st.integers(0, 2**32 - 1), st.one_of(st.sampled_from(["keep", "binarise"]), st.integers(0, 255)))
def test_alpha_is_kept_or_cut_at_the_threshold_and_unseen_colours_are_zero(seed, mode):
    sprite = np.random.default_rng(seed).integers(0, 256, (9, 11, 4)).astype(np.uint8)
    sprite[0, :, 3] = [0, 1, 126, 127, 128, 129, 254, 255, 0, 255, 3]
    before = sprite.copy()
    result = prepare_alpha(sprite, mode)
    assert np.array_equal(sprite, before)
    alpha = sprite[..., 3].astype(int)
    cut = {"keep": None, "binarise": 127.5}.get(mode, mode)  # nearer to 255 than to 0, or at the threshold
    wanted = alpha if cut is None else np.where(alpha >= cut, 255, 0)
    assert np.array_equal(result[..., 3], wanted)
    assert not result[wanted == 0].any()
    assert np.array_equal(result[wanted > 0][:, :3], sprite[wanted > 0][:, :3])


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 3)])
def test_a_sprite_without_alpha_comes_back_as_a_copy(shape):
    sprite = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    for mode in ("keep", "binarise", 77):
        result = prepare_alpha(sprite, mode)
        assert np.array_equal(result, sprite)
        assert not np.shares_memory(result, sprite)


@pytest.mark.parametrize(
    ("mode", "error"),
    [("cut", ValueError), (-1, ValueError), (256, ValueError), (1.5, TypeError), (True, TypeError), (None, TypeError)],
)
def test_modes_of_alpha_are_checked(mode, error):
    with pytest.raises(error, match="alpha must be 'keep', 'binarise' or"):
        prepare_alpha(np.zeros((2, 2, 4), np.uint8), mode)


# find_background


@settings(**OPTIONS)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.sampled_from([1, 3, 4]))
def test_a_flat_border_is_the_background_even_if_the_sprite_touches_one_side(seed, side, channels):
    draw = np.random.default_rng(seed)
    truth, _ = cases.sprite(seed, side=20, colours=5, apart=60, channels=3)
    colour = draw.integers(0, 256, 3).astype(np.uint8)
    sprite = np.empty((28, 28, 3), np.uint8)
    sprite[:] = colour
    sprite[8:, 4:24] = truth  # down to the lower side
    sprite = np.ascontiguousarray(np.rot90(sprite, side))
    if channels == 1:
        sprite, colour = sprite[..., 0].copy(), colour[:1]
    if channels == 4:
        sprite, colour = np.dstack([sprite, np.full((28, 28), 255, np.uint8)]), np.append(colour, 255)
    found = find_background(sprite)
    assert found is not None
    assert found.dtype == np.uint8
    assert np.array_equal(found, colour)


def test_the_background_is_the_median_of_its_codes():
    sprite = drawing(*["............"] * 4, *["....####...."] * 4, *["............"] * 4)
    sprite[0] = 251, 250, 249  # twelve of 44
    assert find_background(sprite).tolist() == [*WHITE]


def test_scenes_textures_and_flat_or_transparent_sprites_have_no_background():
    sky = np.zeros((20, 20, 3), np.uint8)
    sky[:9], sky[9:] = (120, 180, 250), (60, 140, 40)
    assert find_background(sky) is None
    draw = np.random.default_rng(0)
    texture = (np.array([150, 90, 50]) + draw.integers(-9, 10, (20, 20, 1))).astype(np.uint8)
    assert find_background(texture) is None
    assert find_background(draw.integers(0, 256, (20, 20, 3)).astype(np.uint8)) is None
    assert find_background(np.full((9, 9, 3), 7, np.uint8)) is None
    assert find_background(np.zeros((1, 1), np.uint8)) is None
    framed = np.full((9, 9, 4), 255, np.uint8)
    framed[4, 4] = 0, 0, 0, 255
    assert find_background(framed) is not None
    framed[0, 0, 3] = 0
    assert find_background(framed) is None


def test_a_background_needs_half_of_the_border_and_three_corners():
    sprite = np.full((20, 20, 3), 250, np.uint8)
    sprite[:12, 5:] = 40  # a corner, 15 + 11 of 76
    assert find_background(sprite) is not None
    sprite[5:, 5:15] = 40  # 10 more
    assert find_background(sprite) is not None
    sprite[19, 15:] = 40
    assert find_background(sprite) is None  # two corners are left
    sprite[19, 15:] = 250
    sprite[19, 1:] = sprite[1:, 0] = 40
    sprite[19, 0] = sprite[19, 19] = 250
    assert find_background(sprite) is None  # three corners, and little between


def test_of_less_than_half_of_a_border_no_colour_is_the_background():
    draw = np.random.default_rng(0)
    sprite = draw.integers(0, 200, (20, 20, 3)).astype(np.uint8)
    sprite[0, :14] = sprite[19, :12] = sprite[:11, 19] = WHITE  # 36 of 76, three corners
    assert find_background(sprite) is None
    sprite[0] = WHITE
    assert find_background(sprite).tolist() == [*WHITE]


# remove_background

RING = (
    "..............",
    "..##########..",
    ".############.",
    ".####oooo####.",
    ".####oooo####.",
    ".############.",
    "..##########..",
    "..............",
)
EYES = (
    "............",
    ".##########.",
    ".##oo##oo##.",
    ".##oo##o###.",
    ".##########.",
    "............",
)
BODY = (
    "..............",
    "....######....",
    "...#oooooo#...",
    "..#oooooooo#..",
    "..#oooooooo#..",
    "...#oooooo#...",
    "....######....",
    "..............",
)


def test_a_hole_goes_with_the_background_unless_holes_are_kept():
    sprite = drawing(*RING)
    assert np.array_equal(transparent(remove_background(sprite, WHITE)), marks(RING, ".o"))
    assert np.array_equal(transparent(remove_background(sprite, WHITE, holes=False)), marks(RING, "."))


def test_eyes_of_the_background_s_colour_stay():
    assert np.array_equal(transparent(remove_background(drawing(*EYES), WHITE)), marks(EYES, "."))


def test_a_body_of_the_background_s_colour_stays_behind_a_diagonal_outline():
    assert np.array_equal(transparent(remove_background(drawing(*BODY), WHITE)), marks(BODY, "."))


def test_a_hole_has_the_very_colour_of_the_background():
    near = drawing(*RING, colours={"o": (244, 244, 244)})  # within the tolerance, not within half of it
    away = np.linalg.norm(np.subtract(*(ref.oklab(ref.linear(np.array(code))) for code in ((244,) * 3, WHITE))))
    assert TOLERANCE / 2 < away < TOLERANCE
    assert np.array_equal(transparent(remove_background(near, WHITE)), marks(RING, "."))
    nearer = drawing(*RING, colours={"o": (247, 247, 247)})
    assert np.array_equal(transparent(remove_background(nearer, WHITE)), marks(RING, ".o"))


@settings(**OPTIONS)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_what_stays_keeps_its_colour_and_a_second_pass_changes_nothing(seed, holes):
    truth, _ = cases.sprite(seed, side=21, colours=4, apart=60)
    colour = truth[0, 0]
    result = remove_background(truth, colour, holes=holes)
    gone = transparent(result)
    assert np.array_equal(result[~gone][:, :3], truth[~gone])
    assert (result[~gone][:, 3] == 255).all()
    assert not result[gone].any()
    assert gone[0, 0]
    assert (truth[gone] == colour).all()
    assert np.array_equal(remove_background(result, colour, holes=holes), result)
    turned = remove_background(np.ascontiguousarray(np.rot90(truth)), colour, holes=holes)
    assert np.array_equal(turned, np.rot90(result))
    more = transparent(remove_background(truth, colour, holes=True))
    assert (more | ~gone).all()


@settings(**OPTIONS)
@given(st.integers(0, 255), st.integers(0, 255), st.sampled_from([0.0, 0.01, 0.03, 0.1]))
def test_the_tolerance_is_a_distance_in_oklab_and_some_codes_in_the_dark(code, other, tolerance):
    sprite = np.full((1, 2), other, np.uint8)
    away = np.linalg.norm(ref.oklab(ref.linear(np.full(3, code))) - ref.oklab(ref.linear(np.full(3, other))))
    same = away <= tolerance + 1e-12 or abs(code - other) <= 128 * tolerance  # roundings of a distance of 0
    assert transparent(remove_background(sprite, code, tolerance=tolerance)).all() == same


@pytest.mark.parametrize(("other", "same"), [(0, True), (3, True), (4, False), (12, False)])
def test_near_black_a_few_codes_are_the_same_colour_however_far_in_oklab(other, same):
    sprite = np.full((3, 3, 3), other, np.uint8)
    assert transparent(remove_background(sprite, (0, 0, 0), tolerance=0.03)).all() == same


def test_a_neighbour_that_touches_by_a_corner_is_no_part_of_the_shape_around_a_hole():
    small = np.zeros((20, 20), bool)
    small[2:6, 2:7] = True  # 20 pixels, 6 of them in the middle
    sprite = np.full((20, 20, 3), 250, np.uint8)
    sprite[small] = 40
    sprite[3:5, 3:6] = 250
    sprite[6:18, 7:18] = 40
    assert np.array_equal(transparent(remove_background(sprite, WHITE)), (sprite[..., 0] == 250) & ~small)


def test_what_was_transparent_inside_has_no_colour_either():
    sprite = np.full((9, 9, 4), 255, np.uint8)
    sprite[2:7, 2:7] = 30, 30, 30, 255
    sprite[4, 4] = 90, 80, 70, 0
    assert not remove_background(sprite, (255, 255, 255))[4, 4].any()


def test_alpha_that_is_there_stays_and_transparent_pixels_let_the_background_through():
    sprite = np.dstack([drawing(*RING), np.full((8, 14), 200, np.uint8)])
    sprite[:, 0] = 1, 2, 3, 0  # a transparent rim
    result = remove_background(sprite, WHITE)
    assert np.array_equal(transparent(result), marks(RING, ".o"))
    assert set(np.unique(result[..., 3])) == {0, 200}


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2)])
def test_the_smallest_sprites_are_all_border(shape):
    assert transparent(remove_background(np.full(shape, 9, np.uint8), 9)).all()
    assert not transparent(remove_background(np.full(shape, 9, np.uint8), 200)).any()


@pytest.mark.parametrize(
    ("colour", "options", "error", "match"),
    [
        ((1, 2), {}, ValueError, "colour must be"),
        ((1, 2, 256), {}, ValueError, "colour must be"),
        ((1, 2, -1), {}, ValueError, "colour must be"),
        ((1, 2, 0.5), {}, ValueError, "colour must be"),
        ("white", {}, TypeError, "colour must be numbers"),
        ((1, 2, np.nan), {}, ValueError, "finite"),
        (WHITE, {"tolerance": -0.1}, ValueError, "tolerance"),
        (WHITE, {"tolerance": 1.1}, ValueError, "tolerance"),
        (WHITE, {"tolerance": np.nan}, ValueError, "tolerance"),
        (WHITE, {"tolerance": [0.1, 0.2]}, ValueError, "tolerance"),
        (WHITE, {"holes": 1}, TypeError, "holes"),
    ],
)
def test_arguments_of_removal_are_checked(colour, options, error, match):
    with pytest.raises(error, match=match):
        remove_background(np.zeros((3, 3, 3), np.uint8), colour, **options)


@pytest.mark.parametrize("call", [prepare_alpha, find_background, composite_for_detection])
def test_what_is_no_sprite_is_refused(call):
    for wrong in (np.zeros((4, 4, 4), np.float32), np.zeros((4, 4, 4), ">u2")):
        with pytest.raises(TypeError, match="must be uint8"):
            call(wrong)
    for shape in ((4,), (4, 4, 2), (0, 4, 4)):
        with pytest.raises(ValueError, match=r"shape|axes"):
            call(np.zeros(shape, np.uint8))


# composite_for_detection


@settings(**OPTIONS)
@given(st.integers(0, 2**32 - 1))
def test_transparent_pixels_become_the_corner_farthest_from_all_colours(seed):
    draw = np.random.default_rng(seed)
    image = draw.integers(0, 256, (6, 7, 4)).astype(np.uint8)
    image[..., :3] = image[..., :3] // 17 * 17  # of 16 levels
    image[..., 3] = draw.choice([0, 128, 255], (6, 7))
    image[0, 0, 3] = 0
    result = composite_for_detection(image)
    levels = np.array([0, 128, 255])
    flats = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    shown = image[image[..., 3] > 0][:, :3]
    if len(shown):
        away = ref.oklab(ref.linear(flats))[:, None] - ref.oklab(ref.linear(shown))[None]
        flat = flats[np.sqrt((away**2).sum(axis=2)).min(axis=1).argmax()]
    else:
        flat = flats[-1]
    alpha = image[..., 3:].astype(np.float64) / 255
    wanted = image[..., :3] * alpha + flat * (1 - alpha)
    assert np.abs(result - wanted).max() <= 0.5 + 1e-9  # rounded to the nearest code
    assert np.array_equal(result[0, 0], flat)
    hidden = image.copy()
    hidden[image[..., 3] == 0, :3] = 99
    assert np.array_equal(composite_for_detection(hidden), result)


def test_an_opaque_picture_is_its_colours():
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 4)).astype(np.uint8)
    image[..., 3] = 255
    assert np.array_equal(composite_for_detection(image), image[..., :3])
    with pytest.raises(ValueError, match="must be RGBA"):
        composite_for_detection(image[..., :3].copy())
