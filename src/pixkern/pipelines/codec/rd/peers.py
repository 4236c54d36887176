"""The lossy formats of the world. Each runs as its libraries' users run it, at settings that favour its rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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

Subsampling = Literal["4:2:0", "4:4:4"]


@dataclass(frozen=True)
class Jpeg(Encoder):
    """Baseline JPEG (ITU-T T.81), sequential, with Huffman tables made for the image."""

    subsampling: Subsampling = "4:2:0"

    @property
    def library(self) -> str:
        from PIL import features

        turbo = features.check("libjpeg_turbo")
        return pillow_version("libjpeg_turbo" if turbo else "jpg", "libjpeg-turbo" if turbo else "libjpeg")

    @property
    def settings(self) -> str:
        return f"chroma {self.subsampling}, optimised Huffman tables, sequential"

    def missing(self) -> str | None:
        return pillow_lacks("jpg")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        return pillow_encode(image, "JPEG", quality=quality, optimize=True, subsampling=self.subsampling)

    def decode(self, data: bytes) -> np.ndarray:
        return pillow_decode(data)


@dataclass(frozen=True)
class WebP(Encoder):
    """Lossy WebP (RFC 9649)."""

    method: int = 4

    @property
    def library(self) -> str:
        return pillow_version("webp", "libwebp")

    @property
    def settings(self) -> str:
        return f"method {self.method}"

    def missing(self) -> str | None:
        return pillow_lacks("webp")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        return pillow_encode(image, "WEBP", quality=quality, method=self.method)

    def decode(self, data: bytes) -> np.ndarray:
        return pillow_decode(data)


@dataclass(frozen=True)
class Avif(Encoder):
    """AVIF: AV1 key frames by libaom."""

    subsampling: Subsampling = "4:2:0"
    speed: int = 6

    @property
    def library(self) -> str:
        return imagecodecs_version("avif")

    @property
    def settings(self) -> str:
        return f"chroma {self.subsampling}, speed {self.speed}, libaom"

    def missing(self) -> str | None:
        return imagecodecs_lacks("AVIF")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        layout = self.subsampling.replace(":", "")
        encoded: bytes = imagecodecs().avif_encode(
            image, level=quality, speed=self.speed, pixelformat=layout, codec="aom", numthreads=1
        )
        return encoded

    def decode(self, data: bytes) -> np.ndarray:
        decoded: np.ndarray = imagecodecs().avif_decode(data, numthreads=1)
        return decoded


@dataclass(frozen=True)
class JpegXL(Encoder):
    """JPEG XL (ISO/IEC 18181). It is tuned for the eye (butteraugli), not for squared errors."""

    effort: int = 7

    @property
    def library(self) -> str:
        return imagecodecs_version("jpegxl")

    @property
    def settings(self) -> str:
        return f"effort {self.effort}"

    def missing(self) -> str | None:
        return imagecodecs_lacks("JPEGXL")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        encoded: bytes = imagecodecs().jpegxl_encode(image, level=quality, effort=self.effort, numthreads=1)
        return encoded

    def decode(self, data: bytes) -> np.ndarray:
        decoded: np.ndarray = imagecodecs().jpegxl_decode(data, numthreads=1)
        return decoded


@dataclass(frozen=True)
class Jpeg2000(Encoder):
    """JPEG 2000 (ITU-T T.800): the 9/7 wavelet and the colour transform, rates by the PSNR asked for.

    The colour transform matters: without it, which is how Pillow calls OpenJPEG unless told otherwise, files of the
    same PSNR are about twice as long.
    """

    @property
    def scale(self) -> tuple[float, ...]:
        return tuple(np.arange(18, 60.25, 0.25).tolist())

    @property
    def unit(self) -> str:
        return "dB"

    @property
    def library(self) -> str:
        return imagecodecs_version("jpeg2k")

    @property
    def settings(self) -> str:
        return "9/7, colour transform, bare codestream; qualities are decibels of PSNR"

    def missing(self) -> str | None:
        return imagecodecs_lacks("JPEG2K")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        encoded: bytes = imagecodecs().jpeg2k_encode(
            image, level=quality, reversible=False, mct=True, codecformat="j2k", numthreads=1
        )
        return encoded

    def decode(self, data: bytes) -> np.ndarray:
        decoded: np.ndarray = imagecodecs().jpeg2k_decode(data, numthreads=1)
        return decoded


_TO_95 = (5, 10, 20, 30, 40, 50, 60, 70, 80, 88, 93, 96)

LOSSY: tuple[Encoder, ...] = (
    Jpeg("jpeg", "JPEG 4:2:0", _TO_95),
    Jpeg("jpeg-444", "JPEG 4:4:4", _TO_95, subsampling="4:4:4"),
    WebP("webp", "WebP", (1, 5, 12, 25, 40, 55, 70, 80, 87, 92, 96, 98)),
    Avif("avif", "AVIF 4:2:0", (5, 10, 18, 26, 34, 42, 50, 60, 70, 80, 88, 94)),
    Avif("avif-444", "AVIF 4:4:4", (5, 10, 18, 26, 34, 42, 50, 60, 70, 80, 88, 94), subsampling="4:4:4"),
    JpegXL("jxl", "JPEG XL", (5, 10, 18, 26, 36, 48, 60, 70, 80, 88, 93, 96)),
    Jpeg2000("jpeg2000", "JPEG 2000", (24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46)),
)
"""The lossy peers at the settings that tables report."""
