"""Spatially varying blur and subsurface spread."""

import tracemalloc

import numpy as np
import pytest
import shadows_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import shadows as ref

from pixkern import _threads, _varying_blur
from pixkern.retinex import gaussian_blur
from pixkern.shadows import subsurface, varying_blur

shapes = st.tuples(st.integers(1, 20), st.integers(1, 20))


def edge(shape):
    """A step in either direction, and a corner."""
    rows, cols = np.indices(shape)
    return ((rows > shape[0] // 3) ^ (cols > shape[1] // 2)).astype(np.float32)


# The definition


@settings(max_examples=25, deadline=None)
@given(shapes, st.floats(0, 6), st.integers(0, 5))
def test_edges_are_within_the_stated_error_of_the_gather(shape, most, seed):
    sigma = cases.widths(shape, most, seed)
    off = np.abs(varying_blur(edge(shape), sigma) - ref.varying_blur(edge(shape), sigma))
    assert off.max() <= 0.02  # 0.01 of an edge, along each axis; small images see theirs again in their mirror images


@pytest.mark.parametrize("most", [0.45, 0.9, 1.4, 2.9, 5.7])
def test_a_straight_edge_is_within_a_hundredth_of_the_gather(most):
    step = np.repeat(np.arange(40) >= 20, 2)[None].repeat(3, 0).astype(np.float32)
    step[:, ::2] = (np.arange(40) >= 20)[None]
    for sigma in np.linspace(0, most, 9, dtype=np.float32):
        width = np.full(step.shape, sigma)
        off = np.abs(varying_blur(step, width, max_sigma=most) - ref.varying_blur(step, width)).max()
        assert off <= (0.005 if sigma >= 1 else 0.01)


@pytest.mark.parametrize(("cols", "most"), [(300, 16), (300, 33.3), (1000, 100), (300, 100), (300, 400), (50, 500)])
def test_the_stated_errors_hold_for_wide_gaussians(cols, most):
    line = (np.arange(cols) >= 0.47 * cols).astype(np.float32)
    image = np.repeat(line[None], 3, axis=0)

    def off(sigma):
        across = np.broadcast_to(np.asarray(sigma, np.float32), (cols,))
        got = varying_blur(image, np.repeat(across[None], 3, axis=0), max_sigma=most)
        return np.abs(got - ref.varying_blur_of_line(line, across)).max(axis=0)

    for step in range(4):
        assert off(most / 2 ** (step / 2)).max() <= 1e-4
    for sigma in most * np.linspace(0.55, 0.95, 4):
        assert off(sigma).max() <= (0.005 if sigma <= cols / 8 else 0.015)
    ramp = np.linspace(0, most, cols, dtype=np.float32)
    assert (off(ramp) <= np.where(ramp <= cols / 8, np.where(ramp < 1, 0.01, 0.005), 0.015)).all()


@settings(max_examples=25, deadline=None)
@given(shapes, st.tuples(*[st.floats(0, 12)] * 3))
def test_each_channel_spreads_by_its_own_gaussian(shape, sigma):
    shadow = edge(shape)
    got = subsurface(shadow, sigma=sigma)
    # 1e-4: what lies beyond 4 sigma, on both axes; 4e-4: of gaussian_blur, for sigmas from 7 on
    np.testing.assert_allclose(got, ref.subsurface(shadow, sigma), rtol=0, atol=2e-4 if max(sigma) < 7 else 4e-4)


# Laws


@given(shapes)
@settings(max_examples=25, deadline=None)
def test_a_map_of_zeros_gives_the_image_bit_by_bit(shape):
    image = cases.heights(shape)
    for most in (None, 0, 1, 10):
        assert np.array_equal(varying_blur(image, np.zeros(shape, np.float32), max_sigma=most), image)
    assert np.array_equal(subsurface(image, sigma=(0, 0, 0)), np.repeat(image[..., None], 3, axis=2))


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0, 6.5, 9.0])
def test_a_constant_map_of_the_largest_sigma_is_gaussian_blur(sigma):
    image = np.random.default_rng(0).random((40, 60, 3)).astype(np.float32)
    got = varying_blur(image, np.full(image.shape[:2], sigma, np.float32))
    exact = gaussian_blur(image, float(np.float32(sigma)))
    np.testing.assert_allclose(got, exact, rtol=0, atol=6e-4)  # 4e-4 of gaussian_blur, 2e-4 beyond 4 sigma


def test_a_sigma_between_two_widths_mixes_their_gaussians():
    image = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    low, high = (gaussian_blur(image, 4 * 2**-step) for step in (0.5, 0))
    share = (np.sqrt(3.5) - np.sqrt(4 / np.sqrt(2))) / (2 - np.sqrt(4 / np.sqrt(2)))
    got = varying_blur(image, np.full(image.shape, 3.5, np.float32), max_sigma=4)
    np.testing.assert_allclose(got, low + share * (high - low), rtol=0, atol=6e-4)  # as above


@given(shapes, st.floats(0, 8), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_a_constant_stays_and_nothing_leaves_the_range_of_the_image(shape, most, seed):
    sigma = cases.widths(shape, most, seed)
    constant = varying_blur(np.full(shape, 3, np.float32), sigma)
    assert np.abs(constant - 3).max() <= 3e-6  # 1e-6 of 3
    noise = np.random.default_rng(seed).random(shape).astype(np.float32)
    got = varying_blur(noise, sigma)
    assert got.min() >= noise.min() - 1e-6
    assert got.max() <= noise.max() + 1e-6


@given(shapes, st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_mirrored_images_have_mirrored_blurs_bit_by_bit(shape, seed):
    image, sigma = cases.heights(shape, seed), cases.widths(shape, 4, seed)
    flipped = varying_blur(image[::-1, ::-1], sigma[::-1, ::-1])
    assert np.array_equal(flipped, varying_blur(image, sigma)[::-1, ::-1])


@pytest.mark.parametrize("most", [5, 50])
def test_channels_are_blurred_alike(most):
    image = np.random.default_rng(0).normal(size=(20, 300, 4)).astype(np.float32)
    sigma = cases.widths(image.shape[:2], most)
    for channels in (1, 2, 3, 4):
        got = varying_blur(np.ascontiguousarray(image[..., :channels]), sigma)
        for channel in range(channels):
            alone = varying_blur(np.ascontiguousarray(image[..., channel]), sigma)
            assert np.array_equal(got[..., channel], alone)


def test_a_given_max_sigma_makes_parts_of_a_map_agree():
    image, sigma = cases.heights((60, 40)), cases.widths((60, 40), 2)
    sigma[30:] *= 2
    whole = varying_blur(image, sigma, max_sigma=5)
    part = varying_blur(image[:40], sigma[:40], max_sigma=5)
    assert np.array_equal(part[:20], whole[:20])  # 20 rows: the reach of a sigma of 5


def test_what_is_not_finite_spreads_no_farther_than_the_widths_reach():
    image, sigma = cases.heights((40, 90)), np.full((40, 90), 1, np.float32)
    clean = varying_blur(image, sigma, max_sigma=2)
    image[20, 45] = np.nan
    got = varying_blur(image, sigma, max_sigma=2)
    far = np.ones(image.shape, bool)
    far[20 - 6 : 27, 45 - 6 : 52] = False  # 4 sqrt(2)
    assert np.isnan(got[20, 45])
    assert np.array_equal(got[far], clean[far])


def test_of_wide_gaussians_those_are_made_that_a_map_needs(monkeypatch):
    made = []

    def noted(image, sigma, **options):
        made.append(round(sigma, 2))
        return gaussian_blur(image, sigma, **options)

    monkeypatch.setattr(_varying_blur, "gaussian_blur", noted)
    image = cases.heights((30, 300))
    for least, most, expected in [
        (0, 40, [7.07, 10, 14.14, 20, 28.28, 40]),
        (0, 10, [7.07, 10]),
        (0, 10.1, [7.07, 10, 14.14]),
        (10.1, 14, [10, 14.14]),
        (28.5, 40, [28.28, 40]),
        (40, 40, [40]),
        (0, 5, []),
    ]:
        made.clear()
        varying_blur(image, np.linspace(least, most, 9000, dtype=np.float32).reshape(30, 300), max_sigma=40)
        assert made == expected


def test_pixels_without_a_share_of_a_wide_gaussian_do_not_see_it():
    image, sigma = cases.heights((40, 600)), np.full((40, 600), 2, np.float32)
    sigma[:, 300:] = 30
    clean = varying_blur(image, sigma)
    image[0, 599] = np.inf  # reaches all rows and, at a sigma of 30, no farther than 250 columns
    got = varying_blur(image, sigma)
    assert np.array_equal(got[:, :300], clean[:, :300])
    assert not np.isfinite(got[:, 550:]).any()
    image[0, 310] = np.nan  # reaches columns 300 and less of the blur, but no pixel there asks for it
    assert np.array_equal(varying_blur(image, sigma)[:, :298], clean[:, :298])


def test_red_spreads_farther_than_green_and_blue():
    shadow = np.repeat(np.float32([[0] * 20 + [1] * 20]), 5, axis=0)
    red, green, blue = np.moveaxis(subsurface(shadow, sigma=(4, 2, 1)), 2, 0)
    assert (red[:, 10:20] > green[:, 10:20]).all()
    assert (green[:, 15:20] > blue[:, 15:20]).all()
    for channel in (red, green, blue):
        assert channel.mean() == pytest.approx(0.5, abs=1e-6)  # light is neither made nor lost


# Bits


@pytest.fixture(scope="module")
def digests():
    return run_at(AVAILABLE[0], "shadows_cases", "print_spreads").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, digests):
    assert len(digests) == 5 * 7
    assert run_at(level, "shadows_cases", "print_spreads", threads=threads).splitlines() == digests


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.spreads("cpu"), cases.spreads("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_split_of_the_rows_gives_the_same_bits(threads, monkeypatch):
    image, sigma = cases.heights((30, 40)), cases.widths((30, 40), 3)
    whole = varying_blur(image, sigma), subsurface(image, sigma=(3, 2, 1))
    wide = varying_blur(image, 20 * sigma)
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1)
    assert np.array_equal(varying_blur(image, sigma, threads=threads), whole[0])
    assert np.array_equal(subsurface(image, sigma=(3, 2, 1), threads=threads), whole[1])
    assert np.array_equal(varying_blur(image, 20 * sigma, threads=threads), wide)


# Hostile input


@pytest.mark.parametrize(
    "image",
    [
        [[1.0]],
        np.zeros((4, 4)),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4), ">f4"),
        np.ma.zeros((4, 4), np.float32),
        np.zeros((4, 4), [("a", "f4")]),
    ],
)
def test_arrays_of_another_kind_raise_type_error(image):
    with pytest.raises(TypeError, match="image"):
        varying_blur(image, np.zeros((4, 4), np.float32))
    with pytest.raises(TypeError, match="shadow"):
        subsurface(image, sigma=(1, 1, 1))
    with pytest.raises(TypeError, match="sigma_map"):
        varying_blur(np.zeros((4, 4), np.float32), image)


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0), (4, 4, 5), (4, 4, 0), (2, 4, 4, 1)])
def test_arrays_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="image"):
        varying_blur(np.zeros(shape, np.float32), np.zeros(shape[:2], np.float32))
    with pytest.raises(ValueError, match="shadow"):
        subsurface(np.zeros(shape, np.float32), sigma=(1, 1, 1))


@pytest.mark.parametrize("value", [-0.1, 3.1, 1.1e6, np.nan, np.inf, -np.inf])
def test_sigmas_that_are_not_within_the_stated_range_raise(value):
    sigma = np.ones((4, 4), np.float32)
    sigma[2, 1] = value
    with pytest.raises(ValueError, match="sigma_map must be from 0 to 3 pixels"):
        varying_blur(np.zeros((4, 4), np.float32), sigma, max_sigma=3)
    if not 0 <= value <= 1e6:
        with pytest.raises(ValueError, match="sigma_map must be from 0 to"):
            varying_blur(np.zeros((4, 4), np.float32), sigma)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"max_sigma": -1}, ValueError),
        ({"max_sigma": 1.1e6}, ValueError),
        ({"max_sigma": np.nan}, ValueError),
        ({"max_sigma": "wide"}, TypeError),
        ({"max_sigma": [1.0, 2.0]}, ValueError),
        ({"threads": 0}, ValueError),
        ({"backend": "gpu"}, ValueError),
        ({"out": np.zeros((4, 5), np.float32)}, ValueError),
        ({"out": np.zeros((4, 4))}, ValueError),
    ],
)
def test_bad_options_raise(options, error):
    with pytest.raises(error):
        varying_blur(np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32), **options)


@pytest.mark.parametrize(
    ("sigma", "error"),
    [
        ((1, 2), ValueError),
        (1.0, ValueError),
        ((1, 2, -1), ValueError),
        ((1, 2, np.nan), ValueError),
        ("red", TypeError),
    ],
)
def test_bad_spreads_raise(sigma, error):
    with pytest.raises(error):
        subsurface(np.zeros((4, 4), np.float32), sigma=sigma)


def test_a_map_of_another_shape_raises():
    with pytest.raises(ValueError, match="sigma_map needs the shape"):
        varying_blur(np.zeros((4, 5), np.float32), np.zeros((5, 4), np.float32))


def test_outputs_that_overlap_raise_and_others_are_written_and_returned():
    image, sigma = cases.heights((20, 30)), cases.widths((20, 30), 2)
    for out in (image, sigma):
        with pytest.raises(ValueError, match="overlaps"):
            varying_blur(image, sigma, out=out)
    out, colours = np.empty_like(image), np.empty((20, 30, 3), np.float32)
    assert varying_blur(image, sigma, out=out) is out
    assert np.array_equal(out, varying_blur(image, sigma))
    assert subsurface(image, sigma=(9, 2, 1), out=colours) is colours
    assert np.array_equal(colours, subsurface(image, sigma=(9, 2, 1)))


def test_memory_is_the_result_and_for_wide_gaussians_an_image_and_its_cells():
    image, sigma = np.zeros((600, 700), np.float32), np.full((600, 700), 2, np.float32)
    wide = 20 * sigma
    for run, size in (
        (lambda: varying_blur(image, sigma), 4),
        (lambda: subsurface(image, sigma=(5, 3, 1)), 12),
        (lambda: varying_blur(image, wide, max_sigma=50), 8 + 3),  # 3: a quarter of the image and three of its cells
        (lambda: subsurface(image, sigma=(50, 30, 10)), 16 + 3),
    ):
        run()
        tracemalloc.start()
        run()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= size * image.size + (1 << 16)
