"""What a camera wrote about the shot: focal length, aperture and distance."""

from __future__ import annotations

import math

from . import _tiff
from ._image_header import ImageError

_EXIF_DIRECTORY = 34665
_TAGS = {"focal_length": 37386, "aperture": 33437, "distance": 37382}


def exposure(exif: bytes | None) -> dict[str, float]:
    """Focal length (mm), aperture (f-number) and distance (m) of EXIF data, without what is missing or damaged.

    Source: CIPA DC-008, tags FocalLength, FNumber and SubjectDistance, where 0 and infinity stand for unknown.
    """
    if exif is None:
        return {}
    try:
        first = _tiff.directories(exif)[0]
        at = first.integer(_EXIF_DIRECTORY, 0)
        if not at:
            return {}
        shot = _tiff.directory(exif, first.order, at)
        found = {name: shot.rational(tag) for name, tag in _TAGS.items()}
    except ImageError:
        return {}
    return {name: value for name, value in found.items() if value is not None and 0 < value < math.inf}
