"""The light of one relit picture: numbers only, which JSON can hold and which make the same picture again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...shading import DirectionalLight, Specular
from ...shadows import Pattern

RGB = tuple[float, float, float]
_SHADOWS = ("pattern", "perlin", "silhouette", "cast")
_COVERS = ("all", "lights")


@dataclass(frozen=True)
class Shadow:
    """Something that keeps light away.

    Parameters
    ----------
    kind : {"pattern", "perlin", "silhouette", "cast"}
        A shadow pattern, thresholded noise or an outline of `pixkern.shadows`, or what the surface casts on itself.
    opacity : float
        The share of the light that does not arrive where the shadow is deep.
    covers : {"all", "lights"}
        Whether ambient light is kept away too.
    pattern : mapping, optional
        The drawn parameters of the pattern; None for "cast".
    penumbra : tuple of float
        Least and largest standard deviation of the blur of its edge, in units of the picture's longer side.
    penumbra_seed : int
        Of the noise by which the blur varies over the picture.
    subsurface : tuple of float
        Standard deviations of the spread of red, green and blue light at its edge, in the same units.
    """

    kind: str
    opacity: float
    covers: str = "lights"
    pattern: Mapping[str, Any] | None = None
    penumbra: tuple[float, float] = (0.0, 0.0)
    penumbra_seed: int = 0
    subsurface: RGB = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if self.kind not in _SHADOWS or self.covers not in _COVERS:
            raise ValueError(f"no shadow is of kind {self.kind!r} and covers {self.covers!r}")
        if self.kind != "cast" and not isinstance(self.pattern, Mapping):
            raise TypeError(f"a shadow of kind {self.kind} needs a pattern, got {type(self.pattern).__name__}")
        if self.kind in ("pattern", "perlin"):
            Pattern(**dict(self.pattern or {}))  # it checks itself
        if self.kind == "silhouette":
            _check_silhouette(**dict(self.pattern or {}))
        numbers = {"penumbra": (self.penumbra, 2), "subsurface": (self.subsurface, 3), "opacity": ((self.opacity,), 1)}
        for name, (values, length) in numbers.items():
            if len(values) != length or not all(type(one) in (int, float) and 0 <= one <= 1 for one in values):
                raise ValueError(f"{name} of a shadow: {length} numbers from 0 to 1, got {values!r}")
        if self.penumbra[0] > self.penumbra[1]:
            raise ValueError(f"penumbra of a shadow: the lower first, got {self.penumbra!r}")
        if type(self.penumbra_seed) is not int:
            raise TypeError(f"penumbra_seed of a shadow must be an integer, got {type(self.penumbra_seed).__name__}")


def _check_silhouette(*, kind: object, seed: object, center: object, angle: object, scale: object) -> None:
    if type(kind) is not str or type(seed) is not int:
        raise TypeError(f"a silhouette needs a kind and a whole seed, got {kind!r} and {seed!r}")
    if not isinstance(center, list | tuple) or len(center) != 2:
        raise TypeError(f"a silhouette needs the two numbers of its center, got {center!r}")
    if not all(type(one) in (int, float) for one in (*center, angle, scale)):
        raise TypeError(f"a silhouette needs numbers, got {center!r}, {angle!r} and {scale!r}")


@dataclass(frozen=True)
class Lighting:
    """All lights on the foreground of one picture.

    Parameters
    ----------
    kind : {"soft_shading", "hard_shadow", "specular"}
    lights : tuple of pixkern.shading.DirectionalLight
    ambient : tuple of float
        RGB, linear.
    environment : tuple of tuple of float, optional
        Nine RGB coefficients of spherical harmonics, as `pixkern.shading.shading` takes them.
    specular : pixkern.shading.Specular, optional
    shadow : Shadow, optional

    Examples
    --------
    >>> from pixkern.pipelines.relight.lighting import Lighting
    >>> from pixkern.shading import DirectionalLight
    >>> lighting = Lighting("soft_shading", (DirectionalLight((0, 0, 1), 0.25),), (0.75, 0.75, 0.75))
    >>> Lighting.from_record(lighting.record()) == lighting
    True
    """

    kind: str
    lights: tuple[DirectionalLight, ...]
    ambient: RGB
    environment: tuple[RGB, ...] | None = None
    specular: Specular | None = None
    shadow: Shadow | None = None

    def __post_init__(self) -> None:
        if not self.lights:
            raise ValueError("a lighting needs at least one light")

    def record(self) -> dict[str, Any]:
        """The same as dicts, lists and numbers."""
        return {
            "kind": self.kind,
            "lights": [
                {"direction": list(one.direction), "intensity": list(_rgb(one.intensity))} for one in self.lights
            ],
            "ambient": list(self.ambient),
            "environment": None if self.environment is None else [list(one) for one in self.environment],
            "specular": None if self.specular is None else asdict(self.specular),
            "shadow": None
            if self.shadow is None
            else asdict(self.shadow)
            | {"penumbra": list(self.shadow.penumbra), "subsurface": list(self.shadow.subsurface)},
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Lighting:
        """What `record` was made from.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is not the record of a lighting.
        """
        shadow, specular, environment = record["shadow"], record["specular"], record["environment"]
        return cls(
            kind=str(record["kind"]),
            lights=tuple(DirectionalLight(one["direction"], tuple(one["intensity"])) for one in record["lights"]),
            ambient=_rgb(record["ambient"]),
            environment=None if environment is None else tuple(_rgb(one) for one in environment),
            specular=None if specular is None else Specular(**specular),
            shadow=None
            if shadow is None
            else Shadow(
                **(dict(shadow) | {"penumbra": tuple(shadow["penumbra"]), "subsurface": tuple(shadow["subsurface"])})
            ),
        )


def _rgb(values: Any) -> RGB:
    red, green, blue = values
    return float(red), float(green), float(blue)
