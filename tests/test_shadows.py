import tracemalloc

import numpy as np
import pytest
import shadows_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import shadows as ref

from pixkern import _threads
from pixkern.shadows import cast_shadow

directions = st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.05, 2)).filter(
    lambda d: max(abs(d[0]), abs(d[1])) > 1e-3
)
shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))


def turned(direction):
    """A direction after a quarter turn against the clock."""
    x, y, z = direction
    return -y, x, z


# The definition


@settings(max_examples=150, deadline=None)
@given(shapes, directions, st.integers(0, 5), st.sampled_from([0.0, 0.5]))
def test_shadows_are_those_of_the_march_along_every_line(shape, direction, seed, bias):
    field = cases.heights(shape, seed)
    inside = cases.blobs(shape, seed) if seed % 2 else None
    if seed > 3:
        field[cases.blobs(shape, 9)] = np.nan
    got = cast_shadow(field, direction, mask=inside, bias=bias)
    # Heights of up to 14 are rounded by 5e-7 a step, for 40 steps: 2e-5, which becomes light by a division by the rise.
    rise = direction[2] / max(abs(direction[0]), abs(direction[1]))
    np.testing.assert_allclose(got, ref.cast_shadow(field, direction, inside, bias), rtol=0, atol=2e-5 + 2e-5 / rise)


@pytest.mark.parametrize("direction", cases.DIRECTIONS)
def test_fields_wider_than_a_band_of_lines_cast_the_shadows_of_the_definition(direction):
    field = cases.heights((70, 1100))
    exact = ref.cast_shadow(field, direction)
    rise = direction[2] / max(abs(direction[0]), abs(direction[1]), 1e-9)
    np.testing.assert_allclose(cast_shadow(field, direction), exact, rtol=0, atol=2e-5 + 4e-5 / rise)  # 1100 steps


def test_a_soft_light_is_the_mean_of_hard_ones_on_its_disc():
    field, direction = cases.heights((40, 50)), np.array([0.6, 0.3, 0.5])
    direction /= np.linalg.norm(direction)
    side = np.array([-direction[1], direction[0], 0]) / np.hypot(*direction[:2])
    up = np.cross(direction, side)
    lights = []
    for number in range(7):
        turn, radius = number * np.pi * (3 - np.sqrt(5)), 0.3 * np.sqrt((number + 0.5) / 7)
        lights.append(direction + radius * (np.cos(turn) * side + np.sin(turn) * up))
    mean = np.mean([ref.cast_shadow(field, light) for light in lights], axis=0)
    got = cast_shadow(field, direction, softness=0.3, samples=7)
    np.testing.assert_allclose(got, mean, rtol=0, atol=5e-5)  # as a single light, at a rise of 0.2 and more


# Laws


@given(shapes, directions, st.floats(-1000, 1000, width=32), st.floats(0, 0.03))
@settings(max_examples=50, deadline=None)
def test_a_flat_field_stands_in_nobodys_light(shape, direction, height, softness):
    assert (cast_shadow(np.full(shape, height, np.float32), direction, softness=softness, samples=3) == 1).all()


@pytest.mark.parametrize("slope", [(0.25, 0.5), (-0.5, 0.125), (0, -0.75)])
@pytest.mark.parametrize("direction", [(1, 0.25, 1), (-0.5, 1, 1), (0.5, -1, 1.5)])
def test_a_plane_that_faces_the_light_is_lit_and_one_that_does_not_is_dark(slope, direction):
    rows, cols = np.mgrid[:40, :50]
    field = (slope[0] * cols - slope[1] * rows).astype(np.float32)  # rises by slope towards x and y
    towards = slope[0] * direction[0] + slope[1] * direction[1]  # per step of the light, which rises by direction[2]
    assert towards < direction[2]
    assert (cast_shadow(field, direction) == 1).all()
    steep = field * np.float32(2.5 * direction[2] / abs(towards)) if towards else field
    lit = cast_shadow(steep, direction)
    if towards > 0:  # two steps and a half of descent a step: dark wherever a step towards the light stays in the field
        assert lit[4:-4, 4:-4].max() == 0


def test_a_light_straight_above_casts_no_shadow():
    assert (cast_shadow(cases.heights((30, 31)) * 1e6, (0, 0, 1)) == 1).all()


@given(shapes, directions, st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_turning_field_and_light_turns_the_shadow_bit_by_bit(shape, direction, seed):
    field, mask = cases.heights(shape, seed), cases.blobs(shape, seed)
    softness = 0.03 * (seed == 3)  # of a light 0.05 over 1.42: all of it stands above the picture
    plain = cast_shadow(field, direction, mask=mask, softness=softness, samples=4)
    for _ in range(3):
        field, mask, plain, direction = np.rot90(field), np.rot90(mask), np.rot90(plain), turned(direction)
        assert np.array_equal(cast_shadow(field, direction, mask=mask, softness=softness, samples=4), plain)


@given(shapes, directions, st.floats(1, 3))
@settings(max_examples=100, deadline=None)
def test_a_lower_light_never_lights_more(shape, direction, higher):
    field = cases.heights(shape)
    low, high = (cast_shadow(field, (direction[0], direction[1], direction[2] * up)) for up in (1, higher))
    assert (low - high).max() <= 1.2e-7  # the interpolation between two lines is rounded twice, to 6e-8


@pytest.mark.parametrize("direction", [(1, 0), (-1, 0), (0, 1), (0, -1), (0.6, 0.8), (-0.8, 0.6), (1, -1)])
@pytest.mark.parametrize("elevation", [20.0, 45.0, 63.0])
def test_a_step_casts_a_shadow_of_its_height_over_the_tangent(direction, elevation):
    """A cliff whose edge is across the light, or aslant: along the light, the shadow has the same length everywhere."""
    height, tangent = 12.0, np.tan(np.radians(elevation))
    x, y = np.array(direction) / np.hypot(*direction)
    rows, cols = np.mgrid[:101, :101]
    along = (cols - 50) * x - (rows - 50) * y  # towards the light
    field = np.where(along > 0, height, 0).astype(np.float32)
    lit = cast_shadow(field, (x, y, tangent))
    inside = np.hypot(rows - 50, cols - 50) < 45
    length = height / tangent
    # Stairs of the cliff and of lines are up to 1.42 px along the light off its edge; the end is 1.25 px wide.
    assert lit[inside & (along > 1.5)].min() == 1
    assert lit[inside & (along < -2) & (along > -(length - 3.5))].max(initial=0) == 0
    assert lit[inside & (along < -(length + 1.5))].min() == 1


def test_a_straight_shadow_ends_where_the_ray_lands():
    field = np.zeros((3, 60), np.float32)
    field[:, 50] = 10.25
    lit = cast_shadow(field, (1, 0, 0.5))[1]  # 20.5 px: rows of light are 0.5 high
    assert (lit[:30] == 1).all()
    assert lit[30] == 0.5  # 20 px away, the ray is half a step's descent above the ground
    assert (lit[31:50] == 0).all()
    assert (lit[50:] == 1).all()


def test_a_hemisphere_on_the_ground_casts_half_an_ellipse():
    """A geometric shadow, by no lines: a ball of radius R at elevation e covers an ellipse R by R / sin(e)."""
    rows, cols = np.mgrid[:201, :301] - np.array([100, 200]).reshape(2, 1, 1)
    radius, angle, elevation = 60, np.radians(20), np.radians(35)
    field = np.sqrt(np.maximum(radius**2 - rows**2 - cols**2, 0)).astype(np.float32)
    lit = cast_shadow(field, (np.cos(angle), np.sin(angle), np.tan(elevation)))
    along, across = cols * np.cos(angle) - rows * np.sin(angle), cols * np.sin(angle) + rows * np.cos(angle)
    ground = rows**2 + cols**2 > (radius + 1) ** 2
    reach = np.hypot(along * np.sin(elevation), across)  # below R: within the ellipse
    shaded = ground & (along < 0)
    assert lit[shaded & (reach < radius - 1.5)].max() <= 0.01  # 1.5 px: the rim of the ball is between pixels
    assert lit[shaded & (reach > radius + 1.5)].min() == 1
    facing = (rows**2 + cols**2 < (radius - 2) ** 2) & (along > 0)
    assert lit[facing].min() == 1


def test_nothing_outside_the_mask_is_looked_at():
    field, mask = cases.heights((50, 60)), cases.blobs((50, 60))
    plain = cast_shadow(field, (1, 0.5, 0.3), mask=mask)
    for other in (np.nan, np.inf, -np.inf, 1e30, -1e30):
        assert np.array_equal(cast_shadow(np.where(mask, field, np.float32(other)), (1, 0.5, 0.3), mask=mask), plain)
    assert (plain[~mask] == 1).all()


def test_masks_of_every_dtype_are_cut_at_one_half():
    field = cases.heights((20, 30))
    mask = np.random.default_rng(0).integers(0, 256, field.shape, np.uint8)
    plain = cast_shadow(field, (1, 0.5, 0.3), mask=mask >= 128)
    assert np.array_equal(cast_shadow(field, (1, 0.5, 0.3), mask=mask), plain)
    assert np.array_equal(cast_shadow(field, (1, 0.5, 0.3), mask=mask.astype(np.float32) / 255), plain)


def test_what_is_no_number_is_no_surface():
    field = cases.heights((40, 50))
    holes = cases.blobs(field.shape, 4)
    field[holes] = np.nan
    assert np.array_equal(cast_shadow(field, (1, 1, 0.4)), cast_shadow(np.nan_to_num(field), (1, 1, 0.4), mask=~holes))
    assert (cast_shadow(np.full((5, 6), np.nan, np.float32), (1, 1, 0.4)) == 1).all()


def test_infinite_heights_shade_all_that_is_behind_them():
    field = np.zeros((9, 30), np.float32)
    field[:, 20] = np.inf
    lit = cast_shadow(field, (1, 0, 5))
    assert (lit[:, :20] == 0).all()
    assert (lit[:, 20:] == 1).all()


def test_a_bias_lights_what_is_too_low_by_less():
    steps = np.round(np.linspace(0, 20, 200))[None].astype(np.float32)  # quantised, rising towards the light
    assert cast_shadow(steps, (1, 0, 0.15)).min() == 0
    assert cast_shadow(steps, (1, 0, 0.15), bias=1.0).min() == 1


# Bits


@pytest.fixture(scope="module")
def digests():
    return run_at(AVAILABLE[0], "shadows_cases", "print_shadows").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, digests):
    assert len(digests) == len(cases.SHAPES) * (len(cases.DIRECTIONS) + 1)
    assert run_at(level, "shadows_cases", "print_shadows", threads=threads).splitlines() == digests


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.shadows("cpu"), cases.shadows("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


# Hostile input


@pytest.mark.parametrize(
    "field",
    [
        [[1.0]],
        np.zeros((4, 4)),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4), ">f4"),
        np.zeros((4, 4), np.complex64),
        np.ma.zeros((4, 4), np.float32),
        np.zeros((4, 4), [("a", "f4")]),
    ],
)
def test_fields_of_another_kind_raise_type_error(field):
    with pytest.raises(TypeError, match="height"):
        cast_shadow(field, (1, 1, 1))


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0), (2, 3, 3)])
def test_fields_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="height"):
        cast_shadow(np.zeros(shape, np.float32), (1, 1, 1))


@pytest.mark.parametrize(
    ("direction", "error"),
    [
        ((1, 1, 0), ValueError),
        ((1, 1, -1), ValueError),
        ((0, 0, -1), ValueError),
        ((0, 0, 0), ValueError),
        ((1, 1), ValueError),
        ((1, 1, np.nan), ValueError),
        ((1, 1, np.inf), ValueError),
        ((1, 0, 1e-9), ValueError),
        (("a", 1, 1), TypeError),
        ("up", TypeError),
        (None, TypeError),
    ],
)
def test_lights_that_are_not_above_the_picture_raise(direction, error):
    with pytest.raises(error, match="direction"):
        cast_shadow(np.zeros((4, 4), np.float32), direction)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"softness": -0.1}, ValueError),
        ({"softness": 1.5}, ValueError),
        ({"softness": 0.9}, ValueError),  # its disc dips below the picture plane
        ({"softness": "soft"}, TypeError),
        ({"softness": [0.1, 0.2]}, ValueError),
        ({"samples": 0}, ValueError),
        ({"samples": 2.0}, TypeError),
        ({"samples": True}, TypeError),
        ({"bias": np.nan}, ValueError),
        ({"bias": None}, TypeError),
        ({"mask": np.zeros((4, 5), bool)}, ValueError),
        ({"mask": np.zeros((4, 4), np.int32)}, TypeError),
        ({"mask": np.ma.zeros((4, 4), bool)}, TypeError),
        ({"threads": 0}, ValueError),
        ({"backend": "gpu"}, ValueError),
        ({"out": np.zeros((4, 5), np.float32)}, ValueError),
        ({"out": np.zeros((4, 4))}, ValueError),
        ({"out": np.zeros((4, 8), np.float32)[:, ::2]}, ValueError),
    ],
)
def test_bad_options_raise(options, error):
    with pytest.raises(error):
        cast_shadow(np.zeros((4, 4), np.float32), (1, 1, 1), **options)


def test_directions_of_any_length_give_the_same_shadow():
    field = cases.heights((30, 40))
    plain = cast_shadow(field, (1, 0.5, 0.25))
    for length in (2.0**-1000, 4.0, 2.0**1000):
        assert np.array_equal(cast_shadow(field, (length, length / 2, length / 4)), plain)


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a[:, ::2], lambda a: a.T, np.asfortranarray])
def test_any_memory_order_gives_the_result_of_its_copy(view):
    field, mask = view(cases.heights((20, 30))), view(cases.blobs((20, 30)))
    got = cast_shadow(field, (1, 0.2, 0.5), mask=mask)
    assert np.array_equal(got, cast_shadow(field.copy(), (1, 0.2, 0.5), mask=mask.copy()))


def test_an_output_that_overlaps_the_field_raises_and_any_other_is_written_and_returned():
    field = cases.heights((20, 30))
    with pytest.raises(ValueError, match="overlaps"):
        cast_shadow(field, (1, 1, 1), out=field)
    mask = np.ones_like(field)
    with pytest.raises(ValueError, match="overlaps"):
        cast_shadow(field, (1, 1, 1), mask=mask, out=mask)
    out = np.full_like(field, 77)
    assert cast_shadow(field, (1, 1, 1), out=out) is out
    assert np.array_equal(out, cast_shadow(field, (1, 1, 1)))


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_split_of_the_lines_gives_the_same_bits(threads, monkeypatch):
    field = cases.heights((60, 70))
    whole = cast_shadow(field, (0.9, 1, 0.3), softness=0.1, samples=3)
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1)
    assert np.array_equal(cast_shadow(field, (0.9, 1, 0.3), softness=0.1, samples=3, threads=threads), whole)


def test_memory_is_the_result_and_a_byte_a_pixel_for_a_mask():
    field, mask = np.zeros((1000, 1200), np.float32), np.ones((1000, 1200), np.float32)
    for given_mask, more in ((None, 0), (mask, 2)):  # comparing makes a bool, which is viewed; one temporary of NumPy
        cast_shadow(field[:9], (1, 1, 1))
        tracemalloc.start()
        cast_shadow(field, (1, 1, 1), mask=given_mask, out=np.empty_like(field))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= field.nbytes + more * field.size + (1 << 16)
