"""What the renderer is given by mistake or malice: it refuses, or survives."""

import math
import mmap
import sys
import tracemalloc

import numpy as np
import pytest
import render_cases as cases

from pixkern.pyramid import SplinePyramid, offset_law, render, spline_pyramid, variance

NAN, INF = math.nan, math.inf
SHAPE, SIZE = (12, 10), (20, 16)


@pytest.fixture(scope="module")
def pyramid():
    return cases.pyramid(SHAPE, 3)


WRONG_LAW = [
    ("patch_size", 0, ValueError),
    ("patch_size", -3, ValueError),
    ("patch_size", 2**70, ValueError),
    ("patch_size", 3.0, TypeError),
    ("patch_size", True, TypeError),
    ("patch_size", "3", TypeError),
    ("patch_size", None, TypeError),
    ("jitter", -0.1, ValueError),
    ("jitter", NAN, ValueError),
    ("jitter", INF, ValueError),
    ("jitter", 1e300, ValueError),
    ("jitter", "1", TypeError),
    ("jitter", None, TypeError),
    ("jitter", [1.0, 2.0], (TypeError, ValueError)),
]
WRONG_PICTURE = [
    *WRONG_LAW,
    ("noise_strength", -1, ValueError),
    ("noise_strength", NAN, ValueError),
    ("noise_strength", INF, ValueError),
    ("noise_strength", None, TypeError),
    ("noise_strength", "1", TypeError),
    ("gains", (1, 1), ValueError),
    ("gains", (1, 1, 1, 1), ValueError),
    ("gains", (1, NAN, 1), ValueError),
    ("gains", (1, INF, 1), ValueError),
    ("gains", (1, 1e39, 1), ValueError),  # no float32
    ("gains", 2.0, (TypeError, ValueError)),
    ("gains", "abc", TypeError),
    ("gains", (1, None, 1), TypeError),
    ("gains", [[1, 1, 1]], ValueError),
    ("roi", (0, 0, 0, 4), ValueError),
    ("roi", (0, 0, 4, -1), ValueError),
    ("roi", (-1, 0, 4, 4), ValueError),
    ("roi", (0, 0, 21, 4), ValueError),
    ("roi", (0, 0, 4, 17), ValueError),
    ("roi", (20, 0, 1, 1), ValueError),
    ("roi", (2**70, 0, 1, 1), ValueError),
    ("roi", (0, 0, 4), (TypeError, ValueError)),
    ("roi", (0.5, 0, 4, 4), TypeError),
    ("roi", "abcd", TypeError),
    ("roi", 7, (TypeError, ValueError)),
    ("window", (0, 0, 9.01, 11), ValueError),
    ("window", (0, 0, 9, 11.01), ValueError),
    ("window", (-0.01, 0, 9, 11), ValueError),
    ("window", (0, -1, 9, 11), ValueError),
    ("window", (0, 0, NAN, 11), ValueError),
    ("window", (0, 0, INF, 11), ValueError),
    ("window", (0, 0, 9), (TypeError, ValueError)),
    ("window", "abcd", TypeError),
    ("window", 7, (TypeError, ValueError)),
    ("backend", "gpu", ValueError),
    ("backend", 3, (TypeError, ValueError)),
    ("threads", 0, ValueError),
    ("threads", 1.5, TypeError),
    ("size", (0, 4), ValueError),
    ("size", (4, -4), ValueError),
    ("size", (4.0, 4), TypeError),
    ("size", (True, 4), TypeError),
    ("size", (4,), ValueError),
    ("size", 4, ValueError),
    ("size", (2**31, 4), ValueError),
    ("size", (2**31 - 1, 2**31 - 1), ValueError),  # 2**64 bytes
    ("out", np.zeros((16, 21), np.float32), ValueError),
    ("out", np.zeros((16, 20, 1), np.float32), ValueError),
    ("out", np.zeros((16, 20), np.float64), ValueError),
    ("out", np.zeros((16, 40), np.float32)[:, ::2], ValueError),
    ("out", np.zeros((16, 20), np.float32, order="F"), ValueError),
    ("out", np.frombuffer(bytes(16 * 20 * 4), np.float32).reshape(16, 20), ValueError),
    ("out", np.ma.zeros((16, 20), np.float32), TypeError),
]
WRONG_SAMPLING = [
    ("samples", 0, ValueError),
    ("samples", -1, ValueError),
    ("samples", -INF, (TypeError, ValueError)),
    ("samples", NAN, (TypeError, ValueError)),
    ("samples", 2.0, TypeError),
    ("samples", True, TypeError),
    ("samples", "16", TypeError),
    ("samples", None, TypeError),
    ("samples", 2**70, ValueError),
    ("block", 0, ValueError),
    ("block", -8, ValueError),
    ("block", 1.5, TypeError),
    ("block", True, TypeError),
    ("block", "8", TypeError),
    ("cell", 0, ValueError),
    ("cell", -1.0, ValueError),
    ("cell", NAN, ValueError),
    ("cell", INF, ValueError),
    ("cell", 1e-300, ValueError),
    ("cell", "1", TypeError),
    ("seed", -1, ValueError),
    ("seed", 2**64, ValueError),
    ("seed", 1.0, TypeError),
    ("seed", None, TypeError),
    ("seed", True, TypeError),
    ("first_sample", -1, ValueError),
    ("first_sample", 2**64, ValueError),
    ("first_sample", 0.0, TypeError),
    ("first_sample", True, TypeError),
    ("dtype", np.float64, (TypeError, ValueError)),
    ("dtype", np.int16, (TypeError, ValueError)),
    ("dtype", ">f4", TypeError),
    ("dtype", "nonsense", TypeError),
]


@pytest.mark.parametrize(("name", "value", "error"), WRONG_PICTURE + WRONG_SAMPLING)
def test_render_names_the_argument_that_is_wrong(pyramid, name, value, error):
    with pytest.raises(error, match="data type" if isinstance(value, str) and value == "nonsense" else name):
        render(pyramid, **{"size": SIZE, "samples": 1} | {name: value})


@pytest.mark.parametrize(("name", "value", "error"), WRONG_PICTURE)
def test_variance_names_the_argument_that_is_wrong(pyramid, name, value, error):
    with pytest.raises(error, match=name):
        variance(pyramid, **{"size": SIZE} | {name: value})


@pytest.mark.parametrize(("name", "value", "error"), WRONG_LAW)
def test_offset_law_names_the_argument_that_is_wrong(name, value, error):
    with pytest.raises(error, match=name):
        offset_law(**{"patch_size": 1, "jitter": 0.0} | {name: value})


def test_blocks_and_cells_exclude_each_other(pyramid):
    with pytest.raises(ValueError, match="cell"):
        render(pyramid, block=2, cell=2.0)


@pytest.mark.parametrize("thing", [None, 3, "pyramid", np.zeros((9, 9), np.float32), [np.zeros((9, 9), np.float32)]])
def test_what_is_no_pyramid_raises_type_error(thing):
    for function in (render, variance):
        with pytest.raises(TypeError, match="pyramid"):
            function(thing)


def wrong_pyramids():
    shape = (12, 10, 3)
    details, base = cases.arrays(shape, 2)
    yield "a level is missing a row", (details[0], details[1][1:]), base, shape
    yield "a level has a column too many", (details[0], np.pad(details[1], ((0, 0), (0, 1), (0, 0)))), base, shape
    yield "the base is that of another level", details[:1], base, shape
    yield "levels in the wrong order", details[::-1], base, shape
    yield "channels differ", details, base[..., :2].copy(), shape
    yield "an axis is missing", (details[0][..., 0].copy(), details[1]), base, shape
    yield "another shape", details, base, (12, 11, 3)
    yield "channels of the shape", details, base, (12, 10, 4)
    yield "no channel axis in the shape", details, base, (12, 10)
    yield "five channels", (), np.zeros((15, 13, 5), np.float32), (12, 10, 5)
    yield "no channel", (), np.zeros((15, 13, 0), np.float32), (12, 10, 0)
    yield "an empty shape", (), np.zeros((3, 3), np.float32), (0, 0)
    yield "a negative shape", (), np.zeros((3, 3), np.float32), (-1, -1)
    yield "a shape of floats", (), np.zeros((15, 13), np.float32), (12.0, 10.0)
    yield "float64", (details[0].astype(np.float64), details[1]), base, shape
    yield "foreign byte order", details, base.astype(">f4"), shape
    yield "lists", (details[0].tolist(), details[1]), base, shape
    yield "nothing", details, None, shape
    yield "masked", details, np.ma.masked_array(base), shape
    yield "seventeen levels", cases.arrays((2, 2), 17)[0], cases.arrays((2, 2), 17)[1], (2, 2)


@pytest.mark.parametrize(("details", "base", "shape"), [pytest.param(*w[1:], id=w[0]) for w in wrong_pyramids()])
def test_pyramids_whose_arrays_do_not_belong_together_are_refused(details, base, shape):
    with pytest.raises((TypeError, ValueError)):
        render(SplinePyramid(details=details, base=base, shape=shape))


@pytest.mark.parametrize("which", ["details", "base"])
def test_arrays_that_were_reshaped_since_the_pyramid_was_made_are_refused(which):
    details, base = cases.arrays(SHAPE, 2)
    pyramid = SplinePyramid(details=details, base=base, shape=SHAPE)
    (base if which == "base" else details[0]).resize((1, 4), refcheck=False)
    for function in (render, variance):
        with pytest.raises(ValueError, match="another SplinePyramid"):
            function(pyramid)


def test_a_corner_of_the_largest_output_is_rendered(pyramid):
    whole = (2**31 - 1, 2**31 - 1)
    for samples in (3, INF):
        corner = render(pyramid, whole, roi=(2**31 - 2, 2**31 - 2, 1, 1), samples=samples, cell=1.0)
        assert np.array_equal(corner, render(pyramid, samples=samples, cell=1.0)[-1:, -1:])


def test_an_output_that_overlaps_the_pyramid_raises():
    for part in ("details", "base"):
        buffer = np.zeros(4096, np.float32)
        details, base = cases.arrays(SHAPE, 1)
        if part == "base":
            base = buffer[: base.size].reshape(base.shape)
        else:
            details = (buffer[: details[0].size].reshape(details[0].shape),)
        pyramid = SplinePyramid(details=details, base=base, shape=SHAPE)
        for function in (render, variance):
            with pytest.raises(ValueError, match="overlaps"):
                function(pyramid, out=buffer[20 : 20 + 120].reshape(SHAPE))
        bytes_out = buffer.view(np.uint8)[80 : 80 + 120].reshape(SHAPE)
        with pytest.raises(ValueError, match="overlaps"):
            render(pyramid, dtype=np.uint8, out=bytes_out)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(12, 10), (12, 10, 3)])
def test_out_is_written_and_returned(dtype, shape):
    pyramid = cases.pyramid(shape, 2)
    for samples in (2, math.inf):
        out = np.full((16, 20, *shape[2:]), 77, dtype)
        assert render(pyramid, SIZE, samples=samples, dtype=dtype, out=out) is out
        assert np.array_equal(out, render(pyramid, SIZE, samples=samples, dtype=dtype))
    out = np.full((16, 20, *shape[2:]), 77, np.float32)
    assert variance(pyramid, SIZE, out=out) is out
    assert np.array_equal(out, variance(pyramid, SIZE))


def test_integers_and_floats_of_numpy_are_as_good_as_those_of_python(pyramid):
    plain = render(pyramid, SIZE, samples=2, patch_size=3, jitter=0.5, noise_strength=1, seed=7, roi=(1, 2, 3, 4))
    typed = render(
        pyramid,
        np.array(SIZE),
        samples=np.int64(2),
        patch_size=np.uint8(3),
        jitter=np.float32(0.5),
        noise_strength=np.int8(1),
        gains=np.ones(3, np.float32),
        block=np.int16(1),
        seed=np.uint64(7),
        first_sample=np.int32(0),
        roi=np.array([1, 2, 3, 4]),
        window=np.array([0, 0, 9, 11]),
        dtype="float32",
    )
    assert np.array_equal(plain, typed)
    assert np.array_equal(render(pyramid, samples=np.float32(INF)), render(pyramid, samples=INF))


@pytest.mark.parametrize("shape", [(12, 10), (12, 10, 2), (12, 10, 3), (12, 10, 4)])
@pytest.mark.parametrize("value", [NAN, INF, -INF, 3e38])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.uint16])
def test_what_is_not_finite_in_a_pyramid_reaches_only_its_surroundings(shape, value, dtype):
    details, base = cases.arrays(shape, 2)
    how = {"patch_size": 3, "dtype": dtype}
    clean = [render(cases.SplinePyramid(details=details, base=base, shape=shape), samples=n, **how) for n in (99, INF)]
    details[0][1, 1] = value
    pyramid = SplinePyramid(details=details, base=base, shape=shape)
    far = (slice(6, None), slice(None))  # four taps and an offset of one away from row k = 0
    for samples, before in zip((99, INF), clean, strict=True):
        got = render(pyramid, samples=samples, **how)
        assert np.array_equal(got[far], before[far])
        if dtype == np.float32 and value != 3e38:
            assert not np.isfinite(got[:6]).all()
    assert variance(pyramid).shape == shape  # whatever it holds


def test_a_base_that_is_not_finite_does_not_crash():
    details, base = cases.arrays(SHAPE, 2)
    base[...] = NAN
    pyramid = SplinePyramid(details=details, base=base, shape=SHAPE)
    for samples in (2, INF):
        assert np.isnan(render(pyramid, SIZE, samples=samples)).all()
        assert not render(pyramid, SIZE, samples=samples, dtype=np.uint8).any()


@pytest.mark.parametrize(
    "view",
    [
        lambda a: np.asfortranarray(a),
        lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    ],
    ids=["columns first", "negative strides", "every second", "unaligned"],
)
@pytest.mark.parametrize("shape", [(12, 10), (12, 10, 3)])
def test_arrays_in_another_memory_order_are_refused(shape, view):
    details, base = cases.arrays(shape, 2)
    with pytest.raises(ValueError, match=r"base.*ascontiguousarray"):
        SplinePyramid(details=details, base=view(base), shape=shape)
    with pytest.raises(ValueError, match=r"details\[1\].*ascontiguousarray"):
        SplinePyramid(details=(details[0], view(details[1])), base=base, shape=shape)


def test_read_only_pyramids_are_read_and_left_alone():
    details, base = cases.arrays(SHAPE, 2)
    before = [array.copy() for array in (*details, base)]
    for array in (*details, base):
        array.flags.writeable = False
    pyramid = SplinePyramid(details=details, base=base, shape=SHAPE)
    render(pyramid, SIZE, samples=2)
    render(pyramid, SIZE, samples=INF)
    variance(pyramid, SIZE)
    assert all(np.array_equal(a, b) for a, b in zip((*details, base), before, strict=True))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="protects pages by Linux's mprotect")
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_nothing_is_read_behind_the_last_coefficient(channels):
    """Every array ends where a page begins that may not be read: one float too far ends the process."""
    shape = (9, 7) if channels == 1 else (9, 7, channels)
    details, base = cases.arrays(shape, 2)
    kept = [at_the_end_of_memory(array) for array in (*details, base)]
    guarded = SplinePyramid(details=tuple(array for _, array in kept[:-1]), base=kept[-1][1], shape=shape)
    plain = SplinePyramid(details=details, base=base, shape=shape)
    for samples in (20, INF):
        how = {"samples": samples, "patch_size": 5, "jitter": 1.0}
        assert np.array_equal(render(guarded, SIZE, **how), render(plain, SIZE, **how))
    assert np.array_equal(variance(guarded, SIZE), variance(plain, SIZE))


def at_the_end_of_memory(array):
    """(what must stay alive, a copy of `array` whose end is the end of a readable page)."""
    import ctypes

    pages = -(-array.nbytes // mmap.PAGESIZE)
    memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
    end = pages * mmap.PAGESIZE
    readable = np.frombuffer(memory, np.uint8, end)
    copy = readable[end - array.nbytes :].view(array.dtype).reshape(array.shape)
    copy[...] = array
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    assert protect(readable.ctypes.data + end, mmap.PAGESIZE, 0) == 0
    return memory, copy


# Memory


@pytest.mark.parametrize("samples", [1, INF])
@pytest.mark.parametrize(
    ("side", "channels", "dtype"), [(4096, 1, np.float32), (4096, 1, np.uint8), (1536, 3, np.float32)]
)
def test_a_picture_takes_the_memory_of_its_output_and_little_more(samples, side, channels, dtype):
    shape = (512, 512) if channels == 1 else (512, 512, channels)
    pyramid = spline_pyramid(np.zeros(shape, np.uint8), 5)
    tracemalloc.start()
    out = render(pyramid, (side, side), samples=samples, dtype=dtype, patch_size=3, threads=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= out.nbytes + 4_000_000  # tables of a few hundred bytes for each row and column, nothing per pixel


@pytest.mark.parametrize("levels", [0, 3, 16])
def test_memory_of_rows_is_as_stated(levels):
    rows, pyramid = 40_000, cases.pyramid((9, 2), levels)
    calls = [
        (lambda: render(pyramid, (1, rows), samples=1), 60),
        (lambda: render(pyramid, (1, rows), samples=INF), 60),
        (lambda: variance(pyramid, (1, rows)), 38),
    ]
    for call, more in calls:
        call()
        tracemalloc.start()
        out = call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= out.nbytes + rows * (26 * levels + more) + 50_000
