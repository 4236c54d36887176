import itertools
import sys
import tracemalloc

import numpy as np
import pytest
import warp_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import lenses as ref_lenses
from reference import warp as ref

import pixkern
from pixkern import _threads
from pixkern.lenses import BrownConrady, Chromatic
from pixkern.warp import coordinate_map, grid_sample, warp

IDENTITY = BrownConrady(1000, (321.5, 97.25))
LENS = BrownConrady(700, (403.3, 298.1), radial=(-0.12, 0.03), tangential=(0.0008, -0.0005))


def formula(points):
    model = lambda n: ref_lenses.brown_conrady(n, (-0.12, 0.03), (0.0008, -0.0005))  # noqa: E731
    return ref_lenses.to_pixels(model, points, (700, 700), (403.3, 298.1))


every_interpolation = pytest.mark.parametrize("interpolation", cases.INTERPOLATIONS)
every_border = pytest.mark.parametrize("border", cases.BORDERS)
every_dtype = pytest.mark.parametrize("dtype", cases.DTYPES)


# Exactness


@every_interpolation
@pytest.mark.parametrize("border", ["zeros", "reflection"])
def test_at_most_one_in_ten_thousand_bytes_is_rounded_wrongly(interpolation, border):
    black_and_white = np.random.default_rng(0).integers(0, 2, (600, 800, 1), dtype=np.uint8) * 255
    exact = ref.sample(black_and_white, formula(ref.pixels((800, 600))), interpolation, border)
    got = warp(black_and_white, LENS, interpolation=interpolation, border=border)
    assert (got != ref.rounded(exact, np.uint8)).mean() <= 1e-4


@every_interpolation
@every_border
@every_dtype
def test_values_are_those_of_the_definition(dtype, interpolation, border):
    image = cases.image(dtype, 3, (90, 120))
    positions = formula(ref.pixels((150, 110))) * [1.1, 1.2] - 20  # beyond every side
    at = 2 * positions / [119, 89] - 1
    exact = ref.sample(image, positions, interpolation, border)
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    got = grid_sample(image, at, interpolation=interpolation, border=border)
    if interpolation == "nearest":
        assert np.array_equal(got, exact)
        return
    off = np.abs(got - (exact if dtype == np.float32 else np.clip(exact, 0, full)))
    rounding = 0 if dtype == np.float32 else 0.5
    assert off.max() <= rounding + 1.5e-6 * full  # 64 float32 products of size <= 1.4 full, 6e-8 each


def test_positions_are_exact_at_65_thousand_pixels():
    lens = BrownConrady(50_000, (32_000, 15), radial=(-0.12, 0.03, 0.01))
    model = lambda n: ref_lenses.brown_conrady(n, (-0.12, 0.03, 0.01))  # noqa: E731
    exact = ref_lenses.to_pixels(model, ref.pixels((65_000, 20)), (50_000, 50_000), (32_000, 15))
    assert np.abs(coordinate_map(lens, (65_000, 20)) - exact).max() <= 4e-7  # nodes 2.4e-7, float32 departure 1.2e-7


@pytest.mark.parametrize("name", cases.LENSES)
def test_positions_are_those_of_the_lens_on_smooth_and_on_rough_paths(name):
    lens = cases.LENSES[name]
    exact = lens.map(ref.pixels(cases.SIZE))
    got = coordinate_map(lens, cases.SIZE)
    assert np.array_equal(np.isnan(got), np.isnan(exact))
    near = np.abs(exact) < 1e6
    assert np.abs(got - exact)[near].max() <= 4e-7  # as documented


def test_residual_is_bilinear_with_corners_on_corners():
    field = cases.residual(amount=2)
    exact = ref.pixels((301, 203)) + ref.upsampled(field, (301, 203))
    got = coordinate_map(IDENTITY, (301, 203), residual=field)
    assert np.abs(got - exact).max() <= 2e-6  # displacements of up to 8 pixels: four roundings of 4.8e-7


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 1), (2, 2), (40, 60)])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (300, 1), (37, 23)])
def test_residuals_of_any_shape_fit_outputs_of_any_size(shape, size):
    field = np.random.default_rng(0).normal(size=(*shape, 2)).astype(np.float32)
    exact = ref.pixels(size) + ref.upsampled(field, size)
    assert np.abs(coordinate_map(IDENTITY, size, residual=field) - exact).max() <= 2e-6  # as above


@every_interpolation
def test_chromatic_moves_red_and_blue_only(interpolation):
    image = cases.image(np.float32, 4)
    fringes = cases.chromatic()
    got = warp(image, LENS, chromatic=fringes, interpolation=interpolation)
    plain = warp(image, LENS, interpolation=interpolation)
    assert np.array_equal(got[..., [1, 3]], plain[..., [1, 3]])
    for channel, numbers in ((0, fringes.red), (2, fringes.blue)):
        at = ref_lenses.dispersed(formula(ref.pixels((300, 80))), fringes.unit, fringes.center, *numbers)
        exact = ref.sample(image[..., channel, None], at, interpolation)[..., 0]
        wrong = np.abs(got[..., channel] - exact) > 2e-6  # as above; steps of nearest may fall the other way
        assert wrong.mean() <= (1e-4 if interpolation == "nearest" else 0)


# Laws


@every_interpolation
@every_border
@every_dtype
def test_identity_lens_returns_the_same_bits(dtype, interpolation, border):
    image = cases.image(dtype, 3, (201, 643))
    if dtype == np.float32:
        image[::7, ::5] = [np.inf, -0.0, np.nan]
    same = warp(image, IDENTITY, interpolation=interpolation, border=border)
    assert same.tobytes() == image.tobytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 17])
@every_interpolation
@every_dtype
def test_channels_do_not_mix(dtype, interpolation, channels):
    image = cases.image(dtype, channels)
    together = warp(image, LENS, interpolation=interpolation)
    alone = [warp(np.ascontiguousarray(image[..., c]), LENS, interpolation=interpolation) for c in range(channels)]
    assert np.array_equal(together, np.stack(alone, axis=-1))


def test_images_of_a_batch_are_warped_alike():
    batch = np.stack([cases.image(np.uint8, seed=seed) for seed in range(3)])
    assert np.array_equal(warp(batch, LENS), np.stack([warp(image, LENS) for image in batch]))


@pytest.mark.parametrize("name", cases.LENSES)
@pytest.mark.parametrize("width", [1, 9, 200, 256, 261, 400])
def test_a_cut_of_the_output_shows_the_same_bits(name, width):
    image = cases.image(np.float32)
    whole = warp(image, cases.LENSES[name], size=(600, 60))
    assert np.array_equal(warp(image, cases.LENSES[name], size=(width, 50)), whole[:50, :width])


def test_warp_samples_at_the_positions_of_coordinate_map():
    image = cases.image(np.float32)
    field = cases.residual()
    at = 2 * coordinate_map(LENS, (320, 70), residual=field) / [299, 79] - 1
    sampled = grid_sample(image, at, interpolation="bicubic")
    got = warp(image, LENS, residual=field, size=(320, 70), interpolation="bicubic")
    np.testing.assert_allclose(got, sampled, rtol=0, atol=2e-6)  # to [-1, 1] and back: 1e-13 pixels, then float32 sums


def test_redistorting_a_corrected_image_gives_the_photo_back():
    y, x = np.mgrid[:400, :600] / 40
    photo = (np.sin(x) * np.cos(y) * 0.4 + 0.5).astype(np.float32)
    lens = BrownConrady(500, (299.5, 199.5), radial=(-0.15, 0.02))
    wide = lens.with_view((400, 400), (299.5, 199.5))  # shows all of the photo
    back = warp(warp(photo, wide, interpolation="lanczos4"), wide.inverted(), interpolation="lanczos4")
    inner = np.s_[20:-20, 20:-20]
    assert np.abs(back - photo)[inner].max() <= 2e-3  # two samplings of waves 250 pixels long


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.integers(1, 300), st.integers(1, 5)),
    st.integers(1, 6),
    st.sampled_from(cases.INTERPOLATIONS),
    st.sampled_from(cases.BORDERS),
    st.sampled_from(cases.DTYPES),
    st.floats(-3, 3),
)
def test_any_small_image_follows_the_definition(shape, size, channels, interpolation, border, dtype, zoom):
    image = cases.image(dtype, channels, shape)
    lens = BrownConrady(10 ** abs(zoom), (3.7, 2.2), radial=(0.01,)).with_view(30, (1.3, 4.4))
    positions = coordinate_map(lens, size)
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    exact = ref.sample(image, positions, interpolation, border)
    got = warp(image, lens, size=size, interpolation=interpolation, border=border)
    off = np.abs(got - (exact if dtype == np.float32 else np.clip(exact, 0, full)))
    # fractions are float32: 6e-8 of a pixel at slopes of up to 4 full, over the sums' own 1.5e-6
    assert off.max() <= (0 if dtype == np.float32 or interpolation == "nearest" else 0.5) + 3e-6 * full


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "warp_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert run_at(level, "warp_cases", "print_digests", threads=threads).splitlines() == reference_digests


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


@pytest.mark.cuda
def test_cupy_arrays_come_back_as_cupy_arrays():
    import cupy

    image = cases.image(np.uint8)
    got = warp(cupy.asarray(image), LENS)
    assert isinstance(got, cupy.ndarray)
    assert np.array_equal(got.get(), warp(image, LENS))
    with pytest.raises(TypeError, match="residual is on the cpu side"):
        warp(cupy.asarray(image), LENS, residual=cases.residual())


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    image = cases.image(np.uint8)
    got = warp(torch.from_numpy(image), LENS, residual=torch.from_numpy(cases.residual()))
    assert isinstance(got, torch.Tensor)
    assert np.array_equal(got.numpy(), warp(image, LENS, residual=cases.residual()))
    out = torch.empty_like(torch.from_numpy(image))
    assert warp(torch.from_numpy(image), LENS, out=out) is out
    assert np.array_equal(out.numpy(), warp(image, LENS))
    with pytest.raises(TypeError, match="requires grad"):
        warp(torch.zeros(4, 4, requires_grad=True), LENS)


# A user's own coordinates


def shifted(x, y):
    return x + 1.25, y - 0.5


def test_a_function_of_the_user_takes_the_place_of_the_lens():
    pytest.importorskip("numba", reason="Numba is not installed")
    image = cases.image(np.float32)
    exact = ref.sample(image, ref.pixels((300, 80)) + np.array([1.25, -0.5]))
    np.testing.assert_allclose(warp(image, shifted), exact, rtol=0, atol=5e-7)  # the fractions are exact, two lerps
    field = cases.residual()
    moved = ref.pixels((300, 80)) + np.array([1.25, -0.5]) + ref.upsampled(field, (300, 80))
    assert np.abs(coordinate_map(shifted, (300, 80), residual=field) - moved).max() <= 2e-6  # float32 displacements


def test_a_function_that_numba_cannot_compile_raises_type_error():
    pytest.importorskip("numba", reason="Numba is not installed")
    with pytest.raises(TypeError, match="Numba cannot compile"):
        warp(np.zeros((4, 4), np.uint8), lambda x, y: "nowhere")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Numba reports, and goes on
def test_a_function_that_raises_leaves_zeros():
    pytest.importorskip("numba", reason="Numba is not installed")

    def broken(x, y):
        if x > 2:
            raise ValueError
        return x, y

    got = warp(np.full((1, 6), 9, np.uint8), broken)
    assert got.tolist() == [[9, 9, 9, 0, 0, 0]]


def test_without_numba_a_function_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ImportError, match=r"pixkern\[numba\]"):
        warp(np.zeros((4, 4), np.uint8), lambda x, y: (x, y))


# Hostile input


def spoiled(kind):
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    match kind:
        case "list":
            return image.tolist()
        case "float64":
            return image.astype(np.float64)
        case "int16":
            return image.astype(np.int16)
        case "bool":
            return image > 3
        case "object":
            return image.astype(object)
        case "complex":
            return image.astype(np.complex64)
        case "big endian":
            return image.astype(">u2")
        case "masked":
            return np.ma.masked_array(image)
        case "structured":
            return np.zeros((4, 4), dtype=[("r", "u1"), ("g", "u1")])
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind", ["list", "float64", "int16", "bool", "object", "complex", "big endian", "masked", "structured"]
)
def test_arrays_of_another_kind_raise_type_error(kind):
    with pytest.raises(TypeError, match="image"):
        warp(spoiled(kind), IDENTITY)
    with pytest.raises(TypeError, match="image"):
        grid_sample(spoiled(kind), np.zeros((2, 2, 2), np.float32))


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0, 3), (2, 3, 4, 0), (1, 2, 3, 4, 5)])
def test_images_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="image"):
        warp(np.zeros(shape, np.uint8), IDENTITY)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::2],
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.lib.stride_tricks.as_strided(a, (5, 6, 3), (3, 1, 0)),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].reshape(a.shape),
    ],
)
def test_any_memory_order_gives_the_result_of_its_copy(view):
    image = view(cases.image(np.uint8, 3, (40, 50)))
    assert np.array_equal(warp(image, LENS), warp(np.ascontiguousarray(image), LENS))
    odd = np.frombuffer(b"\0" + cases.image(np.float32, 1, (9, 9)).tobytes(), np.uint8)[1:].view("<f4").reshape(9, 9)
    assert np.array_equal(warp(odd, IDENTITY), odd)


@pytest.mark.parametrize(
    "out",
    [
        np.zeros((4, 5, 3), np.uint8),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 6), np.uint8)[..., ::2],
        np.zeros((3, 4, 4), np.uint8).T,
        np.frombuffer(bytes(48), np.uint8).reshape(4, 4, 3),
    ],
)
def test_an_output_that_does_not_fit_raises(out):
    with pytest.raises(ValueError, match="out"):
        warp(np.zeros((4, 4, 3), np.uint8), IDENTITY, out=out)


def test_an_output_that_overlaps_an_input_raises():
    buffer = np.zeros((6, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="overlaps"):
        warp(buffer[:4], IDENTITY, out=buffer[2:])
    field = np.zeros((4, 4, 2), np.float32)
    with pytest.raises(ValueError, match="overlaps"):
        warp(np.zeros((4, 8), np.float32), IDENTITY, residual=field, out=field.reshape(4, 8))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_out_is_written_and_returned():
    matrix = np.asmatrix(np.zeros((4, 4), np.uint8))
    assert warp(np.ones((4, 4), np.uint8), IDENTITY, out=matrix) is matrix
    assert matrix.all()
    image = cases.image(np.uint8)
    out = np.empty_like(image)
    assert warp(image, LENS, out=out) is out
    assert np.array_equal(out, warp(image, LENS))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"interpolation": "cubic"}, ValueError),
        ({"border": "constant"}, ValueError),
        ({"size": (0, 5)}, ValueError),
        ({"size": (5,)}, ValueError),
        ({"size": (5.0, 5)}, TypeError),
        ({"size": (2**29, 1)}, ValueError),
        ({"size": (2**28, 2**28)}, (ValueError, MemoryError)),
        ({"residual": np.zeros((3, 3, 3), np.float32)}, ValueError),
        ({"residual": np.zeros((0, 3, 2), np.float32)}, ValueError),
        ({"residual": np.zeros((3, 3, 2))}, TypeError),
        ({"chromatic": Chromatic(10, (1, 1))}, ValueError),
        ({"chromatic": 3}, TypeError),
        ({"interpolation": np.array(["bilinear", "bicubic"])}, ValueError),
        ({"out": np.ma.zeros((4, 4), np.uint8)}, TypeError),
        ({"threads": 0}, ValueError),
        ({"threads": 1.5}, TypeError),
        ({"backend": "gpu"}, ValueError),
    ],
)
def test_bad_options_raise(options, error):
    with pytest.raises(error):
        warp(np.zeros((4, 4), np.uint8), IDENTITY, **options)


@pytest.mark.parametrize("lens", [None, 3, "lens.yml", BrownConrady, {}])
def test_what_is_no_lens_raises_type_error(lens):
    with pytest.raises(TypeError, match="lens"):
        warp(np.zeros((4, 4), np.uint8), lens)


@pytest.mark.parametrize(
    ("shape", "grid_shape"), [((4, 4), (3, 3)), ((4, 4), (3, 3, 3)), ((4, 4), (0, 3, 2)), ((2, 4, 4, 1), (3, 3, 3, 2))]
)
def test_grids_that_do_not_fit_raise(shape, grid_shape):
    with pytest.raises(ValueError, match="grid"):
        grid_sample(np.zeros(shape, np.uint8), np.zeros(grid_shape, np.float32))


@every_interpolation
@every_border
@every_dtype
def test_positions_that_are_not_finite_show_zero_and_far_ones_the_border(dtype, interpolation, border):
    image = np.full((5, 7), 1, dtype)
    at = np.array([[[np.nan, 0], [0, np.inf], [-np.inf, 0], [1e300, 0], [0, -1e300], [1e9, 1e9]]])
    got = grid_sample(image, at, interpolation=interpolation, border=border)[0].tolist()
    assert got[:3] == [0, 0, 0]
    np.testing.assert_allclose(got[3:], [0 if border == "zeros" else 1] * 3, atol=3e-7)  # weights sum to 1 in float32


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38, -1e38])
def test_residuals_of_any_value_are_survived(value):
    field = np.full((2, 2, 2), value, np.float32)
    for interpolation, border in itertools.product(cases.INTERPOLATIONS, cases.BORDERS):
        warp(cases.image(np.uint8), LENS, residual=field, interpolation=interpolation, border=border)


@pytest.mark.parametrize("lens", [BrownConrady(700, (100, 40)), cases.LENSES["strong"]])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_residual_that_is_not_finite_shows_zero(lens, value):
    field = np.full((2, 2, 2), value, np.float32)
    assert not warp(np.ones((9, 300), np.uint8), lens, residual=field, border="border").any()
    assert np.isnan(coordinate_map(lens, (300, 9), residual=field)).all()


@pytest.mark.parametrize("side", [1, 2, 3, 8, 9, 16, 17])
def test_tiny_frames_follow_lenses_that_bend_within_a_few_pixels(side):
    half = (side - 1) / 2
    lens = BrownConrady(side * 0.7, (half, half), radial=(-0.15, 0.05))
    assert (
        np.abs(coordinate_map(lens, (side, side)) - lens.map(ref.pixels((side, side)))).max() <= 1e-6
    )  # as documented


def test_images_of_more_than_32767_pixels_a_side_work():
    image = np.arange(40_000, dtype=np.uint16)[None].repeat(3, axis=0)
    lens = BrownConrady(30_000, (20_000, 1)).with_view(30_000, (20_001.5, 1))
    assert warp(image, lens)[0, 39_000] == 38_999  # 38,998.5, halves up


def test_memory_is_the_result_and_little_more():
    image = np.zeros((1500, 2000, 3), np.uint8)
    warp(image, LENS)
    tracemalloc.start()
    warp(image, LENS, residual=cases.residual(), chromatic=Chromatic(10, (1, 1)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= image.nbytes + (1 << 16)


def test_small_work_stays_on_one_thread_and_large_work_is_split(monkeypatch):
    calls = []
    native = pixkern.warp._cpu

    class Spy:
        @staticmethod
        def warp(*args):
            calls.append(args[-2:])
            return native.warp(*args)

    monkeypatch.setattr(pixkern.warp, "_cpu", Spy)
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1000)
    warp(np.zeros((10, 20), np.uint8), IDENTITY, threads=3)
    assert calls == [(0, 10)]
    calls.clear()
    warp(np.zeros((300, 20), np.uint8), IDENTITY, threads=3)
    assert sorted(calls) == [(0, 100), (100, 200), (200, 300)]
