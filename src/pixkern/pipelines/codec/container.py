"""The file: a header that says what the image is, and its layers one after another. See docs/bitstream.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from pixkern._native import checksum

from .layer import CodedLayer, parse_layer
from .sdk.errors import DecodeError

Mode = Literal["wavelet", "lossless", "vae"]

MODES: tuple[Mode, ...] = ("wavelet", "lossless", "vae")
MAGIC = b"PXK\x1a"
VERSION = 1, 0
HASH_BYTES = 16
_HEADER = struct.Struct("<4sBBHIIBBBBBB")
_MODEL = struct.Struct("<BB16s")
_CRC = struct.Struct("<I")


@dataclass(frozen=True)
class ImageHeader:
    """What the header of a file says.

    Attributes
    ----------
    width, height : int
        Of the image, in pixels.
    channels : int
        1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    bits : int
        Of a sample: 8 or 16.
    mode : {"wavelet", "lossless", "vae"}
    quality : int
        As asked for, 1 to 100; 0 for lossless.
    hadamard : bool
        vae: whether latents went through the Hadamard transform.
    downscale : int
        vae: pixels of the image a side of a latent sample; else 1.
    model : bytes
        vae: the first 16 bytes of the SHA-256 of the model's decoder; else empty.
    """

    width: int
    height: int
    channels: int
    bits: int
    mode: Mode
    quality: int
    hadamard: bool = False
    downscale: int = 1
    model: bytes = b""

    @property
    def alpha(self) -> bool:
        """Whether the last channel is alpha."""
        return self.channels in (2, 4)

    @property
    def layer_count(self) -> int:
        """Alpha has a layer of its own where colours are not kept exactly."""
        return 2 if self.alpha and self.mode != "lossless" else 1


def pack(header: ImageHeader, layers: list[bytes]) -> bytes:
    """A file."""
    head = _HEADER.pack(
        *(MAGIC, *VERSION, 0, header.width, header.height, header.channels, header.bits),
        *(MODES.index(header.mode), header.quality, len(layers), 0),
    )
    if header.mode == "vae":
        head += _MODEL.pack(header.downscale, header.hadamard, header.model)
    return b"".join([head, _CRC.pack(checksum.crc32c(head)), *layers])


def unpack(data: memoryview, *, max_pixels: int) -> tuple[ImageHeader, list[CodedLayer]]:
    """What a file holds; checked throughout, nothing decoded.

    Raises
    ------
    DecodeError
        It is no such file, it is damaged, or its image has more than `max_pixels` pixels.
    """
    if bytes(data[: len(MAGIC)]) != MAGIC[: len(data)] or len(data) < len(MAGIC):
        raise DecodeError("not a pixkern image: it does not begin as one")
    if len(data) < _HEADER.size + _CRC.size:
        raise DecodeError("the stream ends within its header")
    _, major, minor, flags, width, height, channels, bits, mode, quality, layer_count, zero = _HEADER.unpack_from(data)
    if (major, minor) != VERSION:
        raise DecodeError(
            f"version {major}.{minor} of the format; this is a decoder of version {VERSION[0]}.{VERSION[1]}"
        )
    end = _HEADER.size + (_MODEL.size if mode == MODES.index("vae") else 0)
    if len(data) < end + _CRC.size:
        raise DecodeError("the stream ends within its header")
    if checksum.crc32c(data[:end]) != _CRC.unpack_from(data, end)[0]:
        raise DecodeError("the header is damaged: its checksum does not match")
    if mode >= len(MODES) or flags or zero or bits not in (8, 16) or not 1 <= channels <= 4:
        raise DecodeError("the header has values that version 1 does not know")
    if not (width and height) or width * height > max_pixels:
        raise DecodeError(
            f"an image of {width} x {height} is more than the {max_pixels} pixels allowed; see max_pixels"
        )
    downscale, hadamard, model = _MODEL.unpack_from(data, _HEADER.size) if MODES[mode] == "vae" else (1, 0, b"")
    header = ImageHeader(width, height, channels, bits, MODES[mode], quality, bool(hadamard), downscale, model)
    if layer_count != header.layer_count or hadamard > 1 or not downscale:
        raise DecodeError("the header contradicts itself")
    if (quality == 0) != (header.mode == "lossless") or quality > 100 or (bits == 16 and header.mode != "lossless"):
        raise DecodeError("the header contradicts itself")
    at = end + _CRC.size
    layers = []
    for _ in range(layer_count):
        coded = parse_layer(data, at, max_samples=256 * max_pixels)
        layers.append(coded)
        at = coded.end
    if at != len(data):
        raise DecodeError(f"{len(data) - at} bytes follow the last tile")
    _check_layers(header, layers)
    return header, layers


def _check_layers(header: ImageHeader, layers: list[CodedLayer]) -> None:
    """Whether the layers are those that such an image has."""
    first = layers[0].layer
    image_size, colours = (header.width, header.height), header.channels - header.alpha
    transform = "none" if header.channels < 3 else "reversible" if header.mode == "lossless" else "ycocg"
    if header.mode == "vae":
        size = tuple(-(-side // header.downscale) for side in image_size)
        wanted = (size, first.planes, "float32", "none", "latent")
    elif header.mode == "wavelet":
        wanted = (image_size, colours, "float32", transform, "image")
    else:
        wanted = (image_size, header.channels, "int32", transform, "image")
    if ((first.width, first.height), first.planes, first.number, first.colour, first.content) != wanted:
        raise DecodeError("a layer does not fit the image")
    if first.shifted != (header.bits == 16):
        raise DecodeError("a layer does not fit the image")
    for coded in layers[1:]:
        alpha = coded.layer
        found = (alpha.width, alpha.height, alpha.planes, alpha.number, alpha.content, alpha.shifted)
        if found != (*image_size, 1, "int32", "image", False):
            raise DecodeError("the layer of alpha does not fit the image")
        if header.mode != "vae" and alpha.levels != first.levels:  # or they could not be reduced alike
            raise DecodeError("the layer of alpha does not fit the image")
