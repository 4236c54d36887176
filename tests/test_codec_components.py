"""Components refuse what no system could read, and say what they hold."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from pixkern.pipelines.codec import sdk
from pixkern.pipelines.codec.sdk import (
    RGB,
    YUVW4,
    ANSBitstream,
    Arena,
    BlurRGB,
    Latent4,
    Planes,
    PyramidLayout,
    QuantParams,
    ReconRGB,
    Residual,
    SymbolsU8,
    WaveletPyr,
)

LAYOUT = PyramidLayout("cdf53", 2, kind="Planes")
arena = Arena(1 << 20)


def tensor(*shape, dtype="float32"):
    return arena.alloc_tensor(shape, dtype)


IMAGES = [RGB, ReconRGB, lambda ref: BlurRGB(ref, 1.5)]
PLANES = [Latent4, YUVW4, Planes, lambda ref: WaveletPyr(ref, LAYOUT)]
U8 = [lambda ref: SymbolsU8(ref, LAYOUT)]
ALL = [
    RGB(tensor(4, 5, 3, dtype="uint8")),
    ReconRGB(tensor(4, 5, 3)),
    BlurRGB(tensor(4, 5, 3), 2.0),
    Latent4(tensor(4, 2, 3), (20, 12), "sha"),
    YUVW4(tensor(4, 2, 3)),
    Planes(tensor(3, 4, 5, dtype="int32")),
    WaveletPyr(tensor(3, 4, 5), LAYOUT),
    QuantParams(tensor(3, 7), tensor(3, 7), 75),
    SymbolsU8(tensor(3, 4, 5, dtype="uint8"), LAYOUT),
    ANSBitstream(tensor(100, dtype="uint8"), "test"),
    Residual(tensor(4, 5, 3, dtype="int16")),
]


def test_there_are_the_ten_types_and_planes():
    assert len({type(component) for component in ALL}) == 11
    assert all(getattr(sdk, type(component).__name__) is type(component) for component in ALL)


@pytest.mark.parametrize("component", ALL, ids=lambda component: type(component).__name__)
def test_every_component_is_frozen_hashable_and_counts_its_bytes(component):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(component, dataclasses.fields(component)[0].name, None)
    assert component == dataclasses.replace(component)
    assert hash(component) == hash(dataclasses.replace(component))
    assert component.nbytes == sum(math.prod(ref.shape) * ref.dtype.itemsize for ref in component.tensors()) > 0
    assert type(component).__doc__


@pytest.mark.parametrize("make", IMAGES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_images_have_one_to_four_channels(make, channels, dtype):
    assert make(tensor(2, 3, channels, dtype=dtype)).pixels.shape == (2, 3, channels)


@pytest.mark.parametrize("make", [*IMAGES, Residual])
def test_shapes_that_are_no_image_are_refused(make):
    for shape in ((2, 3), (1, 2, 3, 3), (2, 3, 5), (0, 3, 3), (2, 0, 3), (2, 3, 0)):
        with pytest.raises(ValueError, match=r"\.(pixels|difference) needs"):
            make(tensor(*shape))


@pytest.mark.parametrize("make", [*PLANES, *U8])
def test_shapes_that_are_no_planes_are_refused(make):
    for shape in ((2, 3), (1, 4, 2, 3), (4, 0, 3), (0, 2, 3)):
        with pytest.raises(ValueError, match="needs"):
            make(tensor(*shape, dtype="uint8" if make in U8 else "float32"))


@pytest.mark.parametrize(
    ("make", "allowed"),
    [
        *[(make, {"uint8", "uint16", "float32"}) for make in IMAGES],
        (Latent4, {"float32"}),
        (YUVW4, {"float32"}),
        (Planes, {"float32", "int32"}),
        (lambda ref: WaveletPyr(ref, LAYOUT), {"float32", "int32"}),
        (lambda ref: SymbolsU8(ref, LAYOUT), {"uint8"}),
        (Residual, {"float32", "int16", "int32"}),
    ],
)
def test_dtypes_are_those_that_are_documented(make, allowed):
    for dtype in ("uint8", "int8", "uint16", "int16", "int32", "uint32", "int64", "float32", "float64", "bool"):
        ref = tensor(4, 4, 4, dtype=dtype)
        if dtype in allowed:
            make(ref)
        else:
            with pytest.raises(TypeError, match=f"must be .*, got {dtype}"):
                make(ref)


@pytest.mark.parametrize("make", [*IMAGES, *PLANES, *U8, Residual, lambda x: ANSBitstream(x, "test")])
def test_arrays_are_no_handles(make):
    with pytest.raises(TypeError, match=r"must be a TensorRef, got ndarray; copy arrays with Arena\.put"):
        make(np.zeros((4, 4, 4), np.float32))


@pytest.mark.parametrize("channels", [1, 3, 4, 16])
def test_a_latent_has_any_channels_and_yuvw_groups_of_four(channels):
    assert Latent4(tensor(channels, 2, 3)).values.shape[0] == channels
    if channels % 4:
        with pytest.raises(ValueError, match=r"multiple of 4 channels, got shape"):
            YUVW4(tensor(channels, 2, 3))
    else:
        YUVW4(tensor(channels, 2, 3))


@pytest.mark.parametrize("make", [Latent4, YUVW4, Planes, lambda ref, size: PyramidLayout("haar", 1, "Planes", size)])
def test_the_size_of_the_image_is_a_pair_of_whole_pixels(make):
    ref = tensor(4, 2, 3)
    make(ref, (17, 2**31 - 1))
    make(ref, None)
    for size in ((0, 5), (5,), (5, 2**31), [5, 5], 5):
        with pytest.raises(ValueError, match="size must be"):
            make(ref, size)
    for size in ((1.5, 5), ("5", 5), (True, 5)):
        with pytest.raises(TypeError, match="size must be an integer"):
            make(ref, size)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("db4", 2, "Planes"), ValueError),
        (("cdf53", 0, "Planes"), ValueError),
        (("cdf53", 11, "Planes"), ValueError),
        (("cdf53", 2.0, "Planes"), TypeError),
        (("cdf53", True, "Planes"), TypeError),
        (("cdf53", 2, "RGB"), ValueError),
        (("cdf53", 2, "Planes", None, b"rct"), TypeError),
    ],
)
def test_a_layout_that_no_wavelet_has_is_refused(arguments, error):
    with pytest.raises(error, match=r"wavelet|levels|kind|origin"):
        PyramidLayout(*arguments)


@pytest.mark.parametrize("make", [WaveletPyr, SymbolsU8])
def test_coefficients_and_symbols_need_a_layout(make):
    dtype = "uint8" if make is SymbolsU8 else "float32"
    with pytest.raises(TypeError, match="must be a PyramidLayout"):
        make(tensor(3, 4, 5, dtype=dtype), ("cdf53", 2))


@pytest.mark.parametrize("make", [WaveletPyr, SymbolsU8])
def test_bands_are_the_index_that_lifting_gives(make):
    lifting = pytest.importorskip("pixkern.lifting")
    component = make(tensor(3, 9, 13, dtype="uint8" if make is SymbolsU8 else "float32"), LAYOUT)
    assert component.bands() == lifting.subbands((9, 13), 2)
    covered = np.zeros((9, 13), int)
    for band in component.bands():
        covered[band.rows, band.cols] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize("quality", [0, 101, -1])
def test_a_quality_out_of_range_is_refused(quality):
    with pytest.raises(ValueError, match="quality must be 1 to 100"):
        QuantParams(tensor(3, 7), tensor(3, 7), quality)


def test_parameters_have_one_scale_and_one_offset_per_band():
    with pytest.raises(ValueError, match="must share a shape"):
        QuantParams(tensor(3, 7), tensor(3, 6), 50)
    with pytest.raises(ValueError, match="needs 2 axes"):
        QuantParams(tensor(7), tensor(7), 50)
    with pytest.raises(TypeError, match="must be float32"):
        QuantParams(tensor(3, 7, dtype="float64"), tensor(3, 7), 50)


@pytest.mark.parametrize("sigma", [0, -1.0, math.nan, math.inf])
def test_a_blur_has_a_positive_sigma(sigma):
    with pytest.raises(ValueError, match="positive and finite"):
        BlurRGB(tensor(2, 2, 3), sigma)


def test_a_bitstream_names_its_decoder():
    with pytest.raises(ValueError, match="name the decoder"):
        ANSBitstream(tensor(3, dtype="uint8"), "")
    with pytest.raises(TypeError, match="format must be a str"):
        ANSBitstream(tensor(3, dtype="uint8"), 1)
    with pytest.raises(ValueError, match="needs 1 axes"):
        ANSBitstream(tensor(3, 1, dtype="uint8"), "test")


def test_signatures_tell_shapes_dtypes_and_settings_apart_and_nothing_else():
    assert RGB(tensor(2, 3, 3)).signature() == RGB(tensor(2, 3, 3)).signature()
    different = [
        RGB(tensor(2, 3, 3)),
        RGB(tensor(3, 2, 3)),
        RGB(tensor(2, 3, 3, dtype="uint8")),
        RGB(tensor(2, 3, 3), "linear"),
        ReconRGB(tensor(2, 3, 3)),
    ]
    assert len({component.signature() for component in different}) == len(different)


def test_a_component_of_one_s_own_is_a_frozen_dataclass_of_handles():
    @dataclasses.dataclass(frozen=True)
    class Depth(sdk.Component):
        near: sdk.TensorRef
        far: sdk.TensorRef
        unit: str = "m"

    depth = Depth(tensor(2, 2), tensor(3, 3, dtype="uint8"))
    assert [ref.shape for ref in depth.tensors()] == [(2, 2), (3, 3)]
    assert depth.nbytes == 16 + 9
    world = sdk.World(arena_capacity=4096)
    entity = world.new_entity()
    depth = Depth(world.arena.alloc_tensor(1, "u1"), world.arena.alloc_tensor(1, "u1"))
    world.add_component(entity, depth)
    assert world.query(Depth) == [entity]
