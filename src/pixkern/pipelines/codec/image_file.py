"""Image files to compressed files and back; what goes wrong names the file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from pixkern.pipelines import codec
from pixkern.pipelines.files import ImageFile, encode_image

SUFFIX = ".pxk"
"""What the names of compressed files end in."""


@dataclass(frozen=True)
class CompressOptions:
    """What `pixkern.pipelines.codec.compress` is asked for; None leaves its default."""

    quality: int | None = None
    mode: str | None = None
    profile: str | None = None
    wavelet: str | None = None
    model: str | None = None
    config: Path | None = None
    hadamard: bool | None = None
    tile: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.mode == "lossless" and self.quality is not None:
            raise ValueError("the lossless mode has no quality: leave one of them out")
        if self.mode != "vae" and not (self.model is self.config is self.hadamard is None):
            raise ValueError("model, configuration and Hadamard transform go with the vae mode only")

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of `compress`."""
        return _given(self)

    @property
    def described(self) -> dict[str, Any]:
        """What a resumed run must find unchanged: a configuration by its contents, and not how many threads work."""
        found = {**self.given, "config": None if self.config is None else sha256(self.config.read_bytes()).hexdigest()}
        found.pop("threads", None)
        return found


@dataclass(frozen=True)
class DecompressOptions:
    """What `pixkern.pipelines.codec.decompress` is asked for; None leaves its default."""

    region: tuple[int, int, int, int] | None = None
    reduce: int | None = None
    max_pixels: int | None = None
    model: str | None = None
    config: Path | None = None
    threads: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of `decompress`."""
        return _given(self)

    @property
    def described(self) -> dict[str, Any]:
        """What a resumed run must find unchanged; the model of a file is known by its hash."""
        found = self.given
        for name in ("threads", "model", "config"):
            found.pop(name, None)
        return found


def _given(options: CompressOptions | DecompressOptions) -> dict[str, Any]:
    found = {field.name: getattr(options, field.name) for field in fields(options)}
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Compressed:
    """A compressed image and what is worth saying of it."""

    data: bytes
    raw_bytes: int
    left_out: tuple[str, ...]
    """What the image file has and the compressed one does not hold."""

    def record(self, output: str) -> dict[str, Any]:
        """For JSON."""
        return {
            "output": output,
            "bytes": len(self.data),
            "raw_bytes": self.raw_bytes,
            "ratio": self.raw_bytes / len(self.data),
            "left_out": list(self.left_out),
        }


def compress_image_file(photo: ImageFile, name: str, options: CompressOptions) -> Compressed:
    """Compress the pixels of an image file.

    Raises
    ------
    ValueError
        The mode does not take these pixels; the message starts with `name`.
    """
    pixels = photo.pixels
    if pixels.dtype == np.uint16 and options.mode != "lossless":
        raise ValueError(f"{name}: 16 bits a sample; only the lossless mode keeps them")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"{name}: {pixels.dtype} samples; the codec takes 8 bits, and 16 in the lossless mode")
    try:
        data = codec.compress(pixels, **options.given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
    left_out = [what for what, held in (("EXIF data", photo.exif), ("colour profile", photo.icc)) if held is not None]
    return Compressed(data, pixels.nbytes, tuple(left_out))


def decompress_to_file(data: bytes, name: str, suffix: str, options: DecompressOptions) -> bytes:
    """The image file, of the format that `suffix` says, of a compressed one.

    Raises
    ------
    ValueError
        The data is damaged, or the format cannot hold the image; the message starts with `name`.
    """
    try:
        return encode_image(codec.decompress(data, **options.given), suffix)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
