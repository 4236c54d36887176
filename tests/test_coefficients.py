"""Tiles of coefficients: any size, cut and magnitude comes back; streams that nobody wrote do no harm."""

import coefficients_cases as cases
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at

from pixkern import _coefficients
from pixkern._coefficients import COL, COLS, PLANE, ROW, ROWS, Model
from pixkern.pipelines.codec.layer import Layer, decode_layer, encode_layer

SIDES = st.one_of(st.integers(1, 5), st.sampled_from([63, 64, 65, 127, 128, 129]), st.integers(1, 260))


@st.composite
def layers(draw, number):
    """Layers with tiles of 64 or 128 pixels a side."""
    planes = draw(st.sampled_from([1, 2, 3, 4, 5]))
    integers = number == "int32"
    colour = draw(st.sampled_from(["none", "reversible"])) if integers and planes > 2 else "none"
    tile_bits = draw(st.integers(6, 7))
    return Layer(
        *(draw(SIDES), draw(SIDES), planes, number, draw(st.sampled_from(["haar", "cdf53"]))),
        *(draw(st.integers(1, tile_bits)), draw(st.sampled_from(["dense", "fast"]))),
        content=draw(st.sampled_from(["image", "latent"])),
        tile_bits=tile_bits,
        colour=colour,
        step=1.0 if integers else draw(st.sampled_from([0.5, 1.0, 8.0])),
        shifted=integers and draw(st.booleans()),
    )


KINDS = st.sampled_from(["uniform", "tails", "sparse"])
WIDE = Layer(8195, 3, 1, "int32", "cdf53", 1, "dense", tile_bits=12)  # tiles as wide as there are
TALL = Layer(3, 8195, 3, "int32", "haar", 6, "fast", tile_bits=12, colour="reversible")


@settings(max_examples=150, deadline=None)
@given(layers("int32"), KINDS, st.floats(0, 22), st.integers(0, 99))
@example(WIDE, "uniform", 9.0, 0)
@example(TALL, "tails", 9.0, 0)
def test_integers_of_any_magnitude_come_back_at_every_resolution(layer, kind, octave, seed):
    given = cases.planes(kind, layer, 2.0**octave, seed)
    coded = cases.parsed(encode_layer(given, layer))
    assert coded.layer == layer
    for reduce in {0, 1, layer.levels}:
        found = decode_layer(coded, reduce=reduce)
        assert np.array_equal(found, given[:, : found.shape[1], : found.shape[2]])


@settings(max_examples=100, deadline=None)
@given(layers("float32"), KINDS, st.floats(-2, 18), st.integers(0, 99))
def test_floats_come_back_within_their_bins(layer, kind, octave, seed):
    given = cases.planes(kind, layer, 2.0**octave, seed)
    found = decode_layer(cases.parsed(encode_layer(given, layer)))
    for index in range(layer.tiling.rows * layer.tiling.cols):
        segments = layer.tiling.segments(index, layer.roles)
        for field, step in zip(segments.fields, cases.steps(layer, segments).tolist(), strict=True):
            place = (
                field[PLANE],
                slice(field[ROW], field[ROW] + field[ROWS]),
                slice(field[COL], field[COL] + field[COLS]),
            )
            x, y = given[place].astype(float) / step, found[place].astype(float) / step
            rounding = 2e-6 * np.abs(x)  # quotient, sum and product of float32, and magnitudes up to 2**22
            assert (np.abs(x - y)[y != 0] <= (0.54 + rounding)[y != 0]).all()  # 1 - 0.42 - 3 / 64, and 0.42 + 3 / 64
            assert (np.abs(x)[y == 0] < 1.5).all()  # where a one may cost more than it is worth
            assert (y[x == 0] == 0).all()
            assert (x * y >= 0).all()


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(["float32", "int32"]), st.booleans(), st.integers(0, 9999))
def test_random_streams_change_nothing_but_their_tile(data, number, everything, seed):
    layer = data.draw(layers(number))
    index = data.draw(st.integers(0, layer.tiling.rows * layer.tiling.cols - 1))
    planes = np.full((layer.planes, layer.height, layer.width), 2**30 + 64, number)  # no decoder makes that
    verdict = cases.decode_random(layer, index, planes, seed, everything=everything)
    assert verdict in _coefficients._PROBLEMS
    inside = np.zeros(planes.shape, bool)
    for field in layer.tiling.segments(index, layer.roles).fields:
        inside[field[PLANE], field[ROW] : field[ROW] + field[ROWS], field[COL] : field[COL] + field[COLS]] = True
    assert (planes[~inside] == 2**30 + 64).all()
    if not verdict:
        assert np.isfinite(planes[inside]).all()
        assert number == "int32" or (np.abs(planes[inside]) < 2**30).all()


@pytest.mark.parametrize("profile", ["dense", "fast"])
def test_words_bits_or_states_too_many_or_too_few_are_named(profile):
    layer = Layer(70, 50, 1, "int32", "cdf53", 3, profile, tile_bits=7)
    segments = layer.tiling.segments(0, layer.roles)
    given = cases.planes("tails", layer, 900, 0)
    model = cases.model(layer)
    shared = segments.fields, segments.map_bytes, cases.steps(layer, segments)
    streams, _ = _coefficients.encode(given, *shared, model, profile)

    def decoded(**changed):
        return _coefficients.decode(
            *(streams._replace(**changed), np.empty_like(given), *shared, layer.offset, model, profile)
        )

    assert decoded() == ""
    assert "words" in decoded(words=streams.words[:-1])
    assert "words" in decoded(words=np.append(streams.words, np.uint16(7)))
    for name in ("signs", "raw"):
        part, what = getattr(streams, name), name if name == "signs" else "raw bits"
        assert what in decoded(**{name: part[:-1]})
        assert what in decoded(**{name: np.append(part, np.uint8(0))})
        assert what in decoded(**{name: np.append(part[:-1], part[-1] | np.uint8(128))}) or part[-1] & 128


@pytest.mark.parametrize("level", AVAILABLE)
def test_cpu_level_changes_no_bit_of_large_magnitudes_and_random_streams(level, reference):
    assert run_at(level, "coefficients_cases", "print_digests") == reference


@pytest.fixture(scope="module")
def reference():
    return run_at("base", "coefficients_cases", "print_digests")


@pytest.mark.parametrize(
    ("weights", "frequencies", "words"),
    [
        ((1, 19), (1, 24, 32), "other shapes"),
        ((1, 20), (2, 24, 32), "other shapes"),
        ((1, 20), (1, 24, 31), "other shapes"),
    ],
)
def test_models_of_other_shapes_are_refused(weights, frequencies, words):
    with pytest.raises(ValueError, match=words):
        Model(np.zeros(weights, np.int32), np.full(frequencies, 512, np.uint16))


def test_models_that_loops_cannot_use_are_refused():
    even = np.full((1, 24, 32), 512, np.uint16)
    Model(np.full((1, 20), 64, np.int32), even)
    without = even.copy()
    without[0, 3, :2] = 0, 1024
    for frequencies in (without, even + np.uint16(1)):
        with pytest.raises(ValueError, match="2\\*\\*14"):
            Model(np.zeros((1, 20), np.int32), frequencies)
    for weights in (np.full((1, 20), -1), np.full((1, 20), 2**13)):
        with pytest.raises(ValueError, match="weights"):
            Model(weights, even)
