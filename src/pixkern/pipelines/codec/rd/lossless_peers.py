"""The lossless formats of the world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._libraries import (
    imagecodecs,
    imagecodecs_lacks,
    imagecodecs_version,
    pillow_decode,
    pillow_encode,
    pillow_lacks,
    pillow_version,
)
from .encoder import Encoder


@dataclass(frozen=True)
class Png(Encoder):
    """PNG (ISO/IEC 15948) at zlib's level 9; `optimised` also lets zlib choose its strategy."""

    optimised: bool = False

    @property
    def library(self) -> str:
        return pillow_version("zlib", "zlib")

    @property
    def settings(self) -> str:
        return "optimize" if self.optimised else "level 9"

    def missing(self) -> str | None:
        return pillow_lacks("zlib")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        return pillow_encode(image, "PNG", compress_level=9, optimize=self.optimised)

    def decode(self, data: bytes) -> np.ndarray:
        return pillow_decode(data)


@dataclass(frozen=True)
class WebPLossless(Encoder):
    """Lossless WebP (RFC 9649, section 3)."""

    method: int = 4

    @property
    def library(self) -> str:
        return pillow_version("webp", "libwebp")

    @property
    def settings(self) -> str:
        return f"lossless, method {self.method}"

    def missing(self) -> str | None:
        return pillow_lacks("webp")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        return pillow_encode(image, "WEBP", lossless=True, method=self.method)

    def decode(self, data: bytes) -> np.ndarray:
        return pillow_decode(data)


@dataclass(frozen=True)
class JpegXLLossless(Encoder):
    """JPEG XL (ISO/IEC 18181), modular and reversible."""

    effort: int = 7

    @property
    def library(self) -> str:
        return imagecodecs_version("jpegxl")

    @property
    def settings(self) -> str:
        return f"lossless, effort {self.effort}"

    def missing(self) -> str | None:
        return imagecodecs_lacks("JPEGXL")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        encoded: bytes = imagecodecs().jpegxl_encode(image, lossless=True, effort=self.effort, numthreads=1)
        return encoded

    def decode(self, data: bytes) -> np.ndarray:
        decoded: np.ndarray = imagecodecs().jpegxl_decode(data, numthreads=1)
        return decoded


@dataclass(frozen=True)
class Jpeg2000Lossless(Encoder):
    """JPEG 2000 (ITU-T T.800): the reversible 5/3 wavelet and colour transform."""

    @property
    def library(self) -> str:
        return imagecodecs_version("jpeg2k")

    @property
    def settings(self) -> str:
        return "reversible 5/3 and colour transform, bare codestream"

    def missing(self) -> str | None:
        return imagecodecs_lacks("JPEG2K")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        encoded: bytes = imagecodecs().jpeg2k_encode(
            image, level=0, reversible=True, mct=True, codecformat="j2k", numthreads=1
        )
        return encoded

    def decode(self, data: bytes) -> np.ndarray:
        decoded: np.ndarray = imagecodecs().jpeg2k_decode(data, numthreads=1)
        return decoded


LOSSLESS: tuple[Encoder, ...] = (
    Png("png", "PNG-9"),
    Png("png-optimised", "PNG optimised", optimised=True),
    WebPLossless("webp-lossless", "WebP lossless"),
    JpegXLLossless("jxl-lossless-3", "JPEG XL lossless e3", effort=3),
    JpegXLLossless("jxl-lossless", "JPEG XL lossless e7"),
    Jpeg2000Lossless("jpeg2000-lossless", "JPEG 2000 lossless"),
)
"""The lossless peers at the settings that tables report; the first is what the others are compared with."""
