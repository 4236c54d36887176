"""Image files as they are written: the same bytes on every run."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from . import _tiff
from ._image_metadata import embed

WRITTEN = {
    ".bmp": "BMP",
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WebP",
}
"""Formats that are written, by suffix in lower case."""
_DEPTHS: dict[str, tuple[Any, ...]] = {
    "BMP": (np.uint8,),
    "JPEG": (np.uint8,),
    "PNG": (np.uint8, np.uint16),
    "TIFF": (np.uint8, np.uint16, np.float32),
    "WebP": (np.uint8,),
}
_CHANNELS = {"BMP": (1, 3), "JPEG": (1, 3), "PNG": (1, 2, 3, 4), "TIFF": (1, 2, 3, 4), "WebP": (2, 3, 4)}
_PNG_STRATEGIES = {False: cv2.IMWRITE_PNG_STRATEGY_DEFAULT, True: cv2.IMWRITE_PNG_STRATEGY_RLE}
_LONGEST_SIDE = {"BMP": 2**31 - 1, "JPEG": 65500, "PNG": 2**31 - 1, "TIFF": 2**31 - 1, "WebP": 16383}


def check_encodable(shape: tuple[int, ...], dtype: Any, suffix: str) -> str:
    """The format of a suffix, if it holds images of this shape and dtype: to be asked before such an image is made.

    Raises
    ------
    TypeError, ValueError
        As `encode_image` would.

    Examples
    --------
    >>> from pixkern.pipelines.files import check_encodable
    >>> check_encodable((480, 640, 3), np.uint8, ".jpg")
    'JPEG'
    """
    kind = WRITTEN.get(suffix.lower())
    if kind is None:
        raise ValueError(f"suffix must be one of {', '.join(WRITTEN)}, got {suffix!r}")
    dtype = np.dtype(dtype)
    if dtype not in _DEPTHS[kind]:
        names = " or ".join(np.dtype(d).name for d in _DEPTHS[kind])
        raise TypeError(f"{kind} holds {names}, got {dtype}; convert it, or use .png (uint16) or .tif (float32)")
    channels = 1 if len(shape) == 2 else shape[-1]
    if len(shape) not in (2, 3) or 0 in shape:
        raise ValueError(f"pixels need shape (H, W) or (H, W, C), got {shape}")
    if channels not in _CHANNELS[kind]:
        if channels in (2, 4):
            raise ValueError(f"{kind} has no alpha channel; drop it, or use .png, .tif or .webp")
        names = " or ".join(map(str, _CHANNELS[kind]))
        raise ValueError(f"{kind} holds {names} channels, got shape {shape}")
    if max(shape[:2]) > _LONGEST_SIDE[kind]:
        raise ValueError(f"{kind} holds at most {_LONGEST_SIDE[kind]} pixels a side, got shape {shape}")
    return kind


def encode_image(
    pixels: np.ndarray,
    suffix: str,
    *,
    quality: int = 95,
    fast: bool = False,
    exif: bytes | None = None,
    icc: bytes | None = None,
) -> bytes:
    """Encode an image; the same pixels give the same bytes on every run with one version of OpenCV.

    Parameters
    ----------
    pixels : ndarray, (H, W), (H, W, 1), (H, W, 2), (H, W, 3) RGB or (H, W, 4) RGBA
        Two channels are grey and alpha, and are written as RGBA. uint8; also uint16 for PNG and TIFF, float32 for TIFF.
    suffix : str
        ".jpg" (4:4:4, sequential), ".png" (level 6), ".tif" (LZW), ".webp" (lossless) or ".bmp", in either case.
    quality : int
        Of a JPEG, 1 to 100.
    fast : bool
        PNG only: look for runs of equal bytes alone. 2 to 5 times as fast, and for photos and noise about as small, for
        drawings and smooth gradients up to some times larger.
    exif, icc : bytes, optional
        To put into the file, as `ImageFile` has them. TIFF takes only `icc`, BMP neither.

    Returns
    -------
    bytes

    Raises
    ------
    TypeError
        A dtype that the format does not hold.
    ValueError
        A suffix, shape, size, quality or kind of metadata that the format does not have.

    Examples
    --------
    >>> from pixkern.pipelines.files import decode_image
    >>> pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    >>> bool((decode_image(encode_image(pixels, ".png")).pixels == pixels).all())
    True
    """
    kind = check_encodable(pixels.shape, pixels.dtype, suffix)
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be 1 to 100, got {quality}")
    parameters = {
        "BMP": [],
        "JPEG": [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111],
        "PNG": [cv2.IMWRITE_PNG_COMPRESSION, 6, cv2.IMWRITE_PNG_STRATEGY, _PNG_STRATEGIES[fast]],
        "TIFF": [cv2.IMWRITE_TIFF_COMPRESSION, 5],  # LZW
        "WebP": [cv2.IMWRITE_WEBP_QUALITY, 101],  # above 100: lossless
    }[kind]
    if channels == 2:
        pixels = pixels[..., [0, 0, 0, 1]]
    encoded, data = cv2.imencode(suffix.lower(), swapped(np.ascontiguousarray(pixels)), parameters)
    if not encoded:
        raise ValueError(f"OpenCV {cv2.__version__} could not write {pixels.shape} {pixels.dtype} as {kind}")
    written = data.tobytes()
    if kind == "TIFF" and channels in (2, 4):
        written = _tiff.with_fields(written, {_tiff.EXTRA_SAMPLES: (3, b"\2\0")})  # straight alpha, little-endian
    return embed(kind, written, exif=exif, icc=icc)


def swapped(pixels: np.ndarray) -> np.ndarray:
    """RGB for BGR and BGR for RGB, alpha last in both."""
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 1:
        return pixels[:, :, 0]
    code = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[pixels.shape[2]]
    return cv2.cvtColor(pixels, code)
