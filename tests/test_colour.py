import codec_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import colour as ref

from pixkern import _colour, _threads

shapes = st.tuples(st.integers(1, 40), st.one_of(st.integers(1, 40), st.integers(510, 1030)), st.integers(1, 4))
dtypes = st.sampled_from(["uint8", "uint16"])
numbers = st.sampled_from(["int32", "float32"])


def split(pixels, number, **options):
    planes = np.full((pixels.shape[2], *pixels.shape[:2]), 77, number)
    _colour.split(pixels, planes, **options)
    return planes


def join(planes, dtype, **options):
    pixels = np.full((*planes.shape[1:], len(planes)), 77, dtype)
    _colour.join(planes, pixels, **options)
    return pixels


@settings(deadline=None)
@given(shapes, st.sampled_from(cases.KINDS), dtypes, numbers)
def test_planes_are_those_of_the_definition(shape, kind, dtype, number):
    pixels = cases.image(kind, shape, dtype)
    assert np.array_equal(split(pixels, number), ref.split(pixels, number == "int32"))  # exact in float32 too


@settings(deadline=None)
@given(shapes, st.sampled_from(cases.KINDS), dtypes, numbers)
def test_every_pixel_comes_back(shape, kind, dtype, number):
    pixels = cases.image(kind, shape, dtype)
    assert np.array_equal(join(split(pixels, number), dtype), pixels)


@settings(deadline=None)
@given(shapes, dtypes, numbers, st.integers(0, 2**32 - 1))
def test_pixels_of_any_planes_are_rounded_to_nearest_and_clipped(shape, dtype, number, seed):
    reach = 2 << 8 * np.dtype(dtype).itemsize  # both ends are left
    eighths = np.random.default_rng(seed).integers(-8 * reach, 8 * reach, (shape[2], *shape[:2]))
    planes = (
        (eighths // 8).astype(number) if number == "int32" else (eighths / 8).astype(number)
    )  # exact, halves among them
    assert np.array_equal(join(planes, dtype), ref.join(planes, dtype))


def test_all_colours_of_a_coarse_cube_come_back():
    levels = np.array([*range(0, 256, 5)], np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(len(levels), -1, 3)
    for number in ("int32", "float32"):
        assert np.array_equal(join(split(cube, number), "uint8"), cube)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_any_integers_give_pixels(channels):
    draw = np.random.default_rng(0)
    planes = draw.choice(np.array([-(2**31), 2**31 - 1, -1, 0, 2**30], np.int32), (channels, 30, 40))
    for dtype in ("uint8", "uint16"):
        wrapped = join(planes, dtype)
        assert wrapped.shape == (30, 40, channels)


def test_any_floats_give_pixels_and_nan_gives_zero():
    planes = np.random.default_rng(0).choice(
        np.array([-np.inf, np.inf, np.nan, -1e38, 1e38, 0], np.float32), (1, 30, 40)
    )
    expected = np.where(planes == 0, 128, np.where(planes > 0, 255, 0))[0]
    assert np.array_equal(join(planes, "uint8")[..., 0], expected)
    assert join(planes.repeat(4, axis=0), "uint16").shape == (30, 40, 4)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_bit(threads, monkeypatch):
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", cases.SPLIT)
    pixels = cases.image("noise", (37, 53, 4))
    for number in ("int32", "float32"):
        planes = split(pixels, number, threads=threads)
        assert np.array_equal(planes, ref.split(pixels, number == "int32"))
        assert np.array_equal(join(planes, "uint8", threads=threads), pixels)


@pytest.mark.parametrize("level", AVAILABLE)
def test_every_cpu_level_gives_the_same_bits(level):
    assert run_at(level, "codec_cases", "print_colours") == "\n".join(cases.colours()) + "\n"
