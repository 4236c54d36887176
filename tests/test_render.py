import math

import numpy as np
import pytest
import render_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import render as ref
from render_scenes import CELL, plain, reach, scenes

from pixkern import _threads
from pixkern.pyramid import render, variance

# The definition


@settings(max_examples=150, deadline=None)
@given(
    scenes(),
    st.sampled_from([{"block": 1}, {"block": 2}, {"block": 5}, {"cell": CELL}, {"cell": 5 * CELL}, {"cell": CELL / 4}]),
    st.integers(1, 4),
    st.integers(0, 2**62 - 4) | st.integers(0, 20),
    st.integers(0, 2**64 - 1),
    st.just(0.0) | st.floats(0.01, 2),
)
def test_pictures_are_those_of_the_definition(scene, sharing, samples, first_sample, seed, noise_strength):
    pyramid, size, where, law = scene.parts()
    law = {**law, "noise_strength": noise_strength, "seed": seed}
    count = {"samples": samples, "first_sample": first_sample}
    exact = ref.render(plain(pyramid), ref.view(pyramid.shape, size, **where, **sharing), **law, **count)
    got = render(pyramid, size, **where, **sharing, **law, **count)
    assert got.dtype == np.float32
    assert got.shape == exact.shape
    # The base 16 products; each level 4 sums and a product; the same words, so nothing else differs. Noise: 2e-6 each.
    tolerance = 2e-6 * reach(pyramid, law["gains"]) + 3e-6 * noise_strength
    assert np.abs(got - exact).max() <= tolerance


@settings(max_examples=100, deadline=None)
@given(scenes())
def test_expectations_are_those_of_the_definition(scene):
    pyramid, size, where, law = scene.parts()
    exact = ref.expectation(plain(pyramid), ref.view(pyramid.shape, size, **where), **law)
    got = render(pyramid, size, samples=math.inf, **where, **law, noise_strength=3, seed=5)
    assert got.dtype == np.float32
    assert got.shape == exact.shape
    assert np.abs(got - exact).max() <= 2e-6 * reach(
        pyramid, law["gains"]
    )  # per level 8 products and weights of float32


@pytest.mark.parametrize("shape", [(1, 1), (5, 9), (6, 4, 3)])
def test_the_longest_offsets_are_those_of_the_definition(shape):
    pyramid = cases.pyramid(shape, 2)
    law, size = {"patch_size": 255, "jitter": 128.0}, (23, 4)
    view, most = ref.view(shape, size), reach(pyramid)
    got = render(pyramid, size, samples=2, seed=5, **law)
    assert np.abs(got - ref.render(plain(pyramid), view, samples=2, seed=5, **law)).max() <= 2e-6 * most  # as above
    # sums of 1100 products, twice: their roundings walk at random
    got = render(pyramid, size, samples=math.inf, **law)
    assert np.abs(got - ref.expectation(plain(pyramid), view, **law)).max() <= 5e-6 * most
    got = variance(pyramid, size, **law)
    assert np.abs(got - ref.variance(plain(pyramid), view, **law)).max() <= 1e-5 * most**2


@pytest.mark.parametrize("law", [{}, {"patch_size": 3, "jitter": 0.5}, {"patch_size": 31, "jitter": 4}])
@pytest.mark.parametrize("gain", [1, 3e-23, 1e30])  # the squares of the others leave the range of float32
def test_details_without_contrast_have_no_variance_and_never_less(law, gain):
    for value in (0, 0.1, 0.3, -0.7, 1):
        details, base = cases.arrays((20, 30), 3)
        pyramid = cases.SplinePyramid([np.full_like(detail, value) for detail in details], base, (20, 30))
        got = variance(pyramid, (33, 27), **law, gains=[gain] * 3)
        assert got.min() >= 0
        assert not np.isnan(got).any()
        if gain == 1 or value == 0:
            assert got.max() <= 3e-6 * value**2  # three levels, 1e-6 of the mean of squares each


@settings(max_examples=100, deadline=None)
@given(scenes(), st.just(0.0) | st.floats(0.01, 2))
def test_variances_are_those_of_the_definition(scene, noise_strength):
    pyramid, size, where, law = scene.parts()
    exact = ref.variance(plain(pyramid), ref.view(pyramid.shape, size, **where), **law, noise_strength=noise_strength)
    got = variance(pyramid, size, **where, **law, noise_strength=noise_strength)
    assert got.dtype == np.float32
    assert got.shape == exact.shape
    assert got.min() >= 0
    # the difference of two means of squares, each with the error of an expectation
    assert np.abs(got - exact).max() <= 4e-6 * (reach(pyramid, law["gains"]) ** 2 + noise_strength**2)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_wider_than_a_strip_are_those_of_the_definition(channels):
    pyramid = cases.pyramid((5, 30) if channels == 1 else (5, 30, channels), 3)
    law = {"patch_size": 3, "jitter": 0.7, "seed": 11}
    view = ref.view(pyramid.shape, (9001, 3))
    for sharing in ({}, {"block": 7}):
        exact = ref.render(plain(pyramid), ref.view(pyramid.shape, (9001, 3), **sharing), samples=2, **law)
        got = render(pyramid, (9001, 3), samples=2, **law, **sharing)
        assert np.abs(got - exact).max() <= 2e-6 * reach(pyramid)  # as above
    exact = ref.expectation(plain(pyramid), view, **law)
    assert np.abs(render(pyramid, (9001, 3), samples=math.inf, **law) - exact).max() <= 2e-6 * reach(pyramid)


@pytest.mark.parametrize("sharing", [{"block": 15}, {"block": 16}, {"block": 40}, {"block": 700}, {"cell": CELL / 2}])
@pytest.mark.parametrize("shape", [(5, 20), (5, 20, 3)])
def test_draws_of_wide_blocks_and_cells_are_those_of_the_definition(shape, sharing):
    pyramid = cases.pyramid(shape, 3)  # 60 columns for each pixel: the cells of sqrt(1/2) take 42
    for law in ({}, {"patch_size": 3, "jitter": 0.7}):
        exact = ref.render(plain(pyramid), ref.view(shape, (1141, 31), **sharing), samples=2, seed=11, **law)
        got = render(pyramid, (1141, 31), samples=2, seed=11, **law, **sharing)
        assert np.abs(got - exact).max() <= 2e-6 * reach(pyramid)  # as above


def test_many_samples_and_levels_round_no_worse_than_few():
    pyramid = cases.pyramid((20, 30), 6)
    law = {"patch_size": 3, "samples": 300, "seed": 3}
    exact = ref.render(plain(pyramid), ref.view(pyramid.shape), **law)
    # 300 sums of size up to 300: their roundings, 1.5e-5 at most each, walk at random and are divided by 300
    assert np.abs(render(pyramid, **law) - exact).max() <= 2e-6 * reach(pyramid)


def test_millions_of_samples_of_a_constant_are_that_constant():
    """In one float32 sum the roundings of equal terms add up: 20 % of the constant here."""
    (detail,), base = cases.arrays((2, 2), 1)
    constant = cases.SplinePyramid(details=(np.full_like(detail, 0.1),), base=np.zeros_like(base), shape=(2, 2))
    got = render(constant, (1, 1), samples=20_000_000)
    np.testing.assert_allclose(
        got, 0.1, rtol=2e-5
    )  # sums of 1024 are each within about 1e-5; a float32 sum of them, 2e-4


def test_sixteen_levels_of_a_pixel_and_of_a_photo_are_those_of_the_definition():
    for shape in ((1, 1), (70, 50)):
        pyramid = cases.pyramid(shape, 16)
        law = {"patch_size": 3, "jitter": 0.5}
        exact = ref.render(plain(pyramid), ref.view(shape, (31, 17)), samples=2, **law)
        assert np.abs(render(pyramid, (31, 17), samples=2, **law) - exact).max() <= 2e-6 * reach(pyramid)  # as above
        exact = ref.expectation(plain(pyramid), ref.view(shape, (31, 17)), **law)
        assert np.abs(render(pyramid, (31, 17), samples=math.inf, **law) - exact).max() <= 2e-6 * reach(pyramid)


# Laws of the whole


@settings(max_examples=60, deadline=None)
@given(scenes(), st.sampled_from([{"block": 4}, {"cell": CELL}, {}]), st.data())
def test_a_roi_is_the_crop_of_the_whole_bit_by_bit(scene, sharing, data):
    pyramid, size, where, law = scene.parts()
    where.pop("roi", None)
    cols, rows = size or pyramid.shape[1::-1]
    left, top = data.draw(st.integers(0, cols - 1)), data.draw(st.integers(0, rows - 1))
    across, down = data.draw(st.integers(1, cols - left)), data.draw(st.integers(1, rows - top))
    crop = (slice(top, top + down), slice(left, left + across))
    how = {**where, **law, **sharing, "noise_strength": 0.5}
    for samples in (3, math.inf):
        whole = render(pyramid, size, samples=samples, **how)
        part = render(pyramid, size, samples=samples, roi=(left, top, across, down), **how)
        assert part.tobytes() == np.ascontiguousarray(whole[crop]).tobytes()
    for name in sharing:
        how.pop(name)
    whole, part = variance(pyramid, size, **how), variance(pyramid, size, roi=(left, top, across, down), **how)
    assert part.tobytes() == np.ascontiguousarray(whole[crop]).tobytes()


@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3)])
@pytest.mark.parametrize("sharing", [{"block": 1}, {"block": 8}, {"cell": 1.7}])
def test_samples_may_be_taken_in_parts(shape, sharing):
    pyramid = cases.pyramid(shape, 4)
    how = {"jitter": 1, "noise_strength": 0.5, "seed": 9, **sharing}
    whole = render(pyramid, (70, 50), samples=16, **how)
    parts = [render(pyramid, (70, 50), samples=8, first_sample=first, **how) for first in (0, 8)]
    # the sums of a pixel are rounded in another order
    np.testing.assert_allclose((parts[0] + parts[1]) / 2, whole, rtol=0, atol=2e-6 * reach(pyramid))
    assert np.abs(parts[0] - parts[1]).max() > 0.1, "the parts must be other samples"


def test_seeds_samples_and_repeated_calls_are_what_decides():
    pyramid = cases.pyramid((20, 20), 3)
    first = render(pyramid, samples=2, seed=1)
    assert np.array_equal(first, render(pyramid, samples=2, seed=1))
    for other in ({"seed": 2}, {"seed": 1 + 2**32}, {"seed": 1, "first_sample": 2}, {"seed": 1, "first_sample": 2**32}):
        assert (np.abs(render(pyramid, samples=2, **other) - first) > 1e-3).mean() > 0.9


@pytest.mark.parametrize("block", [1, 3, 8])
def test_pixels_of_a_block_share_their_draws_and_only_those(block):
    (ramp,), base = cases.arrays((40, 48), 1)
    ramp[...] = np.arange(ramp.shape[1], dtype=np.float32)
    pyramid = cases.SplinePyramid(details=(ramp,), base=np.zeros_like(base), shape=(40, 48))
    # At the size of the image every position has the same weights, so that an equal draw is an equal shift.
    shift = render(pyramid, samples=1, block=block, patch_size=9) - np.arange(48, dtype=np.float32)
    lefts = range(-(-8 // block) * block, 39 - block, block)  # away from the ends, where lookups are clamped
    cells = [shift[top : top + block, left : left + block] for top in range(0, 40, block) for left in lefts]
    assert all(len(np.unique(cell)) == 1 for cell in cells)
    assert len({float(cell[0, 0]) for cell in cells}) > 6, "cells must draw for themselves"
    everywhere = render(pyramid, samples=1, block=10_000, patch_size=9) - np.arange(48, dtype=np.float32)
    assert len(np.unique(everywhere[:, 8:39])) == 1


def test_draws_of_cells_stick_to_the_image_whatever_the_window():
    pyramid = cases.pyramid((33, 41), 4)
    how = {"cell": CELL, "patch_size": 3, "samples": 2}
    whole = render(pyramid, (161, 129), **how)  # four pixels per source pixel
    part = render(pyramid, (81, 65), window=(10, 8, 30, 24), **how)
    np.testing.assert_array_equal(part, whole[32:97, 40:121])


@settings(max_examples=40, deadline=None)
@given(scenes(), st.floats(-4, 4, width=32))
def test_gains_are_linear(scene, factor):
    pyramid, size, where, law = scene.parts()
    law.pop("gains")
    zero, one = [0.0] * pyramid.levels, [1.0] * pyramid.levels
    for samples in (2, math.inf):
        base, full, other = (
            render(pyramid, size, samples=samples, **where, **law, gains=gains)
            for gains in (zero, one, [factor] * pyramid.levels)
        )
        wanted = base.astype(np.float64) + factor * (full.astype(np.float64) - base)
        assert np.abs(other - wanted).max() <= 4e-6 * (1 + abs(factor)) * reach(pyramid)  # roundings of three pictures


def test_gains_of_one_are_the_default_and_each_gain_is_that_of_its_level():
    pyramid = cases.pyramid((30, 30, 3), 3)
    assert np.array_equal(render(pyramid, gains=(1, 1, 1)), render(pyramid))
    for level in range(3):
        details = [detail if other == level else np.zeros_like(detail) for other, detail in enumerate(pyramid.details)]
        alone = cases.SplinePyramid(details=tuple(details), base=pyramid.base, shape=pyramid.shape)
        got = render(pyramid, gains=[float(other == level) for other in range(3)])
        np.testing.assert_allclose(got, render(alone), rtol=0, atol=1e-6)  # zeros are added instead of skipped


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("samples", [3, math.inf])
def test_integers_are_the_clipped_and_rounded_average(dtype, samples):
    pyramid = cases.pyramid((30, 40, 3), 4)  # values from -5 to 5: both ends are reached
    most = np.iinfo(dtype).max
    floats = render(pyramid, (50, 60), samples=samples, noise_strength=0.1)
    got = render(pyramid, (50, 60), samples=samples, noise_strength=0.1, dtype=dtype)
    assert got.dtype == dtype
    exact = np.clip(floats.astype(np.float64), 0, 1) * most
    assert np.abs(got - exact).max() <= 0.5 + most * 6e-8  # rounded once; the product is a float32
    assert {0, most} <= set(got.ravel().tolist())
    assert len(np.unique(got)) > 100


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "render_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert len(reference_digests) == len(set(reference_digests)) > 300
    assert run_at(level, "render_cases", "print_digests", threads=threads).splitlines() == reference_digests


@pytest.mark.parametrize("shape", [(1, 9), (33, 20), (31, 47, 2), (24, 33, 3)])
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_split_of_the_rows_gives_the_same_bits(shape, threads, monkeypatch):
    pyramid = cases.pyramid(shape, 4)

    def pictures(threads):
        how = {"patch_size": 3, "jitter": 0.5, "noise_strength": 0.5, "threads": threads}
        yield render(pyramid, (40, 31), samples=3, block=2, **how)
        yield render(pyramid, (40, 31), samples=math.inf, **how)
        yield variance(pyramid, (40, 31), **how)

    whole = [picture.tobytes() for picture in pictures(1)]
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1)
    assert [picture.tobytes() for picture in pictures(threads)] == whole


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name
