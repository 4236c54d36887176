"""Which lights and shadows are drawn: three kinds of degradation, each with ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...shadows import PATTERN_WEIGHTS
from .._config_values import Check, flag, kept, number, part, several, span, weights, whole


def _optional_span(least: float, most: float) -> Check:
    pair = span(least, most)
    return lambda value: None if value is None else pair(value)


def _counts(values: Any) -> tuple[int, ...]:
    pair: tuple[int, ...] = several(whole(1, 16))(values)
    if len(pair) != 2 or pair[0] > pair[1]:
        raise ValueError("must be two whole numbers, the lower first")
    return pair


_COMMON: dict[str, Check] = {
    "enabled": flag,
    "weight": number(0, 1e6),
    "ambient": span(0, 1),
    "elevation": span(0, 90),
    "temperature": _optional_span(1700, 25000),
}


@dataclass(frozen=True)
class SoftShading:
    """Lambert's shading by one or more lights under much ambient light, sometimes through a shadow pattern.

    Parameters
    ----------
    enabled : bool
    weight : float
        How often, against the other kinds.
    ambient : tuple of float
        Range of the share of the light that comes from everywhere; the rest comes from the lights.
    lights : tuple of int
        Range of their number, 1 to 16.
    elevation : tuple of float
        Range in degrees above the picture plane; uniform on that band of the sphere.
    temperature : tuple of float, optional
        Range in kelvin, 1700 to 25000. Default: white.
    environment : float
        0 to 1: the share of the ambient light that depends on the normal, by spherical harmonics of second order.
    pattern : float
        0 to 1: how often there is a shadow pattern.
    opacity : tuple of float
        Range of what the pattern takes away from all light.
    softness : tuple of float
        Range of the standard deviation of the pattern's blur, in units of the photo's longer side.
    patterns : mapping of str to float
        Weights of the kinds of `pixkern.shadows`.
    """

    enabled: bool = True
    weight: float = 0.8
    ambient: tuple[float, ...] = (0.6, 0.85)
    lights: tuple[int, ...] = (1, 1)
    elevation: tuple[float, ...] = (10.0, 80.0)
    temperature: tuple[float, ...] | None = None
    environment: float = 0.0
    pattern: float = 0.5
    opacity: tuple[float, ...] = (0.35, 0.6)
    softness: tuple[float, ...] = (0.003, 0.008)
    patterns: dict[str, float] = field(default_factory=lambda: dict(PATTERN_WEIGHTS))

    def __post_init__(self) -> None:
        checks: dict[str, Check] = {
            "lights": _counts,
            "environment": number(0, 1),
            "pattern": number(0, 1),
            "opacity": span(0, 1),
            "softness": span(0, 0.1),
            "patterns": weights(*PATTERN_WEIGHTS),
        }
        kept(self, _COMMON | checks)


@dataclass(frozen=True)
class HardShadow:
    """A shadow with a sharp edge on top of Lambert's shading: cast by the surface itself, or by something unseen.

    Parameters
    ----------
    enabled, weight, ambient, elevation, temperature
        As `SoftShading`.
    kinds : mapping of str to float
        Weights of "cast" (rays through the depth), "perlin" (thresholded noise), "silhouette" and "pattern".
    opacity : tuple of float
        Range of what the shadow takes away from the lights.
    penumbra : tuple of float
        Range of the standard deviations of the edge's blur, which varies over the picture, in units of the longer side.
    subsurface : tuple of float
        Range of how far light spreads under the surface at the shadow's edge: red's standard deviation, in
        units of the longer side. Green and blue spread less.
    """

    enabled: bool = True
    weight: float = 0.1
    ambient: tuple[float, ...] = (0.3, 0.5)
    elevation: tuple[float, ...] = (20.0, 60.0)
    temperature: tuple[float, ...] | None = None
    kinds: dict[str, float] = field(default_factory=lambda: {"cast": 0.4, "perlin": 0.3, "silhouette": 0.3})
    opacity: tuple[float, ...] = (0.6, 0.95)
    penumbra: tuple[float, ...] = (0.0, 0.01)
    subsurface: tuple[float, ...] = (0.0, 0.005)

    def __post_init__(self) -> None:
        checks: dict[str, Check] = {
            "kinds": weights("cast", "perlin", "silhouette", "pattern"),
            "opacity": span(0, 1),
            "penumbra": span(0, 0.1),
            "subsurface": span(0, 0.05),
        }
        kept(self, _COMMON | checks)


@dataclass(frozen=True)
class SpecularShading:
    """Lambert's shading with highlights.

    Parameters
    ----------
    enabled, weight, ambient, elevation, temperature
        As `SoftShading`.
    models : mapping of str to float
        Weights of "phong", "blinn" and "ggx".
    strength : tuple of float
        Range of the highlights' strength, 0 to 10.
    shininess : tuple of float
        Range of the exponent of Phong's and Blinn's model, 1 to 1000.
    roughness : tuple of float
        Range of the roughness of GGX, 0.05 to 1.
    """

    enabled: bool = True
    weight: float = 0.1
    ambient: tuple[float, ...] = (0.6, 0.85)
    elevation: tuple[float, ...] = (10.0, 80.0)
    temperature: tuple[float, ...] | None = None
    models: dict[str, float] = field(default_factory=lambda: {"phong": 0.4, "blinn": 0.3, "ggx": 0.3})
    strength: tuple[float, ...] = (0.1, 0.4)
    shininess: tuple[float, ...] = (10.0, 100.0)
    roughness: tuple[float, ...] = (0.2, 0.5)

    def __post_init__(self) -> None:
        checks: dict[str, Check] = {
            "models": weights("phong", "blinn", "ggx"),
            "strength": span(0, 10),
            "shininess": span(1, 1000),
            "roughness": span(0.05, 1),
        }
        kept(self, _COMMON | checks)


@dataclass(frozen=True)
class DegradationMethods:
    """The three kinds of degradation, drawn by weight."""

    soft_shading: SoftShading = field(default_factory=SoftShading)
    hard_shadow: HardShadow = field(default_factory=HardShadow)
    specular: SpecularShading = field(default_factory=SpecularShading)

    def __post_init__(self) -> None:
        kinds = {"soft_shading": SoftShading, "hard_shadow": HardShadow, "specular": SpecularShading}
        kept(self, {key: part(kind) for key, kind in kinds.items()})
        if not any(self.weights().values()):
            raise ValueError(f"at least one of {', '.join(kinds)} must be enabled, with a weight above 0")

    def weights(self) -> dict[str, float]:
        """The weight of each kind; 0 for those that are not enabled."""
        kinds = (("soft_shading", self.soft_shading), ("hard_shadow", self.hard_shadow), ("specular", self.specular))
        return {name: one.weight if one.enabled else 0.0 for name, one in kinds}


@dataclass(frozen=True)
class DegradationSettings:
    """Stage 3: the new light."""

    methods: DegradationMethods = field(default_factory=DegradationMethods)

    def __post_init__(self) -> None:
        kept(self, {"methods": part(DegradationMethods)})
