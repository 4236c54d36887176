"""One lens as a lensfun database of its own.

A lensfun model says its unit by the frame it was calibrated on, so the frame is made to fit: one with the
photo's diagonal whose half shorter side is the lens's unit, by its aspect ratio. A unit longer than half the
shorter side of a square asks for a smaller frame, which is said by a camera of a larger crop factor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from pixkern.lenses import Chromatic, Pair, Poly3, Poly5, Profile, PTLens, Vignetting

from .lensfun import FAR
from .text import real

_ANY_FOCAL = 50.0  # millimetres; a lens with one calibration has no use for the number, the format has
_MOUNT = "pixkern"
_SAME = 1e-9  # pixels by which the centres of a profile's parts may differ


def dump(profile: Profile) -> str:
    """The file's text; `load` reads it with no options but the photo's size."""
    lens = profile.lens
    if not isinstance(lens, PTLens | Poly3 | Poly5):
        raise ValueError(f"lensfun has no {type(lens).__name__}")
    if lens.view:
        raise ValueError("lensfun has no view of its own for the corrected image")
    if lens.size is None:
        raise ValueError("lensfun counts in fractions of the photo; make the lens with size=(width, height)")
    if lens.focal[0] != lens.focal[1]:
        raise ValueError(f"lensfun has one unit for x and y, got focal {lens.focal}")
    unit = lens.focal[0]
    width, height = (max(side - 1, 1) for side in lens.size)
    half_diagonal = math.hypot(width, height) / 2
    widest = half_diagonal / math.sqrt(2)
    aspect = math.sqrt(half_diagonal / unit * half_diagonal / unit - 1) if unit <= widest else 1.0
    ratio = max(unit / widest, 1.0)
    shift = min(width, height) / 2
    x, y = ((c - (side - 1) / 2) / shift for c, side in zip(lens.center, lens.size, strict=True))
    if not all(map(math.isfinite, (aspect, ratio, x, y))):
        raise ValueError(f"a unit of {unit:g} pixels is out of proportion to a photo of {lens.size}")
    known = profile.provenance
    crop = _number(known, "calibration_crop_factor", 1.0)
    focal = _number(known, "focal_length", None)
    lines = ['<?xml version="1.0"?>', '<lensdatabase version="1">']
    if ratio > 1:
        lines += ["  <camera>", "    <maker>pixkern</maker>", "    <model>Camera of this photo</model>"]
        lines += [f"    <mount>{_MOUNT}</mount>", f"    <cropfactor>{real(crop * ratio)}</cropfactor>", "  </camera>"]
    lines += ["  <lens>", f"    <maker>{_name(known, 'maker')}</maker>", f"    <model>{_name(known, 'lens')}</model>"]
    lines += [f"    <mount>{_MOUNT}</mount>", f"    <cropfactor>{real(crop)}</cropfactor>"]
    lines += [
        f"    <aspect-ratio>{real(aspect)}</aspect-ratio>",
        f'    <center x="{real(x)}" y="{real(y)}"/>',
        "    <calibration>",
    ]
    if focal is None:
        lines.append("      <!-- The focal length is not known and plays no part: there is one calibration. -->")
    at = f'focal="{real(_ANY_FOCAL if focal is None else focal)}"'
    lines.append(f"      <distortion {at} {_distortion(lens)}/>")
    if profile.chromatic:
        lines.append(f"      <tca {at} {_tca(profile.chromatic, lens.center, unit)}/>")
    if profile.vignetting:
        exposure = _exposure(known)
        terms = _vignetting(profile.vignetting, lens.center, half_diagonal * ratio)
        lines.append(f"      <vignetting {at} {exposure} {terms}/>")
    return "\n".join([*lines, "    </calibration>", "  </lens>", "</lensdatabase>", ""])


def _distortion(lens: PTLens | Poly3 | Poly5) -> str:
    if isinstance(lens, Poly3):
        return f'model="poly3" k1="{real(lens.coefficient)}"'
    names = "abc" if isinstance(lens, PTLens) else ("k1", "k2")
    model = "ptlens" if isinstance(lens, PTLens) else "poly5"
    return _attributes(model, dict(zip(names, lens.coefficients, strict=True)))


def _tca(chromatic: Chromatic, center: Pair, unit: float) -> str:
    """v + c r + b r^2 with the radius in the lens's unit."""
    _same_center(chromatic.center, center, "chromatic")
    s = unit / chromatic.unit
    terms: dict[str, float] = {}
    for letter, (v, c, b) in (("r", chromatic.red), ("b", chromatic.blue)):
        terms |= {f"v{letter}": v, f"c{letter}": c * s, f"b{letter}": b * s * s}
    return _attributes("poly3", terms)


def _vignetting(vignetting: Vignetting, center: Pair, half_diagonal: float) -> str:
    """k1 r^2 + k2 r^4 + k3 r^6 with the radius in half diagonals."""
    _same_center(vignetting.center, center, "vignetting")
    s2 = (half_diagonal / vignetting.unit) * (half_diagonal / vignetting.unit)
    k1, k2, k3 = vignetting.coefficients
    return _attributes("pa", {"k1": k1 * s2, "k2": k2 * s2 * s2, "k3": k3 * s2 * s2 * s2})


def _exposure(known: Mapping[str, Any]) -> str:
    aperture = _number(known, "aperture", None)
    if aperture is None:
        raise ValueError("lensfun keeps light fall-off per aperture; say it in the profile's provenance['aperture']")
    return f'aperture="{real(aperture)}" distance="{real(_number(known, "distance", FAR) or FAR)}"'


def _attributes(model: str, terms: Mapping[str, float]) -> str:
    if not all(map(math.isfinite, terms.values())):
        raise ValueError(f"the terms of {model} leave the range of doubles in lensfun's unit: {dict(terms)}")
    return " ".join([f'model="{model}"', *(f'{name}="{real(value)}"' for name, value in terms.items())])


def _same_center(one: Pair, other: Pair, name: str) -> None:
    if math.dist(one, other) > _SAME:
        raise ValueError(f"lensfun has one centre for all parts: the lens has {other}, {name} has {one}")


def _number(known: Mapping[str, Any], name: str, default: float | None) -> Any:
    value = known.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"the profile's provenance[{name!r}] must be a positive number, got {value!r}")
    return float(value)


def _name(known: Mapping[str, Any], name: str) -> str:
    """A name from the provenance, without what XML cannot hold."""
    text = "".join(c for c in str(known.get(name) or "pixkern") if c.isprintable())
    return escape(" ".join(text.split())) or "pixkern"
