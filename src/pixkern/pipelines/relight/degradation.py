"""Stage 3, what is drawn: which kind of light, from where, of which colour, through which shadow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ... import shading, shadows
from .draws import Draws
from .lighting import RGB, Lighting, Shadow
from .settings import DegradationSettings, HardShadow, SoftShading, SpecularShading

STAGE = "degradation"
_SILHOUETTES = ("leaf", "hand", "frond", "blob")
_SPREAD = (1.0, 0.45, 0.25)  # of red, green and blue light under skin, relative to red's


def draw_lighting(settings: DegradationSettings, draws: Draws) -> Lighting:
    """The light of one sample.

    Parameters
    ----------
    settings : DegradationSettings
    draws : Draws
        Of the sample.

    Returns
    -------
    Lighting

    Notes
    -----
    Where the surface faces the lights, all light together is 1: a share `ambient` comes from everywhere, the rest from
    the lights.

    Examples
    --------
    >>> from pixkern.pipelines.relight.degradation import draw_lighting
    >>> from pixkern.pipelines.relight.draws import Draws
    >>> from pixkern.pipelines.relight.settings import DegradationSettings
    >>> draw_lighting(DegradationSettings(), Draws(0, "photo", 0)).kind
    'soft_shading'
    """
    methods = settings.methods
    kind = draws.choice(STAGE, "method", methods.weights())
    if kind == "soft_shading":
        return _soft_shading(methods.soft_shading, draws)
    if kind == "hard_shadow":
        return _hard_shadow(methods.hard_shadow, draws)
    return _specular(methods.specular, draws)


def _soft_shading(chosen: SoftShading, draws: Draws) -> Lighting:
    count = draws.whole(STAGE, "lights", chosen.lights)
    share, lights = _lights(chosen, draws, count)
    ambient = _colour(chosen.temperature, draws, "ambient temperature", 0, share * (1 - chosen.environment))
    environment = None
    if chosen.environment > 0:
        colour = _colour(chosen.temperature, draws, "environment temperature", 0, share * chosen.environment)
        environment = _environment(draws, colour)
    shadow = None
    if draws.chance(STAGE, "pattern", chosen.pattern):
        kind = draws.choice(STAGE, "pattern kind", chosen.patterns)
        shadow = Shadow(
            "pattern",
            opacity=draws.within(STAGE, "opacity", chosen.opacity),
            covers="all",
            pattern=_pattern(kind, draws, draws.within(STAGE, "softness", chosen.softness)),
        )
    return Lighting("soft_shading", lights, ambient, environment, shadow=shadow)


def _hard_shadow(chosen: HardShadow, draws: Draws) -> Lighting:
    share, lights = _lights(chosen, draws, 1)
    kind = draws.choice(STAGE, "shadow kind", chosen.kinds)
    pattern = None
    if kind == "pattern":
        pattern = _pattern(draws.choice(STAGE, "pattern kind", shadows.PATTERN_WEIGHTS), draws, 0.0)
    elif kind == "perlin":
        pattern = _pattern(kind, draws, 0.0)
    elif kind == "silhouette":
        pattern = _silhouette(draws)
    edges = sorted(draws.within(STAGE, "penumbra", chosen.penumbra, index) for index in range(2))
    spread = draws.within(STAGE, "subsurface", chosen.subsurface)
    shadow = Shadow(
        kind,
        opacity=draws.within(STAGE, "opacity", chosen.opacity),
        pattern=pattern,
        penumbra=(edges[0], edges[1]),
        penumbra_seed=_seed(draws, "penumbra noise"),
        subsurface=(spread * _SPREAD[0], spread * _SPREAD[1], spread * _SPREAD[2]),
    )
    ambient = _colour(chosen.temperature, draws, "ambient temperature", 0, share)
    return Lighting("hard_shadow", lights, ambient, shadow=shadow)


def _specular(chosen: SpecularShading, draws: Draws) -> Lighting:
    share, lights = _lights(chosen, draws, 1)
    model: Any = draws.choice(STAGE, "specular model", chosen.models)
    specular = shading.Specular(
        model,
        draws.within(STAGE, "strength", chosen.strength),
        shininess=draws.within(STAGE, "shininess", chosen.shininess),
        roughness=draws.within(STAGE, "roughness", chosen.roughness),
    )
    ambient = _colour(chosen.temperature, draws, "ambient temperature", 0, share)
    return Lighting("specular", lights, ambient, specular=specular)


def _lights(
    chosen: SoftShading | HardShadow | SpecularShading, draws: Draws, count: int
) -> tuple[float, tuple[shading.DirectionalLight, ...]]:
    """The share of the ambient light, and lights that share the rest."""
    ambient = draws.within(STAGE, "ambient", chosen.ambient)
    parts = [1 - draws.fraction(STAGE, "light share", index) for index in range(count)]  # above 0
    low, high = chosen.elevation
    lights = []
    for index, part in enumerate(parts):
        direction = shading.hemisphere(
            draws.fraction(STAGE, "elevation", index), draws.fraction(STAGE, "azimuth", index), elevation=(low, high)
        )
        intensity = (1 - ambient) * part / sum(parts)
        colour = _colour(chosen.temperature, draws, "temperature", index, intensity)
        lights.append(shading.DirectionalLight(direction, colour))
    return ambient, tuple(lights)


def _colour(span: Sequence[float] | None, draws: Draws, name: str, index: int, strength: float) -> RGB:
    """A colour of luminance `strength`: white, or of a drawn temperature."""
    if span is None:
        return strength, strength, strength
    red, green, blue = shading.colour_temperature(draws.within(STAGE, name, span, index))
    return strength * red, strength * green, strength * blue


def _environment(draws: Draws, colour: RGB) -> tuple[RGB, ...]:
    """A sky that is brighter on one side: radiance 1 + a cos t + b P2(cos t), t the angle to a drawn direction.

    Its mean over the sphere is 1. It is nowhere negative: a <= 0.7 and b <= 0.3. Coefficients by the addition theorem,
    P_l(cos t) = 4 pi / (2 l + 1) sum_m Y_lm(d) Y_lm.
    """
    x, y, z = shading.hemisphere(draws.fraction(STAGE, "sky elevation"), draws.fraction(STAGE, "sky azimuth"))
    first = draws.uniform(STAGE, "sky gradient", 0.2, 0.7) * math.sqrt(4 * math.pi / 3)
    second = draws.uniform(STAGE, "sky curvature", 0.0, 0.3) * math.sqrt(4 * math.pi / 5)
    root = math.sqrt(3)
    coefficients = [math.sqrt(4 * math.pi)]
    coefficients += [first * y, first * z, first * x]
    coefficients += [second * root * x * y, second * root * y * z, second * 0.5 * (3 * z * z - 1)]
    coefficients += [second * root * x * z, second * root * 0.5 * (x * x - y * y)]
    red, green, blue = colour
    return tuple((one * red, one * green, one * blue) for one in coefficients)


def _pattern(kind: Any, draws: Draws, softness: float) -> dict[str, object]:
    drawn = shadows.draw_pattern(kind, seed=_seed(draws, "pattern parameters"))
    return drawn.record() | {"softness": softness}


def _silhouette(draws: Draws) -> dict[str, object]:
    """What keeps the light away, and where it stands: in units of the longer side, from the picture's middle."""
    return {
        "kind": draws.choice(STAGE, "silhouette", dict.fromkeys(_SILHOUETTES, 1.0)),
        "seed": _seed(draws, "silhouette shape"),
        "center": [draws.uniform(STAGE, "silhouette place", -0.25, 0.25, axis) for axis in range(2)],
        "angle": draws.uniform(STAGE, "silhouette angle", 0.0, 360.0),
        "scale": draws.uniform(STAGE, "silhouette scale", 0.5, 1.2),
    }


def _seed(draws: Draws, name: str) -> int:
    """48 bits: any reader of JSON keeps them."""
    return draws.word(STAGE, name) >> 16
