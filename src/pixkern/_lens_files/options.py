"""What the caller says of the photo and of the lens that is meant."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pixkern import _check
from pixkern.lenses import Chromatic, Pair, Profile, Vignetting

_Part = TypeVar("_Part", Chromatic, Vignetting)


class FocalLengthNeeded(ValueError):
    """The lens was calibrated at several focal lengths, and nobody said at which one the photo was taken."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `load_profile`, checked; see there."""

    camera: str | None = None
    lens: str | None = None
    focal_length: float | None = None
    aperture: float | None = None
    distance: float | None = None
    crop_factor: float | None = None
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.camera, int) and not isinstance(self.camera, bool):
            object.__setattr__(self, "camera", str(self.camera))  # a COLMAP camera is a number
        for name in ("camera", "lens"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be a name, got {value!r}")
        for name in ("focal_length", "aperture", "distance", "crop_factor"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _positive(value, name))
        if self.size is not None:
            object.__setattr__(self, "size", _check.size(self.size))


def _positive(value: Any, name: str) -> float:
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None
    if not (0 < result < math.inf):
        raise ValueError(f"{name} must be positive and finite, got {value!r}")
    return result


def for_size(profile: Profile, size: tuple[int, int] | None) -> Profile:
    """The profile for a photo of `size`: scaled if the file is for another one, marked if it does not say."""
    known = profile.lens.size
    if size is None or size == known:
        return profile
    if known is None:
        return replace(profile, lens=replace(profile.lens, size=size))
    if abs(size[0] * known[1] / known[0] - size[1]) > 1 and abs(size[1] * known[0] / known[1] - size[0]) > 1:
        raise ValueError(
            f"the lens is for photos of {known[0]} x {known[1]} pixels, and {size[0]} x {size[1]} has other "
            "proportions: the photo is cropped or turned, which the file cannot know"
        )
    factor = size[0] / known[0], size[1] / known[1]
    return replace(
        profile,
        lens=profile.lens.scaled(size),
        chromatic=profile.chromatic and _scaled(profile.chromatic, factor),
        vignetting=profile.vignetting and _scaled(profile.vignetting, factor),
    )


def _scaled(part: _Part, factor: Pair) -> _Part:
    x, y = ((c + 0.5) * f - 0.5 for c, f in zip(part.center, factor, strict=True))
    return replace(part, unit=part.unit * math.sqrt(factor[0] * factor[1]), center=(x, y))
