"""With nothing random a picture is the cubic spline through the pixels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import render as ref
from render_scenes import SHAPES

from pixkern.pyramid import render, spline_pyramid


def photo_like(shape, dtype, seed=0):
    """Waves and noise over the whole range of `dtype`, both ends included."""
    draw = np.random.default_rng(seed)
    y, x = np.meshgrid(*map(np.arange, shape[:2]), indexing="ij")
    waves = 0.5 + 0.35 * np.sin(0.9 * x + 0.02 * y * y) * np.cos(0.31 * y)
    image = waves.reshape(*waves.shape, *(1,) * (len(shape) - 2)) + draw.uniform(-0.3, 0.3, shape)
    image = np.clip(image, 0, 1)
    return image.astype(np.float32) if dtype == np.float32 else np.rint(image * np.iinfo(dtype).max).astype(dtype)


def spline(image, y, x):
    """The interpolating cubic spline, mirrored about the end samples, by solving for its coefficients; float64."""
    image = np.asarray(image, np.float64)
    for axis, at in ((0, y), (1, x)):
        n = image.shape[axis]
        if n == 1:
            image = np.repeat(image, len(at), axis)
            continue
        interpolation = np.zeros((n, n))
        shown = np.zeros((len(at), n))
        for dense, positions in ((interpolation, np.arange(n)), (shown, at)):
            below = np.floor(positions).astype(int)
            for tap in range(-1, 3):
                k = np.abs(below + tap) % (2 * n - 2)
                k = np.where(k >= n, 2 * n - 2 - k, k)
                np.add.at(dense, (np.arange(len(positions)), k), ref.cubic(positions - below - tap))
        image = np.moveaxis(np.tensordot(shown @ np.linalg.inv(interpolation), image, (1, axis)), 0, axis)
    return image


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.integers(0, 8), st.sampled_from([np.float32, np.uint8, np.uint16]), st.booleans())
def test_without_randomness_every_size_is_the_cubic_spline(shape, levels, dtype, twice):
    image = photo_like(shape, dtype)
    scaled = image.astype(np.float64) / (1 if dtype == np.float32 else np.iinfo(dtype).max)
    pyramid = spline_pyramid(image, levels)
    height, width = shape[:2]
    same = render(pyramid, samples=math.inf)
    assert np.abs(same - scaled).max() <= 1e-6
    if dtype != np.float32:
        assert np.array_equal(render(pyramid, samples=math.inf, dtype=dtype), image)
    factor, less = (2, 1) if twice else (4, 3)
    for size in ((factor * width - less, factor * height - less), (2 * width + 5, max(1, height - 2))):
        view = ref.view(shape, size)
        got = render(pyramid, size, samples=math.inf)
        assert np.abs(got - spline(scaled, view.y, view.x)).max() <= 2e-6


@pytest.mark.parametrize("shape", [(64, 81), (53, 40, 3), (1, 30), (30, 1)])
@pytest.mark.parametrize("levels", [0, 3, 5])
def test_without_randomness_pictures_are_those_of_scipy(shape, levels):
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is not installed")
    image = photo_like(shape, np.float32)
    pyramid = spline_pyramid(image, levels)
    height, width = shape[:2]
    for size in ((4 * width - 3, 4 * height - 3), (2 * width - 1, 2 * height - 1), (3 * width + 2, height // 2 + 1)):
        view = ref.view(shape, size)
        at = np.meshgrid(view.y, view.x, indexing="ij")
        planes = image.astype(np.float64).reshape(height, width, -1)
        exact = np.stack([ndimage.map_coordinates(p, at, order=3, mode="mirror") for p in np.moveaxis(planes, 2, 0)], 2)
        got = render(pyramid, size, samples=math.inf).reshape(exact.shape)
        assert np.abs(got - exact).max() <= 2e-6


def test_edited_details_show_where_they_are():
    """Detail is added at its place: the spline of one coefficient, and no level but its own moves."""
    pyramid = spline_pyramid(np.zeros((40, 50), np.float32), 3)
    pyramid.details[1][6, 9] = 1  # k = 5 and 8, in the image at 2 k
    got = render(pyramid, samples=math.inf)
    y, x = np.arange(40)[:, None], np.arange(50)
    np.testing.assert_allclose(got, ref.cubic(y / 2 - 5) * ref.cubic(x / 2 - 8), rtol=0, atol=1e-7)  # one product
