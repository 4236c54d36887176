"""Image files: what is read is whole, upright and RGB; what is written has the same bytes on every run.

OpenCV decodes and encodes. Before it sees a file, the header is read and the file is walked to its end, so
that half a photo, a film, a CMYK file or a decompression bomb is an `ImageError` and not a wrong picture.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from . import _image_header, _tiff
from ._image_header import Header, ImageError
from ._image_writing import WRITTEN, check_encodable, encode_image, swapped
from ._orientation import turn_upright

__all__ = [
    "SUFFIXES",
    "WRITTEN",
    "ImageError",
    "ImageFile",
    "check_encodable",
    "decode_image",
    "encode_image",
    "image_paths",
    "read_header",
    "read_image",
    "read_size",
]

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""Suffixes of the formats that are read, in lower case. All but GIF are written."""

MAX_PIXELS = 2**28
"""A photo of more pixels than this is refused unless `max_pixels` says otherwise."""

_SIGNATURES: tuple[tuple[bytes, Callable[[bytes], Header]], ...] = (
    (b"\xff\xd8\xff", _image_header.jpeg),
    (b"\x89PNG\r\n\x1a\n", _image_header.png),
    (b"II*\0", _tiff.tiff),
    (b"MM\0*", _tiff.tiff),
    (b"II+\0", _tiff.tiff),
    (b"MM\0+", _tiff.tiff),
    (b"GIF87a", _image_header.gif),
    (b"GIF89a", _image_header.gif),
    (b"BM", _image_header.bmp),
)
_DTYPES = {8: np.uint8, 16: np.uint16, 32: np.float32}


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An image and what its file says of it.

    Attributes
    ----------
    pixels : ndarray, (H, W), (H, W, 3) RGB or (H, W, 4) RGBA
        Upright, in C order: uint8, uint16 (PNG and TIFF) or float32 (TIFF).
    format : {"BMP", "GIF", "JPEG", "PNG", "TIFF", "WebP"}
    bit_depth : int
        Bits per sample in the file: 1 to 8 (read as uint8), 16 or 32.
    orientation : int
        EXIF orientation of the stored pixels, 1 to 8; already applied to `pixels`.
    exif : bytes, optional
        EXIF data, with its orientation set to upright, as `encode_image` takes it.
    icc : bytes, optional
        ICC colour profile. The pixels are not converted.
    data : bytes
        The whole file.
    """

    pixels: np.ndarray
    format: str
    bit_depth: int
    orientation: int
    exif: bytes | None
    icc: bytes | None
    data: bytes

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the upright image."""
        return self.pixels.shape[1], self.pixels.shape[0]


def read_image(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> ImageFile:
    """Read an image file.

    Parameters
    ----------
    path : str or path-like
        A JPEG, PNG, TIFF, WebP, BMP or GIF file; the format is found from the content.
    max_pixels : int
        Files that announce more are refused before anything is decoded.

    Returns
    -------
    ImageFile

    Raises
    ------
    ImageError
        The file is empty, no image, truncated, damaged, animated, of several pages, CMYK, of a depth that is
        not read, or too large. One line, which starts with the path.
    OSError
        The file is not there or cannot be read.

    Notes
    -----
    What a checksum or a length can show is found. A JPEG or WebP whose coded pixels were altered in place has
    neither, and decodes to an altered picture.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "grey.png")
    ...     _ = path.write_bytes(encode_image(np.full((2, 3), 7, np.uint8), ".png"))
    ...     read_image(path).pixels
    array([[7, 7, 7],
           [7, 7, 7]], dtype=uint8)
    """
    return decode_image(Path(path).read_bytes(), name=_one_line(path), max_pixels=max_pixels)


def read_size(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """(width, height) of the upright image in a file, without decoding it; raises as `read_image`."""
    try:
        return read_header(Path(path).read_bytes(), max_pixels=max_pixels).size
    except ImageError as error:
        raise ImageError(f"{_one_line(path)}: {error}") from None


def _one_line(path: str | os.PathLike[str]) -> str:
    name = os.fspath(path)
    return name if name.isprintable() else ascii(name)


def decode_image(data: bytes, *, name: str = "image", max_pixels: int = MAX_PIXELS) -> ImageFile:
    """Decode an image file that is in memory; as `read_image`, with `name` in its messages.

    Examples
    --------
    >>> decode_image(b"GIF89a", name="half.gif")
    Traceback (most recent call last):
    ...
    pixkern.pipelines.files.ImageError: half.gif: truncated: the file ends inside its header
    """
    try:
        return _decode(data, max_pixels)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None


def read_header(data: bytes, *, max_pixels: int = MAX_PIXELS, animated: bool = False) -> Header:
    """What a whole file says of itself, without decoding it.

    Parameters
    ----------
    data : bytes
        The whole file.
    max_pixels : int
        See `read_image`.
    animated : bool
        Whether an animation is one of the answers and not an error.

    Returns
    -------
    Header
        `format`, `width` and `height` as stored, upright `size`, `bit_depth`, `orientation`, `exif`, `icc`, `frames`.

    Raises
    ------
    ImageError
        As `read_image`, for all that can be told before decoding.

    Examples
    --------
    >>> header = read_header(encode_image(np.zeros((2, 3), np.uint16), ".png"))
    >>> header.format, header.size, header.bit_depth
    ('PNG', (3, 2), 16)
    """
    if not data:
        raise ImageError("the file is empty")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        header = _image_header.webp(data)
    else:
        for signature, parse in _SIGNATURES:
            if data.startswith(signature):
                header = parse(data)
                break
        else:
            raise ImageError("not an image of a known format (JPEG, PNG, TIFF, WebP, BMP, GIF)")
    if header.frames > 1 and not animated:
        raise ImageError(f"animated {header.format} of {header.frames} frames; only still images are read")
    if min(header.width, header.height) < 1:
        raise ImageError(f"{header.format} of {header.width} x {header.height} pixels is empty")
    if header.width * header.height > max_pixels:
        raise ImageError(
            f"{header.format} of {header.width} x {header.height} pixels is more than max_pixels={max_pixels}"
        )
    if header.exif is not None:
        return replace(header, orientation=_tiff.exif_orientation(header.exif))
    return header


def _decode(data: bytes, max_pixels: int) -> ImageFile:
    header = read_header(data, max_pixels=max_pixels)
    given = _tiff.as_stored(data) if header.format == "TIFF" else data
    try:
        stored = cv2.imdecode(np.frombuffer(given, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        stored = None
    if stored is None:
        raise ImageError(f"damaged {header.format}, or one of a kind that OpenCV {cv2.__version__} does not read")
    if stored.shape[:2] != (header.height, header.width):
        raise ImageError(
            f"damaged {header.format}: {stored.shape[1]} x {stored.shape[0]} pixels where "
            f"{header.width} x {header.height} are announced"
        )
    if stored.dtype != _DTYPES.get(max(header.bit_depth, 8)):
        raise ImageError(f"{header.format} of {header.bit_depth} bits a sample was decoded as {stored.dtype}")
    pixels = turn_upright(swapped(stored), header.orientation)
    exif = _tiff.upright(header.exif) if header.exif is not None else None
    return ImageFile(pixels, header.format, header.bit_depth, header.orientation, exif, header.icc, data)


def image_paths(folder: str | os.PathLike[str], *, recursive: bool = False) -> list[Path]:
    """The image files of a folder, by suffix, sorted by their path inside it.

    Parameters
    ----------
    folder : str or path-like
    recursive : bool
        With those of all folders inside. Links to folders are not followed.

    Returns
    -------
    list of Path
        Hidden files (".name") are left out.

    Raises
    ------
    OSError
        There is no such folder.
    """
    folder = Path(folder)
    found = []
    for place, inside, names in os.walk(folder, onerror=_raise):
        inside[:] = [name for name in inside if recursive and not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    images = [path for path in found if path.suffix.lower() in SUFFIXES]
    return sorted(images, key=lambda path: path.relative_to(folder).parts)


def _raise(error: OSError) -> None:
    raise error
