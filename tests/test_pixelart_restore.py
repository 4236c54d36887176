import dataclasses
import tracemalloc

import numpy as np
import pytest
from restored_cases import SPRITE, SPRITES, noisy, relatives, same, upscaled

from pixkern.pipelines.pixelart import FEATURES, Options, Restorer, restore
from pixkern.pipelines.pixelart.palette import save_palette

PICTURE = noisy(upscaled(SPRITE, 8))
SIZE = SPRITE.shape[1::-1]
TWO = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)


def codes(found):
    return [warning.code for warning in found.warnings]


def colours(sprite):
    return len(np.unique(sprite.reshape(-1, sprite.shape[-1]), axis=0))


@pytest.fixture(scope="module")
def plain():
    return restore(PICTURE)


# The grid that is asked for


@pytest.mark.parametrize("cell", [8, 8.0, (8, 8), np.float32(8), np.array([8, 8])])
def test_a_cell_that_is_given_is_taken(cell, plain):
    found = restore(PICTURE, cell=cell)
    assert found.size == SIZE
    assert found.status == "forced"
    assert found.confidence > 0.9
    assert np.array_equal(found.sprite, plain.sprite)


@pytest.mark.parametrize("cell", [(4, 8), (16, 8), (5.3, 9.7), 1, 1.3, 2, 40])
def test_every_cell_has_about_as_many_cells_as_fit(cell):
    found = restore(PICTURE, cell=cell)
    pair = cell if isinstance(cell, tuple) else (cell, cell)
    for cells, pitch, side in zip(found.size, pair, PICTURE.shape[1::-1], strict=True):
        assert abs(cells - side / pitch) <= max(3, 0.05 * side / pitch)  # cut ends; lines go where evidence is
    assert found.status == "forced"
    assert found.confidence < 0.1  # this is not what the picture shows
    assert "low_confidence" in codes(found)


def test_cells_of_a_pixel_are_the_pixels():
    assert np.array_equal(restore(PICTURE, cell=1, colours=None).sprite, PICTURE)
    assert np.array_equal(restore(PICTURE, size=PICTURE.shape[1::-1], colours=None).sprite, PICTURE)


@pytest.mark.parametrize("cell", [500, 2**31])
def test_a_cell_larger_than_the_picture_is_one_cell(cell):
    found = restore(PICTURE, cell=cell)
    assert found.size == (1, 1)
    assert found.cell == (cell, cell)
    assert "degenerate" in codes(found)


def test_an_offset_moves_the_lines_and_spaces_them_evenly():
    found = restore(PICTURE, cell=8, offset=(3, 5.5))
    assert found.offset == (3, 5.5)
    assert np.array_equal(found.lines[0][1:-1], np.arange(3, 224, 8.0))
    assert np.array_equal(found.lines[1][1:-1], np.arange(5.5, 136, 8.0))
    for other in ((3 + 8, 5.5 - 16), (3 - 800, 5.5 + 8000)):
        moved = restore(PICTURE, cell=8, offset=other)
        assert all(np.array_equal(a, b) for a, b in zip(moved.lines, found.lines, strict=True))
    assert restore(PICTURE, cell=8, offset=(0, 0)).size == SIZE
    assert restore(PICTURE, offset=(0, 0)).size == SIZE


@pytest.mark.parametrize("size", [SIZE, (1, 1), (2, 3), (40, 20), (100, 100), (224, 136), (28, 136)])
def test_a_size_that_is_given_is_the_size(size):
    found = restore(PICTURE, size=size)
    assert found.size == size
    assert found.sprite.shape[1::-1] == size
    assert found.status == "forced"
    assert (found.confidence > 0.9) == (size == SIZE)


def test_the_size_finds_lines_where_they_are():
    found = restore(PICTURE, size=SIZE)
    assert all(np.abs(lines - 8 * np.arange(len(lines))).max() <= 0.5 for lines in found.lines)  # half a step


def test_drift_says_how_even_lines_are():
    spread = []
    for drift in ("none", "mild", "free"):
        gaps = np.diff(restore(noisy(PICTURE, 30), cell=8.05, drift=drift).lines[0][1:-1])
        spread.append(gaps.std())
    assert spread[0] < 1e-9  # evenly spaced, rounded
    assert spread[0] < spread[1] <= spread[2]


def test_square_false_lets_axes_differ_and_true_does_not():
    wide = noisy(upscaled(SPRITE, 9, 5))
    found = restore(wide, square=False)
    assert found.size == SIZE
    assert found.cell == pytest.approx((9, 5), rel=0.02)  # lines on half pixels
    forced = restore(wide, square=True)
    assert forced.cell[0] == pytest.approx(forced.cell[1], rel=0.1)  # combs are 1.5 % apart at most; gaps vary


def test_border_drop_leaves_out_the_cells_that_the_border_cuts():
    cut = noisy(upscaled(SPRITE, 8)[3:, :-4])
    kept, dropped = (restore(cut, border=border, colours=None) for border in ("keep", "drop"))
    assert kept.size == SIZE
    assert dropped.size == (SIZE[0] - 1, SIZE[1] - 1)
    assert np.array_equal(dropped.sprite, kept.sprite[1:, :-1])
    assert dropped.difference.cells.shape == dropped.sprite.shape[:2]
    assert same(restore(PICTURE, border="drop"), restore(PICTURE))


# Colours


def test_the_ways_to_a_colour_agree_on_clean_cells_and_not_on_noise():
    exact = upscaled(SPRITE, 8)
    sprites = [restore(exact, colour=colour, colours=None).sprite for colour in ("inlier", "median", "mode", "centre")]
    assert all(np.array_equal(sprite, SPRITE) for sprite in sprites)
    sprites = [restore(noisy(exact, 15), colour=colour, colours=None).sprite for colour in ("inlier", "median", "mode")]
    assert len({sprite.tobytes() for sprite in sprites}) == 3


def test_colours_auto_gives_equal_cells_one_colour_and_none_leaves_them(plain):
    every = restore(PICTURE, colours=None)
    assert colours(SPRITE) <= colours(plain.sprite) < colours(every.sprite)
    error = [np.abs(found.sprite.astype(float) - SPRITE).mean() for found in (plain, every)]
    assert error[0] < error[1] + 0.5  # pooled cells have less noise, near colours become one
    assert plain.palette is every.palette is None


@pytest.mark.parametrize("number", [1, 2, 7, 16])
def test_a_number_of_colours_is_a_palette_of_at_most_so_many(number):
    found = restore(PICTURE, colours=number)
    assert len(found.palette) <= number
    assert {tuple(colour) for colour in found.sprite.reshape(-1, 3).tolist()} <= {
        tuple(colour) for colour in found.palette.tolist()
    }


def test_a_palette_is_taken_from_an_array_or_a_file(tmp_path):
    save_palette(tmp_path / "two.gpl", TWO)
    found = [restore(PICTURE, palette=given) for given in (TWO, tmp_path / "two.gpl", str(tmp_path / "two.gpl"))]
    assert set(np.unique(found[0].sprite)) == {0, 255}
    assert all(np.array_equal(one.sprite, found[0].sprite) for one in found)
    dithered = restore(PICTURE, palette=TWO, dither="floyd-steinberg")
    assert set(np.unique(dithered.sprite)) == {0, 255}
    assert not np.array_equal(dithered.sprite, found[0].sprite)


def test_a_palette_that_changes_later_changes_nothing():
    palette = TWO.copy()
    found = restore(PICTURE, palette=palette)
    before = found.sprite.copy()
    palette[:] = 77
    assert np.array_equal(found.again().sprite, before)


def test_alpha_is_kept_or_made_two_valued():
    alpha = np.where(SPRITE.any(axis=2), 200, 40).astype(np.uint8)
    picture = np.dstack([PICTURE, upscaled(alpha, 8)])
    assert set(np.unique(restore(picture).sprite[..., 3])) == {40, 200}
    for option in ("binarise", 100):
        made = restore(picture, alpha=option).sprite
        assert np.array_equal(made[..., 3] == 255, alpha == 200)
        assert set(np.unique(made[..., 3])) == {0, 255}
    assert (restore(picture, alpha=201).sprite[..., 3] == 0).all()


def test_a_background_becomes_transparent():
    colour = tuple(SPRITE[0, 0].tolist())
    for background in ("auto", colour):
        found = restore(upscaled(SPRITE, 8), background=background)
        assert found.sprite.shape == (*SPRITE.shape[:2], 4)
        assert tuple(found.background[:3].tolist()) == colour
        assert found.sprite[0, 0, 3] == 0
        seen = found.sprite[..., 3] == 255
        assert seen.any()
        assert np.array_equal(found.sprite[seen][:, :3], SPRITE[seen])
    assert restore(PICTURE).background is None


# What rankers are asked


def test_a_ranker_chooses_among_the_likeliest(plain):
    asked = []

    def likes_the_second(candidates):
        asked.append(candidates)
        return np.arange(len(candidates.grids)) == 1

    found = restore(PICTURE, ranker=lambda candidates: likes_the_second(candidates).astype(np.float32))
    (given,) = asked
    assert given.image is not None
    assert given.features.shape == (len(given.grids), len(FEATURES))
    assert found.size == given.grids[1].size
    agrees = restore(PICTURE, ranker=lambda candidates: -np.arange(len(candidates.grids), dtype=np.float32))
    assert agrees.size == plain.size


# Overrides


CHANGES = [
    {"cell": 4},
    {"cell": (8, 4), "offset": (1, 2)},
    {"size": (20, 20)},
    {"drift": "free"},
    {"drift": "none", "border": "drop"},
    {"min_cell": 9},
    {"max_cell": 7, "top_k": 2},
    {"square": False},
    {"colour": "median", "colours": 5},
    {"palette": TWO, "dither": "bayer4"},
    {"background": "auto", "alpha": 128},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_again_gives_what_a_fresh_restoration_gives(changes, plain):
    again, fresh = plain.again(**changes), restore(PICTURE, **changes)
    assert same(again, fresh)
    assert same(again.again(**{name: getattr(Options(), name) for name in changes}), plain)


def test_options_are_kept_from_one_override_to_the_next(plain):
    found = plain.again(colours=5).again(border="drop").half()
    assert same(found, restore(PICTURE, colours=5, border="drop", cell=(plain.cell[0] / 2, plain.cell[1] / 2)))


def test_half_and_double_are_those_cells(plain):
    half, double = plain.half(), plain.double()
    assert same(half, restore(PICTURE, cell=(plain.cell[0] / 2, plain.cell[1] / 2)))
    assert same(double, restore(PICTURE, cell=(plain.cell[0] * 2, plain.cell[1] * 2)))
    assert half.size == (56, 34)
    assert abs(double.size[0] - 14) <= 1  # the border may cut cells
    assert abs(double.size[1] - 9) <= 1  # likewise
    assert half.double().size == SIZE
    assert half.confidence < plain.confidence > double.confidence
    assert same(restore(PICTURE, size=SIZE).half(), plain.again(size=SIZE).half())


def test_halves_end_at_the_pixel():
    found = restore(SPRITE)
    assert found.cell == (1, 1)
    assert found.half().cell == (1, 1)


def test_nudges_move_the_lines(plain):
    moved = plain.nudge(2, -1.5)
    assert moved.status == "forced"
    assert moved.offset == pytest.approx(
        ((plain.offset[0] + 2) % 8, (plain.offset[1] - 1.5) % 8), abs=0.6
    )  # half steps
    assert np.array_equal(plain.nudge(0, 0).sprite, plain.sprite)
    assert plain.nudge(0, 0).grid.size == plain.grid.size
    assert np.array_equal(moved.nudge(-2, 1.5).sprite[:, 1:-1][1:-1], plain.sprite[1:-1, 1:-1])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 9, -9, 1e12])
def test_nudges_are_at_most_a_cell(wrong, plain):
    for steps in ((wrong, 0), (0, wrong)):
        with pytest.raises(ValueError, match=r"d[xy] must be -8"):
            plain.nudge(*steps)
    with pytest.raises(TypeError, match="dx must be a number"):
        plain.nudge("1", 0)


def test_every_alternative_can_be_chosen(plain):
    for index, one in enumerate(plain.alternatives):
        found = plain.choose(index)
        assert found.grid is one.grid
        assert found.confidence == one.probability
        assert found.sprite.shape[1::-1] == one.grid.size
        assert found.status == "forced"
        assert {other.grid.size for other in found.alternatives} == {other.grid.size for other in plain.alternatives}
    with pytest.raises(IndexError):
        plain.choose(len(plain.alternatives))


def test_one_restorer_answers_any_order_of_questions_alike():
    restorer, orders = Restorer(PICTURE), []
    for order in (CHANGES, CHANGES[::-1]):
        orders.append([restorer.restore(Options.checked(**changes)) for changes in order])
    for one, other in zip(orders[0], orders[1][::-1], strict=True):
        assert same(one, other)


def test_upscaled_repeats_the_pixels(plain):
    assert np.array_equal(plain.upscaled(3), upscaled(plain.sprite, 3))


# What is said


def test_the_difference_is_that_of_the_sprite_painted_back():
    picture = upscaled(SPRITE, 8)
    assert restore(picture).difference.total == 0
    spoilt = picture.copy()
    spoilt[3:5, 3:5] = 255 - spoilt[3:5, 3:5]  # in the middle of the first cell
    found = restore(spoilt, cell=8, offset=(0, 0), colour="median")
    painted = upscaled(found.sprite, 8)
    wrong = (np.abs(painted.astype(int) - spoilt) > 32).any(axis=2)
    assert found.difference.total == pytest.approx(100 * wrong.mean())
    assert found.difference.cells[0, 0] == pytest.approx(4 / 16)  # of 16 core pixels
    assert np.count_nonzero(found.difference.cells) == 1
    assert found.difference.halo == 0


def test_warnings_have_their_codes():
    assert codes(restore(PICTURE)) == []
    assert codes(restore(SPRITE)) == ["native"]
    assert codes(restore(upscaled(SPRITE, 2))) == ["small_cells"]
    assert codes(restore(np.zeros((30, 30, 3), np.uint8))) == ["degenerate"]
    assert "degenerate" in codes(restore(PICTURE, size=(1, 20)))
    unsure = restore(np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8))
    assert codes(unsure) == ["low_confidence"]
    assert "{} x {}".format(*unsure.alternatives[1].grid.size) in unsure.warnings[0].message


def test_what_is_asked_is_what_is_kept():
    found = restore(PICTURE, cell=8, colours=4, top_k=2)
    assert dataclasses.asdict(found.options) == dataclasses.asdict(Options(cell=(8.0, 8.0), colours=4, top_k=2))
    assert found.image is PICTURE
    assert found.seconds > 0


def test_pictures_come_back_unchanged_and_sprites_are_no_views_of_them():
    for picture in (SPRITE.copy(), PICTURE.copy(), np.dstack([PICTURE, PICTURE[..., :1]])):
        kept = picture.copy()
        picture.flags.writeable = False
        found = restore(picture)
        assert np.array_equal(picture, kept)
        assert not np.shares_memory(found.sprite, picture)


def test_any_memory_order_gives_the_result_of_its_copy():
    views = [PICTURE[:, ::-1], PICTURE[::2, ::2], np.asfortranarray(PICTURE), np.broadcast_to(PICTURE[:1], (9, 224, 3))]
    for view in views:
        assert same(restore(view), restore(view.copy()))


# Hostile arguments


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (None, TypeError, "image must be a NumPy array, got NoneType"),
        ([[1, 2]], TypeError, "image must be a NumPy array, got list"),
        (np.zeros((5, 5)), TypeError, "image must be uint8, got float64"),
        (np.zeros((5, 5), np.uint16), TypeError, "image must be uint8"),
        (np.zeros((5, 5), bool), TypeError, "image must be uint8"),
        (np.ma.zeros((5, 5), np.uint8), TypeError, "masked"),
        (np.zeros((0, 5), np.uint8), ValueError, "image is empty"),
        (np.zeros((5, 0, 3), np.uint8), ValueError, "image is empty"),
        (np.zeros(5, np.uint8), ValueError, "image needs 2 or 3 axes"),
        (np.zeros((1, 5, 5, 3), np.uint8), ValueError, "image needs 2 or 3 axes"),
        (np.zeros((5, 5, 2), np.uint8), ValueError, "image must be"),
    ],
)
def test_what_is_no_picture_is_refused(image, error, message):
    with pytest.raises(error, match=message):
        restore(image)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bogus": 1}, TypeError, "bogus"),
        ({"cell": "8"}, TypeError, "cell must be a number"),
        ({"cell": True}, TypeError, "cell must be a number"),
        ({"cell": (8,)}, ValueError, "cell must be a pair"),
        ({"cell": (8, 8, 8)}, ValueError, "cell must be a pair"),
        ({"cell": 0.99}, ValueError, "cell must be 1 to"),
        ({"cell": float("nan")}, ValueError, "cell must be 1 to"),
        ({"cell": (8, float("inf"))}, ValueError, "cell must be 1 to"),
        ({"offset": 3}, TypeError, "offset must be a pair"),
        ({"offset": (0, float("nan"))}, ValueError, "offset must be"),
        ({"size": 5}, TypeError, "size must be a pair"),
        ({"size": (5.0, 5)}, TypeError, "size must be an integer"),
        ({"size": (0, 5)}, ValueError, "size must be 1 to"),
        ({"size": (225, 5)}, ValueError, "more cells than the picture's 224 pixels"),
        ({"size": (5, 137)}, ValueError, "more cells than the picture's 136 pixels"),
        ({"size": (5, 5), "cell": 8}, ValueError, "leave cell and offset out, or size"),
        ({"size": (5, 5), "offset": (0, 0)}, ValueError, "leave cell and offset out, or size"),
        ({"min_cell": None}, TypeError, "min_cell must be a number"),
        ({"min_cell": 0.5}, ValueError, "min_cell must be 1 to"),
        ({"max_cell": 2}, ValueError, "max_cell must be at least min_cell"),
        ({"min_cell": 9, "max_cell": 8}, ValueError, "max_cell must be at least min_cell, 9"),
        ({"square": 1}, TypeError, "square must be True, False or None"),
        ({"drift": "some"}, ValueError, "drift must be one of 'mild', 'none', 'free'"),
        ({"drift": np.array(["mild", "none"])}, ValueError, "drift must be one of"),
        ({"border": None}, ValueError, "border must be one of"),
        ({"colour": "mean"}, ValueError, "colour must be one of"),
        ({"dither": "random"}, ValueError, "dither must be one of"),
        ({"colours": 0}, ValueError, "colours must be 1 to"),
        ({"colours": 2.5}, TypeError, "colours must be an integer"),
        ({"colours": "many"}, ValueError, 'colours must be a number or "auto"'),
        ({"colours": 3, "palette": TWO}, ValueError, "leave one of them out"),
        ({"palette": [[0, 0, 0]]}, TypeError, "palette must be uint8"),
        ({"palette": TWO[:0]}, ValueError, "palette must be"),
        ({"palette": "no/such/file.gpl"}, FileNotFoundError, "file.gpl"),
        ({"alpha": None}, TypeError, "alpha must be"),
        ({"alpha": "maybe"}, ValueError, "alpha must be"),
        ({"alpha": 256}, ValueError, "alpha must be 0 to 255"),
        ({"background": "red"}, ValueError, "background must be"),
        ({"background": (1, 2)}, ValueError, "background must be a colour of 3"),
        ({"background": (0, 0, 256)}, ValueError, "background must be 0 to 255"),
        ({"top_k": 0}, ValueError, "top_k must be 1 to"),
        ({"top_k": None}, TypeError, "top_k must be an integer"),
        ({"ranker": 3}, TypeError, "ranker must be a function or the path"),
        ({"threads": 0}, ValueError, "threads must be 1 to"),
        ({"threads": "2"}, TypeError, "threads must be an integer"),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused_in_one_line(options, error, message, plain):
    with pytest.raises(error, match=message) as refused:
        restore(PICTURE, **options)
    assert "\n" not in str(refused.value)
    if "threads" not in options:
        with pytest.raises(error, match=message):
            plain.again(**options)


def test_options_are_checked_before_the_picture_is_looked_at():
    with pytest.raises(TypeError, match="bogus"):
        restore(None, bogus=1)


# Native sprites under options


def test_native_sprites_take_what_is_asked_of_their_colours():
    name = next(iter(SPRITES))
    assert np.array_equal(restore(SPRITES[name], border="drop", colour="mode").sprite, SPRITES[name])
    assert colours(restore(SPRITES[name], colours=3).sprite) <= 3
    assert restore(SPRITES[name], background="auto").sprite.shape[2] == 4
    assert set(relatives(restore(SPRITES[name]))) == {"double"}


# Memory


def test_memory_is_as_documented():
    small, large = (noisy(upscaled(np.tile(SPRITE, (n, n, 1)), 6)) for n in (1, 6))
    restore(small, threads=1)
    tracemalloc.start()
    restore(large, threads=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    pixels = large.shape[0] * large.shape[1]
    assert pixels > 600_000
    assert peak < 25 * pixels + 2**20  # and what candidates and cells take, which does not grow with pixels
