"""Correct one image file in memory: what comes out is a file again, and the identity is the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, get_args

import numpy as np

from pixkern import _check
from pixkern.pipelines._exif import exposure
from pixkern.pipelines._orientation import turn_back, turn_upright
from pixkern.pipelines.files import WRITTEN, ImageFile, encode_image
from pixkern.warp import Border, Interpolation

from .colour import has_alpha
from .correction import DEFAULT_CROP, DEFAULT_INTERPOLATION, Correction
from .crop import CROPS, Crop
from .pipeline import correct
from .prediction import Predictor
from .predictors import LensFile, fits_sensor
from .safety import Thresholds

_SUFFIX = {
    "BMP": ".bmp",
    "GIF": ".png",  # GIF has 256 colours: not enough for what interpolation makes of them
    "JPEG": ".jpg",
    "PNG": ".png",
    "TIFF": ".tif",
    "WebP": ".webp",
}
_WITHOUT_ALPHA = ("BMP", "JPEG")
_WITH_EXIF = ("JPEG", "PNG", "WebP")


@dataclass(frozen=True)
class Options:
    """How photos are corrected and written.

    The fields of `correct`, the `quality` of JPEG files (1 to 100), and the `suffix` of what is written, such as
    ".png": by default that of the photo's own format, where it can hold the result.
    """

    crop: Crop = DEFAULT_CROP
    interpolation: Interpolation = DEFAULT_INTERPOLATION
    border: Border | None = None
    thresholds: Thresholds | None = None
    vignetting: bool = True
    quality: int = 95
    backend: str | None = None
    threads: int | None = None
    suffix: str | None = None

    def __post_init__(self) -> None:
        _check.choice(self.crop, "crop", CROPS)
        _check.choice(self.interpolation, "interpolation", get_args(Interpolation))
        if self.border is not None:
            _check.choice(self.border, "border", get_args(Border))
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be 1 to 100, got {self.quality}")
        if self.suffix is not None:
            _check.choice(self.suffix.lower(), "suffix", tuple(WRITTEN))


_DEFAULTS = Options()


@dataclass(frozen=True, eq=False)
class CorrectedFile:
    """A corrected photo as a file.

    Attributes
    ----------
    name : str
        The photo's, with another suffix where that was asked for or its format cannot hold the result.
    data : bytes
        The photo's own bytes if `correction.status` is "identity" and no other format was asked for.
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

    A lens that was measured, or pooled from many photos, belongs to the sensor's frame. A photo that its camera held
    turned is turned back before such a lens is applied, and upright again after it, unless the lens is for photos of
    the upright shape. A lens file gets the focal length, aperture and distance that the photo's EXIF data give, where
    its options do not say them.

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
        As `correct`; a format that cannot hold the photo.
    """
    if isinstance(predict, LensFile):
        predict = predict.for_shot(exposure(photo.exif))
    turned = photo.orientation > 1 and fits_sensor(predict, _stored_size(photo))
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
        if options.suffix is None or WRITTEN[options.suffix.lower()] == photo.format:
            return CorrectedFile(_renamed(name, options.suffix), photo.data, photo.pixels, done, metadata)
        result = photo.pixels
    else:
        result = turn_upright(_writable(done), photo.orientation) if turned else _writable(done)
    suffix = options.suffix or _suffix(name, photo.format, result)
    kind = WRITTEN[suffix.lower()]
    still_as_coloured = (result.ndim == 2) == (photo.pixels.ndim == 2)  # else its profile is for another colour space
    try:
        data = encode_image(
            result,
            suffix,
            quality=options.quality,
            exif=photo.exif if kind in _WITH_EXIF else None,
            icc=photo.icc if kind != "BMP" and still_as_coloured else None,
        )
    except TypeError as error:  # the suffix is wrong for the photo, not the kind of an argument
        raise ValueError(str(error)) from None
    return CorrectedFile(_renamed(name, suffix), data, result, done, metadata)


def _renamed(name: str, suffix: str | None) -> str:
    return name if suffix is None else str(PurePath(name).with_suffix(suffix))


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
    return own if WRITTEN.get(own.lower()) == format else _SUFFIX[format]
