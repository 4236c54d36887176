"""The coder of the codec as a system of its own: what it takes, and that its bytes say what it did."""

import numpy as np
import pytest

from pixkern.pipelines.codec.sdk import ANSBitstream, DecodeError, PyramidLayout, WaveletPyr, World
from pixkern.pipelines.codec.sdk.systems.coefficients import CoefficientCoder

STEP = 0.3337  # of no 12 bits


def coded(coefficients, layout, **options):
    """A world of one entity with these coefficients and their bytes."""
    world = World(arena_capacity=64 << 20)
    entity = world.new_entity()
    world.add_component(entity, WaveletPyr(world.arena.put(coefficients), layout))
    stream = world.pipe(entity).to(CoefficientCoder("forward", **options)).out(ANSBitstream)
    return world.view(stream.data)


def decoded(data, **options):
    world = World(arena_capacity=64 << 20)
    entity = world.new_entity()
    world.add_component(entity, ANSBitstream(world.arena.put(data), "pixkern layer 1"))
    found = world.pipe(entity).to(CoefficientCoder("inverse", **options)).out(WaveletPyr)
    return world.view(found.coefficients)


def numbers(shape=(3, 70, 130), scale=4000.0):
    return (np.random.default_rng(0).standard_normal(shape) * scale).astype(np.float32)


@pytest.mark.parametrize("chroma", [1.0, 1.3, 1.5, 7.96])
def test_what_comes_back_is_within_a_step_however_many_steps_there_are(chroma):
    given = numbers()
    back = decoded(coded(given, PyramidLayout("haar", 1, "Planes", origin="ycocg uint8"), step=STEP, chroma=chroma))
    # The coarsest step: of HH, norm 1 / 2, in Co, norm sqrt(2); a dead zone of 0.58 steps, and ones cut up to 1.5.
    assert np.abs(back - given).max() < 1.5 * STEP * 2 / 2**0.5 * max(chroma, 1)


def test_values_are_restored_without_a_bias_that_grows_with_them():
    given = numbers((1, 64, 64), 1e5)
    back = decoded(coded(given, PyramidLayout("haar", 1, "Planes", origin="none uint8"), step=STEP))
    assert abs((np.abs(back) / np.abs(given) - 1)[np.abs(given) > 1e4].mean()) < 1e-6  # half a step is 3e-5, either way


def test_integers_come_back_whatever_the_step():
    given = np.random.default_rng(0).integers(-5000, 5000, (2, 65, 66), dtype=np.int32)
    back = decoded(coded(given, PyramidLayout("cdf53", 3, "Planes", origin="none uint16"), step=9.0))
    assert np.array_equal(back, given)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"tile_bits": 5}, ValueError, "6 to 12"),
        ({"tile_bits": 14}, ValueError, "6 to 12"),
        ({"tile_bits": 8.0}, TypeError, "integer"),
        ({"chroma": 0}, ValueError, "1/32 to 255/32"),
        ({"chroma": 9}, ValueError, "1/32 to 255/32"),
        ({"chroma": float("nan")}, ValueError, "1/32 to 255/32"),
        ({"step": 0}, ValueError, "step"),
        ({"step": -1}, ValueError, "step"),
        ({"step": float("nan")}, ValueError, "step"),
        ({"profile": "sparse"}, ValueError, "profile"),
        ({"reduce": 1.0}, TypeError, "integer"),
        ({"region": 5}, ValueError, "first row"),
        ({"region": (0, 1, 0)}, ValueError, "first row"),
        ({"region": (0, 1, 0, 1.0)}, TypeError, "integer"),
        ({"max_samples": 1e9}, TypeError, "integer"),
    ],
)
def test_options_are_checked_when_they_are_given(options, error, words):
    with pytest.raises(error, match=words):
        CoefficientCoder(**options)


def test_what_no_layer_can_hold_is_refused():
    with pytest.raises(ValueError, match="7 levels"):
        coded(numbers(), PyramidLayout("haar", 7, "Planes"), tile_bits=6)
    with pytest.raises(ValueError, match="255 planes"):
        coded(numbers((256, 8, 8)), PyramidLayout("haar", 1, "Latent4"))


def test_parts_that_a_layer_does_not_have_are_refused():
    data = coded(numbers(), PyramidLayout("haar", 2, "Planes"), tile_bits=6)  # 2 x 3 tiles
    for reduce in (-1, 2, 99):
        with pytest.raises(ValueError, match="reduced by 0 to 1 levels"):
            decoded(data, reduce=reduce)
    for region in ((0, 2, 0, 0), (0, 0, 0, 3), (-1, 0, 0, 0), (0, 0, -1, 0), (1, 0, 0, 0), (0, 0, 2, 1)):
        with pytest.raises(ValueError, match="within 2 x 3 tiles"):
            decoded(data, region=region)
    with pytest.raises(DecodeError, match="samples"):
        decoded(data, max_samples=3 * 70 * 130 - 1)
    assert np.array_equal(decoded(data, region=(0, 1, 0, 2)), decoded(data))
