import tracemalloc

import numpy as np
import pytest
import quantize_cases as cases
from hypothesis import example, given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import quantize as ref

from pixkern.quantize import alphabet, dequantize, dequantize_u8, quantize, quantize_u8

every_deadzone = pytest.mark.parametrize("deadzone", [1, 1.28, 1.5, 2])
floats = st.floats(-1e6, 1e6, width=32)


def nearby(x):
    """The float64 values that the roundings of a quotient and of half a dead zone can take x for."""
    return [np.float64(x) * (1 + off) for off in (-1.2e-7, 0, 1.2e-7)]


# Bins


@every_deadzone
def test_bins_are_those_of_the_definition(deadzone):
    x = cases.laplacian((200, 300))
    close = [ref.dead_zone(value, np.float64(np.float32(0.37)), deadzone) for value in nearby(x)]
    got = quantize(x, 0.37, deadzone=deadzone)
    assert got.dtype == np.int32
    assert ((got == close[0]) | (got == close[1]) | (got == close[2])).all()
    assert (got != close[1]).mean() < 1e-4  # only where a quotient was rounded across an edge


def test_bins_at_the_edges_of_dead_zones_are_those_of_values_nearby():
    for deadzone in np.concatenate([1 + np.linspace(0, 2e-6, 50), np.linspace(1, 2, 50)]).tolist():
        for step in np.linspace(0.5, 1.5, 21, dtype=np.float32):
            edge = np.float32(deadzone / 2 * float(step))
            x = np.array([np.nextafter(edge, np.float32(0)), edge, np.nextafter(edge, np.float32(9))], np.float32)
            close = [ref.dead_zone(value, np.float64(step), deadzone) for value in nearby(x)]
            got = quantize(x, float(step), deadzone=deadzone)
            assert ((got == close[0]) | (got == close[2])).all()


@every_deadzone
@pytest.mark.parametrize("step", [0.25, 1, 8])
def test_bins_of_steps_that_are_powers_of_two_are_exact(deadzone, step):
    edges = (np.arange(1, 300) - 1 + np.float32(deadzone) / 2).astype(np.float32) * np.float32(step)
    x = np.concatenate([edges, np.nextafter(edges, np.float32(0)), np.nextafter(edges, np.float32(np.inf))])
    x = np.concatenate([x, -x, [0, -0.0]]).astype(np.float32)
    exact = ref.dead_zone(x, step, 2 * np.float64(np.float32(deadzone / 2)))
    assert np.array_equal(quantize(x, step, deadzone=deadzone), exact)


def test_a_dead_zone_of_one_step_rounds_to_nearest_with_halves_away_from_zero():
    x = np.array([-2.5, -1.5, -0.5, -0.49999997, 0.49999997, 0.5, 1.5, 2.5], np.float32)
    assert quantize(x, 1).tolist() == [-3, -2, -1, 0, 0, 1, 2, 3]


def test_a_dead_zone_of_two_steps_is_that_of_jpeg_2000():
    x = cases.laplacian(5000)
    assert np.array_equal(quantize(x, 0.5, deadzone=2), (np.sign(x) * np.floor(np.abs(x) / 0.5)).astype(int))


@settings(max_examples=300, deadline=None)
@given(floats, st.floats(2**-10, 1e5, width=32), st.floats(1, 2, width=32), st.floats(0, 1, width=32))
@example(np.float32(0.49999997), np.float32(1), 1, 0.5)
def test_the_error_is_at_most_what_is_promised(x, step, deadzone, reconstruction):
    values = np.array([x], np.float32)
    q = quantize(values, step, deadzone=deadzone)
    off = np.abs(dequantize(q, step, deadzone=deadzone, reconstruction=reconstruction).astype(np.float64) - values)
    bound = max(reconstruction, 1 - reconstruction) if q[0] else deadzone / 2
    assert off[0] <= bound * step + 3e-7 * (abs(x) + step)  # as documented: a quotient, a sum, a product, of 6e-8 each


@pytest.mark.parametrize("reconstruction", [0, 0.375, 0.5, 1])
@every_deadzone
def test_points_are_those_of_the_definition(deadzone, reconstruction):
    q = np.arange(-500, 501, dtype=np.int32)
    exact = ref.point(q, 0.75, deadzone, reconstruction)
    got = dequantize(q, 0.75, deadzone=deadzone, reconstruction=reconstruction)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, exact, rtol=2e-7, atol=5e-8)  # float32 sum and product, 6e-8 each


@every_deadzone
def test_points_lie_in_their_bins(deadzone):
    q = np.arange(-1000, 1001, dtype=np.int32)
    assert np.array_equal(quantize(dequantize(q, 0.3, deadzone=deadzone), 0.3, deadzone=deadzone), q)


@every_deadzone
def test_negatives_have_negative_bins(deadzone):
    x = cases.laplacian(1000)
    assert np.array_equal(quantize(-x, 0.7, deadzone=deadzone), -quantize(x, 0.7, deadzone=deadzone))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_an_array_of_steps_belongs_to_the_first_axes(axes):
    x = cases.laplacian((3, 4, 5))
    step = np.random.default_rng(0).uniform(0.5, 2, x.shape[:axes]).astype(np.float32)
    spread = np.broadcast_to(step.reshape(*step.shape, *[1] * (3 - axes)), x.shape)
    one_by_one = [quantize(x[at].reshape(1), spread[at])[0] for at in np.ndindex(x.shape)]
    q = quantize(x, step)
    assert q.ravel().tolist() == one_by_one
    assert np.array_equal(dequantize(q, step), q.astype(np.float32) * spread)


def test_the_largest_bins_are_exact_and_beyond_them_values_are_refused():
    last = np.float32(2**31 - 128)
    assert quantize(np.array([last, -last]), 1).tolist() == [2**31 - 128, 128 - 2**31]
    for bad in (np.float32(2**31), -np.float32(2**31), np.nan, np.inf, -np.inf):
        x = np.zeros(100, np.float32)
        x[77] = bad
        with pytest.raises(ValueError, match="no bin"):
            quantize(x, 1)
        x[:] = 1
        x[-1] = bad
        with pytest.raises(ValueError, match="no bin"):
            quantize(x, 1, threads=2)
    with pytest.raises(ValueError, match="no bin"):
        quantize(np.ones(1, np.float32), 1e-30)


def test_any_int32_has_a_point():
    q = np.array([-(2**31), 2**31 - 1], np.int32)
    assert dequantize(q, 1).tolist() == [-(2**31), 2**31]  # the nearest float32


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_arrays_without_elements_stay_so(shape):
    assert quantize(np.zeros(shape, np.float32), 1).shape == shape
    assert dequantize(np.zeros(shape, np.int32), np.ones(shape[:1])).shape == shape


# Bytes


@pytest.mark.parametrize("levels", [0, 1, 2, 5])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (33, 1), (64, 64), (37, 53), (2, 21, 30)])
@pytest.mark.parametrize("quality", [1, 37, 100])
def test_bytes_are_off_by_at_most_half_a_scale_of_their_band(levels, shape, quality):
    x = cases.laplacian(shape)
    x[..., 0, 0] = 1000  # one band is far from the others
    symbols, scales, offsets = quantize_u8(x, quality=quality, levels=levels)
    assert symbols.dtype == np.uint8
    assert scales.dtype == offsets.dtype == np.float32
    assert scales.shape == offsets.shape == (*shape[:-2], 1 + 3 * levels)
    back = dequantize_u8(symbols, scales, offsets, levels=levels)
    for plane in np.ndindex(shape[:-2]):
        for band, (rows, cols) in enumerate(ref.bands(shape[-2:], levels)):
            place = (*plane, slice(*rows), slice(*cols))
            given = x[place].astype(np.float64)
            if not given.size:
                assert scales[plane][band] == offsets[plane][band] == 0
                continue
            scale, offset = scales[plane][band].astype(np.float64), offsets[plane][band].astype(np.float64)
            assert offset == given.min()
            assert scale == pytest.approx(np.ptp(given) / (alphabet(quality) - 1), rel=2e-7)  # rounded up to float32
            assert scale >= np.ptp(given) / (alphabet(quality) - 1)
            exact = np.floor((given - offset) / scale + 0.5) if scale else np.zeros_like(given)
            assert np.array_equal(symbols[place], exact)
            assert symbols[place].max() == (alphabet(quality) - 1 if np.ptp(given) else 0)
            off = np.abs(back[place].astype(np.float64) - given)
            assert (off <= 0.5000001 * scale + 6e-8 * np.abs(given)).all()  # half a scale; one rounding to float32


def test_quality_100_uses_all_256_values_of_a_ramp():
    ramp = np.linspace(-3, 5, 10_000, dtype=np.float32).reshape(100, 100)
    assert np.array_equal(np.unique(quantize_u8(ramp, quality=100, levels=0).symbols), np.arange(256))


def test_a_higher_quality_never_has_fewer_values_or_a_larger_scale():
    x = cases.laplacian((20, 30))
    values = [alphabet(quality) for quality in range(1, 101)]
    assert values[0] == 2
    assert values[-1] == 256
    assert values == sorted(values)
    scales = np.array([quantize_u8(x, quality=quality, levels=2).scales for quality in range(1, 101)])
    assert (np.diff(scales, axis=0) <= 0).all()


def test_one_scale_for_all_bands_spans_the_whole_plane():
    x = cases.laplacian((2, 24, 40))
    symbols, scales, offsets = quantize_u8(x, quality=90, levels=3, per_band=False)
    assert scales.shape == offsets.shape == (2, 1)
    assert offsets[:, 0].tolist() == x.min((1, 2)).tolist()
    assert np.array_equal(symbols, quantize_u8(x, quality=90, levels=0).symbols)
    back = dequantize_u8(symbols, scales, offsets, levels=3)
    assert np.abs(back - x).max() <= 0.5000002 * scales.max()  # a rounding to float32 over half a scale


@pytest.mark.parametrize("value", [0.0, -7.3, 1e30, 1e-45])
def test_a_flat_band_is_exact(value):
    x = np.full((8, 8), value, np.float32)
    found = quantize_u8(x, quality=50, levels=1)
    assert not found.symbols.any()
    assert not found.scales.any()
    assert np.array_equal(dequantize_u8(*found, levels=1), x)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-(2.0**120), 2.0**120, width=32), min_size=1, max_size=40), st.integers(1, 100))
def test_no_values_are_clipped_however_far_apart(values, quality):
    x = np.array([values], np.float32)
    found = quantize_u8(x, quality=quality, levels=0)
    back = dequantize_u8(*found, levels=0).astype(np.float64)
    off = np.abs(back - x.astype(np.float64))
    assert (off <= 0.5000001 * found.scales[0].astype(np.float64) + 6e-8 * np.abs(back) + 1e-45).all()  # as above


def test_coefficients_that_have_no_scale_are_refused():
    x = cases.laplacian((33, 70))
    for at in ((0, 0), (32, 69), (16, 33), (5, 20), (20, 60)):
        for bad in (np.nan, np.inf, -np.inf):
            spoiled = x.copy()
            spoiled[at] = bad
            with pytest.raises(ValueError, match="finite"):
                quantize_u8(spoiled, quality=50, levels=1)
    with pytest.raises(ValueError, match="exceeds float32"):
        quantize_u8(np.array([[-3e38, 3e38]], np.float32), quality=1, levels=0)


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "quantize_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert run_at(level, "quantize_cases", "print_digests", threads=threads).splitlines() == reference_digests


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


def test_signed_zeros_give_one_offset_wherever_they_lie():
    for x in ([[0.0, -0.0]], [[-0.0, 0.0]], [[-0.0]]):
        assert not np.signbit(quantize_u8(np.array(x, np.float32), quality=50, levels=0).offsets).any()


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x = cases.laplacian((16, 24))
    q = quantize(torch.from_numpy(x), 0.5)
    assert isinstance(q, torch.Tensor)
    assert np.array_equal(q.numpy(), quantize(x, 0.5))
    assert np.array_equal(dequantize(q, 0.5).numpy(), dequantize(q.numpy(), 0.5))
    found = quantize_u8(torch.from_numpy(x), quality=50, levels=2)
    assert isinstance(found.symbols, torch.Tensor)
    back = dequantize_u8(*found, levels=2)
    assert np.array_equal(back.numpy(), dequantize_u8(*quantize_u8(x, quality=50, levels=2), levels=2))


# Hostile input


def calls():
    return [
        lambda x: quantize(x, 1),
        lambda x: quantize_u8(x, quality=50, levels=1),
        lambda x: dequantize(x, 1),
        lambda x: dequantize_u8(x, [1.0], [0.0], levels=1),
    ]


@pytest.mark.parametrize("call", calls())
@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x.tolist(),
        lambda x: x.astype(np.float64),
        lambda x: x.astype(np.int64),
        lambda x: x > 3,
        lambda x: x.astype(object),
        lambda x: x.astype(">f4"),
        lambda x: x.astype(">i4"),
        lambda x: np.ma.masked_array(x),
        lambda x: np.zeros((8, 8), dtype=[("r", "u1"), ("g", "u1")]),
    ],
)
def test_arrays_of_another_kind_raise_type_error(call, spoil):
    with pytest.raises(TypeError, match=r"^(x|q|coeffs|symbols) "):
        call(spoil(np.zeros((8, 8), np.float32)))


@pytest.mark.parametrize("step", [0, -1, np.nan, np.inf, 1e39, 1e-50, [1, 0]])
def test_steps_that_are_none_raise_value_error(step):
    for call, x in ((quantize, np.zeros((2, 3), np.float32)), (dequantize, np.zeros((2, 3), np.int32))):
        with pytest.raises(ValueError, match="step"):
            call(x, step)


@pytest.mark.parametrize("step", ["1", None, True, 1j, [None]])
def test_steps_of_another_kind_raise_type_error(step):
    with pytest.raises(TypeError, match="step"):
        quantize(np.zeros((1, 3), np.float32), step)


@pytest.mark.parametrize("shape", [(3,), (2, 1), (2, 3, 1), (1,), (0,)])
def test_steps_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="step needs a shape that begins"):
        quantize(np.zeros((2, 3), np.float32), np.ones(shape))


def test_dead_zones_and_points_out_of_range_are_refused():
    x, q = np.zeros(3, np.float32), np.zeros(3, np.int32)
    for wrong in (0.99, 2.01, np.nan, -1):
        with pytest.raises(ValueError, match="deadzone must be 1 to 2"):
            quantize(x, 1, deadzone=wrong)
        with pytest.raises(ValueError, match="deadzone must be 1 to 2"):
            dequantize(q, 1, deadzone=wrong)
    for wrong in (-0.01, 1.01, np.nan):
        with pytest.raises(ValueError, match="reconstruction must be 0 to 1"):
            dequantize(q, 1, reconstruction=wrong)
    for wrong in ("1", True, None):
        with pytest.raises(TypeError, match="deadzone"):
            quantize(x, 1, deadzone=wrong)


def test_qualities_and_levels_out_of_range_are_refused():
    x = np.zeros((8, 8), np.float32)
    for wrong in (0, 101, -1):
        with pytest.raises(ValueError, match="quality must be 1 to 100"):
            quantize_u8(x, quality=wrong, levels=1)
    for wrong in (50.0, "50", True, None):
        with pytest.raises(TypeError, match="quality"):
            quantize_u8(x, quality=wrong, levels=1)
        with pytest.raises(TypeError, match="levels"):
            quantize_u8(x, quality=50, levels=wrong)
    for wrong in (-1, 11):
        with pytest.raises(ValueError, match="levels"):
            quantize_u8(x, quality=50, levels=wrong)


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0, 3), (1, 2, 3, 4)])
def test_coefficients_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="coeffs"):
        quantize_u8(np.zeros(shape, np.float32), quality=50, levels=0)
    with pytest.raises(ValueError, match="symbols"):
        dequantize_u8(np.zeros(shape, np.uint8), [1], [0], levels=0)


@pytest.mark.parametrize(
    ("scales", "offsets", "what"),
    [
        ([1, 1], [0, 0], "1 or 4 bands, got 2 scales"),
        ([1] * 7, [0] * 7, "1 or 4 bands, got 7 scales"),
        ([1], [0] * 4, "one shape"),
        ([-1], [0], "0 or more"),
        ([np.nan], [0], "scales must be finite"),
        ([1], [np.inf], "offsets must be finite"),
        ([[1]], [[0]], r"scales needs shape \(n,\), got \(1, 1\)"),
        ([], [], "scales needs shape"),
        (1, 0, "scales needs shape"),
    ],
)
def test_scales_and_offsets_that_do_not_fit_are_refused(scales, offsets, what):
    with pytest.raises(ValueError, match=what):
        dequantize_u8(np.zeros((8, 8), np.uint8), scales, offsets, levels=1)
    planes = np.zeros((3, 8, 8), np.uint8)
    with pytest.raises(ValueError, match=r"scales needs shape \(3, n\), got"):
        dequantize_u8(planes, np.ones((2, 1)), np.ones((2, 1)), levels=1)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[::-1],
        lambda x: x[:, ::2],
        lambda x: x.T,
        lambda x: np.asfortranarray(x),
        lambda x: np.broadcast_to(x[:1], x.shape),
        lambda x: np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape),
    ],
)
def test_any_memory_order_gives_the_result_of_its_copy(view):
    x = view(cases.laplacian((20, 30)))
    copy = np.ascontiguousarray(x).copy()
    assert np.array_equal(quantize(x, 0.5), quantize(copy, 0.5))
    assert np.array_equal(quantize_u8(x, quality=50, levels=2).symbols, quantize_u8(copy, quality=50, levels=2).symbols)
    q = view(quantize(cases.laplacian((20, 30)), 0.5))
    assert np.array_equal(dequantize(q, 0.5), dequantize(np.ascontiguousarray(q).copy(), 0.5))


def test_out_is_written_and_nothing_else_fits():
    x = cases.laplacian((6, 8))
    q, back = np.empty((6, 8), np.int32), np.empty((6, 8), np.float32)
    assert quantize(x, 0.5, out=q) is q
    assert np.array_equal(q, quantize(x, 0.5))
    assert dequantize(q, 0.5, out=back) is back
    found = quantize_u8(x, quality=50, levels=1)
    assert dequantize_u8(*found, levels=1, out=back) is back
    assert np.array_equal(back, dequantize_u8(*found, levels=1))
    for wrong in (np.empty((6, 8), np.int64), np.empty((8, 6), np.int32), np.empty((6, 16), np.int32)[:, ::2]):
        with pytest.raises(ValueError, match="out"):
            quantize(x, 0.5, out=wrong)
    with pytest.raises(ValueError, match="overlaps"):
        quantize(x, 0.5, out=x.view(np.int32))
    with pytest.raises(ValueError, match="overlaps"):
        dequantize(q, 0.5, out=q.view(np.float32))


# Memory


def test_no_memory_beyond_the_result():
    x = np.ones((3, 500, 700), np.float32)
    q, back = np.empty(x.shape, np.int32), np.empty(x.shape, np.float32)
    found = quantize_u8(x, quality=50, levels=3)
    for call, most in (
        (lambda: quantize(x, 0.5, out=q), 20_000),
        (lambda: dequantize(q, 0.5, out=back), 20_000),
        (lambda: quantize_u8(x, quality=50, levels=3), x.size + 24 * 3 * 1500 + 20_000),  # 1500 rows of bands at most
        (lambda: dequantize_u8(*found, levels=3, out=back), 20_000),
    ):
        call()
        tracemalloc.start()
        call()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= most
