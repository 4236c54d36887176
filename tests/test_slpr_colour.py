"""Colour modes of the renderer against the definition of BT.601, and what they do with every kind of file."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.slpr import colour
from pixkern.pipelines.slpr.colour import COLOR_MODES, join, split
from pixkern.pyramid import render, spline_pyramid

# Recommendation ITU-R BT.601-7, 2.5.1, and T.871, 7: the rows give Y, Cb and Cr from R, G, B
MATRIX = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
        [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402],
    ]
)


def random_image(shape, dtype, seed=0):
    draw = np.random.default_rng(seed)
    if dtype == np.float32:
        return draw.random(shape, dtype=np.float32)
    return draw.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def corners(dtype):
    """Black, white, the six pure colours, and their neighbours by one code."""
    top = np.iinfo(dtype).max
    levels = np.array([0, 1, top // 2, top - 1, top], dtype)
    return np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_luma_and_chroma_are_those_of_the_matrix(dtype):
    image = random_image((61, 67, 3), dtype)
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    expected = (image / float(full)) @ MATRIX.T
    planes = split(image, "luma")
    assert planes.rendered.dtype == planes.chroma.dtype == np.float32
    # four float32 roundings of values up to 1, one more by 1 / 1.402 for the chroma
    assert np.abs(planes.rendered - expected[..., 0]).max() < 2.5e-7
    assert np.abs(planes.chroma - expected[..., 1:]).max() < 3e-7
    assert (split(image, "gray").rendered == planes.rendered).all()
    assert split(image, "gray").chroma is None


def test_every_colour_of_8_bits_comes_back_from_luma_and_chroma():
    shades = np.arange(256, dtype=np.uint8)
    for red in range(0, 256, 32):
        image = np.stack(np.meshgrid(shades[red : red + 32], shades, shades, indexing="ij"), -1).reshape(4096, 512, 3)
        planes = split(image, "luma")
        assert (join(planes.rendered, planes.chroma) == image).all()


@pytest.mark.parametrize("mode", ["rgb", "luma"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_come_back_from_both_colour_modes(dtype, mode):
    for image in (random_image((257, 300, 3), dtype), corners(dtype)):
        planes = split(image, mode)
        assert (join(planes.rendered, planes.chroma, dtype=dtype) == image).all()


@pytest.mark.parametrize("mode", COLOR_MODES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 1)])
def test_grey_images_come_back_from_every_mode(shape, dtype, mode):
    image = random_image(shape, dtype)
    planes = split(image, mode)
    assert planes.chroma is None
    back = join(planes.rendered, dtype=dtype)
    flat = image.reshape(40, 30)
    assert (back == (flat[..., None] if mode == "rgb" else flat)).all()
    assert back.shape == ((40, 30, 3) if mode == "rgb" else (40, 30))


def test_greys_of_a_colour_image_have_their_value_as_luma_and_no_chroma():
    grey = random_image((33, 44), np.uint16)
    planes = split(np.stack([grey] * 3, -1), "luma")
    assert (planes.rendered == split(grey, "gray").rendered).all()
    assert not planes.chroma.any()


@pytest.mark.parametrize("mode", COLOR_MODES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_opaque_alpha_changes_nothing_and_what_is_clear_is_white(dtype, mode):
    image = random_image((20, 30, 3), dtype)
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    opaque = np.concatenate([image, np.full((20, 30, 1), full, dtype)], -1)
    clear = np.concatenate([image, np.zeros((20, 30, 1), dtype)], -1)
    planes, same = split(image, mode), split(opaque, mode)
    assert (same.rendered == planes.rendered).all()
    assert mode != "luma" or (same.chroma == planes.chroma).all()
    white = split(clear, mode)
    assert (white.rendered == 1).all()
    assert white.chroma is None or not white.chroma.any()


def test_half_clear_is_half_white():
    image = np.array([[[0, 255, 102, 51]]], np.uint8)  # alpha 0.2
    assert join(split(image, "rgb").rendered).tolist() == [[[204, 255, 224]]]  # 204 + 0.2 * 102 = 224.4


def test_floats_keep_values_out_of_range_until_they_are_joined():
    image = np.float32([[-0.5, 0.5, 1.5]])
    assert (split(image, "gray").rendered == image).all()
    assert join(image).tolist() == [[0, 128, 255]]  # 127.5 is a tie: to even
    assert join(image, dtype=np.uint16)[0, 2] == 65535


@given(st.floats(-2, 2, width=32), st.sampled_from([np.uint8, np.uint16]))
def test_joined_values_are_the_nearest_codes(value, dtype):
    full = np.iinfo(dtype).max
    code = int(join(np.full((1, 1), value, np.float32), dtype=dtype)[0, 0])
    scaled = min(max(float(value), 0.0), 1.0) * full
    assert abs(code - scaled) <= 0.5 + full * 2.0**-24  # the product in float32


@pytest.mark.parametrize("mode", COLOR_MODES)
def test_planes_do_not_depend_on_the_blocks_they_are_made_in(mode, monkeypatch):
    image = random_image((37, 41, 4), np.uint8)
    whole = split(image, mode)
    pixels = join(whole.rendered, whole.chroma)
    monkeypatch.setattr(colour, "_BLOCK", 100)
    parts = split(image, mode)
    assert (parts.rendered == whole.rendered).all()
    assert whole.chroma is None or (parts.chroma == whole.chroma).all()
    assert (join(parts.rendered, parts.chroma) == pixels).all()


def test_chroma_rendered_at_its_own_size_is_the_chroma():
    chroma = split(random_image((45, 52, 3), np.uint8), "luma").chroma
    same = render(spline_pyramid(chroma, 0), (52, 45), samples=math.inf)
    assert np.abs(same - chroma).max() < 1e-6  # the bound of the spline pyramid


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_floats_that_are_no_numbers_are_refused(value):
    image = np.zeros((300, 300), np.float32)
    image[299, 0] = value
    with pytest.raises(ValueError, match="NaN or infinities"):
        split(image, "gray")


@pytest.mark.parametrize("shape", [(5,), (5, 5, 2), (5, 5, 5), (1, 5, 5, 3), (0, 5), (5, 0, 3)])
def test_shapes_that_are_no_image_are_refused(shape):
    with pytest.raises(ValueError, match="image"):
        split(np.zeros(shape, np.uint8), "rgb")


@pytest.mark.parametrize("dtype", [np.float64, np.int16, ">u2", bool])
def test_dtypes_that_are_no_image_are_refused(dtype):
    with pytest.raises(TypeError, match="image must be uint8 or uint16 or float32"):
        split(np.zeros((5, 5), dtype), "rgb")


def test_modes_and_dtypes_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="mode must be one of 'gray', 'rgb', 'luma', got 'grey'"):
        split(np.zeros((5, 5), np.uint8), "grey")
    with pytest.raises(TypeError, match="dtype must be uint8 or uint16, got float32"):
        join(np.zeros((5, 5), np.float32), dtype=np.float32)
    with pytest.raises(TypeError, match="rendered must be float32"):
        join(np.zeros((5, 5)))


@pytest.mark.parametrize(
    ("rendered", "chroma"), [((5, 5), (5, 4, 2)), ((5, 5), (5, 5)), ((5, 5, 3), (5, 5, 2)), ((5, 5, 2), None)]
)
def test_planes_that_do_not_fit_are_refused(rendered, chroma):
    with pytest.raises(ValueError, match="needs"):
        join(np.zeros(rendered, np.float32), None if chroma is None else np.zeros(chroma, np.float32))


def test_images_in_another_memory_order_have_the_same_planes():
    image = random_image((31, 22, 3), np.uint8)
    assert (split(np.asfortranarray(image), "luma").chroma == split(image, "luma").chroma).all()
    assert (split(image[::-1], "gray").rendered == split(image, "gray").rendered[::-1]).all()


def test_both_ways_take_two_megabytes_besides_their_results():
    image = random_image((1500, 1000, 3), np.uint8)
    planes = split(image, "luma")
    tracemalloc.start()
    split(image, "luma")
    split_peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    join(planes.rendered, planes.chroma)
    join_peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    results = planes.rendered.nbytes + planes.chroma.nbytes
    assert split_peak < results + 2 * 2**20  # 32 768 pixels, up to 15 planes of 4 bytes
    assert join_peak < image.nbytes + 2 * 2**20
