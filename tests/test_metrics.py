import math
import tracemalloc
from pathlib import Path

import metrics_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import metrics as ref

from pixkern.metrics import MS_SSIM_WEIGHTS, ms_ssim, mse, psnr, ssim

PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "photos"
every_dtype = pytest.mark.parametrize("dtype", cases.DTYPES)
every_window = pytest.mark.parametrize("window", ["gaussian", "uniform"])
TAPS = {"gaussian": 11, "uniform": 7}


def skimage_ssim(a, b, window, data_range):
    metrics = pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False} if window == "gaussian" else {}
    axis = -1 if a.ndim == 3 else None
    # float32 images would be compared in float32
    a, b = (image.astype(np.float64) if image.dtype == np.float32 else image for image in (a, b))
    return metrics.structural_similarity(a, b, data_range=data_range, channel_axis=axis, **how)


# Exactness


@every_dtype
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (1, 8192), (91, 271), (60, 70, 3), (2, 3, 17)])
def test_mse_and_psnr_are_those_of_the_definition(dtype, shape):
    a, b = cases.pair(dtype, shape)
    b.flat[0] = a.flat[0] ^ 1 if dtype != np.float32 else a.flat[0] + np.float32(0.1)
    assert mse(a, b) == pytest.approx(ref.mse(a, b), rel=1e-13)  # float64 sums of at most 25,000 squares
    assert psnr(a, b) == pytest.approx(ref.psnr(a, b, cases.full(dtype)), abs=1e-11)  # 4.4 dB per unit of ln mse


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_sum_of_squares_of_integers_is_exact(dtype):
    draw = np.random.default_rng(0)
    a, b = (draw.integers(0, np.iinfo(dtype).max, (301, 303), dtype=dtype, endpoint=True) for _ in range(2))
    a[:150], b[:150] = 0, np.iinfo(dtype).max  # the largest squares there are, over several blocks
    exact = int(np.sum((a.astype(np.int64) - b.astype(np.int64)) ** 2))
    assert mse(a, b) == exact / a.size


@every_dtype
@every_window
@pytest.mark.parametrize("shape", [(11, 11), (12, 300), (45, 70, 3), (23, 155, 2), (30, 61, 4), (17, 40, 6)])
def test_ssim_is_that_of_the_definition(dtype, window, shape):
    a, b = cases.pair(dtype, shape)
    exact = ref.ssim(a, b, window, cases.full(dtype))
    assert ssim(a, b, window=window) == pytest.approx(exact, abs=1e-12)  # float64 sums of 121 terms over C2 of 1e-3


@every_window
@pytest.mark.parametrize("low", [0, 5, 200, 250])
@pytest.mark.parametrize("high", [1, 5])
def test_flat_bright_images_lose_no_digits(window, low, high):
    draw = np.random.default_rng(low)
    a, b = (draw.integers(low, low + high, (40, 50), dtype=np.uint8, endpoint=True) for _ in range(2))
    assert ssim(a, b, window=window) == pytest.approx(ref.ssim(a, b, window, 255), abs=1e-11)  # cancels 4 of 16 digits
    small = ref.ssim(a, b, window, 1)
    assert ssim(a, b, window=window, data_range=1) == pytest.approx(small, abs=1e-8)  # C2 of 9e-4 under 255^2


def test_floats_far_from_zero_keep_nine_digits():
    a, b = (image + np.float32(9) for image in cases.pair(np.float32, noise=0.01))
    assert ssim(a, b) == pytest.approx(ref.ssim(a, b, "gaussian", 1), abs=1e-9)  # as documented


@every_dtype
@every_window
@pytest.mark.parametrize("shape", [(60, 90), (45, 70, 3)])
def test_ssim_equals_scikit_image(dtype, window, shape):
    for noise in (0.01, 0.3):
        a, b = cases.pair(dtype, shape, noise)
        peer = skimage_ssim(a, b, window, cases.full(dtype))
        assert ssim(a, b, window=window) == pytest.approx(peer, abs=1e-10)  # both float64


@every_window
def test_ssim_equals_scikit_image_on_photos(window):
    cv2 = pytest.importorskip("cv2")
    paths = sorted(PHOTOS.glob("**/*.png"))[:3]
    if not paths:
        pytest.skip("no photos in ../shared/data/photos")
    for path in paths:
        photo = cv2.imread(str(path))[:300, :400]
        blurred = cv2.GaussianBlur(photo, (0, 0), 1.2)
        assert ssim(photo, blurred, window=window) == pytest.approx(
            skimage_ssim(photo, blurred, window, 255), abs=1e-10
        )


@every_dtype
# of 298 columns: two whole tiles of 144 windows, the last of which halves up to the border
@pytest.mark.parametrize("shape", [(161, 176), (163, 161), (161, 298), (176, 191, 3)])
def test_ms_ssim_is_that_of_the_definition(dtype, shape):
    a, b = cases.pair(dtype, shape, noise=0.2)
    exact = ref.ms_ssim(a, b, cases.full(dtype))
    tolerance = 1e-7 if dtype == np.float32 else 1e-12  # float32 scales; integers are exact in them
    assert ms_ssim(a, b) == pytest.approx(exact, abs=tolerance)


def test_ms_ssim_is_that_of_the_definition_over_any_number_of_scales():
    a, b = cases.pair(np.uint8, (85, 101, 2), noise=0.3)
    for weights in ((1.0,), (0.5, 0.5), (0.2, 3.0, 0.7), (1, 1, 1, 1)):
        assert ms_ssim(a, b, weights=weights) == pytest.approx(ref.ms_ssim(a, b, 255, weights), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(7, 40),
    st.integers(7, 160),
    st.integers(1, 6),
    st.sampled_from(cases.DTYPES),
    st.sampled_from(["gaussian", "uniform"]),
    st.integers(0, 2**32 - 1),
)
def test_any_noise_follows_the_definition(rows, cols, channels, dtype, window, seed):
    rows, cols = max(rows, TAPS[window]), max(cols, TAPS[window])
    draw = np.random.default_rng(seed)
    a, b = (cases.scaled(draw.random((rows, cols, channels)), dtype) for _ in range(2))
    exact = ref.ssim(a, b, window, cases.full(dtype))
    assert ssim(a, b, window=window) == pytest.approx(exact, abs=1e-12)  # as above


# Laws


@every_dtype
def test_equal_images_have_the_best_values_exactly(dtype):
    draw = np.random.default_rng(0)
    image = cases.scaled(draw.random((165, 170, 3)), dtype)
    flat = np.full_like(image, cases.full(dtype))
    for same in (image, flat, np.zeros_like(image)):
        assert mse(same, same.copy()) == 0
        assert psnr(same, same.copy()) == math.inf
        assert ssim(same, same.copy()) == ssim(same, same.copy(), window="uniform") == 1
        assert ms_ssim(same, same.copy()) == 1


@every_dtype
def test_both_images_count_alike(dtype):
    a, b = cases.pair(dtype, (170, 165, 3))
    for call in (mse, psnr, ssim, lambda a, b: ssim(a, b, window="uniform"), ms_ssim):
        assert call(a, b) == call(b, a)


@every_window
def test_ssim_stays_between_minus_one_and_one_where_rounding_is_all_there_is(window):
    for size in 10 ** np.random.default_rng(0).uniform(4, 9, 300):  # flat windows: variances are rounding alone
        a = np.full((11, 11), size, np.float32)
        b = np.nextafter(a, np.float32(np.inf))
        assert ssim(a, a.copy(), window=window) == 1
        assert -1 <= ssim(a, b, window=window) <= 1
        assert -1 <= ssim(a, -b, window=window) <= 1


@every_window
def test_a_negative_image_has_negative_structure(window):
    a = cases.scaled(np.random.default_rng(0).random((40, 50)), np.uint8)
    assert ssim(a, 255 - a, window=window) < -0.9


def test_a_scale_of_negative_structure_makes_ms_ssim_zero():
    a = cases.scaled(np.random.default_rng(0).random((170, 170)), np.uint8)
    assert ms_ssim(a, 255 - a) == 0


@every_dtype
def test_a_batch_has_the_values_of_its_images(dtype):
    pairs = [cases.pair(dtype, (165, 163, 3), noise=0.1 * seed, seed=seed) for seed in range(3)]
    a, b = (np.stack(side) for side in zip(*pairs, strict=True))
    for call in (mse, psnr, ssim, lambda a, b: ssim(a, b, window="uniform"), ms_ssim):
        values = call(a, b)
        assert values.dtype == np.float64
        assert values.tolist() == [call(*images) for images in pairs]


@every_window
@pytest.mark.parametrize("channels", [2, 3, 4, 7])
def test_ssim_of_channels_is_the_mean_of_each(window, channels):
    a, b = cases.pair(np.uint8, (30, 170, channels), noise=0.2)
    alone = [ssim(a[..., c].copy(), b[..., c].copy(), window=window) for c in range(channels)]
    assert ssim(a, b, window=window) == pytest.approx(np.mean(alone), abs=1e-14)  # other additions, 16 digits


@every_window
def test_ssim_does_not_change_when_images_and_range_are_scaled(window):
    a, b = cases.pair(np.uint8)
    wide = [image.astype(np.uint16) * 257 for image in (a, b)]
    assert ssim(*wide, window=window) == pytest.approx(ssim(a, b, window=window), abs=1e-13)  # the same in reals
    floats = [image.astype(np.float32) for image in (a, b)]
    assert ssim(*floats, window=window, data_range=255) == pytest.approx(ssim(a, b, window=window), abs=1e-13)  # so too


def test_psnr_follows_the_range():
    a, b = cases.pair(np.uint8)
    assert psnr(a, b, data_range=2550) == pytest.approx(psnr(a, b) + 20, abs=1e-12)  # 10 log10(10^2)
    assert psnr(a, b) == psnr(a, b, data_range=255) == psnr(a, b, data_range=np.float32(255))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_makes_nan(bad):
    a, b = cases.pair(np.float32, (165, 165, 3))
    b[100, 100, 1] = bad
    if math.isnan(bad):
        assert math.isnan(mse(a, b))
        assert math.isnan(psnr(a, b))
    else:
        assert mse(a, b) == math.inf
        assert psnr(a, b) == -math.inf
    for value in (ssim(a, b), ssim(a, b, window="uniform"), ms_ssim(a, b)):
        assert math.isnan(value)


def test_the_published_weights_are_the_default():
    a, b = cases.pair(np.uint8, (165, 165))
    assert MS_SSIM_WEIGHTS == ref.MS_SSIM_WEIGHTS
    assert ms_ssim(a, b) == ms_ssim(a, b, weights=MS_SSIM_WEIGHTS)


# Bits


@pytest.fixture(scope="module")
def reference_results():
    return run_at(AVAILABLE[0], "metrics_cases", "print_results").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_results):
    assert run_at(level, "metrics_cases", "print_results", threads=threads).splitlines() == reference_results


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu == cuda, name


def test_torch_tensors_are_compared_and_batches_come_back_as_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    a, b = (torch.from_numpy(image) for image in cases.pair(np.uint8))
    assert ssim(a, b) == ssim(a.numpy(), b.numpy())
    batch = psnr(a[None], b[None])
    assert isinstance(batch, torch.Tensor)
    assert batch.tolist() == [psnr(a, b)]


# Hostile input


def calls():
    return [mse, psnr, ssim, ms_ssim]


@pytest.mark.parametrize("call", calls())
@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a.tolist(),
        lambda a: a.astype(np.float64),
        lambda a: a.astype(np.int16),
        lambda a: a > 3,
        lambda a: a.astype(object),
        lambda a: a.astype(">u2"),
        lambda a: np.ma.masked_array(a),
        lambda a: np.zeros((200, 200), dtype=[("r", "u1"), ("g", "u1")]),
    ],
)
def test_arrays_of_another_kind_raise_type_error(call, spoil):
    image = np.zeros((200, 200), np.uint8)
    with pytest.raises(TypeError, match=r"^a "):
        call(spoil(image), image)
    with pytest.raises(TypeError, match=r"^b "):
        call(image, spoil(image))


@pytest.mark.parametrize("call", calls())
@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0, 3), (1, 2, 3, 4, 5)])
def test_images_of_another_shape_raise_value_error(call, shape):
    with pytest.raises(ValueError, match="a "):
        call(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))


@pytest.mark.parametrize("call", calls())
def test_two_images_that_do_not_match_are_refused(call):
    image = np.zeros((200, 200, 1), np.uint8)
    with pytest.raises(ValueError, match=r"one shape, got \(200, 200, 1\) and \(200, 200\)"):
        call(image, image[..., 0])
    with pytest.raises(TypeError, match="one dtype, got uint8 and uint16"):
        call(image, image.astype(np.uint16))


@pytest.mark.parametrize(
    ("call", "least"),
    [
        (ssim, 11),
        (lambda a, b: ssim(a, b, window="uniform"), 7),
        (ms_ssim, 161),
        (lambda a, b: ms_ssim(a, b, weights=(0.5, 0.3, 0.2)), 41),
    ],
)
def test_images_too_small_for_a_window_are_refused_and_those_that_just_fit_are_not(call, least):
    fits = np.zeros((least, least), np.uint8)
    assert call(fits, fits) == 1
    for small in (fits[1:], fits[:, 1:]):
        with pytest.raises(ValueError, match=f"at least {least} x {least} pixels"):
            call(small, small)


@pytest.mark.parametrize("call", calls()[1:])
def test_ranges_that_are_none_are_refused(call):
    image = np.zeros((200, 200), np.uint8)
    for wrong in (0, -1, math.inf, math.nan, 1e31):
        with pytest.raises(ValueError, match="data_range"):
            call(image, image, data_range=wrong)
    for wrong in ("255", True, [255]):
        with pytest.raises(TypeError, match="data_range"):
            call(image, image, data_range=wrong)


def test_windows_and_weights_that_are_none_are_refused():
    image = np.zeros((200, 200), np.uint8)
    with pytest.raises(ValueError, match="window must be one of 'gaussian', 'uniform'"):
        ssim(image, image, window="box")
    for wrong in ((), (0.5, 0), (0.5, -1), (0.5, math.nan), [[1.0]], 0.5, (1,) * 17):
        with pytest.raises(ValueError, match="weights"):
            ms_ssim(image, image, weights=wrong)
    with pytest.raises(TypeError, match="weights"):
        ms_ssim(image, image, weights=("a", "b"))


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::2],
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].reshape(a.shape),
    ],
)
def test_any_memory_order_gives_the_value_of_its_copy(view):
    a, b = (view(image) for image in cases.pair(np.uint8, (40, 60, 3)))
    for call in (mse, psnr, ssim):
        assert call(a, b) == call(np.ascontiguousarray(a), np.ascontiguousarray(b))


def test_an_image_of_more_than_32767_pixels_a_side_is_compared():
    draw = np.random.default_rng(0)
    a, b = (draw.integers(0, 256, (12, 70_001), dtype=np.uint8) for _ in range(2))
    assert ssim(a, b) == pytest.approx(ref.ssim(a, b, "gaussian", 255), abs=1e-12)  # as above
    assert ssim(a.T, b.T) == pytest.approx(ref.ssim(a.T, b.T, "gaussian", 255), abs=1e-12)


# Memory


def peak(call, *args):
    call(*args)
    tracemalloc.start()
    call(*args)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_no_copy_and_no_map_is_made():
    a, b = (np.zeros((1000, 1000, 3), np.uint8) for _ in range(2))
    assert peak(psnr, a, b) < 30_000  # 366 slots as an array and as numbers
    assert peak(ssim, a, b) < 300_000  # 2970 slots, likewise: a tenth of a byte per sample
    assert peak(ms_ssim, a, b) < (a.size + b.size) * 5 / 4 * 1.01 + 300_000  # two float32 scales at a time: 1/4 + 1/16
