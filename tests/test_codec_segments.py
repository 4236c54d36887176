import itertools
from dataclasses import replace

import codec_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern import _coefficients
from pixkern._coefficients import COLS, MAP, PARENT, PLANE, ROW, ROWS, STRIDE, TABLE
from pixkern.lifting import subbands
from pixkern.pipelines.codec.layer import Layer, decode_layer, encode_layer, parse_layer
from pixkern.pipelines.codec.segments import LL, TABLES, PlaneRole, Tiling, table_index

COL = _coefficients.COL
GREY = (PlaneRole(0),)
COLOURS = (PlaneRole(0), PlaneRole(1, luma=0), PlaneRole(2, luma=0, chroma=1))
tilings = st.builds(
    lambda height, width, levels, bits: Tiling(height, width, levels, 1 << max(bits, levels)),
    *(st.integers(1, 300), st.integers(1, 300), st.integers(1, 10), st.integers(4, 8)),
)


def everything(tiling, roles):
    return [tiling.segments(index, roles) for index in range(tiling.rows * tiling.cols)]


@settings(deadline=None, max_examples=150)
@given(tilings)
def test_segments_of_all_tiles_cover_every_coefficient_once(tiling):
    owners = np.zeros((3, *tiling.plane_shape), int)
    for segments in everything(tiling, COLOURS):
        for field in segments.fields:
            owners[field[PLANE], field[ROW] : field[ROW] + field[ROWS], field[COL] : field[COL] + field[COLS]] += 1
    assert (owners == 1).all()


@settings(deadline=None, max_examples=80)
@given(tilings)
def test_each_segment_lies_within_its_subband(tiling):
    bands = {(b.level, b.orientation): b for b in subbands((tiling.height, tiling.width), tiling.levels)}
    for segments in everything(tiling, GREY):
        for field, level, orientation in zip(*segments[:3], strict=True):
            band = bands[level, ("LL", "HL", "LH", "HH")[orientation]]
            assert band.rows.start <= field[ROW] < field[ROW] + field[ROWS] <= band.rows.stop
            assert band.cols.start <= field[COL] < field[COL] + field[COLS] <= band.cols.stop


@settings(deadline=None, max_examples=80)
@given(tilings, st.data())
def test_segments_of_a_reduced_image_are_the_first_ones(tiling, data):
    reduced = replace(tiling, reduce=data.draw(st.integers(0, tiling.levels)))
    for whole, part in zip(everything(tiling, COLOURS), everything(reduced, COLOURS), strict=True):
        count = len(part.fields)
        assert np.array_equal(part.levels, whole.levels[:count])
        assert np.array_equal(part.fields[:, ROWS : TABLE + 1], whole.fields[:count, ROWS : TABLE + 1])
        assert np.array_equal(part.fields[:, PARENT:], whole.fields[:count, PARENT:])
        assert (whole.levels[count:] <= reduced.reduce).all()


@settings(deadline=None, max_examples=80)
@given(tilings, st.data())
def test_tiles_of_a_part_have_the_segments_they_have_in_the_whole(tiling, data):
    top = data.draw(st.integers(0, tiling.rows - 1))
    bottom = data.draw(st.integers(top, tiling.rows - 1))
    left = data.draw(st.integers(0, tiling.cols - 1))
    right = data.draw(st.integers(left, tiling.cols - 1))
    height = min(tiling.height, (bottom + 1) * tiling.side) - top * tiling.side
    width = min(tiling.width, (right + 1) * tiling.side) - left * tiling.side
    part = replace(tiling, height=height, width=width)
    for index in range(part.rows * part.cols):
        row, col = divmod(index, part.cols)
        alone = part.segments(index, GREY)
        within = tiling.segments((top + row) * tiling.cols + left + col, GREY)
        assert np.array_equal(alone.fields[:, ROWS:], within.fields[:, ROWS:])


@settings(deadline=None, max_examples=80)
@given(tilings)
def test_maps_have_zeros_around_them_and_do_not_overlap(tiling):
    for segments in everything(tiling, COLOURS):
        used = np.zeros(segments.map_bytes, int)
        for field in segments.fields:
            places = field[MAP] + np.add.outer(np.arange(field[ROWS]) * field[STRIDE], np.arange(field[COLS])).ravel()
            used[places] += 1
            around = np.add.outer(np.arange(-2, 2) * field[STRIDE], np.arange(-2, 3)).ravel()
            assert (field[MAP] + around >= 0).all()
            assert field[STRIDE] >= field[COLS] + 8
        assert used.max(initial=0) == 1
        last = segments.fields[-1]
        beyond = last[MAP] + (last[ROWS] + 1) * last[STRIDE] + last[COLS] + 6  # what a row of vectors may touch below
        assert beyond < segments.map_bytes


def test_what_a_segment_looks_at_stands_before_it():
    for segments in everything(Tiling(150, 170, 4, 64), COLOURS):
        for number, field in enumerate(segments.fields):
            for other in field[PARENT : PARENT + 5]:
                assert -1 <= other < number
            if field[PARENT] >= 0:
                assert segments.levels[field[PARENT]] == segments.levels[number] + 1
                assert segments.orientations[field[PARENT]] == segments.orientations[number] != LL


def test_every_table_belongs_to_some_segment():
    found = {table_index(*which) for which in itertools.product(range(3), range(1, 11), range(4))}
    assert found == set(range(TABLES))


@pytest.mark.parametrize("profile", ["dense", "fast"])
@pytest.mark.parametrize("number", ["int32", "float32"])
def test_layers_come_back_whole_reduced_and_in_tiles(profile, number):
    layer = Layer(150, 170, 3, number, "cdf53", 4, profile, tile_bits=6, step=1 / 64)
    noise = (cases.draws((3, 170, 150)) % np.uint64(401)).astype(np.int32) - 200
    planes = noise.astype(number)
    coded = parse_layer(memoryview(encode_layer(planes, layer)), 0, max_samples=planes.size)
    back = decode_layer(coded)
    if number == "int32":
        assert np.array_equal(back, planes)
    else:
        assert (
            np.abs(back - planes).max() < 1 / 32
        )  # the longest step is that of HH 1: 1 / 64 / 0.848^2, and half of it
    for reduce in range(5):
        rows, cols = -(-170 >> reduce), -(-150 >> reduce)
        assert np.array_equal(decode_layer(coded, reduce=reduce), back[:, :rows, :cols])
    part = decode_layer(coded, region=(1, 2, 1, 1))
    expected = np.zeros_like(part)
    for field, whole in (
        (a, b)
        for k, index in ((0, 4), (1, 7))
        for a, b in zip(
            Tiling(106, 64, 4, 64).segments(k, layer.roles).fields,
            layer.tiling.segments(index, layer.roles).fields,
            strict=True,
        )
    ):
        to, at = (np.s_[f[PLANE], f[ROW] : f[ROW] + f[ROWS], f[COL] : f[COL] + f[COLS]] for f in (field, whole))
        expected[to] = back[at]
    assert np.array_equal(part, expected)
