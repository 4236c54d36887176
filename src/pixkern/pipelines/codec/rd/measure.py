"""One image through one encoder at one quality: bytes, distortion, seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from pixkern import metrics

from .encoder import Encoder

T = TypeVar("T")

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601, section 2.5.1)."""
MS_SSIM_SIDE = 161
"""MS-SSIM halves an image four times, odd sides up, and takes windows of 11 pixels: smaller images have none."""
SSIM_SIDE = 11


@dataclass(frozen=True)
class Row:
    """What came of one image, one encoder and one quality.

    Attributes
    ----------
    image, encoder : str
    quality : float or None
        None: lossless.
    width, height, bytes : int
    psnr_rgb, psnr_y : float or None
        Decibels over all samples, and of the BT.601 luma. None: the images are equal.
    ssim, ms_ssim : float or None
        Of the luma. None: the image is too small for it.
    encode_seconds, decode_seconds : float
        The shortest of all repeats, on one thread.
    """

    image: str
    encoder: str
    quality: float | None
    width: int
    height: int
    bytes: int
    psnr_rgb: float | None
    psnr_y: float | None
    ssim: float | None
    ms_ssim: float | None
    encode_seconds: float
    decode_seconds: float

    @property
    def bpp(self) -> float:
        """Bits per pixel of the whole file."""
        return 8 * self.bytes / (self.width * self.height)

    @property
    def ssim_db(self) -> float | None:
        """-10 log10(1 - SSIM)."""
        return _decibels(self.ssim)

    @property
    def ms_ssim_db(self) -> float | None:
        """-10 log10(1 - MS-SSIM)."""
        return _decibels(self.ms_ssim)


def _decibels(similarity: float | None) -> float | None:
    return None if similarity is None or similarity >= 1 else -10 * math.log10(1 - similarity)


@dataclass(frozen=True, eq=False)
class Original:
    """An image that many encoders are compared on, (H, W, 3) uint8; its luma is made once."""

    name: str
    pixels: np.ndarray

    @cached_property
    def luma(self) -> np.ndarray:
        """(H, W) float32 in [0, 1]."""
        return luma(self.pixels)


def luma(image: np.ndarray) -> np.ndarray:
    """The BT.601 luma of a uint8 RGB image as float32 in [0, 1].

    Examples
    --------
    >>> luma(np.full((1, 1, 3), 255, np.uint8))
    array([[1.]], dtype=float32)
    """
    return np.asarray(image @ (np.array(LUMA) / 255)).astype(np.float32)


def measure(original: Original, encoder: Encoder, quality: float | None, *, repeats: int = 1) -> Row:
    """Encode and decode an image, and compare.

    Parameters
    ----------
    original : Original
    encoder : Encoder
    quality : float, optional
        None for a lossless encoder.
    repeats : int
        How often both are run; the shortest times count.

    Returns
    -------
    Row

    Raises
    ------
    ValueError
        What was decoded has another shape or dtype, or is not equal although the encoder is lossless.
    """
    pixels = original.pixels
    encode_seconds, data = _timed(lambda: encoder.encode(pixels, quality), repeats)
    decode_seconds, decoded = _timed(lambda: encoder.decode(data), repeats)
    if decoded.shape != pixels.shape or decoded.dtype != pixels.dtype:
        raise ValueError(f"decoded {decoded.shape} {decoded.dtype} where {pixels.shape} {pixels.dtype} was encoded")
    if encoder.lossless and not np.array_equal(decoded, pixels):
        raise ValueError(f"{encoder.title} is not lossless on this image")
    rows, cols = pixels.shape[:2]
    return Row(
        image=original.name,
        encoder=encoder.name,
        quality=quality,
        width=cols,
        height=rows,
        bytes=len(data),
        **({} if encoder.lossless else _distortion(original, decoded)) or dict.fromkeys(_MEASURES),
        encode_seconds=encode_seconds,
        decode_seconds=decode_seconds,
    )


_MEASURES = ("psnr_rgb", "psnr_y", "ssim", "ms_ssim")


def _distortion(original: Original, decoded: np.ndarray) -> dict[str, Any]:
    side = min(decoded.shape[:2])
    grey = luma(decoded)
    psnr_rgb = float(metrics.psnr(original.pixels, decoded, threads=1))
    psnr_y = float(metrics.psnr(original.luma, grey, threads=1))
    return {
        "psnr_rgb": psnr_rgb if math.isfinite(psnr_rgb) else None,
        "psnr_y": psnr_y if math.isfinite(psnr_y) else None,
        "ssim": float(metrics.ssim(original.luma, grey, threads=1)) if side >= SSIM_SIDE else None,
        "ms_ssim": float(metrics.ms_ssim(original.luma, grey, threads=1)) if side >= MS_SSIM_SIDE else None,
    }


def _timed(call: Callable[[], T], repeats: int) -> tuple[float, T]:
    best, result = math.inf, None
    for _ in range(repeats):
        begin = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - begin)
    assert result is not None
    return best, result
