import numpy as np
import pytest
import retinex_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import retinex as ref

from pixkern import _threads
from pixkern.retinex import albedo, gaussian_blur, multiscale_retinex

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


@pytest.mark.parametrize("sigma", [1.0, 6.9, 7.0, 13.9, 14.0, 27.9, 28.0, 56.0, 80.0])
def test_edges_of_the_largest_contrast_are_as_wide_as_sigma_says(sigma):
    image = np.zeros((301, 290), np.float32)
    image[:101, 130:] = 1
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


@pytest.mark.parametrize("sigma", [7, 8, 10, 14, 15, 20, 28, 30, 56, 80])
def test_a_constant_stays_what_it_is_where_cells_do_not_divide_the_picture(sigma):
    for side in (1, 2, 5, 9, 17, 29, 47, 61, 131):  # without the rows' normalisation 29 pixels are off by 2.7e-5
        image = np.full((side, 3), 0.7, np.float32)
        for way in (image, np.ascontiguousarray(image.T)):
            assert np.abs(gaussian_blur(way, sigma) - way).max() <= 2e-6 * 0.7  # as documented


@pytest.mark.parametrize("sigma", [2.0, 20.0])
def test_weights_count_down_to_where_floats_lose_digits(sigma):
    image = np.full((40, 40), 0.7, np.float32)
    faint = gaussian_blur(image, sigma, mask=np.full(image.shape, 1e-28, np.float32))
    np.testing.assert_allclose(faint, image, rtol=2e-6)  # as documented
    assert not gaussian_blur(image, sigma, mask=np.full(image.shape, 1e-40, np.float32)).any()


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


# Retinex and albedos


def portrait(shape=(150, 131, 3), seed=0):
    """Smooth light over patches with edges and grain, codes of 0..255."""
    draw = np.random.default_rng(seed)
    rows, cols = np.indices(shape[:2])
    patches = draw.integers(40, 256, (7, 7, 3))[rows * 7 // shape[0], cols * 7 // shape[1]]
    light = 0.35 + 0.65 * np.exp(-((rows / shape[0] - 0.3) ** 2 + (cols / shape[1] - 0.7) ** 2) / 0.3)
    grain = draw.normal(0, 3, (*shape[:2], 3))
    return np.clip(np.rint(patches * light[..., None] + grain), 0, 255).astype(np.uint8)


def soft_disc(shape=(150, 131)):
    rows, cols = np.indices(shape)
    off = np.hypot(rows - shape[0] / 2, cols - shape[1] / 2)
    return np.clip((60 - off) / 8 * 255, 0, 255).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.lists(st.floats(0.3, 300), min_size=1, max_size=4),
    st.sampled_from(cases.MASKS),
)
def test_raw_retinex_is_that_of_the_definition(shape, widths, kind):
    image, mask = cases.picture("uint8", (*shape, 3)), cases.mask_of(kind, shape)
    weights = {"none": None, "bytes": None if mask is None else mask / 255, "floats": mask}[kind]
    if weights is not None:  # where hardly any weight is in reach, kernels that end differ from those that do not
        reach = np.min([ref.gaussian_blur(weights, width) for width in widths], axis=0)
    got = multiscale_retinex(image, sigmas=widths, mask=mask, percentiles=None)
    off = np.abs(got - ref.multiscale_retinex(image, widths, weights))
    # The bar of 0.1 codes in logarithms of codes + 1: 0.1 / ln 10 where the blur is black, 4e-4 where it is grey
    bar = 0.1 / np.log(10) / (1 + np.min([ref.gaussian_blur(image, width, weights) for width in widths], axis=0)) + 2e-6
    assert (off <= bar)[np.ones(shape, bool) if weights is None else reach >= 0.05].all()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("method", cases.METHODS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_albedos_are_those_of_the_definition(method, dtype, masked):
    image, mask = portrait(), soft_disc() if masked else None
    most = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    typed = (image * (most / 255)).astype(dtype)
    exact = ref.albedo(image, method, (9, 30, 90), (1, 99), None if mask is None else mask / 255)
    mixed = 0.75 * exact + 0.25 * image / 255 * (1 if mask is None else mask[..., None] > 0)
    got = albedo(typed, method=method, mask=mask, sigmas=(9, 30, 90), original=0.25)
    assert got.dtype == typed.dtype
    bar = 0.1 if method in ("lab", "division") else 0.2  # percentiles lie anywhere between two of 11 000 pixels
    assert np.abs(got - mixed * most).max() <= (0 if dtype == "float32" else 0.5) + bar / 255 * most


def test_lab_of_the_dark_is_that_of_the_definition():
    image = portrait() // 24  # codes up to 10: f below 6/29, where CIELAB is linear
    exact = ref.albedo(image, "lab", (20,), (1, 99)) * 255
    got = albedo((image / np.float32(255)).astype(np.float32), method="lab", sigmas=(20,)) * 255
    assert (exact > 1).mean() > 0.5
    assert np.abs(got - exact).max() <= 0.1  # as documented


@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99), (10, 60)])
def test_percentiles_become_zero_and_one(percentiles):
    got = multiscale_retinex(portrait(), sigmas=(20, 60), percentiles=percentiles)
    for channel in np.moveaxis(got, -1, 0):
        below, above = (channel == 0).mean() * 100, (channel < 1).mean() * 100
        assert abs(below - percentiles[0]) <= 0.2  # a bin of 6.1e-4 holds about 0.1 % of a decade's pixels
        assert abs(above - percentiles[1]) <= 0.2


def test_a_quotient_beyond_white_is_white_before_it_is_mixed():
    image = np.full((60, 120, 3), 0.1, np.float32)
    image[:, 60:] = 0.6
    image[28:32, 18:22] = 0.9  # a spot in the dark half
    spot = np.s_[29:31, 19:21]
    assert (image[spot] / gaussian_blur(image, 8)[spot] * image.mean()).min() > 1.5
    assert (albedo(image, method="division", sigmas=(8,))[spot] == 1).all()
    mixed = albedo(image, method="division", sigmas=(8,), original=0.5)[spot]
    np.testing.assert_allclose(mixed, 0.95, rtol=0, atol=1e-6)  # two roundings


def test_weights_of_bytes_and_of_floats_count_alike():
    mask = cases.mask_of("bytes", (150, 131))
    floats = mask.astype(np.float32) * np.float32(1 / 255)
    got = multiscale_retinex(portrait(), sigmas=(20,), mask=mask)
    assert got.tobytes() == multiscale_retinex(portrait(), sigmas=(20,), mask=floats).tobytes()
    faint = multiscale_retinex(portrait(), sigmas=(20,), mask=np.full((150, 131), 0.6 / 255, np.float32))  # counts as 1
    np.testing.assert_allclose(faint, multiscale_retinex(portrait(), sigmas=(20,)), rtol=0, atol=1e-5)


def test_rows_that_are_whole_count_as_much_as_rows_that_hardly_are_not():
    image = portrait((60, 400, 3))
    image[30:] //= 4  # another histogram
    mask = np.full((60, 400), 254, np.uint8)
    even = multiscale_retinex(image, sigmas=(200,), mask=mask)
    mask[:30] = 255  # runs whose weights nobody looks at, beside runs whose weights are read
    uneven = multiscale_retinex(image, sigmas=(200,), mask=mask)
    assert np.abs(uneven - even).max() <= 0.01  # weights differ by 0.4 %


def test_pixels_count_by_their_weight():
    image, mask = portrait(), soft_disc()
    twice = np.concatenate([image, image[:, ::-1]], axis=1)
    double = np.concatenate([mask, mask[:, ::-1]], axis=1)
    got = multiscale_retinex(twice, sigmas=(20,), mask=double)[:, :131]
    assert np.abs(got - multiscale_retinex(image, sigmas=(20,), mask=mask)).max() <= 2e-5  # the mirrored picture itself


def test_light_that_doubles_everywhere_changes_little():
    image = np.maximum(portrait().astype(np.float32) / 512, 0.05)
    dim = multiscale_retinex(image, percentiles=None)
    bright = multiscale_retinex(image * 2, percentiles=None)
    assert np.abs(bright - dim).max() <= 0.03  # but for the 1 that is added to codes of 13 and more


@pytest.mark.parametrize("method", cases.METHODS)
def test_an_albedo_is_blind_to_what_is_outside_the_mask(method):
    image, mask = portrait().astype(np.float32) / 255, soft_disc()
    before = albedo(image, method=method, mask=mask, original=0.2)
    assert not before[mask == 0].any()
    for paint in (0, 1, np.nan, 1e30):
        painted = image.copy()
        painted[mask == 0] = paint
        assert albedo(painted, method=method, mask=mask, original=0.2).tobytes() == before.tobytes()


def test_a_black_background_leaves_no_halo_and_without_a_mask_it_does():
    image, mask = portrait((300, 260, 3)), soft_disc((300, 260)).astype(np.uint8)
    mask = np.where(np.hypot(*(np.indices((300, 260)) - np.array([[[150]], [[130]]]))) < 100, 255, 0).astype(np.uint8)
    black = np.where(mask[..., None] > 0, image, 0).astype(np.uint8)
    inside = mask > 0
    off = np.abs(multiscale_retinex(black, mask=mask) - multiscale_retinex(image, mask=mask))[inside]
    assert off.max() <= 0.01
    raw = [multiscale_retinex(x, percentiles=None, sigmas=(15,)) for x in (black, image)]
    assert np.abs(raw[0] - raw[1])[inside].max() >= 0.1  # what the mask is for


@pytest.mark.parametrize("method", ["luminance"])
def test_luminance_keeps_chromaticities(method):
    image = portrait().astype(np.float32) / 255
    got = albedo(image, method=method)
    lit = got.sum(axis=2) > 0.01
    kept = (got / got.sum(axis=2, keepdims=True).clip(1e-9))[lit] - (image / image.sum(axis=2, keepdims=True))[lit]
    assert np.abs(kept).max() <= 1e-5  # one factor for three channels
    assert got.max() <= 1


def test_lab_keeps_a_and_b_where_colours_stay_in_gamut():
    image = 0.35 + 0.3 * (portrait().astype(np.float32) / 255)
    got = albedo(image, method="lab", sigmas=(20,))
    before, after = ref.lab_roots(image.astype(np.float64)), ref.lab_roots(got.astype(np.float64))
    kept = np.abs(np.diff(after, axis=2) - np.diff(before, axis=2)) * np.array([500, 200])
    inner = ((got > 0.02) & (got < 0.98)).all(axis=2)
    assert inner.mean() > 0.5
    assert kept[inner].max() <= 0.01  # of a and b, in float32


@pytest.mark.parametrize("method", cases.METHODS)
def test_the_original_alone_is_the_image(method):
    for dtype in ("uint8", "uint16"):
        image = cases.picture(dtype, (40, 50, 3))
        assert np.array_equal(albedo(image, method=method, original=1), image)


@pytest.mark.parametrize("method", cases.METHODS)
@pytest.mark.parametrize("value", [0, 90, 255])
def test_a_constant_picture_has_a_constant_albedo(method, value):
    got = albedo(np.full((60, 80, 3), value, np.uint8), method=method)
    assert np.ptp(got.astype(int), axis=(0, 1)).max() <= 1  # rounding of a Retinex of 0 +- 1e-7 over a bin of 6e-4


def test_an_empty_mask_gives_a_black_albedo():
    for method in cases.METHODS:
        assert not albedo(portrait(), method=method, mask=np.zeros((150, 131), bool)).any()
