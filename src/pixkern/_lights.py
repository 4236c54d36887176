"""What shines on a surface, checked and made into the tables that kernels/maths/shading.h reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import _check

Model = Literal["phong", "blinn", "ggx"]
_MODELS = ("none", "phong", "blinn", "ggx")  # enum Highlight in kernels/maths/shading.h
_UNIT = 1e-12  # a direction whose square is this close to 1 is kept to the bit, so that records come back as they were
_FRESNEL = 0.04  # reflectance of skin, cloth and plastic that face the viewer


@dataclass(frozen=True)
class DirectionalLight:
    """A light so far away that its direction is the same everywhere.

    Parameters
    ----------
    direction : (x, y, z)
        From the surface to the light: x to the right, y up, z to the viewer. Any length but 0; it is made 1.
    intensity : float or (r, g, b)
        What a white surface that faces the light sends back, in linear light. At least 0.

    Raises
    ------
    TypeError, ValueError
        No numbers, another count of them, not finite, a direction of length 0, a negative intensity.

    Examples
    --------
    >>> DirectionalLight((0, 3, 4), 0.5)
    DirectionalLight(direction=(0.0, 0.6, 0.8), intensity=(0.5, 0.5, 0.5))
    """

    direction: tuple[float, float, float]
    intensity: tuple[float, float, float] | float = 1.0

    def __post_init__(self) -> None:
        x, y, z = triple(self.direction, "direction")
        largest = max(abs(x), abs(y), abs(z))
        if largest == 0:
            raise ValueError(f"direction must not be zero, got {self.direction!r}")
        if abs((x * x + y * y) + z * z - 1) > _UNIT:
            x, y, z = x / largest, y / largest, z / largest  # so that no square leaves float64
            length = math.sqrt((x * x + y * y) + z * z)
            x, y, z = x / length, y / length, z / length
        object.__setattr__(self, "direction", (x, y, z))
        object.__setattr__(self, "intensity", colour(self.intensity, "intensity"))


@dataclass(frozen=True)
class Specular:
    """How a surface shines.

    Parameters
    ----------
    model : {"phong", "blinn", "ggx"}
        phong: ``max(0, R.V)**shininess`` with the mirrored direction R. blinn: ``max(0, N.H)**shininess`` with the
        direction H halfway between light and viewer. ggx: Cook and Torrance's ``D G F / (4 N.V)`` with the
        distribution of Walter et al. 2007 for ``alpha = roughness**2``, and 0.04 reflected by what faces the viewer.
    strength : float
        What a highlight is multiplied by. At least 0.
    shininess : float
        Exponent of phong and blinn, above 0 and at most 100,000: the larger the smaller the highlight.
    roughness : float
        Of ggx, 0.05 to 1.

    Raises
    ------
    TypeError, ValueError
        An unknown model, no numbers, a number out of its range.

    Examples
    --------
    >>> Specular("blinn", 0.2, shininess=64)
    Specular(model='blinn', strength=0.2, shininess=64.0, roughness=0.3)
    """

    model: Model
    strength: float
    shininess: float = 32.0
    roughness: float = 0.3

    def __post_init__(self) -> None:
        _check.choice(self.model, "model", _MODELS[1:])
        for name, least, most in (("strength", 0, 1e6), ("shininess", 1e-6, 1e5), ("roughness", 0.05, 1)):
            value = number(getattr(self, name), name)
            if not least <= value <= most:
                raise ValueError(f"{name} must be {least:g} to {most:g}, got {value!r}")
            object.__setattr__(self, name, value)


def number(value: Any, name: str) -> float:
    """`value`, a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return float(value)


def triple(values: Any, name: str) -> tuple[float, float, float]:
    """Three finite numbers."""
    given = _check.finite(values, name)
    if given.shape != (3,):
        raise ValueError(f"{name} must be three numbers, got {values!r}")
    x, y, z = given.tolist()
    return x, y, z


def colour(values: Any, name: str) -> tuple[float, float, float]:
    """A number for all channels, or one for each; at least 0."""
    given = _check.finite(values, name)
    if given.shape not in ((), (3,)) or given.dtype == bool:
        raise ValueError(f"{name} must be a number or (r, g, b), got {values!r}")
    r, g, b = np.broadcast_to(given, 3).tolist()
    if min(r, g, b) < 0:
        raise ValueError(f"{name} must be at least 0, got {values!r}")
    return r, g, b


def light_table(lights: DirectionalLight | Iterable[DirectionalLight]) -> np.ndarray:
    """Direction, intensity, halfway direction and Fresnel's factor of each light, one after the other."""
    given = [lights] if isinstance(lights, DirectionalLight) or not isinstance(lights, Iterable) else list(lights)
    rows: list[Sequence[float]] = []
    for light in given:
        if not isinstance(light, DirectionalLight):
            raise TypeError(f"lights must be DirectionalLight, or several of them, got {light!r}")
        x, y, z = light.direction
        length = math.sqrt((x * x + y * y) + (z + 1) * (z + 1))
        half = (x / length, y / length, (z + 1) / length) if length > 0 else (0.0, 0.0, 0.0)
        grazing = 1 - half[2]
        square = grazing * grazing
        fresnel = _FRESNEL + (1 - _FRESNEL) * (square * square * grazing)
        rows.append((*light.direction, *colour(light.intensity, "intensity"), *half, fresnel))
    return np.array(rows, np.float64).reshape(-1)


def highlight(specular: Specular | None) -> tuple[int, float, float]:
    """The model's number, the strength, and the one of the other two that the model has."""
    if specular is None:
        return 0, 0.0, 0.0
    if not isinstance(specular, Specular):
        raise TypeError(f"specular must be a Specular or None, got {type(specular).__name__}")
    sharpness = specular.roughness if specular.model == "ggx" else specular.shininess
    return _MODELS.index(specular.model), specular.strength, sharpness


def terms(ambient: Any, environment: Any) -> np.ndarray:
    """Ambient light and environment per channel, as `environment` in kernels/maths/shading.h wants them.

    E / pi = sum_lm A_l / pi L_lm Y_lm(N), with A_l / pi = 1, 2/3, 1/4 (Ramamoorthi & Hanrahan 2001, eq. 8), sorted by
    powers.
    """
    result = np.zeros((3, 9))
    result[:, 8] = colour(ambient, "ambient")
    if environment is None:
        return result.reshape(-1)
    given = _check.finite(environment, "environment")
    if given.shape != (9, 3):
        raise ValueError(f"environment must be 9 coefficients of 3 channels, (9, 3), got shape {given.shape}")
    flat, linear = math.sqrt(1 / (4 * math.pi)), math.sqrt(3 / (4 * math.pi)) * (2 / 3)
    product, square = math.sqrt(15 / (4 * math.pi)) / 4, math.sqrt(5 / (16 * math.pi)) / 4
    l00, l1m1, l10, l11, l2m2, l2m1, l20, l21, l22 = given
    powers = (product * l2m2, product / 2 * l22, product * l21, product * l2m1, linear * l11, linear * l1m1)
    result[:, :8] = np.stack([*powers, 3 * square * l20, linear * l10], axis=1)
    result[:, 8] += flat * l00 - square * l20
    return result.reshape(-1)
