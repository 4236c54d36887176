"""Blur, Retinex and albedos: what is not meant is refused, odd memory works, and no more of it is taken than stated."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
import retinex_cases as cases

from pixkern.retinex import albedo, gaussian_blur, multiscale_retinex

CALLS = {"gaussian_blur": lambda image, **how: gaussian_blur(image, 9, **how)}
CALLS |= {"multiscale_retinex": multiscale_retinex}
CALLS |= {f"albedo {method}": partial(albedo, method=method) for method in cases.METHODS}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@every_call
@pytest.mark.parametrize(
    "image",
    [
        [[[1.0, 2.0, 3.0]]],
        np.zeros((4, 4, 3)),
        np.zeros((4, 4, 3), np.int16),
        np.zeros((4, 4, 3), bool),
        np.zeros((4, 4, 3), ">u2"),
        np.zeros((4, 4, 3), object),
        np.ma.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4), [("a", "f4")]),
    ],
)
def test_images_of_another_kind_raise_type_error(call, image):
    with pytest.raises(TypeError, match="image"):
        call(image)


@every_call
@pytest.mark.parametrize("shape", [(), (5,), (0, 4, 3), (4, 0, 3), (4, 4, 0), (4, 4, 5), (1, 4, 4, 3)])
def test_images_of_another_shape_raise_value_error(call, shape):
    with pytest.raises(ValueError, match="image"):
        call(np.zeros(shape, np.float32))


@every_call
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"mask": np.zeros((6, 8), np.float64)}, TypeError),
        ({"mask": np.zeros((6, 8), np.int32)}, TypeError),
        ({"mask": [[1]]}, TypeError),
        ({"mask": np.zeros((8, 6), np.uint8)}, ValueError),
        ({"mask": np.zeros((6, 8, 1), np.uint8)}, ValueError),
        ({"mask": np.full((6, 8), 1.5, np.float32)}, ValueError),
        ({"mask": np.full((6, 8), -0.1, np.float32)}, ValueError),
        ({"mask": np.full((6, 8), np.nan, np.float32)}, ValueError),
        ({"threads": 0}, ValueError),
        ({"threads": 1.5}, TypeError),
        ({"backend": "gpu"}, ValueError),
        ({"out": np.zeros((6, 8, 4), np.float32)}, ValueError),
        ({"out": np.zeros((6, 8, 3), np.uint16)}, ValueError),
        ({"out": np.zeros((6, 16, 3), np.float32)[:, ::2]}, ValueError),
        ({"out": np.ma.zeros((6, 8, 3), np.float32)}, TypeError),
    ],
)
def test_bad_options_raise(call, options, error):
    with pytest.raises(error):
        call(np.zeros((6, 8, 3), np.float32), **options)


@pytest.mark.parametrize(
    ("sigma", "error"), [(-1, ValueError), (np.nan, ValueError), (1e7, ValueError), ("5", TypeError), (True, TypeError)]
)
def test_sigmas_that_are_none_raise(sigma, error):
    image = np.zeros((6, 8, 3), np.float32)
    with pytest.raises(error, match="sigma"):
        gaussian_blur(image, sigma)
    with pytest.raises(error, match="sigmas"):
        multiscale_retinex(image, sigmas=(sigma,))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"sigmas": ()}, ValueError),
        ({"sigmas": (1, 2, 3, 4, 5)}, ValueError),
        ({"sigmas": (0,)}, ValueError),
        ({"sigmas": 15}, TypeError),
        ({"percentiles": (1,)}, ValueError),
        ({"percentiles": (99, 1)}, ValueError),
        ({"percentiles": (-1, 50)}, ValueError),
        ({"percentiles": (1, 101)}, ValueError),
        ({"percentiles": (50, 50)}, ValueError),
        ({"percentiles": "ab"}, TypeError),
    ],
)
def test_sigmas_and_percentiles_out_of_range_raise(options, error):
    for call in (multiscale_retinex, albedo):
        with pytest.raises(error):
            call(np.zeros((6, 8, 3), np.float32), **options)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"method": "msr"}, ValueError),
        ({"method": None}, ValueError),
        ({"original": 1.1}, ValueError),
        ({"original": np.nan}, ValueError),
        ({"original": "0"}, TypeError),
        ({"percentiles": None}, TypeError),
    ],
)
def test_bad_albedo_options_raise(options, error):
    with pytest.raises(error):
        albedo(np.zeros((6, 8, 3), np.float32), **options)


@pytest.mark.parametrize("method", ["luminance", "msrcr", "lab"])
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 1), (6, 8, 4)])
def test_methods_of_colours_take_three_channels(method, shape):
    with pytest.raises(ValueError, match="channels"):
        albedo(np.zeros(shape, np.uint8), method=method)


@every_call
def test_an_output_that_overlaps_an_input_raises(call):
    buffer = np.zeros((6, 8, 3), np.float32)
    with pytest.raises(ValueError, match="overlaps"):
        call(buffer, out=buffer)


@every_call
def test_out_is_written_and_returned(call):
    image, mask = cases.picture("float32", (31, 40, 3)), cases.mask_of("floats", (31, 40))
    out = np.full_like(image, 77)
    assert call(image, mask=mask, out=out) is out
    assert np.array_equal(out, call(image, mask=mask))


@every_call
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::2],
        lambda a: a.transpose(1, 0, 2),
        np.asfortranarray,
        lambda a: a[..., ::-1],
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    ],
)
def test_any_memory_order_gives_the_result_of_its_copy(call, view):
    image = view(cases.picture("uint16", (20, 30, 3)))
    assert np.array_equal(call(image), call(np.array(image, order="C")))


@every_call
def test_read_only_inputs_are_read_and_left_alone(call):
    image, mask = cases.picture("float32", (31, 20, 3)), cases.mask_of("bytes", (31, 20))
    before = image.copy(), mask.copy()
    image.flags.writeable = mask.flags.writeable = False
    call(image, mask=mask)
    assert np.array_equal(image, before[0])
    assert np.array_equal(mask, before[1])


@pytest.mark.parametrize("method", cases.METHODS)
def test_values_that_are_no_codes_give_finite_albedos(method):
    image = cases.picture("float32", (40, 30, 3))
    image[3, 4] = np.nan
    image[5, 6] = -1
    image[7, 8] = np.inf
    image[9, 10] = 1e30
    assert np.isfinite(multiscale_retinex(image, percentiles=None)).all()
    assert np.isfinite(albedo(image, method=method)).all()


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    image = cases.picture("float32", (20, 30, 3))
    for call in CALLS.values():
        got = call(torch.from_numpy(image))
        assert isinstance(got, torch.Tensor)
        assert np.array_equal(got.numpy(), call(image))


# Memory


@pytest.mark.parametrize(
    ("call", "share"),
    [  # of the image's float32, beside the result
        (lambda image: gaussian_blur(image, 30), 0.75),
        (lambda image: gaussian_blur(image, 3), 2.05),
        (lambda image: multiscale_retinex(image), 0.85),
        (lambda image: albedo(image), 1.85),
        (lambda image: albedo(image, method="division"), 0.75),
        (lambda image: albedo(image, method="luminance"), 1),
    ],
    ids=["blur", "narrow blur", "retinex", "albedo", "division", "luminance"],
)
def test_memory_is_as_stated(call, share):
    image = cases.picture("float32", (600, 800, 3))
    call(image)  # tables are made and kept
    tracemalloc.start()
    result = call(image)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - result.nbytes <= share * image.nbytes + 600_000  # bins, twice
