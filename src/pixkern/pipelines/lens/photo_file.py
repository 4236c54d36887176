"""Correct one image file in memory: what comes out is a file again, and the identity is the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from pixkern.pipelines.files import ImageFile, encode_image
from pixkern.warp import Border, Interpolation

from .colour import has_alpha
from .correction import DEFAULT_CROP, DEFAULT_INTERPOLATION, Correction
from .crop import Crop
from .pipeline import correct
from .prediction import Predictor
from .predictors import is_measured
from .safety import Thresholds

_SUFFIXES = {
    "BMP": (".bmp",),
    "GIF": (".png",),  # of 256 colours: not enough for what interpolation makes of them
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "TIFF": (".tif", ".tiff"),
    "WebP": (".webp",),
}
_WITHOUT_ALPHA = ("BMP", "JPEG")
_WITH_EXIF = ("JPEG", "PNG", "WebP")


@dataclass(frozen=True)
class Options:
    """How photos are corrected and written; the fields of `correct`, and the `quality` of JPEG files."""

    crop: Crop = DEFAULT_CROP
    interpolation: Interpolation = DEFAULT_INTERPOLATION
    border: Border | None = None
    thresholds: Thresholds | None = None
    vignetting: bool = True
    quality: int = 95
    backend: str | None = None
    threads: int | None = None


_DEFAULTS = Options()


@dataclass(frozen=True, eq=False)
class CorrectedFile:
    """A corrected photo as a file.

    Attributes
    ----------
    name : str
        The photo's, with another suffix where its format cannot hold the result.
    data : bytes
        The photo's own bytes if `correction.status` is "identity".
    pixels : ndarray
        Upright, as written.
    correction : Correction
        In the frame that `metadata` calls "stored" or "upright".
    metadata : mapping
        Of the correction and of the file, as JSON can hold it.
    """

    name: str
    data: bytes
    pixels: np.ndarray
    correction: Correction
    metadata: Mapping[str, Any]


def correct_file(photo: ImageFile, name: str, predict: Predictor, options: Options = _DEFAULTS) -> CorrectedFile:
    """Correct a photo that was read by `pixkern.pipelines.files.read_image`.

    A measured lens belongs to the sensor's frame. A photo that its camera held turned is turned back before
    such a lens is applied, and upright again after it, unless the lens is for photos of the upright shape.

    Parameters
    ----------
    photo : ImageFile
    name : str
        Of the file; only its suffix counts.
    predict : Predictor
        See `pixkern.pipelines.lens.predictors.resolve`.
    options : Options

    Returns
    -------
    CorrectedFile

    Raises
    ------
    ValueError, TypeError
        As `correct`.
    """
    turned = photo.orientation > 1 and is_measured(predict) and predict.fits(_stored_size(photo))  # type: ignore[attr-defined]
    pixels = turn_back(photo.pixels, photo.orientation) if turned else photo.pixels
    done = correct(
        pixels,
        predictor=predict,
        crop=options.crop,
        interpolation=options.interpolation,
        border=options.border,
        thresholds=options.thresholds,
        vignetting=options.vignetting,
        backend=options.backend,
        threads=options.threads,
    )
    about = {
        "name": PurePath(name).name,
        "format": photo.format,
        "bit_depth": photo.bit_depth,
        "orientation": photo.orientation,
        "frame": "stored" if turned else "upright",
    }
    metadata = {**done.metadata, "file": about}
    if done.status == "identity":
        return CorrectedFile(name, photo.data, photo.pixels, done, metadata)
    result = turn_upright(_writable(done), photo.orientation) if turned else _writable(done)
    suffix = _suffix(name, photo.format, result)
    kind = next(kind for kind, suffixes in _SUFFIXES.items() if suffix.lower() in suffixes and kind != "GIF")
    still_as_coloured = (result.ndim == 2) == (photo.pixels.ndim == 2)  # else its profile is for another colour space
    data = encode_image(
        result,
        suffix,
        quality=options.quality,
        exif=photo.exif if kind in _WITH_EXIF else None,
        icc=photo.icc if kind != "BMP" and still_as_coloured else None,
    )
    return CorrectedFile(str(PurePath(name).with_suffix(suffix)), data, result, done, metadata)


def turn_back(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels as the sensor read them, of an image that an EXIF orientation (1 to 8) made upright."""
    rows, cols = _mirrored(orientation)
    pixels = upright[::rows, ::cols]
    return np.ascontiguousarray(pixels.swapaxes(0, 1) if orientation >= 5 else pixels)


def turn_upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    """The opposite of `turn_back`: 5 to 8 swap the axes, the others only mirror them (EXIF 2.32, 0x0112)."""
    pixels = stored.swapaxes(0, 1) if orientation >= 5 else stored
    rows, cols = _mirrored(orientation)
    return np.ascontiguousarray(pixels[::rows, ::cols])


def _mirrored(orientation: int) -> tuple[int, int]:
    return (-1 if orientation in (3, 4, 7, 8) else 1), (-1 if orientation in (2, 3, 6, 7) else 1)


def _stored_size(photo: ImageFile) -> tuple[int, int]:
    return photo.size[::-1] if photo.orientation >= 5 else photo.size


def _writable(done: Correction) -> np.ndarray:
    """The result as image files have it: alpha only with three colours, also for floats."""
    image = done.image
    if done.alpha is not None and not has_alpha(image):
        image = np.dstack([image, done.alpha])
    return image[..., [0, 0, 0, 1]] if image.ndim == 3 and image.shape[2] == 2 else image


def _suffix(name: str, format: str, pixels: np.ndarray) -> str:
    if format in _WITHOUT_ALPHA and pixels.ndim == 3 and pixels.shape[2] == 4:
        return ".png"
    own = PurePath(name).suffix
    return own if own.lower() in _SUFFIXES[format] else _SUFFIXES[format][0]
