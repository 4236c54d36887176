import tracemalloc

import host_cuda
import numpy as np
import pyramid_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import pyramid as ref

from pixkern import _threads
from pixkern.pyramid import collapse, gaussian_pyramid, laplacian_pyramid

every_dtype = pytest.mark.parametrize("dtype", cases.DTYPES)
integers = pytest.mark.parametrize("dtype", cases.DTYPES[:2])
builders = pytest.mark.parametrize("build", [gaussian_pyramid, laplacian_pyramid])

RESIDUALS = {"uint8": np.int16, "uint16": np.int32, "float32": np.float32}
shapes = st.one_of(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 12), st.integers(1, 40), st.integers(1, 4)),
)


def off(a, b):
    return np.abs(a.astype(np.float64) - b).max()


# The definition


@settings(max_examples=150, deadline=None)
@given(shapes, st.sampled_from(cases.DTYPES), st.integers(0, 6))
def test_levels_are_those_of_the_definition(shape, dtype, levels):
    x = cases.image(dtype, shape)
    gaussian, laplacian = gaussian_pyramid(x, levels), laplacian_pyramid(x, levels)
    assert len(gaussian) == len(laplacian) == levels + 1
    # uint8, uint16: exact. float32: 8 additions of values up to 1, relative to the sum 6e-8 each, and one of two levels
    tolerance = 5e-7 if dtype == "float32" else 0
    for got, exact in zip(gaussian, ref.gaussian_pyramid(x, levels), strict=True):
        assert got.dtype == x.dtype
        assert off(got, exact) <= tolerance
    for got, exact in zip(laplacian, ref.laplacian_pyramid(x, levels), strict=True):
        assert off(got, exact) <= 2 * tolerance  # of a level and of the one that is subtracted from it
    assert [level.dtype for level in laplacian] == [RESIDUALS[dtype]] * levels + [x.dtype]


@settings(max_examples=100, deadline=None)
@given(shapes, st.sampled_from(cases.DTYPES), st.integers(0, 6), st.randoms(use_true_random=False))
def test_a_pyramid_of_any_numbers_collapses_as_the_definition_says(shape, dtype, levels, random):
    pyramid = list(laplacian_pyramid(cases.image(dtype, shape), levels))
    for level, residual in enumerate(pyramid[:-1]):
        if dtype == "float32":
            pyramid[level] = cases.image(dtype, residual.shape, level)
        else:
            ends = np.iinfo(residual.dtype)
            some = (
                ends.min,
                ends.min + 1,
                -1,
                0,
                1,
                ends.max - 1,
                ends.max,
                *(random.randint(-300, 300) for _ in range(9)),
            )
            pyramid[level] = np.random.default_rng(level).choice(some, residual.shape).astype(residual.dtype)
    # float32: the image grows by a level of noise at a time, up to levels + 1; 10 roundings of 6e-8 of it per level
    assert off(collapse(pyramid), ref.collapse(pyramid, dtype)) <= (4e-6 if dtype == "float32" else 0)


@every_dtype
@pytest.mark.parametrize("shape", cases.WIDE)
def test_images_wider_than_strips_are_transposed_tall_ones(dtype, shape):
    x = cases.image(dtype, shape)
    wide, tall = laplacian_pyramid(x, 2), laplacian_pyramid(x.swapaxes(0, 1), 2)  # tall: a single strip
    for a, b in zip(wide, tall, strict=True):
        assert off(a, b.swapaxes(0, 1)) <= (1e-6 if dtype == "float32" else 0)  # rows before columns or after
    assert off(collapse(wide), x) <= (2.5e-7 if dtype == "float32" else 0)  # as below


# Laws


@settings(max_examples=150, deadline=None)
@given(shapes, st.sampled_from(cases.DTYPES), st.integers(0, 16))
def test_collapse_gives_the_image_back(shape, dtype, levels):
    x = cases.image(dtype, shape)
    back = collapse(laplacian_pyramid(x, levels))
    assert back.dtype == x.dtype
    assert off(back, x) <= (
        2.5e-7 if dtype == "float32" else 0
    )  # x - u below 2 and u + (x - u) round by 6e-8 to 1.2e-7 each


@integers
def test_extreme_images_come_back_bit_by_bit(dtype):
    most = np.iinfo(dtype).max
    checkers = ((np.indices((33, 46)).sum(axis=0) % 2) * most).astype(dtype)
    steps = np.repeat(np.repeat(np.array([[0, most], [most, 0]], dtype), 20, 0), 21, 1)
    for x in (np.full((20, 30), most, dtype), np.zeros((3, 3), dtype), checkers, steps):
        assert np.array_equal(collapse(laplacian_pyramid(x, 5)), x)
    assert off(gaussian_pyramid(np.full((20, 30), most, dtype), 5)[-1], most) == 0  # no sum overflows


@every_dtype
def test_a_constant_stays_and_has_no_detail(dtype):
    x = np.full((37, 22, 3), 77, dtype)
    *residuals, base = laplacian_pyramid(x, 5)
    assert (base == 77).all()
    assert all((residual == 0).all() for residual in residuals)


@every_dtype
def test_residuals_are_the_gaussian_levels_less_what_collapse_makes_of_the_next(dtype):
    x = cases.image(dtype, (45, 38, 3))
    gaussian, (*residuals, base) = gaussian_pyramid(x, 4), laplacian_pyramid(x, 4)
    assert base.tobytes() == gaussian[-1].tobytes()
    for level, residual in enumerate(residuals):
        expanded = collapse([np.zeros_like(residual), gaussian[level + 1]])
        assert np.array_equal(gaussian[level].astype(residual.dtype) - expanded, residual)


@every_dtype
def test_images_of_a_batch_and_channels_are_taken_alike(dtype):
    batch = cases.image(dtype, (3, 19, 26, 4))
    pyramid = laplacian_pyramid(batch, 3)
    for image in range(3):
        for channel in range(4):
            alone = laplacian_pyramid(batch[image, ..., channel], 3)
            for together, single in zip(pyramid, alone, strict=True):
                assert np.array_equal(together[image, ..., channel], single)
    assert np.array_equal(collapse(cases.edited(pyramid))[1], collapse([level[1] for level in cases.edited(pyramid)]))


@every_dtype
def test_transposed_images_have_transposed_pyramids(dtype):
    x = cases.image(dtype, (27, 44))
    for a, b in zip(laplacian_pyramid(x, 3), laplacian_pyramid(x.T, 3), strict=True):
        assert off(a.T, b) <= (1e-6 if dtype == "float32" else 0)  # rows before columns or after: other roundings


def test_floats_scale_by_powers_of_two_bit_by_bit():
    x = cases.image("float32", (33, 47))
    for a, b in zip(laplacian_pyramid(x * 64, 3), laplacian_pyramid(x, 3), strict=True):
        assert np.array_equal(a, b * 64)


@every_dtype
def test_no_levels_are_a_copy(dtype):
    x = cases.image(dtype, (5, 6, 3))
    assert gaussian_pyramid(x, 0)[0] is x
    (base,) = laplacian_pyramid(x, 0)
    assert np.array_equal(base, x)
    assert not np.may_share_memory(base, x)
    assert not np.may_share_memory(collapse([x]), x)


@every_dtype
def test_levels_go_on_with_the_base(dtype):
    x = cases.image(dtype, (43, 58, 3))
    *first, base = laplacian_pyramid(x, 2)
    for a, b in zip([*first, *laplacian_pyramid(base, 3)], laplacian_pyramid(x, 5), strict=True):
        assert a.tobytes() == b.tobytes()


# OpenCV


@every_dtype
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_levels_are_those_of_opencv(dtype, channels):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    for rows, cols in [(1, 1), (1, 7), (2, 2), (6, 1), (3, 4), (8, 5), (17, 16), (33, 70), (64, 129)]:
        x = cases.image(dtype, (rows, cols, channels) if channels > 1 else (rows, cols))
        gaussian, laplacian = gaussian_pyramid(x, 3), laplacian_pyramid(x, 3)
        kind = cv2.CV_32F if dtype == "float32" else cv2.CV_16S if dtype == "uint8" else cv2.CV_32S
        for level in range(3):
            fine = gaussian[level]
            low = cv2.pyrDown(fine).reshape(gaussian[level + 1].shape)
            tolerance = 1e-6 if dtype == "float32" else 0  # it adds in another order
            assert off(gaussian[level + 1], low) <= tolerance
            guess = cv2.pyrUp(gaussian[level + 1], dstsize=(fine.shape[1], fine.shape[0])).reshape(fine.shape)
            assert off(laplacian[level], cv2.subtract(fine, guess, dtype=kind).reshape(fine.shape)) <= tolerance


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "pyramid_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert len(reference_digests) == 3 * len(cases.DTYPES) * len(cases.SHAPES)
    assert run_at(level, "pyramid_cases", "print_digests", threads=threads).splitlines() == reference_digests


@pytest.fixture(scope="module")
def host_library(tmp_path_factory):
    return host_cuda.compiled("pyramid", tmp_path_factory.mktemp("pyramid"))


def test_the_gpu_loops_run_on_the_host_have_the_bits_of_the_cpu(host_library, monkeypatch):
    expected = dict(cases.results())
    host_cuda.install({"pyramid": host_library}, monkeypatch)
    for name, arrays in cases.results("cuda"):
        assert [array.tobytes() for array in arrays] == [array.tobytes() for array in expected[name]], name


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert [array.tobytes() for array in cpu] == [array.tobytes() for array in cuda], name


@pytest.mark.cuda
def test_cupy_arrays_come_back_as_cupy_arrays():
    import cupy

    x = cases.image("uint8", (40, 50, 3))
    pyramid = laplacian_pyramid(cupy.asarray(x), 3)
    assert all(isinstance(level, cupy.ndarray) for level in pyramid)
    assert np.array_equal(collapse(pyramid).get(), x)


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x = cases.image("float32", (20, 30, 3))
    pyramid = laplacian_pyramid(torch.from_numpy(x), 2)
    assert all(isinstance(level, torch.Tensor) for level in pyramid)
    assert np.array_equal(pyramid[0].numpy(), laplacian_pyramid(x, 2)[0])
    assert np.array_equal(gaussian_pyramid(torch.from_numpy(x), 2)[2].numpy(), pyramid[2].numpy())
    assert off(collapse(pyramid).numpy(), x) <= 2.5e-7  # as above


# Hostile input


@builders
@pytest.mark.parametrize(
    "image",
    [
        [[1.0, 2.0]],
        np.zeros((4, 4)),
        np.zeros((4, 4), np.int16),
        np.zeros((4, 4), bool),
        np.zeros((4, 4), ">f4"),
        np.zeros((4, 4), object),
        np.ma.zeros((4, 4), np.float32),
        np.zeros((4, 4), [("a", "f4")]),
        None,
    ],
)
def test_arrays_of_another_kind_raise_type_error(build, image):
    with pytest.raises(TypeError, match="image"):
        build(image, 1)


@builders
@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0), (4, 4, 0), (4, 4, 5), (0, 4, 4, 1), (1, 1, 2, 3, 4)])
def test_images_of_another_shape_raise_value_error(build, shape):
    with pytest.raises(ValueError, match="image"):
        build(np.zeros(shape, np.uint8), 1)


@builders
@pytest.mark.parametrize(
    ("levels", "options", "error"),
    [
        (-1, {}, ValueError),
        (17, {}, ValueError),
        (2.0, {}, TypeError),
        (True, {}, TypeError),
        (None, {}, TypeError),
        (1, {"threads": 0}, ValueError),
        (1, {"threads": 1.5}, TypeError),
        (1, {"backend": "gpu"}, ValueError),
        (1, {"out": np.zeros((2, 2), np.uint8)}, TypeError),
        (1, {"out": []}, ValueError),
        (1, {"out": [np.zeros((2, 2), np.uint8)] * 3}, ValueError),
        (1, {"out": [None, None]}, (TypeError, ValueError)),
    ],
)
def test_bad_options_raise(build, levels, options, error):
    with pytest.raises(error):
        build(np.zeros((4, 4), np.uint8), levels, **options)


def good():
    return list(laplacian_pyramid(cases.image("uint8", (9, 12, 3)), 2))


def residual(shape, dtype=np.int16):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("pyramid", "error"),
    [
        (np.zeros((3, 4, 4), np.uint8), TypeError),
        (None, TypeError),
        ((), ValueError),
        ([np.zeros((1, 1), np.uint8)] * 18, ValueError),
        ([residual((9, 12, 3)), *good()], ValueError),  # not halved
        (good()[1:] + good()[:1], TypeError),  # another order
        ([good()[0], good()[2]], ValueError),  # a level is missing
        ([residual((9, 12, 1)), *good()[1:]], ValueError),  # other channels
        ([residual((9, 12)), *good()[1:]], ValueError),  # other axes
        ([residual((1, 9, 12, 3)), *good()[1:]], ValueError),
        ([residual((8, 12, 3)), *good()[1:]], ValueError),
        ([residual((9, 10, 3)), *good()[1:]], ValueError),
        ([residual((0, 12, 3)), *good()[1:]], ValueError),
        ([residual((9, 12, 3), np.int32), *good()[1:]], TypeError),
        ([residual((9, 12, 3), np.uint8), *good()[1:]], TypeError),
        ([residual((9, 12, 3), np.float32), *good()[1:]], TypeError),
        ([residual((9, 12, 3), ">i2"), *good()[1:]], TypeError),
        ([np.ma.zeros((9, 12, 3), np.int16), *good()[1:]], TypeError),
        ([None, *good()[1:]], (TypeError, ValueError)),
        ([*good()[:-1], None], TypeError),
        ([*good()[:-1], good()[-1].astype(np.int16)], TypeError),
        ([*good()[:-1], good()[-1].astype(np.float32)], TypeError),
        ([np.zeros((4, 4, 5), np.uint8)], ValueError),
    ],
)
def test_pyramids_that_do_not_fit_together_raise(pyramid, error):
    with pytest.raises(error):
        collapse(pyramid)


@integers
@pytest.mark.parametrize("end", ["min", "max"])
def test_residuals_of_any_size_saturate(dtype, end):
    x = cases.image(dtype, (21, 34, 3))
    pyramid = [np.full_like(level, getattr(np.iinfo(level.dtype), end)) for level in laplacian_pyramid(x, 3)[:-1]]
    back = collapse([*pyramid, laplacian_pyramid(x, 3)[-1]])
    assert (back == (0 if end == "min" else np.iinfo(dtype).max)).all()


@every_dtype
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
def test_any_memory_order_gives_the_result_of_its_copy(dtype, view):
    x = view(cases.image(dtype, (12, 20)))
    for build in (gaussian_pyramid, laplacian_pyramid):
        for a, b in zip(build(x, 2), build(np.array(x, order="C"), 2), strict=True):
            assert np.array_equal(a, b)
    pyramid = [view(level) for level in laplacian_pyramid(cases.image(dtype, (12, 20)), 1)]
    if pyramid[0].shape == (12, 20):
        pyramid[1] = laplacian_pyramid(cases.image(dtype, (12, 20)), 1)[1]
        assert np.array_equal(collapse(pyramid), collapse([np.array(level, order="C") for level in pyramid]))


@builders
def test_read_only_inputs_are_read_and_left_alone(build):
    x = cases.image("uint8", (31, 20))
    before = x.copy()
    x.flags.writeable = False
    pyramid = build(x, 3)
    assert np.array_equal(x, before)
    for level in pyramid:
        level.flags.writeable = False
    if build is laplacian_pyramid:
        assert np.array_equal(collapse(pyramid), x)


@every_dtype
@builders
def test_out_is_written_and_returned(build, dtype):
    x = cases.image(dtype, (21, 34, 3))
    expected = build(x, 3)[1 if build is gaussian_pyramid else 0 :]
    out = [np.full_like(level, 77) for level in expected]
    got = build(x, 3, out=out)[1 if build is gaussian_pyramid else 0 :]
    assert all(a is b for a, b in zip(got, out, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))


@every_dtype
def test_collapse_writes_out_and_returns_it(dtype):
    pyramid = cases.edited(laplacian_pyramid(cases.image(dtype, (21, 34, 3)), 3))
    out = np.full((21, 34, 3), 77, dtype)
    assert collapse(pyramid, out=out) is out
    assert np.array_equal(out, collapse(pyramid))


def test_outputs_that_overlap_raise():
    x = cases.image("float32", (8, 8))
    pyramid = laplacian_pyramid(x, 1)
    small = np.zeros((4, 4), np.float32)
    for build, out in [
        (laplacian_pyramid, [x, small]),
        (laplacian_pyramid, [np.zeros((8, 8), np.float32), x[:2].reshape(4, 4)]),
        (gaussian_pyramid, [x[:2].reshape(4, 4)]),
    ]:
        with pytest.raises(ValueError, match="overlap"):
            build(x, 1, out=out)
    twice = np.zeros((8, 8), np.float32)
    with pytest.raises(ValueError, match="overlap"):
        laplacian_pyramid(x, 1, out=[twice, twice[:2].reshape(4, 4)])
    with pytest.raises(ValueError, match="overlap"):
        collapse(pyramid, out=pyramid[0])
    with pytest.raises(ValueError, match="out"):
        collapse(pyramid, out=np.zeros((8, 8), np.uint8))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_spreads_no_further_than_the_weights_reach(value):
    x = cases.image("float32", (40, 60))
    clean = laplacian_pyramid(x, 1)
    x[20, 30] = value
    got = laplacian_pyramid(x, 1)
    assert not np.isfinite(got[1][10, 15])
    for level, row, col, reach in [(1, 10, 15, 1), (0, 20, 30, 4)]:
        far = np.ones(got[level].shape, bool)
        far[row - reach : row + reach + 1, col - reach : col + reach + 1] = False
        assert np.array_equal(got[level][far], clean[level][far])


# Memory


@every_dtype
def test_memory_is_the_result_and_the_levels_in_between(dtype):
    x = np.zeros((1000, 1500), dtype)
    pyramid = laplacian_pyramid(x, 5)
    calls = [
        (lambda: laplacian_pyramid(x, 5, out=pyramid), 5 / 16),
        (lambda: gaussian_pyramid(x, 5), 1 / 3),
        (lambda: collapse(pyramid, out=x), 5 / 16),
    ]
    for call, extra in calls:
        tracemalloc.start()
        call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= extra * x.nbytes * 1.01 + (1 << 15)  # sides that are not divisible are rounded up


@builders
def test_rows_are_split_over_threads_and_images(build, monkeypatch):
    ranges = []
    split = _threads.split

    def record(work, length, *, elements, threads):
        ranges.append((length, elements))
        split(work, length, elements=elements, threads=threads)

    monkeypatch.setattr(_threads, "split", record)
    build(np.zeros((2, 9, 6, 3), np.uint8), 2, threads=2)
    assert ranges == [(2 * 5, 2 * 9 * 6 * 3), (2 * 3, 2 * 5 * 3 * 3)]
