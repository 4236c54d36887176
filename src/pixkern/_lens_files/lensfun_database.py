"""The records of a lensfun XML database, versions 1 and 2, and the one that is meant."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from .text import listed, number, shown, suggestion

_FULL_FRAME_ASPECT = 1.5  # what a lens without <aspect-ratio> was calibrated on
SMALLEST_CROP_RATIO = 0.96  # of camera to calibration: 4 % are within how crop factors are rounded
_ZOOM = re.compile(r"(?<![\d.])(\d{1,4}(?:\.\d{1,3})?)(?:-(\d{1,4}(?:\.\d{1,3})?))?\s*mm", re.ASCII)


@dataclass(frozen=True)
class Camera:
    names: tuple[str, ...]
    mount: str
    crop_factor: float


@dataclass(frozen=True)
class Calibration:
    """One element of <calibration>: `kind` is its tag, `terms` all its other attributes."""

    kind: str
    model: str
    focal: float
    terms: dict[str, float]
    crop_factor: float
    aspect_ratio: float


@dataclass(frozen=True)
class LensRecord:
    maker: str
    names: tuple[str, ...]
    mounts: tuple[str, ...]
    type: str
    center: tuple[float, float]
    focal_range: tuple[float, float]
    calibrations: tuple[Calibration, ...]

    @property
    def crop_factor(self) -> float:
        """Of the smallest sensor it was calibrated on, which the other sets serve too."""
        return max((each.crop_factor for each in self.calibrations), default=1.0)


@dataclass(frozen=True)
class Database:
    cameras: tuple[Camera, ...]
    lenses: tuple[LensRecord, ...]
    compatible: dict[str, frozenset[str]]

    def camera(self, name: str) -> Camera:
        """The camera of that name."""
        found = [camera for camera in self.cameras if _plain(name) in camera.names]
        every = [camera.names[0] for camera in self.cameras]
        if not found:
            raise ValueError(
                f"no camera {shown(name)} is in the file, which has {len(every)}{suggestion(name, every)}; "
                "without a camera, say crop_factor="
            )
        if len({(camera.mount, camera.crop_factor) for camera in found}) > 1:
            raise ValueError(f"several cameras are called {shown(name)}: {listed(camera.names[0] for camera in found)}")
        return found[0]

    def lens(self, name: str | None, camera: Camera | None, crop_factor: float | None) -> LensRecord:
        """The lens of that name which fits the camera; of several, the one calibrated on the closest sensor."""
        named = [lens for lens in self.lenses if name is None or _plain(name) in lens.names]
        every = [lens.names[0] for lens in self.lenses]
        if not named:
            raise ValueError(
                f"no lens {shown(name)} is in the file, which has {len(every)}{suggestion(name or '', every)}"
            )
        fitting = [lens for lens in named if camera is None or self._fits(lens, camera)]
        if camera and not fitting:
            mounts = sorted({mount for lens in named for mount in lens.mounts})
            raise ValueError(f"{shown(camera.names[0])} has the mount {shown(camera.mount)}, the lens {listed(mounts)}")
        if name is None and len({lens.names[0] for lens in fitting}) > 1:
            raise ValueError(
                f"the file has several lenses; choose one with lens=: {listed(x.names[0] for x in fitting)}"
            )
        if crop_factor is not None:
            able = [lens for lens in fitting if closest_crop(lens.calibrations, crop_factor)]
            fitting = [
                lens for lens in able or fitting if lens.crop_factor == max(x.crop_factor for x in able or fitting)
            ]
        if len(fitting) > 1:
            what = (
                f"mount {lens.mounts[0] if lens.mounts else '?'}, crop factor {lens.crop_factor:g}" for lens in fitting
            )
            raise ValueError(
                f"several lenses are called {shown(fitting[0].names[0])}; say camera= or crop_factor=: {listed(what)}"
            )
        return fitting[0]

    def only_camera(self, lens: LensRecord) -> Camera | None:
        """The camera of a file that has one, which is how cameras with a fixed lens are written."""
        return self.cameras[0] if len(self.cameras) == 1 and self._fits(lens, self.cameras[0]) else None

    def _fits(self, lens: LensRecord, camera: Camera) -> bool:
        mounts = {camera.mount} | self.compatible.get(camera.mount, frozenset())
        return not lens.mounts or any(mount in mounts for mount in lens.mounts)


def closest_crop(calibrations: Iterable[Calibration], crop_factor: float) -> float | None:
    """The largest crop factor of a calibration that covers a photo of `crop_factor`; None if none does."""
    able = (each.crop_factor for each in calibrations if crop_factor >= SMALLEST_CROP_RATIO * each.crop_factor)
    return max(able, default=None)


def read(root: Element) -> Database:
    """The records below <lensdatabase>."""
    version = root.get("version", "1")
    if version not in ("1", "2"):
        raise ValueError(f"lensfun databases of version 1 and 2 are read, got {shown(version)}")
    cameras = (_camera(element) for element in root.iter("camera"))
    lenses = tuple(_lens(element) for element in root.iter("lens"))
    if not lenses:
        raise ValueError("no lens is in the file")
    compatible = {
        _text(mount, "name"): frozenset(_texts(mount, "compat")) for mount in root.iter("mount") if len(mount)
    }
    return Database(tuple(cameras), lenses, compatible)


def _camera(element: Element) -> Camera:
    crop = number(element.findtext("cropfactor"), "a camera's cropfactor")
    return Camera(_names(element), _text(element, "mount"), _positive(crop, "a camera's cropfactor"))


def _lens(element: Element) -> LensRecord:
    names = _names(element)
    label = f"the lens {shown(names[0])}"
    crop = _positive(number(element.findtext("cropfactor", "1"), f"cropfactor of {label}"), f"cropfactor of {label}")
    aspect = _aspect_ratio(element.findtext("aspect-ratio"), label)
    calibrations = tuple(
        _calibration(child, set_of, crop, aspect, label)
        for set_of in element.iter("calibration")
        for child in set_of
        if child.tag in ("distortion", "tca", "vignetting") and child.get("model", "none") != "none"
    )
    center = element.find("center")
    x, y = (number(center.get(axis, "0"), f"center of {label}") if center is not None else 0.0 for axis in "xy")
    kind = (element.findtext("type") or "rectilinear").strip()
    return LensRecord(
        _text(element, "maker"),
        names,
        tuple(_texts(element, "mount")),
        kind,
        (x, y),
        _range(element, calibrations, label),
        calibrations,
    )


def _calibration(child: Element, set_of: Element, crop: float, aspect: float, label: str) -> Calibration:
    terms = {key: number(value, f"{key} of {label}") for key, value in child.items() if key != "model"}
    focal = _positive(terms.pop("focal", 0.0), f"the focal length of a calibration of {label}")
    if "cropfactor" in set_of.keys():  # noqa: SIM118  # an Element is no mapping
        crop = _positive(number(set_of.get("cropfactor"), f"cropfactor of {label}"), f"cropfactor of {label}")
    if set_of.get("aspect-ratio"):
        aspect = _aspect_ratio(set_of.get("aspect-ratio"), label)
    return Calibration(child.tag, child.get("model", "none"), focal, terms, crop, aspect)


def _range(element: Element, calibrations: tuple[Calibration, ...], label: str) -> tuple[float, float]:
    """The focal lengths of the lens: as it says, or as its name says, or as it was calibrated."""
    said = element.find("focal")
    if said is not None:
        low = number(said.get("min") or said.get("value"), f"focal of {label}")
        return low, number(said.get("max") or said.get("value"), f"focal of {label}")
    match = _ZOOM.search(element.findtext("model") or "")
    focals = [each.focal for each in calibrations]
    if match:
        focals += [float(group) for group in match.groups() if group]
    return (min(focals), max(focals)) if focals else (0.0, 0.0)


def _aspect_ratio(text: str | None, label: str) -> float:
    """Longer side to shorter side from "3:2" or "1.5"."""
    if text is None:
        return _FULL_FRAME_ASPECT
    sides = [
        _positive(number(side, f"aspect-ratio of {label}"), f"aspect-ratio of {label}") for side in text.split(":")
    ]
    ratio = sides[0] / sides[1] if len(sides) == 2 else sides[0]
    if len(sides) > 2 or not 1 <= ratio < math.inf:
        raise ValueError(f"aspect-ratio of {label} must be longer side : shorter side, got {shown(text)}")
    return ratio


def _names(element: Element) -> tuple[str, ...]:
    """The original model name as it stands, then every way to call it, folded for comparison."""
    models = [text for text in _texts(element, "model") if text]
    if not models:
        raise ValueError(f"a <{element.tag}> has no <model>")
    makers = _texts(element, "maker")
    called = [*models, *(f"{maker} {model}" for maker in makers for model in models)]
    return (models[0], *dict.fromkeys(map(_plain, called)))


def _texts(element: Element, tag: str) -> list[str]:
    return [(child.text or "").strip() for child in element.findall(tag)]


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _positive(value: float, name: str) -> float:
    if value <= 0:
        raise ValueError(f"{name} must be positive, got {value:g}")
    return value
