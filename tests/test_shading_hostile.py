"""What is not meant is refused with a message, and what is allowed in odd memory works."""

import tracemalloc

import numpy as np
import pytest
from shading_cases import scene

from pixkern.shading import (
    DirectionalLight,
    composite,
    linear_to_srgb,
    normals_from_depth,
    normals_from_height,
    shade,
    shading,
    srgb_to_linear,
)

LIGHT = DirectionalLight((0, 0, 1))
S = scene((6, 8), np.uint8, 0, 1, 1, 3, True, np.uint8, True)
GOOD = {"albedo": S.albedo, "normals": S.normals, "lights": S.lights, **S.around, **S.cover}

BAD = [
    (TypeError, "albedo must be a NumPy", {"albedo": [[1]]}),
    (TypeError, "albedo must be uint8 or uint16 or float32", {"albedo": S.albedo.astype(np.int16)}),
    (TypeError, "albedo must be uint8 or uint16 or float32", {"albedo": S.albedo.astype(np.float64)}),
    (TypeError, "foreign byte order", {"albedo": S.albedo.astype(">u2")}),
    (TypeError, "masked array", {"albedo": np.ma.masked_array(S.albedo)}),
    (TypeError, "structured array", {"normals": np.zeros((6, 8, 3), [("a", "f4")])}),
    (ValueError, "albedo needs 3 channels", {"albedo": np.zeros((6, 8, 4), np.uint8)}),
    (ValueError, "albedo needs 3 axes", {"albedo": S.albedo[..., 0]}),
    (ValueError, "albedo is empty", {"albedo": S.albedo[:0]}),
    (TypeError, "normals must be float32", {"normals": S.normals.astype(np.float64)}),
    (ValueError, "normals must have the size of albedo", {"normals": S.normals[:5]}),
    (ValueError, "normals needs 3 channels", {"normals": S.normals[..., :2]}),
    (TypeError, "normals must be a NumPy", {"normals": None}),
    (TypeError, "lights must be DirectionalLight", {"lights": [(0, 0, 1)]}),
    (TypeError, "lights must be DirectionalLight", {"lights": None}),
    (ValueError, "ambient must be at least 0", {"ambient": -0.1}),
    (ValueError, "ambient must be a number or", {"ambient": (1, 2)}),
    (ValueError, "ambient must be finite", {"ambient": np.nan}),
    (TypeError, "ambient must be numbers", {"ambient": "dark"}),
    (ValueError, "environment must be 9 coefficients", {"environment": np.zeros((3, 9))}),
    (ValueError, "environment must be finite", {"environment": np.full((9, 3), np.inf)}),
    (TypeError, "specular must be a Specular", {"specular": "phong"}),
    (TypeError, "shadow must be float32", {"shadow": np.zeros((6, 8))}),
    (ValueError, "shadow must have the size of normals", {"shadow": np.zeros((8, 6), np.float32)}),
    (ValueError, "occlusion must be", {"occlusion": np.zeros((6, 8, 2), np.float32)}),
    (TypeError, "background must be uint8", {"background": S.albedo.astype(np.float32)}),
    (ValueError, "background must have the shape of albedo", {"background": S.albedo[:, :7]}),
    (TypeError, "mask must be bool or uint8 or float32", {"mask": np.zeros((6, 8), np.int32)}),
    (ValueError, "mask must have shape", {"mask": np.zeros((6, 7), np.uint8)}),
    (ValueError, "mask needs 2 axes", {"mask": np.zeros((6, 8, 1), np.uint8)}),
    (ValueError, r"mask must be in \[0, 1\]", {"mask": np.full((6, 8), 1.01, np.float32)}),
    (ValueError, r"mask must be in \[0, 1\]", {"mask": np.full((6, 8), -0.01, np.float32)}),
    (ValueError, r"mask must be in \[0, 1\]", {"mask": np.full((6, 8), np.nan, np.float32)}),
    (ValueError, "out needs shape", {"out": np.zeros((6, 8, 3), np.float32)}),
    (ValueError, "out needs shape", {"out": np.zeros((6, 8, 4), np.uint8)}),
    (ValueError, "out must be C-contiguous", {"out": np.zeros((6, 3, 8), np.uint8).swapaxes(1, 2)}),
    (ValueError, "out overlaps an input", {"out": S.albedo}),
    (ValueError, "out overlaps an input", {"out": S.cover["background"]}),
    (ValueError, "threads must be", {"threads": 0}),
    (ValueError, "backend must be", {"backend": "gpu"}),
]


@pytest.mark.parametrize(("error", "message", "bad"), BAD)
def test_shade_refuses_what_it_does_not_mean(error, message, bad):
    with pytest.raises(error, match=message):
        shade(**{**GOOD, **bad})
    shade(**GOOD)


def test_an_output_in_the_memory_of_a_map_or_a_mask_is_refused():
    memory = np.zeros(6 * 8 * 3 * 4, np.uint8)
    out = memory[: 6 * 8 * 3].reshape(6, 8, 3)
    for name in ("shadow", "normals", "mask"):
        count = 3 if name == "normals" else 1
        dtype = np.uint8 if name == "mask" else np.float32
        there = memory.view(dtype)[: 6 * 8 * count].reshape((6, 8, 3) if count == 3 else (6, 8))
        with pytest.raises(ValueError, match="out overlaps an input"):
            shade(**{**GOOD, name: there, "out": out})


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (TypeError, "height must be uint8 or", lambda: normals_from_height(np.zeros((3, 3), np.int32))),
        (ValueError, "height needs 2 axes", lambda: normals_from_height(np.zeros((3, 3, 1)))),
        (ValueError, "height is empty", lambda: normals_from_height(np.zeros((0, 3)))),
        (ValueError, "mask must have shape", lambda: normals_from_height(np.eye(3), mask=np.ones((2, 3), bool))),
        (ValueError, "out needs shape", lambda: normals_from_height(np.eye(3), out=np.zeros((3, 3), np.float32))),
        (ValueError, "relief must be above 0", lambda: normals_from_depth(np.eye(3), relief=0)),
        (TypeError, "relief must be a number", lambda: normals_from_depth(np.eye(3), relief="1")),
        (ValueError, "relief must be finite", lambda: normals_from_depth(np.eye(3), relief=np.nan)),
        (ValueError, "nearer must be one of", lambda: normals_from_depth(np.eye(3), nearer="far")),
        (ValueError, "span must be", lambda: normals_from_depth(np.eye(3), span=(2, 1))),
        (ValueError, "span must be", lambda: normals_from_depth(np.eye(3), span=(1, 1))),
        (ValueError, "nowhere at least half", lambda: normals_from_depth(np.eye(3), mask=np.zeros((3, 3), bool))),
        (ValueError, "cannot be scaled", lambda: normals_from_depth(np.array([[0, 5e-324]]))),
        (ValueError, "cannot be scaled", lambda: normals_from_depth(np.array([[-1.7e308, 1.7e308]]))),
        (TypeError, "image must be", lambda: srgb_to_linear(np.zeros(3))),
        (TypeError, "image must be", lambda: linear_to_srgb(np.zeros(3, np.uint8))),
        (TypeError, "dtype must be", lambda: linear_to_srgb(np.zeros(3, np.float32), np.int8)),
        (TypeError, "dtype must be", lambda: linear_to_srgb(np.zeros(3, np.float32), "codes")),
        (ValueError, "image is empty", lambda: srgb_to_linear(np.zeros((0, 3), np.uint8))),
        (ValueError, "image needs", lambda: srgb_to_linear(np.array(3, np.uint8))),
        (ValueError, "out needs shape", lambda: srgb_to_linear(np.zeros(3, np.uint8), out=np.zeros(3))),
        (ValueError, "space must be one of", lambda: composite(S.albedo, S.albedo, np.ones((6, 8)), space="lab")),
        (TypeError, "mask must be a NumPy", lambda: composite(S.albedo, S.albedo, None)),
        (TypeError, "background must be uint8", lambda: composite(S.albedo, S.normals, np.ones((6, 8), bool))),
        (ValueError, "shape of foreground", lambda: composite(S.albedo, S.albedo[..., 0], np.ones((6, 8), bool))),
        (ValueError, "normals is empty", lambda: shading(np.zeros((0, 4, 3), np.float32), LIGHT)),
        (TypeError, "normals must be float32", lambda: shading(S.albedo, LIGHT)),
    ],
)
def test_the_others_refuse_what_they_do_not_mean(error, message, call):
    with pytest.raises(error, match=message):
        call()


def strange(array):
    """The same values in memory that is neither in C order nor aligned."""
    if not isinstance(array, np.ndarray):
        return array
    bytes_ = np.zeros(2 * array.nbytes + 1, np.uint8)[1:]
    view = np.ndarray(array.shape[::-1], array.dtype, bytes_, strides=None).T
    view[...] = array
    return view


def test_inputs_in_any_memory_order_give_the_same_bits():
    odd = {name: strange(value) for name, value in GOOD.items()}
    assert (shade(**odd) == shade(**GOOD)).all()
    back = {
        name: value[::-1] if isinstance(value, np.ndarray) and name != "environment" else value
        for name, value in GOOD.items()
    }
    assert (shade(**back) == shade(**GOOD)[::-1]).all()
    depth = np.random.default_rng(0).random((9, 7))
    assert (normals_from_depth(strange(depth)) == normals_from_depth(depth)).all()
    assert (srgb_to_linear(strange(S.albedo)) == srgb_to_linear(S.albedo)).all()


def test_read_only_inputs_are_read():
    for array in (S.albedo, S.normals):
        array.flags.writeable = False
    try:
        shade(**GOOD)
    finally:
        for array in (S.albedo, S.normals):
            array.flags.writeable = True


def test_results_are_written_to_out_and_out_is_returned():
    for call, shape, dtype in [
        (lambda out: shade(**GOOD, out=out), (6, 8, 3), np.uint8),
        (lambda out: shading(S.normals, LIGHT, out=out), (6, 8, 3), np.float32),
        (lambda out: composite(S.albedo, S.albedo, S.cover["mask"], out=out), (6, 8, 3), np.uint8),
        (lambda out: normals_from_height(np.eye(6, 8), out=out), (6, 8, 3), np.float32),
        (lambda out: normals_from_depth(np.eye(6, 8), out=out), (6, 8, 3), np.float32),
        (lambda out: srgb_to_linear(S.albedo, out=out), (6, 8, 3), np.float32),
        (lambda out: linear_to_srgb(S.normals, np.uint16, out=out), (6, 8, 3), np.uint16),
    ]:
        out = np.full(shape, 77, dtype)
        assert call(out) is out
        assert out.tobytes() == call(None).tobytes()


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="needs torch")
    given = {k: torch.from_numpy(v) if isinstance(v, np.ndarray) and k != "environment" else v for k, v in GOOD.items()}
    ours = shade(**given)
    assert isinstance(ours, torch.Tensor)
    assert (ours.numpy() == shade(**GOOD)).all()


@pytest.mark.parametrize("mask", [np.bool_, np.uint8, np.float32])
def test_shade_takes_the_memory_of_its_result(mask):
    s = scene((700, 900), np.uint8, 0, 2, 1, 3, True, mask, True)
    depth = np.random.default_rng(0).random((700, 900), np.float32)
    tracemalloc.start()
    try:
        for call, size in (
            (lambda: shade(s.albedo, s.normals, s.lights, threads=1, **s.around, **s.cover), s.albedo.nbytes),
            (lambda: normals_from_depth(depth, mask=s.cover["mask"], threads=1), s.normals.nbytes + 32 * 700),
        ):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            call()
            assert (
                tracemalloc.get_traced_memory()[1] - before < size + 40_000
            )  # arrays of lights, records, Python's own
    finally:
        tracemalloc.stop()
