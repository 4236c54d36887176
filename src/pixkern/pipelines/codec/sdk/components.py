"""What entities are made of: ten component types, and the planes of a colour transform.

A component is a frozen record of handles into the arena and of the few numbers that give them meaning. It checks
shapes and dtypes when it is made, so that a system need not. Anything that an inverse needs stands in the component,
never in the memory of the system that made it: that is what makes bytes decodable by themselves.

Types of your own are frozen dataclasses that derive from `Component`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from pixkern.lifting import Subband, subbands

from .tensor_ref import TensorRef, checked_count

PlaneKind = Literal["Latent4", "YUVW4", "Planes"]
Wavelet = Literal["haar", "cdf53", "cdf97"]

WAVELETS: tuple[Wavelet, ...] = ("haar", "cdf53", "cdf97")
MOST_LEVELS = 10  # of pixkern.lifting


class Component:
    """Base of all components."""

    __slots__ = ()

    def tensors(self) -> tuple[TensorRef, ...]:
        """Its handles, in the order of its fields."""
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return tuple(value for value in values if isinstance(value, TensorRef))

    @property
    def nbytes(self) -> int:
        """Bytes of all its tensors."""
        return sum(ref.nbytes for ref in self.tensors())

    def signature(self) -> tuple[Any, ...]:
        """What two components must share to go through a system in one call: type, shapes, dtypes, other fields."""
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return (type(self), *((v.shape, v.dtype) if isinstance(v, TensorRef) else v for v in values))


@dataclass(frozen=True, slots=True)
class RGB(Component):
    """An image as it came.

    Attributes
    ----------
    pixels : (H, W, C) uint8, uint16 or float32
        C = 3; also 1 (grey), 2 (grey and alpha) or 4 (RGB and alpha). float32 in [0, 1].
    colorspace : str
        Of the values; carried, not interpreted.
    """

    pixels: TensorRef
    colorspace: str = "sRGB"

    def __post_init__(self) -> None:
        _image(self, self.pixels, ("uint8", "uint16", "float32"))
        _text(self, "colorspace", self.colorspace)


@dataclass(frozen=True, slots=True)
class ReconRGB(Component):
    """An image that came out of a decoder.

    Attributes
    ----------
    pixels : (H, W, C) float32 in [0, 1], uint8 or uint16
        C = 1 to 4, as `RGB`.
    """

    pixels: TensorRef

    def __post_init__(self) -> None:
        _image(self, self.pixels, ("uint8", "uint16", "float32"))


@dataclass(frozen=True, slots=True)
class BlurRGB(Component):
    """A blurred image.

    Attributes
    ----------
    pixels : (H, W, C) uint8, uint16 or float32
    sigma : float
        Of the Gaussian, in pixels; positive.
    """

    pixels: TensorRef
    sigma: float

    def __post_init__(self) -> None:
        _image(self, self.pixels, ("uint8", "uint16", "float32"))
        if not 0 < self.sigma < float("inf"):
            raise ValueError(f"BlurRGB.sigma must be positive and finite, got {self.sigma!r}")


@dataclass(frozen=True, slots=True)
class Latent4(Component):
    """What a VAE's encoder makes of an image.

    Attributes
    ----------
    values : (C, H, W) float32
        C is the model's: 4, 16 or any other number.
    size : (width, height), optional
        Of the image in pixels, which need not be a multiple of the latent's.
    origin : str
        The model, by the hash that its decoder must have; "" if unknown.
    """

    values: TensorRef
    size: tuple[int, int] | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        _planes(self, self.values, ("float32",))
        _size(self, self.size)
        _text(self, "origin", self.origin)


@dataclass(frozen=True, slots=True)
class YUVW4(Component):
    """A latent after the Hadamard transform, which mixes its channels in groups of four.

    Attributes
    ----------
    values : (C, H, W) float32
        C is a multiple of 4.
    size : (width, height), optional
        As of `Latent4`.
    origin : str
        As of `Latent4`.
    """

    values: TensorRef
    size: tuple[int, int] | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        _planes(self, self.values, ("float32",))
        if self.values.shape[0] % 4:
            raise ValueError(f"YUVW4.values needs a multiple of 4 channels, got shape {self.values.shape}")
        _size(self, self.size)
        _text(self, "origin", self.origin)


@dataclass(frozen=True, slots=True)
class Planes(Component):
    """The planes of an image after a colour transform.

    Attributes
    ----------
    values : (C, H, W) float32 or int32
        int32 from a reversible transform.
    size : (width, height), optional
        Of the image in pixels, if it differs from the planes'.
    origin : str
        The colour transform, by name.
    """

    values: TensorRef
    size: tuple[int, int] | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        _planes(self, self.values, ("float32", "int32"))
        _size(self, self.size)
        _text(self, "origin", self.origin)


PLANE_TYPES: dict[PlaneKind, type[Latent4] | type[YUVW4] | type[Planes]] = {
    "Latent4": Latent4,
    "YUVW4": YUVW4,
    "Planes": Planes,
}


@dataclass(frozen=True, slots=True)
class PyramidLayout:
    """How wavelet coefficients are arranged, and what they are of.

    Attributes
    ----------
    wavelet : {"haar", "cdf53", "cdf97"}
    levels : int
        1 to 10.
    kind : {"Latent4", "YUVW4", "Planes"}
        The component that was transformed; the inverse makes it again.
    size : (width, height), optional
        Of that component.
    origin : str
        Of that component.
    """

    wavelet: Wavelet
    levels: int
    kind: PlaneKind
    size: tuple[int, int] | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        if self.wavelet not in WAVELETS:
            raise ValueError(f"wavelet must be one of {', '.join(map(repr, WAVELETS))}, got {self.wavelet!r}")
        if not 1 <= checked_count(self.levels, "levels") <= MOST_LEVELS:
            raise ValueError(f"levels must be 1 to {MOST_LEVELS}, got {self.levels}")
        if self.kind not in PLANE_TYPES:
            raise ValueError(f"kind must be one of {', '.join(map(repr, PLANE_TYPES))}, got {self.kind!r}")
        _size(self, self.size)
        _text(self, "origin", self.origin)


@dataclass(frozen=True, slots=True)
class WaveletPyr(Component):
    """Wavelet coefficients, plane by plane in Mallat layout.

    The layout is of the planes' own shape, so that shape is the original planes' too, and `bands` is its index.

    Attributes
    ----------
    coefficients : (C, H, W) float32, or int32 of a reversible transform
    layout : PyramidLayout
    """

    coefficients: TensorRef
    layout: PyramidLayout

    def __post_init__(self) -> None:
        _planes(self, self.coefficients, ("float32", "int32"), "coefficients")
        _layout(self, self.layout)

    def bands(self) -> tuple[Subband, ...]:
        """Where each band of a plane lies, coarse to fine: `pixkern.lifting.subbands`."""
        return _bands(self.coefficients, self.layout)


@dataclass(frozen=True, slots=True)
class QuantParams(Component):
    """How `SymbolsU8` were quantised: a coefficient is about ``symbol * scale + offset``.

    Attributes
    ----------
    scales, offsets : (C, bands) float32
        In the order of `WaveletPyr.bands`; (C, 1) if all bands of a plane share them.
    quality : int
        1 to 100, as asked for.
    """

    scales: TensorRef
    offsets: TensorRef
    quality: int

    def __post_init__(self) -> None:
        for name, ref in (("scales", self.scales), ("offsets", self.offsets)):
            _tensor(self, name, ref, ("float32",), ndim=2)
        if self.scales.shape != self.offsets.shape:
            raise ValueError(
                f"QuantParams.scales and offsets must share a shape, got {self.scales.shape} and {self.offsets.shape}"
            )
        if not 1 <= checked_count(self.quality, "quality") <= 100:
            raise ValueError(f"QuantParams.quality must be 1 to 100, got {self.quality}")


@dataclass(frozen=True, slots=True)
class SymbolsU8(Component):
    """Quantised coefficients.

    Attributes
    ----------
    symbols : (C, H, W) uint8
        In the places of the coefficients.
    layout : PyramidLayout
        Of the coefficients.
    """

    symbols: TensorRef
    layout: PyramidLayout

    def __post_init__(self) -> None:
        _planes(self, self.symbols, ("uint8",), "symbols")
        _layout(self, self.layout)

    def bands(self) -> tuple[Subband, ...]:
        """Where each band of a plane lies, coarse to fine: `pixkern.lifting.subbands`."""
        return _bands(self.symbols, self.layout)


@dataclass(frozen=True, slots=True)
class ANSBitstream(Component):
    """Bytes that decode by themselves, in any World.

    Attributes
    ----------
    data : (N,) uint8
    format : str
        Which decoder reads them.
    """

    data: TensorRef
    format: str

    def __post_init__(self) -> None:
        _tensor(self, "data", self.data, ("uint8",), ndim=1)
        _text(self, "format", self.format)
        if not self.format:
            raise ValueError("ANSBitstream.format must name the decoder that reads the bytes")


@dataclass(frozen=True, slots=True)
class Residual(Component):
    """What a reconstruction lacks: source minus reconstruction.

    Attributes
    ----------
    difference : (H, W, C) float32, or int16 of uint8 images, or int32 of uint16 images
    """

    difference: TensorRef

    def __post_init__(self) -> None:
        _image(self, self.difference, ("float32", "int16", "int32"), "difference")


def _tensor(owner: Any, name: str, ref: TensorRef, dtypes: Iterable[str], *, ndim: int) -> None:
    where = f"{type(owner).__name__}.{name}"
    if not isinstance(ref, TensorRef):
        raise TypeError(f"{where} must be a TensorRef, got {type(ref).__name__}; copy arrays with Arena.put")
    if ref.dtype not in [np.dtype(dtype) for dtype in dtypes]:
        raise TypeError(f"{where} must be {' or '.join(dtypes)}, got {ref.dtype.name}")
    if ref.ndim != ndim:
        raise ValueError(f"{where} needs {ndim} axes, got shape {ref.shape}")


def _image(owner: Any, ref: TensorRef, dtypes: Iterable[str], name: str = "pixels") -> None:
    _tensor(owner, name, ref, dtypes, ndim=3)
    if 0 in ref.shape or ref.shape[2] > 4:
        where = f"{type(owner).__name__}.{name}"
        raise ValueError(f"{where} needs shape (H, W, C) with 1 to 4 channels, not empty, got {ref.shape}")


def _planes(owner: Any, ref: TensorRef, dtypes: Iterable[str], name: str = "values") -> None:
    _tensor(owner, name, ref, dtypes, ndim=3)
    if 0 in ref.shape:
        raise ValueError(f"{type(owner).__name__}.{name} needs shape (C, H, W), not empty, got {ref.shape}")


def _layout(owner: Any, layout: PyramidLayout) -> None:
    if not isinstance(layout, PyramidLayout):
        raise TypeError(f"{type(owner).__name__}.layout must be a PyramidLayout, got {type(layout).__name__}")


def _bands(ref: TensorRef, layout: PyramidLayout) -> tuple[Subband, ...]:
    rows, cols = ref.shape[1:]
    return subbands((rows, cols), layout.levels)


def _size(owner: Any, size: tuple[int, int] | None) -> None:
    if size is None:
        return
    where = f"{type(owner).__name__}.size"
    if not isinstance(size, tuple) or len(size) != 2:
        raise ValueError(f"{where} must be a tuple (width, height), got {size!r}")
    if any(not 1 <= checked_count(side, where) < 2**31 for side in size):
        raise ValueError(f"{where} must be 1 to 2**31 - 1 pixels a side, got {size!r}")


def _text(owner: Any, name: str, value: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{type(owner).__name__}.{name} must be a str, got {type(value).__name__}")
