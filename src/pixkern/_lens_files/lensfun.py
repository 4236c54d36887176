"""A lens of a lensfun database at one focal length, aperture and distance, on one camera, for one photo.

lensfun's radius counts from the lens's centre in units of the frame it was calibrated on: half its shorter
side for distortion and colour fringes, half its diagonal for light fall-off. A photo of another sensor sees
another part of the lens's image, so that with D = half the diagonal between the photo's corner pixel
centres, in pixels,

    half diagonal of the calibration frame = D crop(camera) / crop(calibration)
    half its shorter side                  = half diagonal / sqrt(aspect^2 + 1)

whatever the photo's own proportions are. These are the units of lensfun 0.3.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from pixkern.lenses import Chromatic, Pair, Poly3, Poly5, Profile, PTLens, Vignetting

from .lensfun_database import SMALLEST_CROP_RATIO, Calibration, LensRecord, closest_crop, read
from .lensfun_interpolation import FOCAL_TOLERANCE, at_exposure, at_focal
from .options import FocalLengthNeeded, Options
from .text import suggestion

FAR = 1000.0  # metres: what lensfun's database calls infinity
_MAGNIFICATIONS = frozenset({"vr", "vb", "kr", "kb"})
_TERMS: dict[str, dict[str, dict[str, float]]] = {  # of each model, with the values of those that are left out
    "distortion": {
        "ptlens": dict.fromkeys("abc", 0.0),
        "poly3": {"k1": 0.0},
        "poly5": {"k1": 0.0, "k2": 0.0},
    },
    "tca": {
        "linear": {"kr": 1.0, "kb": 1.0},
        "poly3": {"vr": 1.0, "vb": 1.0, "cr": 0.0, "cb": 0.0, "br": 0.0, "bb": 0.0},
    },
    "vignetting": {"pa": {"k1": 0.0, "k2": 0.0, "k3": 0.0, "aperture": math.nan, "distance": FAR}},
}


def load(root: Element, options: Options) -> Profile:
    """The profile that `options` ask for."""
    if options.size is None:
        raise ValueError("a lensfun lens counts in fractions of the photo; say size=(width, height)")
    database = read(root)
    camera = None if options.camera is None else database.camera(options.camera)
    crop, crop_from = options.crop_factor, "option"
    if crop is None and camera:
        crop, crop_from = camera.crop_factor, "camera"
    record = database.lens(options.lens, camera, crop)
    if crop is None:
        camera = database.only_camera(record)
        crop, crop_from = (camera.crop_factor, "camera") if camera else (record.crop_factor, "calibration")
    if record.type != "rectilinear":
        raise ValueError(f"{record.names[0]!r} is {record.type}; only rectilinear lenses are read from lensfun files")
    return _Reading(record, crop, options).profile(
        {
            "format": "lensfun",
            "maker": record.maker,
            "lens": record.names[0],
            "camera": camera.names[0] if camera else None,
            "crop_factor": crop,
            "crop_factor_from": crop_from,
        }
    )


class _Reading:
    """One record read for one photo."""

    def __init__(self, record: LensRecord, crop: float, options: Options) -> None:
        assert options.size is not None
        self.record, self.crop, self.options, self.size = record, crop, options, options.size
        width, height = (max(side - 1, 1) for side in options.size)  # between the centres of the corner pixels
        self.half_diagonal = math.hypot(width, height) / 2
        shift = min(width, height) / 2
        x, y = record.center
        self.center = (options.size[0] - 1) / 2 + x * shift, (options.size[1] - 1) / 2 + y * shift
        self.focal = self._focal()

    def _focal(self) -> float:
        if self.options.focal_length is not None:
            return self.options.focal_length
        focals = sorted({each.focal for each in self.record.calibrations})
        if not focals:
            raise ValueError(f"{self.record.names[0]!r} has no calibration in the file")
        if len(focals) > 1:
            raise FocalLengthNeeded(
                f"{self.record.names[0]!r} was calibrated from {focals[0]:g} to {focals[-1]:g} mm; say focal_length="
            )
        return focals[0]

    def profile(self, provenance: dict[str, Any]) -> Profile:
        notes: dict[str, str] = {}
        points = self._points("distortion", notes)
        lens = self._lens(points, notes)
        chromatic, vignetting = self._chromatic(notes), self._vignetting(notes)
        if not points and not chromatic and not vignetting:
            raise ValueError(f"{self.record.names[0]!r} has nothing to correct this photo by: {notes}")
        if points:
            provenance["calibration_crop_factor"] = points[0].crop_factor
        provenance |= {"focal_length": self.focal, "aperture": self.options.aperture}
        return Profile(lens, chromatic, vignetting, provenance | {"distance": self._distance} | notes)

    @property
    def _distance(self) -> float:
        return self.options.distance or FAR

    def _points(self, kind: str, notes: dict[str, str]) -> list[Calibration]:
        """The calibrations of one kind that are for this sensor, with all terms of their model."""
        points = [each for each in self.record.calibrations if each.kind == kind]
        if not points:
            notes[kind] = "not calibrated"
            return []
        crop = closest_crop(points, self.crop)
        if crop is None:
            smallest = SMALLEST_CROP_RATIO * min(each.crop_factor for each in points)
            raise FocalLengthNeeded(
                f"{self.record.names[0]!r} was calibrated on a smaller sensor than this photo's: crop factors from "
                f"{smallest:g} up are covered, got {self.crop:g}"
            )
        points = [each for each in points if each.crop_factor == crop]
        models = sorted({each.model for each in points})
        known = _TERMS[kind]
        if len(models) > 1 or models[0] not in known:
            raise ValueError(
                f"{kind} of {self.record.names[0]!r} is {' and '.join(models)}; one of {', '.join(known)} is read"
            )
        return [self._complete(each, known[each.model]) for each in points]

    def _complete(self, point: Calibration, defaults: dict[str, float]) -> Calibration:
        given = {name: value for name, value in point.terms.items() if name != "real-focal"}
        for name in given:
            if name not in defaults:
                raise ValueError(f"{point.kind} {point.model} has no {name!r}{suggestion(name, defaults)}")
        terms = defaults | given
        for name in ("aperture", "distance"):
            if name in terms and not terms[name] > 0:
                raise ValueError(f"a vignetting calibration needs a positive {name}")
        return replace(point, terms=terms)

    def _lens(self, points: list[Calibration], notes: dict[str, str]) -> PTLens | Poly3 | Poly5:
        if not points:
            return PTLens(self._short_side(None), self.center, size=self.size)
        found = at_focal(points, self.focal)
        if found is None:
            low, high = (edge(each.focal for each in points) for edge in (min, max))
            raise ValueError(
                f"the distortion of {self.record.names[0]!r} was calibrated from {low:g} to {high:g} mm, and "
                f"{self.focal:g} mm is more than {FOCAL_TOLERANCE:.0%} outside"
            )
        terms, how = found
        model = points[0].model
        notes["distortion"] = f"{model}, {how}"
        unit = self._short_side(points[0])
        if model == "ptlens":
            return PTLens(unit, self.center, (terms["a"], terms["b"], terms["c"]), size=self.size)
        if model == "poly5":
            return Poly5(unit, self.center, (terms["k1"], terms["k2"]), size=self.size)
        return Poly3(unit, self.center, terms["k1"], size=self.size)

    def _chromatic(self, notes: dict[str, str]) -> Chromatic | None:
        points = self._points("tca", notes)
        found = at_focal(points, self.focal, _MAGNIFICATIONS) if points else None
        if points and not found:
            notes["tca"] = f"not calibrated at {self.focal:g} mm"
        if not found:
            return None
        terms, how = found
        notes["tca"] = f"{points[0].model}, {how}"
        if points[0].model == "linear":
            red, blue = ((terms[name], 0.0, 0.0) for name in ("kr", "kb"))
        else:
            red, blue = ((terms[f"v{x}"], terms[f"c{x}"], terms[f"b{x}"]) for x in "rb")
        return Chromatic(self._short_side(points[0])[0], self.center, red, blue)

    def _vignetting(self, notes: dict[str, str]) -> Vignetting | None:
        points = self._points("vignetting", notes)
        if not points:
            return None
        if self.options.aperture is None:
            notes["vignetting"] = "left out: it needs aperture="
            return None
        found = at_exposure(points, self.record.focal_range, self.focal, self.options.aperture, self._distance)
        if found is None:
            notes["vignetting"] = "not calibrated near this focal length, aperture and distance"
            return None
        terms, how = found
        notes["vignetting"] = f"pa, {how}"
        half_diagonal = self.half_diagonal * self.crop / points[0].crop_factor
        return Vignetting(half_diagonal, self.center, (terms["k1"], terms["k2"], terms["k3"]))

    def _short_side(self, point: Calibration | None) -> Pair:
        ratio, aspect = (self.crop / point.crop_factor, point.aspect_ratio) if point else (1.0, 1.0)
        unit = self.half_diagonal * ratio / math.hypot(aspect, 1)
        return unit, unit
