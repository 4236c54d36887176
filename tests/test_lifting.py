import io
import tracemalloc

import lifting_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import lifting as ref

import pixkern
from pixkern import _threads
from pixkern.lifting import dwt2, hadamard4, idwt2, subbands

every_kind = pytest.mark.parametrize(("wavelet", "dtype"), cases.KINDS)
floats = pytest.mark.parametrize("wavelet", ["haar", "cdf53", "cdf97"])
integers = pytest.mark.parametrize("wavelet", ["haar", "cdf53"])

# Of the largest sample. haar, cdf53: 8 sums of size up to 4 on the way to a coefficient, rounded by up to 2.4e-7 each,
# with either sign. cdf97: 16 products and sums of size up to 9, and factors rounded to float32.
TOLERANCE = {"haar": 5e-7, "cdf53": 5e-7, "cdf97": 4e-6}


# The definition


@settings(max_examples=120, deadline=None)
@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.sampled_from(cases.KINDS), st.integers(1, 10))
def test_coefficients_are_those_of_the_definition(shape, kind, levels):
    wavelet, dtype = kind
    x = cases.planes(dtype, shape)
    exact = ref.dwt2(x.astype(np.int64 if dtype == "int32" else np.float64), wavelet, levels)
    got = dwt2(x, wavelet=wavelet, levels=levels)
    if dtype == "int32":
        assert np.array_equal(got, exact)
    else:
        assert np.abs(got - exact).max() <= TOLERANCE[wavelet]


@every_kind
def test_planes_wider_than_a_strip_are_those_of_the_definition(wavelet, dtype):
    x = cases.planes(dtype, (6, 8211))  # two full strips of 4096, a partial one
    exact = ref.dwt2(x.astype(np.int64 if dtype == "int32" else np.float64), wavelet, 2)
    assert np.abs(dwt2(x, wavelet=wavelet, levels=2) - exact).max() <= (0 if dtype == "int32" else TOLERANCE[wavelet])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_hadamard4_is_the_matrix_along_any_axis(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    shape[axis] = 4
    x = cases.planes("float32", shape)
    got = hadamard4(x, axis=axis)
    np.testing.assert_allclose(got, ref.hadamard4(x, axis), rtol=0, atol=2.4e-7)  # two sums below 4, halved: 2 x 1.2e-7


# Laws


@settings(max_examples=120, deadline=None)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 90), st.integers(1, 90)),
    st.sampled_from(cases.KINDS),
    st.integers(1, 10),
)
def test_the_inverse_gives_the_planes_back(shape, kind, levels):
    wavelet, dtype = kind
    x = cases.planes(dtype, shape)
    back = idwt2(dwt2(x, wavelet=wavelet, levels=levels), wavelet=wavelet, levels=levels)
    off = np.abs(back.astype(np.float64) - x)
    assert off.max() <= (0 if dtype == "int32" else 2e-6)  # the same steps undone: only their own roundings are left
    assert np.sqrt((off**2).mean()) <= (0 if dtype == "int32" else 5e-7)  # which have either sign


@integers
def test_integers_of_any_size_come_back_bit_by_bit(wavelet):
    draw = np.random.default_rng(0)
    x = draw.integers(-(2**31), 2**31, (37, 53), np.int32)
    x[::3, ::5] = draw.choice([-(2**31), 2**31 - 1], x[::3, ::5].shape)
    for levels in (1, 5, 10):
        assert np.array_equal(idwt2(dwt2(x, wavelet=wavelet, levels=levels), wavelet=wavelet, levels=levels), x)


@integers
def test_integers_within_the_stated_range_do_not_overflow(wavelet):
    bound = 2**26 if wavelet == "cdf53" else 2**29 - 1
    side = 64
    for band in subbands((side, side), 4):
        # The worst plane for a coefficient has the sign of the filter that makes it: found from the inverse's adjoint,
        # which is the response of the coefficient to one sample at a time.
        row, col = (band.rows.start + band.rows.stop) // 2, (band.cols.start + band.cols.stop) // 2
        column = response(wavelet, side, row, 4)
        line = response(wavelet, side, col, 4)
        x = np.where(np.outer(column, line) < 0, -bound, bound).astype(np.int32)
        assert np.array_equal(dwt2(x, wavelet=wavelet, levels=4), ref.dwt2(x.astype(np.int64), wavelet, 4))


def response(wavelet, side, index, levels):
    """How coefficient `index` of a line depends on each sample."""
    impulses = np.repeat(np.eye(side, dtype=np.float32)[:, None], 1, axis=1)  # (side, 1, side): one-row planes
    return dwt2(impulses, wavelet=wavelet, levels=levels)[:, 0, index]


@floats
def test_a_constant_is_its_own_low_band_and_an_alternation_twice_itself_in_the_high_one(wavelet):
    x = np.full((20, 24), 3, np.float32)
    coeffs = dwt2(x, wavelet=wavelet, levels=2)
    low = subbands(x.shape, 2)[0]
    assert np.abs(coeffs[low.rows, low.cols] - 3).max() <= 3e-6  # 16 sums, rounded by 1.2e-7 each at 3
    coeffs[low.rows, low.cols] = 0
    assert np.abs(coeffs).max() <= 3e-6
    alternating = np.tile(np.array([1, -1], np.float32), (1, 12))
    high = dwt2(alternating, wavelet=wavelet)[0, 12:]
    np.testing.assert_allclose(high, -2, rtol=0, atol=2e-6)  # as above


@floats
def test_transforms_are_linear_in_powers_of_two_bit_by_bit(wavelet):
    x = cases.planes("float32", (33, 47))
    assert np.array_equal(dwt2(x * 8, wavelet=wavelet, levels=3), dwt2(x, wavelet=wavelet, levels=3) * 8)


@pytest.mark.parametrize(("wavelet", "dtype"), cases.KINDS[1:3] + cases.KINDS[4:])  # Haar's pairs begin at the left
def test_mirrored_planes_of_odd_sides_have_mirrored_coefficients(wavelet, dtype):
    x = cases.planes(dtype, (17, 33))
    got = dwt2(np.ascontiguousarray(x[::-1, ::-1]), wavelet=wavelet)
    plain = dwt2(x, wavelet=wavelet)
    for band in subbands(x.shape, 1):
        assert np.array_equal(got[band.rows, band.cols], plain[band.rows, band.cols][::-1, ::-1])


@floats
def test_floats_are_transposed_with_the_plane_up_to_rounding(wavelet):
    x = cases.planes("float32", (23, 40))
    got = dwt2(np.ascontiguousarray(x.T), wavelet=wavelet, levels=2)
    assert (
        np.abs(got.T - dwt2(x, wavelet=wavelet, levels=2)).max() <= 2 * TOLERANCE[wavelet]
    )  # the rounding of both orders


@every_kind
def test_planes_of_a_stack_are_transformed_alike(wavelet, dtype):
    stack = cases.planes(dtype, (5, 19, 26))
    for transform in (dwt2, idwt2):
        alone = [transform(plane, wavelet=wavelet, levels=3) for plane in stack]
        assert np.array_equal(transform(stack, wavelet=wavelet, levels=3), np.stack(alone))


@every_kind
@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (1, 1)])
def test_a_side_of_one_sample_passes_through(wavelet, dtype, shape):
    x = cases.planes(dtype, shape)
    thick = dwt2(np.repeat(x, 8, axis=0) if shape[0] == 1 else np.repeat(x, 8, axis=1), wavelet=wavelet)
    got = dwt2(x, wavelet=wavelet)
    same = thick[:1] if shape[0] == 1 else thick[:, :1]  # a direction without change has its values in the low band
    if shape != (1, 1):
        np.testing.assert_allclose(got, same, rtol=0, atol=0 if dtype == "int32" else TOLERANCE[wavelet])
    else:
        assert np.array_equal(got, x)


@every_kind
def test_levels_are_those_of_the_low_band_again(wavelet, dtype):
    x = cases.planes(dtype, (43, 58))
    coeffs = dwt2(x, wavelet=wavelet)
    low = subbands(x.shape, 1)[0]
    coeffs[low.rows, low.cols] = dwt2(np.ascontiguousarray(coeffs[low.rows, low.cols]), wavelet=wavelet, levels=4)
    assert np.array_equal(coeffs, dwt2(x, wavelet=wavelet, levels=5))


@every_kind
def test_the_corner_alone_gives_the_plane_at_reduced_resolution(wavelet, dtype):
    x = cases.planes(dtype, (2, 45, 70))
    coeffs = dwt2(x, wavelet=wavelet, levels=4)
    for reduced in (1, 2, 3):
        low = subbands(x.shape, reduced)[0]
        got = idwt2(coeffs[..., low.rows, low.cols], wavelet=wavelet, levels=4 - reduced)
        exact = dwt2(x, wavelet=wavelet, levels=reduced)[..., low.rows, low.cols]
        assert np.abs(got.astype(np.float64) - exact).max() <= (0 if dtype == "int32" else 2 * TOLERANCE[wavelet])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_hadamard4_is_its_own_inverse_and_keeps_lengths(axis):
    x = cases.planes("float32", (4, 4, 4, 33))
    y = hadamard4(x, axis=axis)
    np.testing.assert_allclose(hadamard4(y, axis=axis), x, rtol=0, atol=5e-7)  # four roundings of sums below 4
    lengths = np.sqrt((np.stack([x, y]).astype(np.float64) ** 2).sum(axis=axis + 1))
    np.testing.assert_allclose(lengths[0], lengths[1], rtol=5e-7)  # the same


def test_hadamard4_of_integers_divisible_by_two_is_exact():
    x = np.random.default_rng(0).integers(-1000, 1000, (4, 57)).astype(np.float32) * 2
    assert np.array_equal(hadamard4(x), ref.hadamard4(x, 0))


# Other libraries


@pytest.mark.parametrize("reduce", range(6))
@pytest.mark.parametrize("shape", [(320, 512), (480, 608), (64, 32)])
def test_integer_cdf53_is_that_of_lossless_jpeg_2000(shape, reduce):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    features = pytest.importorskip("PIL.features", reason="Pillow is not installed")
    if not features.check("jpg_2000"):
        pytest.skip("Pillow was built without OpenJPEG")
    draw = np.random.default_rng(0)
    coarse = draw.integers(60, 190, (shape[0] // 16, shape[1] // 16)).repeat(16, 0).repeat(16, 1)
    photo = (coarse + draw.integers(-20, 20, shape)).astype(np.uint8)
    file = io.BytesIO()
    image.fromarray(photo).save(file, "JPEG2000", irreversible=False, num_resolutions=6)
    stream = image.open(file)
    stream.reduce = reduce
    decoded = np.asarray(stream).astype(np.int32) - 128  # the level shift of unsigned samples
    samples = photo.astype(np.int32) - 128
    if reduce:
        low = subbands(shape, reduce)[0]
        samples = dwt2(samples, levels=reduce)[low.rows, low.cols]
    assert np.abs(samples).max() < 128, "the decoder clips; take a picture of less contrast"
    assert np.array_equal(samples, decoded)


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "lifting_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert len(reference_digests) == 2 * 2 * len(cases.KINDS) * len(cases.SHAPES) + 5
    assert run_at(level, "lifting_cases", "print_digests", threads=threads).splitlines() == reference_digests


@every_kind
@pytest.mark.parametrize("shape", [(1, 9), (13, 30), (2, 7, 5), (6, 4, 40)])
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_split_of_the_rows_gives_the_same_bits(wavelet, dtype, shape, threads, monkeypatch):
    x = cases.planes(dtype, shape)
    whole = [transform(x, wavelet=wavelet, levels=3, threads=1) for transform in (dwt2, idwt2)]
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1)
    split = [transform(x, wavelet=wavelet, levels=3, threads=threads) for transform in (dwt2, idwt2)]
    assert [a.tobytes() for a in split] == [a.tobytes() for a in whole]


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


@pytest.mark.cuda
def test_cupy_arrays_come_back_as_cupy_arrays():
    import cupy

    x = cases.planes("float32", (40, 50))
    got = dwt2(cupy.asarray(x), levels=3)
    assert isinstance(got, cupy.ndarray)
    assert np.array_equal(got.get(), dwt2(x, levels=3))


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x = cases.planes("float32", (4, 20, 30))
    for transform in (dwt2, idwt2, hadamard4):
        got = transform(torch.from_numpy(x))
        assert isinstance(got, torch.Tensor)
        assert np.array_equal(got.numpy(), transform(x))


# Hostile input


@pytest.mark.parametrize("transform", [dwt2, idwt2, hadamard4])
@pytest.mark.parametrize(
    "x",
    [
        [[1.0, 2.0]],
        np.zeros((4, 4)),
        np.zeros((4, 4), np.int16),
        np.zeros((4, 4), bool),
        np.zeros((4, 4), ">f4"),
        np.zeros((4, 4), object),
        np.zeros((4, 4), np.complex64),
        np.ma.zeros((4, 4), np.float32),
        np.zeros((4, 4), [("a", "f4")]),
    ],
)
def test_arrays_of_another_kind_raise_type_error(transform, x):
    with pytest.raises(TypeError, match=r"x|coeffs"):
        transform(x)


def test_integers_are_refused_where_only_floats_can_be_transformed():
    for transform in (dwt2, idwt2):
        with pytest.raises(TypeError, match="irreversible"):
            transform(np.zeros((4, 4), np.int32), wavelet="cdf97")
    with pytest.raises(TypeError, match="float32"):
        hadamard4(np.zeros((4, 4), np.int32))


@pytest.mark.parametrize("transform", [dwt2, idwt2])
@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0), (0, 4, 4), (1, 2, 3, 4)])
def test_planes_of_another_shape_raise_value_error(transform, shape):
    with pytest.raises(ValueError, match=r"x|coeffs"):
        transform(np.zeros(shape, np.float32))


@pytest.mark.parametrize("transform", [dwt2, idwt2])
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"wavelet": "db4"}, ValueError),
        ({"wavelet": None}, ValueError),
        ({"levels": 0}, ValueError),
        ({"levels": 11}, ValueError),
        ({"levels": 2.0}, TypeError),
        ({"levels": True}, TypeError),
        ({"threads": 0}, ValueError),
        ({"threads": 1.5}, TypeError),
        ({"backend": "gpu"}, ValueError),
        ({"out": np.zeros((4, 5), np.float32)}, ValueError),
        ({"out": np.zeros((4, 4), np.int32)}, ValueError),
        ({"out": np.zeros((4, 8), np.float32)[:, ::2]}, ValueError),
        ({"out": np.frombuffer(bytes(64), np.float32).reshape(4, 4)}, ValueError),
        ({"out": np.ma.zeros((4, 4), np.float32)}, TypeError),
    ],
)
def test_bad_options_raise(transform, options, error):
    with pytest.raises(error):
        transform(np.zeros((4, 4), np.float32), **options)


@pytest.mark.parametrize(
    ("shape", "axis", "error"),
    [
        ((5, 4), 0, ValueError),
        ((4, 5), 1, ValueError),
        ((4, 4), 2, ValueError),
        ((4, 4), -3, ValueError),
        ((), 0, ValueError),
        ((4,), 0.0, TypeError),
        ((4,), True, TypeError),
        ((4,), None, TypeError),
    ],
)
def test_hadamard4_refuses_what_is_not_four_long(shape, axis, error):
    with pytest.raises(error):
        hadamard4(np.zeros(shape, np.float32), axis=axis)


def test_hadamard4_of_nothing_is_nothing():
    assert hadamard4(np.zeros((4, 0, 3), np.float32)).shape == (4, 0, 3)


@every_kind
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::2],
        lambda a: a.T,
        np.asfortranarray,
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    ],
)
def test_any_memory_order_gives_the_result_of_its_copy(wavelet, dtype, view):
    x = view(cases.planes(dtype, (12, 20)))
    for transform in (dwt2, idwt2):
        assert np.array_equal(transform(x, wavelet=wavelet), transform(np.array(x, order="C"), wavelet=wavelet))


def test_read_only_inputs_are_read_and_left_alone():
    x = cases.planes("float32", (4, 31, 20))
    before = x.copy()
    x.flags.writeable = False
    for transform in (dwt2, idwt2, hadamard4):
        transform(x)
    assert np.array_equal(x, before)


def test_an_output_that_overlaps_its_input_raises():
    buffer = np.zeros((4, 8, 8), np.float32)
    for transform in (dwt2, idwt2, hadamard4):
        with pytest.raises(ValueError, match="overlaps"):
            transform(buffer, out=buffer)


@every_kind
def test_out_is_written_and_returned(wavelet, dtype):
    x = cases.planes(dtype, (3, 21, 34))
    for transform in (dwt2, idwt2):
        out = np.full_like(x, 77)
        assert transform(x, wavelet=wavelet, levels=3, out=out) is out
        assert np.array_equal(out, transform(x, wavelet=wavelet, levels=3))


@floats
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_spreads_no_further_than_the_filters_reach(wavelet, value):
    x = cases.planes("float32", (40, 60))
    clean = dwt2(x, wavelet=wavelet)
    x[20, 30] = value
    got = dwt2(x, wavelet=wavelet)
    far = np.ones(x.shape, bool)
    for top in (0, 20):
        for left in (0, 30):
            far[top + 7 : top + 14, left + 12 : left + 19] = False  # 3 pairs around pair (10, 15)
    assert not np.isfinite(got[10, 15])
    assert np.array_equal(got[far], clean[far])


def test_a_last_sample_without_a_partner_passes_through_haar_unchanged():
    x = np.array([[1, 3, np.inf], [5, 7, -0.0], [np.inf, -0.0, np.inf]], np.float32)
    got = dwt2(x, wavelet="haar")
    assert got[1, 1] == np.inf
    assert np.signbit(dwt2(x[2:, 1:2], wavelet="haar")[0, 0])
    assert idwt2(got, wavelet="haar")[2, 2] == np.inf


# Memory and threads


@pytest.mark.parametrize("transform", [dwt2, idwt2])
@pytest.mark.parametrize(
    ("shape", "extras"), [((1000, 1500), ((1, 0), (2, 1 / 4), (5, 1 / 3))), ((1, 10**6), ((1, 0), (2, 1 / 2), (5, 1)))]
)
def test_memory_is_the_result_and_low_bands(transform, shape, extras):
    x = np.zeros(shape, np.float32)
    out = np.zeros_like(x)
    transform(x, levels=1, out=out)
    for levels, extra in extras:
        tracemalloc.start()
        transform(x, levels=levels, out=out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= extra * x.nbytes + (1 << 15)


@pytest.mark.parametrize("transform", [dwt2, idwt2])
def test_large_levels_are_split_by_rows_and_small_ones_by_planes(transform, monkeypatch):
    calls = []
    native = pixkern._lifting_levels._cpu

    class Spy:
        def __getattr__(self, name):
            def record(*args):
                calls.append((name, *args[-2:]))
                return getattr(native, name)(*args)

            return record

    monkeypatch.setattr(pixkern._lifting_levels, "_cpu", Spy())
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 500)
    transform(np.zeros((3, 40, 30), np.float32), levels=4, threads=3)  # 3600 samples, 900 after a level
    name = "analyse" if transform is dwt2 else "synthesise"
    assert sorted(calls) == [(name, 0, 20), (name, 20, 40), (name, 40, 60), (f"{name}_planes", 0, 3)]
    calls.clear()
    transform(np.zeros((3, 40, 30), np.float32), levels=4, threads=1)
    assert calls == [(f"{name}_planes", 0, 3)]
