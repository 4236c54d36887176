import numpy as np
import pytest
import retinex_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import retinex as ref

from pixkern import _threads
from pixkern.retinex import gaussian_blur

BAR = 0.1 / 255  # of the range
shapes = st.one_of(st.tuples(st.integers(1, 70), st.integers(1, 70)), st.tuples(st.just(1), st.integers(1, 400)))
sigmas = st.floats(0.1, 300)


def black_and_white(shape, seed=0):
    """The pixels that are hardest to blur: noise of the largest contrast."""
    return (np.random.default_rng(seed).random(shape) < 0.5).astype(np.float32)


# The definition


@settings(max_examples=100, deadline=None)
@given(shapes, sigmas, st.integers(1, 4))
def test_a_blur_is_within_a_tenth_of_a_code_of_the_exact_one(shape, sigma, channels):
    image = black_and_white((*shape, channels))
    assert np.abs(gaussian_blur(image, sigma) - ref.gaussian_blur(image, sigma)).max() <= BAR


@settings(max_examples=60, deadline=None)
@given(shapes, sigmas, st.sampled_from(["bytes", "floats"]))
def test_a_blur_within_a_mask_is_the_quotient_of_two_blurs(shape, sigma, kind):
    image, mask = black_and_white((*shape, 3)), cases.mask_of(kind, shape)
    weights = mask / 255 if kind == "bytes" else mask.astype(np.float64)
    share = ref.gaussian_blur(weights, sigma)
    off = np.abs(gaussian_blur(image, sigma, mask=mask) - ref.gaussian_blur(image, sigma, weights))
    assert off[share >= 0.05].max(initial=0) <= BAR


@pytest.mark.parametrize("sigma", [1.5, 9.0, 33.0, 700.0])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_integers_are_rounded_once(sigma, dtype):
    most = np.iinfo(dtype).max
    image = cases.picture(dtype, (37, 61, 3))
    off = np.abs(gaussian_blur(image, sigma) - ref.gaussian_blur(image, sigma))
    assert off.max() <= 0.5 + BAR * most


def test_stripes_as_wide_as_half_a_cell_do_not_beat():
    for sigma, width in ((7.0, 1), (15.0, 2), (14.0, 2), (28.0, 4)):
        stripes = np.zeros((300, 300), np.float32)
        stripes[:, np.arange(300) // width % 2 == 0] = 1
        for image in (stripes, stripes.T.copy(), np.abs(stripes - stripes.T)):
            assert np.abs(gaussian_blur(image, sigma) - ref.gaussian_blur(image, sigma)).max() <= BAR


# Laws


@settings(max_examples=60, deadline=None)
@given(shapes, st.floats(0, 2000), st.sampled_from(cases.MASKS))
def test_a_constant_stays_what_it_is(shape, sigma, kind):
    mask = cases.mask_of(kind, shape)
    for dtype, value in (("uint8", 200), ("uint16", 65535), ("float32", 0.7)):
        image = np.full(shape, value, dtype)
        got = gaussian_blur(image, sigma, mask=mask)
        inside = got if mask is None else got[got > 0]
        tolerance = 2e-6 * value if dtype == "float32" else 0  # sums of up to 64 terms, rounded by 6e-8 each
        assert np.abs(inside.astype(np.float64) - image.flat[0]).max(initial=0) <= tolerance
    if mask is not None:
        assert np.array_equal(got[mask > 0] > 0, np.ones((mask > 0).sum(), bool))


@settings(max_examples=60, deadline=None)
@given(shapes, st.floats(0, 500), st.sampled_from(cases.MASKS))
def test_a_blur_lies_between_the_smallest_and_the_largest_pixel(shape, sigma, kind):
    image, mask = cases.picture("float32", shape) + 1, cases.mask_of(kind, shape)
    got = gaussian_blur(image, sigma, mask=mask)
    inside = image if mask is None else image[mask > 0]
    if inside.size:
        reached = got[got > 0]
        assert reached.min(initial=9) >= inside.min() - 4e-6  # 2e-6 of the largest, which is 2
        assert reached.max(initial=0) <= inside.max() + 4e-6


@pytest.mark.parametrize(("first", "second"), [(5.0, 12.0), (20.0, 21.0), (3.0, 90.0)])
def test_two_blurs_are_one_of_the_root_of_both_squares(first, second):
    image = black_and_white((90, 77, 3))
    twice = gaussian_blur(gaussian_blur(image, first), second)
    assert np.abs(twice - gaussian_blur(image, np.hypot(first, second))).max() <= 2 * BAR  # three blurs, one bar each


@pytest.mark.parametrize("sigma", [0.5, 8.0, 40.0])
def test_a_blur_of_the_mirrored_picture_is_the_mirrored_blur(sigma):
    image = black_and_white((53, 70, 3))
    got = gaussian_blur(image[::-1, ::-1], sigma)[::-1, ::-1]
    np.testing.assert_allclose(got, gaussian_blur(image, sigma), rtol=0, atol=2e-6)  # the same sums from the other end


def test_sigma_zero_is_the_image():
    for dtype in ("uint8", "uint16", "float32"):
        image, mask = cases.picture(dtype, (9, 11, 3)), cases.mask_of("bytes", (9, 11))
        assert np.array_equal(gaussian_blur(image, 0), image)
        assert np.array_equal(gaussian_blur(image, 0, mask=mask), np.where(mask[..., None] > 0, image, 0))


@pytest.mark.parametrize("sigma", [0.0, 1.0, 6.0, 15.0, 100.0])
@pytest.mark.parametrize("kind", ["bytes", "floats"])
def test_what_is_outside_the_mask_changes_no_bit(sigma, kind):
    image, mask = cases.picture("float32", (60, 70, 3)), cases.mask_of(kind, (60, 70))
    before = gaussian_blur(image, sigma, mask=mask)
    for paint in (0, 1e30, np.nan, -np.inf):
        painted = image.copy()
        painted[mask == 0] = paint
        assert gaussian_blur(painted, sigma, mask=mask).tobytes() == before.tobytes()


@pytest.mark.parametrize("sigma", [1.0, 15.0, 100.0])
def test_a_mask_of_ones_is_no_mask(sigma):
    image = cases.picture("float32", (40, 50, 3))
    ones = gaussian_blur(image, sigma, mask=np.ones((40, 50), bool))
    np.testing.assert_allclose(ones, gaussian_blur(image, sigma), rtol=0, atol=2e-6)  # quotients by nearly 1


def test_an_empty_mask_gives_zeros():
    for sigma in (0, 1, 20):
        assert not gaussian_blur(np.ones((30, 40), np.float32), sigma, mask=np.zeros((30, 40), bool)).any()


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "retinex_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert len(reference_digests) == sum(1 for _ in cases.results())
    assert run_at(level, "retinex_cases", "print_digests", threads=threads).splitlines() == reference_digests


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


def test_any_split_gives_the_same_bits(monkeypatch):
    image, mask = cases.picture("uint16", (83, 64, 3)), cases.mask_of("floats", (83, 64))
    whole = [gaussian_blur(image, sigma, mask=mask, threads=1) for sigma in (2, 9, 50)]
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1)
    for threads in (2, 5, 7):
        split = [gaussian_blur(image, sigma, mask=mask, threads=threads) for sigma in (2, 9, 50)]
        assert [a.tobytes() for a in split] == [a.tobytes() for a in whole]
