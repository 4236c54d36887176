"""Restorations that are moved, chosen and coloured anew: what was decided stays decided."""

import dataclasses
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.pipelines.pixelart import Grid, Options, restore

SPRITE = np.random.default_rng(4).integers(0, 256, (10, 12, 3), np.uint8)
PICTURE = SPRITE.repeat(8, axis=0).repeat(8, axis=1)[3:, 5:]  # the first row and the first column are cut


@pytest.fixture(scope="module")
def found():
    return restore(PICTURE)


def same(one, other):
    return all(np.array_equal(*lines) for lines in zip(one.lines, other.lines, strict=True))


@pytest.mark.parametrize(
    "change", [{"colours": 4}, {"border": "drop"}, {"colour": "median"}, {"background": (1, 2, 3)}]
)
def test_options_of_colours_give_what_restore_gives(found, change):
    again, anew = found.again(**change), restore(PICTURE, **change)
    assert same(again, anew)
    assert np.array_equal(again.sprite, anew.sprite)
    assert (again.status, again.confidence, again.options) == (anew.status, anew.confidence, anew.options)


@pytest.mark.parametrize("moved", [lambda found: found.nudge(2, -1), lambda found: found.choose(2)])
def test_colours_of_a_grid_that_was_moved_or_chosen_leave_it_there(found, moved):
    elsewhere = moved(found)
    assert not same(elsewhere, found)
    assert same(elsewhere.again(colours=4), elsewhere)


def test_options_of_the_grid_look_for_it_again(found):
    assert same(found.nudge(2, 1).again(cell=None), found)


def test_grids_without_their_cut_cells_are_moved_as_whole_ones(found):
    dropped = found.again(border="drop")
    assert dropped.size == (11, 9)
    assert same(dropped.nudge(1, 2), found.nudge(1, 2).again(border="drop"))
    assert same(dropped.again(border="keep"), found)


@settings(max_examples=50, deadline=None)
@given(
    cell=st.floats(1, 9),
    cells=st.integers(1, 12),
    step=st.floats(-1, 1),
)
def test_moved_grids_have_no_cell_narrower_than_a_pixel_where_there_was_none(cell, cells, step):
    length = max(2, int(cell * cells))
    lines = np.unique(np.concatenate([np.arange(0.0, length - 1, cell), [length]]))
    moved = Grid.of(lines, lines, (cell, cell)).moved(step * cell, 0).lines_x
    assert (moved[0], moved[-1]) == (0, length)
    assert np.diff(moved).min() > 1 - 1e-5  # rounding of sums of lines


def test_a_sprite_at_its_true_resolution_can_be_moved():
    native = restore(SPRITE, cell=1)
    assert native.nudge(0, 0).size == native.size
    assert native.nudge(0.5, 0).size[0] <= native.size[0]


@pytest.mark.parametrize("without", [{}, {"colours": None}])
def test_dithering_without_a_palette_is_refused(without):
    with pytest.raises(ValueError, match="give palette, or a number of colours"):
        restore(PICTURE, dither="bayer4", **without)


def test_the_signature_names_every_option_with_its_default():
    said = {name: one.default for name, one in inspect.signature(restore).parameters.items()}
    assert said.pop("image") is inspect.Parameter.empty
    assert said.pop("threads") is None
    assert said == {field.name: field.default for field in dataclasses.fields(Options)}


def test_warnings_name_no_sizes_that_are_next_to_impossible():
    noise = restore(np.random.default_rng(0).integers(0, 256, (90, 110, 3), np.uint8))
    told = [warning.message for warning in noise.warnings if warning.code == "low_confidence"]
    assert len(told) == 1
    assert "(0%)" not in told[0]
    assert " 0%" not in told[0]
