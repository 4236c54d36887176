import copy
import pickle
import tracemalloc
from pathlib import Path

import host_cuda
import numpy as np
import pytest
import splines_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import splines as ref

from pixkern import _threads
from pixkern._spline_levels import with_room
from pixkern.pyramid import SplinePyramid, spline_pyramid

PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "photos"

# White is 1, coefficients reach from -4 to 5. What is filtered along rows is rounded by 1.2e-7, which the second filter
# triples; a coefficient is then rounded by 2.4e-7, and once more as a detail by 1.2e-7.
TOLERANCE = 7e-7

dtypes = pytest.mark.parametrize("dtype", cases.DTYPES)
shapes = st.one_of(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 4)),
)


def levels_of(pyramid):
    return [np.asarray(array) for array in (*pyramid.details, pyramid.base)]


def same_bits(a, b):
    return [x.tobytes() for x in levels_of(a)] == [x.tobytes() for x in levels_of(b)]


def exact(image):
    return image.astype(np.float64) / ref.UNITS[image.dtype.name]


def assert_is_the_pyramid_of_the_definition(image, levels):
    details, base = ref.spline_pyramid(image, levels)
    pyramid = spline_pyramid(image, levels)
    for array, wanted in zip(levels_of(pyramid), [*details, base], strict=True):
        assert array.dtype == np.float32
        assert array.shape == wanted.shape
        assert np.abs(array - wanted).max() <= TOLERANCE


# The definition


@settings(max_examples=150, deadline=None)
@given(shapes, st.sampled_from(cases.DTYPES), st.integers(0, 7))
def test_levels_are_those_of_the_definition(shape, dtype, levels):
    assert_is_the_pyramid_of_the_definition(cases.image(dtype, shape), levels)


@dtypes
@pytest.mark.parametrize("n", [31, 32, 33, 34, 255, 256, 257, 258, 480, 481, 705])
def test_lines_longer_than_a_block_are_those_of_the_definition(dtype, n):
    assert_is_the_pyramid_of_the_definition(cases.image(dtype, (n, 3)), 1)
    assert_is_the_pyramid_of_the_definition(cases.image(dtype, (3, n, 3)), 1)


@pytest.mark.parametrize("cols", [506, 507, 508, 509, 510, 1019])
def test_levels_wider_than_what_is_reduced_at_a_time_are_those_of_the_definition(cols):
    assert_is_the_pyramid_of_the_definition(cases.image("float32", (5, cols)), 2)
    assert_is_the_pyramid_of_the_definition(cases.image("uint8", (2, cols, 3)), 2)


# What it is for


@settings(max_examples=60, deadline=None)
@given(shapes, st.sampled_from(cases.DTYPES), st.integers(0, 16))
def test_the_sum_of_all_levels_is_the_image_at_its_samples(shape, dtype, levels):
    image = cases.image(dtype, shape)
    pyramid = spline_pyramid(image, levels)
    got = ref.value(pyramid.details, pyramid.base, np.arange(shape[0]), np.arange(shape[1]))
    assert np.abs(got - exact(image)).max() <= 3e-7  # of TOLERANCE, what is left where neighbours are averaged


@settings(max_examples=40, deadline=None)
@given(shapes, st.integers(0, 8), st.integers(0, 1000))
def test_the_sum_of_all_levels_is_the_same_spline_at_any_position(shape, levels, seed):
    image = cases.image("float32", shape)
    at = [np.random.default_rng(seed).uniform(0, n - 1, 30) for n in shape[:2]]
    spline = ref.value(*ref.spline_pyramid(image, 0), *at)
    pyramid = spline_pyramid(image, levels)
    assert np.abs(ref.value(pyramid.details, pyramid.base, *at) - spline).max() <= TOLERANCE


@pytest.mark.parametrize("levels", [0, 5])
def test_the_sum_of_all_levels_is_the_spline_of_scipy(levels):
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is not installed")
    image = cases.image("float32", (301, 190))
    coefficients = ndimage.spline_filter(image, 3, output=np.float64, mode="mirror")
    zoomed = [np.linspace(0, n - 1, 3 * n + 1) for n in image.shape]
    wanted = ndimage.map_coordinates(coefficients, np.meshgrid(*zoomed, indexing="ij"), prefilter=False, mode="mirror")
    pyramid = spline_pyramid(image, levels)
    assert np.abs(ref.value(pyramid.details, pyramid.base, *zoomed) - wanted).max() <= TOLERANCE


def test_photos_come_back_to_the_last_code():
    cv2 = pytest.importorskip("cv2")
    paths = sorted(PHOTOS.rglob("*.jpg"))[:2] + sorted(PHOTOS.rglob("*.png"))[:1]
    if not paths:
        pytest.skip("no photos in shared/data/photos")
    for path in paths:
        photo = cv2.imread(str(path))[:400, :500]
        pyramid = spline_pyramid(photo, 5)
        got = ref.value(pyramid.details, pyramid.base, np.arange(photo.shape[0]), np.arange(photo.shape[1]))
        assert np.abs(got - exact(photo)).max() <= 2e-7  # coefficients of photos are below 2
        assert np.array_equal(np.rint(got * 255), photo)


# Laws


@settings(max_examples=40, deadline=None)
@given(shapes, st.sampled_from(cases.DTYPES), st.integers(1, 6))
def test_channels_are_images_of_their_own(shape, dtype, levels):
    image = cases.image(dtype, shape)
    together = levels_of(spline_pyramid(image, levels))
    for channel in range(shape[2] if len(shape) == 3 else 0):
        alone = levels_of(spline_pyramid(np.ascontiguousarray(image[..., channel]), levels))
        for array, single in zip(together, alone, strict=True):
            assert array[..., channel].tobytes() == single.tobytes()


@dtypes
def test_more_levels_leave_the_finer_ones_as_they_are(dtype):
    image = cases.image(dtype, (45, 70, 3))
    most = spline_pyramid(image, 7)
    for levels in range(7):
        fewer = spline_pyramid(image, levels)
        assert all(a.tobytes() == b.tobytes() for a, b in zip(fewer.details, most.details, strict=False))


def test_pyramids_are_linear_in_powers_of_two_bit_by_bit():
    image = cases.image("float32", (33, 47))
    for array, scaled in zip(levels_of(spline_pyramid(image, 3)), levels_of(spline_pyramid(image * 8, 3)), strict=True):
        assert np.array_equal(array * 8, scaled)


@settings(max_examples=40, deadline=None)
@given(shapes, st.integers(0, 255), st.integers(0, 16))
def test_a_constant_image_is_its_own_base_and_has_no_details(shape, code, levels):
    pyramid = spline_pyramid(np.full(shape, code, np.uint8), levels)
    assert np.abs(pyramid.base - code / 255).max() <= 2e-7  # 3 roundings of 6e-8
    assert all(np.abs(detail).max() <= 2e-7 for detail in pyramid.details)


def test_a_ramp_has_no_details_away_from_its_ends():
    image = np.tile(np.linspace(0, 1, 129, dtype=np.float32), (100, 1))
    finest = spline_pyramid(image, 1).details[0]
    assert np.abs(finest[:, 24:-24]).max() <= 2e-7  # what the mirror bends is weighed by 0.27^22; 3 roundings of 6e-8
    assert np.abs(finest[:, :2]).max() > 1e-4


@dtypes
def test_the_transposed_image_has_the_transposed_pyramid_up_to_rounding(dtype):
    image = cases.image(dtype, (50, 81))
    plain, turned = spline_pyramid(image, 4), spline_pyramid(np.ascontiguousarray(image.T), 4)
    for array, other in zip(levels_of(plain), levels_of(turned), strict=True):
        assert np.abs(array - other.T).max() <= 2 * TOLERANCE  # of both


@pytest.mark.parametrize(("dtype", "unit"), [("uint8", 255), ("uint16", 65535)])
def test_integers_are_floats_from_0_to_1(dtype, unit):
    image = cases.image(dtype, (40, 37, 3))
    floats = (image / np.float64(unit)).astype(np.float32)
    for array, other in zip(levels_of(spline_pyramid(image, 3)), levels_of(spline_pyramid(floats, 3)), strict=True):
        assert np.abs(array - other).max() <= TOLERANCE + 9 * 3e-8  # floats are rounded; two prefilters triple that


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_channel(value):
    image = cases.image("float32", (40, 60, 3))
    clean = levels_of(spline_pyramid(image, 3))
    image[20, 30, 1] = value
    for array, before in zip(levels_of(spline_pyramid(image, 3)), clean, strict=True):
        assert np.array_equal(array[..., [0, 2]], before[..., [0, 2]])
        assert not np.isfinite(array[..., 1]).all()


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "splines_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert len(reference_digests) == len(cases.DTYPES) * len(cases.SHAPES) * (1 + 2 + 5)
    assert run_at(level, "splines_cases", "print_digests", threads=threads).splitlines() == reference_digests


@dtypes
@pytest.mark.parametrize("shape", [(1, 90), (200, 3), (70, 150), (35, 60, 3)])
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_split_of_the_work_gives_the_same_bits(dtype, shape, threads, monkeypatch):
    image = cases.image(dtype, shape)
    whole = spline_pyramid(image, 4, threads=1)
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1)
    assert same_bits(spline_pyramid(image, 4, threads=threads), whole)


def test_loops_for_gpus_run_on_the_host_give_the_bits_of_the_cpu(tmp_path, monkeypatch):
    host_cuda.install({"splines": host_cuda.compiled("splines", tmp_path)}, monkeypatch)
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


@pytest.mark.cuda
def test_cupy_arrays_come_back_as_cupy_arrays():
    import cupy

    image = cases.image("uint8", (40, 50, 3))
    got = spline_pyramid(cupy.asarray(image), 3)
    assert all(isinstance(array, cupy.ndarray) for array in (*got.details, got.base))
    assert np.array_equal(got.base.get(), spline_pyramid(image, 3).base)


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    image = cases.image("float32", (40, 50, 3))
    got = spline_pyramid(torch.from_numpy(image), 3)
    assert all(isinstance(array, torch.Tensor) for array in (*got.details, got.base))
    assert same_bits(got, spline_pyramid(image, 3))
    assert got.nbytes == spline_pyramid(image, 3).nbytes


# Hostile input


@pytest.mark.parametrize(
    "image",
    [
        [[1.0, 2.0]],
        np.zeros((4, 4)),
        np.zeros((4, 4), np.int16),
        np.zeros((4, 4), np.int32),
        np.zeros((4, 4), bool),
        np.zeros((4, 4), ">f4"),
        np.zeros((4, 4), ">u2"),
        np.zeros((4, 4), object),
        np.zeros((4, 4), np.complex64),
        np.ma.zeros((4, 4), np.float32),
        np.zeros((4, 4), [("a", "f4")]),
    ],
)
def test_images_of_another_kind_raise_type_error(image):
    with pytest.raises(TypeError, match="image"):
        spline_pyramid(image, 2)


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0), (4, 4, 0), (4, 4, 5), (1, 4, 4, 3)])
def test_images_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="image"):
        spline_pyramid(np.zeros(shape, np.float32), 2)


@pytest.mark.parametrize(
    ("levels", "options", "error"),
    [
        (-1, {}, ValueError),
        (17, {}, ValueError),
        (2.0, {}, TypeError),
        (True, {}, TypeError),
        (None, {}, TypeError),
        (2, {"threads": 0}, ValueError),
        (2, {"threads": 1.5}, TypeError),
        (2, {"backend": "gpu"}, ValueError),
    ],
)
def test_bad_options_raise(levels, options, error):
    with pytest.raises(error):
        spline_pyramid(np.zeros((4, 4), np.float32), levels, **options)


@dtypes
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::2],
        lambda a: a.swapaxes(0, 1),
        lambda a: a[..., ::-1],
        np.asfortranarray,
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    ],
)
def test_any_memory_order_gives_the_result_of_its_copy(dtype, view):
    image = view(cases.image(dtype, (12, 20, 3)))
    assert same_bits(spline_pyramid(image, 2), spline_pyramid(np.array(image, order="C"), 2))


@dtypes
def test_read_only_images_are_read_and_left_alone(dtype):
    image = cases.image(dtype, (31, 20, 3))
    before = image.copy()
    image.flags.writeable = False
    spline_pyramid(image, 3)
    assert np.array_equal(image, before)


# The pyramid as a value


def test_a_pyramid_says_what_it_is():
    pyramid = spline_pyramid(cases.image("uint8", (30, 41, 3)), 2)
    assert (pyramid.levels, pyramid.size, pyramid.channels, pyramid.shape) == (2, (41, 30), 3, (30, 41, 3))
    assert pyramid.nbytes == 4 * 3 * (33 * 44 + 18 * 24 + 11 * 14)
    assert repr(pyramid) == "SplinePyramid(shape=(30, 41, 3), levels=2)"
    assert spline_pyramid(cases.image("uint8", (30, 41)), 0).channels == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda pyramid: pickle.loads(pickle.dumps(pyramid))])
def test_a_pyramid_can_be_copied_and_pickled(copied):
    pyramid = spline_pyramid(cases.image("float32", (9, 14, 2)), 2)
    assert same_bits(copied(pyramid), pyramid)
    assert copied(pyramid).shape == pyramid.shape


def test_a_pyramid_of_own_arrays_may_be_any_sequence():
    made = spline_pyramid(cases.image("float32", (9, 14)), 2)
    own = SplinePyramid([2 * detail for detail in made.details], made.base, [np.int64(9), 14])
    assert isinstance(own.details, tuple)
    assert own.shape == (9, 14)
    assert np.array_equal(own.details[1], 2 * made.details[1])


def broken(**changes):
    """The parts of a sound pyramid of a (9, 14, 2) image, some replaced."""
    made = spline_pyramid(cases.image("float32", (9, 14, 2)), 1)
    return {"details": made.details, "base": made.base, "shape": made.shape} | changes


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"details": [np.zeros((12, 17, 2))]}, TypeError, r"details\[0\].*float32"),
        ({"details": [np.zeros((12, 17, 2), ">f4")]}, TypeError, r"details\[0\].*byte order"),
        ({"details": [[1.0]]}, TypeError, r"details\[0\].*list"),
        ({"details": [np.ma.zeros((12, 17, 2), np.float32)]}, TypeError, "masked"),
        ({"details": [np.zeros((12, 16, 2), np.float32)]}, ValueError, r"details\[0\] needs shape \(12, 17, 2\)"),
        ({"details": [np.zeros((12, 17), np.float32)]}, ValueError, r"details\[0\].*axes"),
        ({"details": [np.zeros((17, 12, 2), np.float32).swapaxes(0, 1)]}, ValueError, "C-contiguous"),
        ({"details": []}, ValueError, r"base needs shape \(12, 17, 2\)"),
        ({"details": [np.zeros((12, 17, 2), np.float32)] * 17}, ValueError, "at most 16"),
        ({"base": None}, TypeError, "base"),
        ({"base": np.zeros((8, 10, 3), np.float32)}, ValueError, "base needs shape"),
        ({"base": np.frombuffer(bytes(641), np.uint8)[1:].view("f4").reshape(8, 10, 2)}, ValueError, "aligned"),
        ({"shape": (9, 15, 2)}, ValueError, r"needs shape"),
        ({"shape": (9, 14, 5)}, ValueError, "shape"),
        ({"shape": (0, 14, 2)}, ValueError, "shape"),
        ({"shape": (9.0, 14, 2)}, TypeError, "shape"),
        ({"shape": None}, TypeError, "shape"),
        ({"shape": (2**31, 1)}, ValueError, "samples a side"),
    ],
)
def test_parts_that_do_not_fit_raise(changes, error, match):
    SplinePyramid(**broken())
    with pytest.raises(error, match=match):
        SplinePyramid(**broken(**changes))


def test_arrays_of_different_kinds_raise():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    with pytest.raises(TypeError, match="of one kind"):
        SplinePyramid(**broken(base=torch.zeros((8, 10, 2))))


# Memory


@pytest.mark.parametrize("shape", [(700, 900), (400, 300, 3)])
@pytest.mark.parametrize("levels", [0, 1, 6])
def test_memory_is_the_result(shape, levels):
    image = np.zeros(shape, np.float32)
    spline_pyramid(image, levels)
    tracemalloc.start()
    pyramid = spline_pyramid(image, levels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= pyramid.nbytes + (1 << 15)


@pytest.mark.parametrize("channels", [2, 3])
def test_arrays_have_room_for_a_load_of_16_bytes_at_their_last_element(channels):
    pyramid = spline_pyramid(cases.image("uint8", (20, 31, channels)), 3)
    for array in (*pyramid.details, pyramid.base):
        assert with_room(array) is array
        lacking = array.copy()
        made = with_room(lacking)
        assert made is not lacking
        assert np.array_equal(made, lacking)
        assert with_room(made) is made
        assert with_room(array[:-1]).base is array.base


@pytest.mark.parametrize(("begin", "enough"), [(0, True), (1, False), (4, False)])
def test_room_is_looked_for_behind_the_array(begin, enough):
    buffer = np.zeros(6 * 7 * 3 + 4, np.float32)
    view = buffer[begin : begin + 126].reshape(6, 7, 3)
    assert (with_room(view) is view) == enough


@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 1), (6, 7, 4)])
def test_pixels_that_are_not_loaded_as_16_bytes_need_no_room(shape):
    array = np.zeros(shape, np.float32)
    assert with_room(array) is array
