import math
from typing import NamedTuple

import numpy as np
import pytest
import render_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import render as ref

from pixkern import _threads
from pixkern.pyramid import offset_law, render, spline_pyramid, variance

SHAPES = st.tuples(st.integers(1, 37), st.integers(1, 37)) | st.tuples(
    st.integers(1, 24), st.integers(1, 24), st.integers(1, 4)
)
CELL = math.sqrt(2)  # positions in these tests are rational, so that none lies between two cells


class Scene(NamedTuple):
    """A pyramid of noise, by what makes it, and the arguments of a picture of it."""

    shape: tuple
    levels: int
    noise: int
    size: tuple | None
    where: dict
    law: dict

    def parts(self):
        return cases.pyramid(self.shape, self.levels, self.noise), self.size, dict(self.where), dict(self.law)


@st.composite
def scenes(draw):
    shape = draw(SHAPES)
    height, width = shape[:2]
    levels = draw(st.integers(0, 6))
    size = draw(st.none() | st.tuples(st.integers(1, 60), st.integers(1, 60)))
    cols, rows = size or (width, height)
    where = {}
    if draw(st.booleans()):
        x = sorted(draw(st.lists(st.integers(0, 8 * (width - 1)), min_size=2, max_size=2)))
        y = sorted(draw(st.lists(st.integers(0, 8 * (height - 1)), min_size=2, max_size=2)))
        where["window"] = (x[0] / 8, y[0] / 8, x[1] / 8, y[1] / 8)
    if draw(st.booleans()):
        left, top = draw(st.integers(0, cols - 1)), draw(st.integers(0, rows - 1))
        across, down = draw(st.integers(1, cols - left)), draw(st.integers(1, rows - top))
        where["roi"] = (left, top, across, down)
    law = {
        "patch_size": draw(st.integers(1, 9)),
        "jitter": draw(st.just(0.0) | st.floats(0.05, 4)),
        "gains": draw(st.none() | st.lists(st.floats(-2, 2, width=32), min_size=levels, max_size=levels)),
    }
    return Scene(shape, levels, draw(st.integers(0, 99)), size, where, law)


def plain(pyramid):
    return ref.Pyramid(pyramid.details, pyramid.base, pyramid.shape)


def reach(pyramid, gains=None):
    """The largest value that a pixel can have without noise."""
    gains = gains if gains is not None else [1] * pyramid.levels
    return np.abs(pyramid.base).max() + sum(
        abs(gain) * np.abs(detail).max() for gain, detail in zip(gains, pyramid.details, strict=True)
    )


def photo_like(shape, dtype, seed=0):
    """Waves and noise over the whole range of `dtype`, both ends included."""
    draw = np.random.default_rng(seed)
    y, x = np.meshgrid(*map(np.arange, shape[:2]), indexing="ij")
    waves = 0.5 + 0.35 * np.sin(0.9 * x + 0.02 * y * y) * np.cos(0.31 * y)
    image = waves.reshape(*waves.shape, *(1,) * (len(shape) - 2)) + draw.uniform(-0.3, 0.3, shape)
    image = np.clip(image, 0, 1)
    return image.astype(np.float32) if dtype == np.float32 else np.rint(image * np.iinfo(dtype).max).astype(dtype)


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


def test_many_samples_and_levels_round_no_worse_than_few():
    pyramid = cases.pyramid((20, 30), 6)
    law = {"patch_size": 3, "samples": 300, "seed": 3}
    exact = ref.render(plain(pyramid), ref.view(pyramid.shape), **law)
    # 300 sums of size up to 300: their roundings, 1.5e-5 at most each, walk at random and are divided by 300
    assert np.abs(render(pyramid, **law) - exact).max() <= 2e-6 * reach(pyramid)


def test_sixteen_levels_of_a_pixel_and_of_a_photo_are_those_of_the_definition():
    for shape in ((1, 1), (70, 50)):
        pyramid = cases.pyramid(shape, 16)
        law = {"patch_size": 3, "jitter": 0.5}
        exact = ref.render(plain(pyramid), ref.view(shape, (31, 17)), samples=2, **law)
        assert np.abs(render(pyramid, (31, 17), samples=2, **law) - exact).max() <= 2e-6 * reach(pyramid)  # as above
        exact = ref.expectation(plain(pyramid), ref.view(shape, (31, 17)), **law)
        assert np.abs(render(pyramid, (31, 17), samples=math.inf, **law) - exact).max() <= 2e-6 * reach(pyramid)


# Random words


def test_keys_are_mixed_by_the_finaliser_of_splitmix64():
    state, outputs = 1234567, []
    for _ in range(3):
        state = (state + ref.GOLDEN) % 2**64
        outputs.append(ref.scrambled(state))
    # The first outputs of SplitMix64 for this seed, as published with many ports of it.
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


# (seed, sample, level, word, row cell, column cell): word. Frozen, for pictures of one version are those of the next.
WORDS = {
    (0, 0, 0, 0, 0, 0): 0x5D3E8297,
    (0, 0, 0, 0, 0, 1): 0xD5D44354,
    (0, 0, 0, 0, 1, 0): 0xB0C44AEC,
    (0, 0, 0, 1, 0, 0): 0xD7EB968F,
    (0, 0, 1, 0, 0, 0): 0x9C7F3935,
    (0, 1, 0, 0, 0, 0): 0x72C410C3,
    (1, 0, 0, 0, 0, 0): 0xC45FC8A8,
    (42, 15, 4, 1, 255, 511): 0x2CA8E220,
    (2**64 - 1, 2**32, 5, 3, 12345, 67890): 0x1F32505A,
    (0xDEADBEEF, 7, 16, 2, 2**20 - 1, 2**20 + 3): 0x3206687F,
    (2**63, 2**40 + 1, 2, 0, 3, 2**31 - 2): 0xB03128B5,
}


def test_words_are_the_frozen_ones():
    for (seed, sample, level, word, row, col), value in WORDS.items():
        assert ref.row_words(seed, sample, level, word, row, [col])[0] == value


@pytest.mark.parametrize("at", [at for at in WORDS if at[3] < 4], ids=str)
def test_noise_is_the_normal_quantile_of_its_frozen_word(at):
    seed, sample, level, channel, row, col = at
    flat = [np.zeros_like(a) for a in (*cases.arrays((2, 2, 4), level)[0], cases.arrays((2, 2, 4), level)[1])]
    pyramid = cases.SplinePyramid(details=tuple(flat[:-1]), base=flat[-1], shape=(2, 2, 4))
    got = render(
        pyramid,
        (max(col + 1, 2), max(row + 1, 2)),
        roi=(col, row, 1, 1),
        samples=1,
        first_sample=sample,
        seed=seed,
        noise_strength=1,
    )
    assert got[0, 0, channel] == pytest.approx(ref.normal(np.uint32([WORDS[at]]))[0], abs=3e-6)  # stated: 2e-6


def test_a_ramp_shows_the_tap_and_the_offset_of_every_frozen_word():
    shape, levels = (40, 60), 3
    for axis in (0, 1):
        for level in range(levels):
            details = [np.zeros_like(detail) for detail in cases.arrays(shape, levels)[0]]
            details[level] += np.indices(details[level].shape, np.float32)[axis]
            base = np.zeros_like(cases.arrays(shape, levels)[1])
            pyramid = cases.SplinePyramid(details=tuple(details), base=base, shape=shape)
            law = {"patch_size": 5, "jitter": 0.8, "seed": 42}
            view = ref.view(shape, (97, 111))
            got = render(pyramid, (97, 111), samples=1, first_sample=6, **law)
            assert np.array_equal(got, ref.sample(plain(pyramid), view, 6, **law))  # integers: nothing is rounded


# The offset law


@pytest.mark.parametrize("patch_size", [1, 2, 3, 4, 7, 16, 31])
@pytest.mark.parametrize("jitter", [0.0, 1e-9, 0.05, 0.3, 1, 1.5, 3.25, 8])
def test_the_offset_law_is_the_exact_one(patch_size, jitter):
    shifts, counts = offset_law(patch_size, jitter)
    exact_shifts, exact_counts = ref.offset_law(patch_size, jitter)
    assert np.array_equal(shifts, exact_shifts)
    assert np.array_equal(counts, exact_counts)
    assert shifts.dtype.kind == counts.dtype.kind == "i"


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.just(0.0) | st.floats(0, 10))
def test_offset_laws_are_symmetric_and_have_the_moments_of_what_they_stand_for(patch_size, jitter):
    shifts, counts = offset_law(patch_size, jitter)
    assert counts.sum() == 65536
    assert counts.min() >= 0
    assert counts[0] > 0, "the law ends where it can"
    assert np.array_equal(shifts, -shifts[::-1])
    assert np.array_equal(counts, counts[::-1])
    width = 2 * (patch_size // 2) + 1
    wanted = (width**2 - 1) / 12 + (jitter**2 + 1 / 12 if jitter > 0.6 else rounded_normal_variance(jitter))
    # each threshold is off by up to 1/2 of 32768, and moves all beyond it; far tails, of less than that, are cut off
    assert (counts * shifts**2).sum() / 65536 == pytest.approx(wanted, abs=3e-3 + 4e-4 * jitter**2 + 1e-4 * width**2)


def rounded_normal_variance(jitter):
    if jitter == 0:
        return 0
    outside = [math.erfc((m - 0.5) / (jitter * math.sqrt(2))) for m in range(1, 12)]
    return sum((2 * m - 1) * chance for m, chance in enumerate(outside, 1))


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


# Nothing random: the cubic spline


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
