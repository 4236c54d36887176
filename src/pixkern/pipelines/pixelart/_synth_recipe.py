"""What is done to a sprite, every parameter of it: `Recipe`, and `Region` for a part on a lattice of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..._check import choice

EDGES = ("hard", "area", "bicubic", "lanczos")
CHROMA = ("4:4:4", "4:2:0")
RANGES: Mapping[str, tuple[float, float]] = {
    "line_jitter": (0, 0.25),
    "drift": (0, 0.45),
    "scale": (0.25, 4),
    "softness": (0, 1),
    "warp": (0, 1),
    "colour_noise": (0, 255),
    "shading": (0, 255),
    "noise": (0, 255),
    "gradient": (0, 255),
    "grain": (0, 255),
    "grain_size": (1, 64),
    "displaced": (0, 1),
    "displacement": (0, 0.45),
    "split": (0, 1),
    "merged": (0, 1),
    "outline_blend": (0, 1),
    "melted": (0, 1),
    "melt_radius": (0, 0.5),
    "wobble": (0, 0.5),
}
"""Least and largest value of every parameter that is one number."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """An ellipse of a picture whose cells lie on another lattice.

    Parameters
    ----------
    box : (left, top, right, bottom)
        Of the ellipse, as shares of the picture's width and height, 0 to 1.
    ratio : (x, y)
        The pitch of its lattice over that of the picture's, 0.25 to 4.
    phase : (x, y)
        How much of its first cell lies outside the box, as a share of a cell, at least 0 and below 1.

    Raises
    ------
    TypeError
        Values that are no numbers.
    ValueError
        Values out of their ranges.

    Examples
    --------
    >>> Region(box=(0.1, 0.1, 0.5, 0.4), ratio=(0.5, 0.5)).phase
    (0.0, 0.0)
    """

    box: tuple[float, float, float, float]
    ratio: tuple[float, float] = (1.0, 1.0)
    phase: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name, count, low, high in (("box", 4, 0, 1), ("ratio", 2, 0.25, 4), ("phase", 2, 0, 1)):
            _set_numbers(self, name, count, low, high)
        if not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise ValueError(
                f"box must be (left, top, right, bottom) with left < right and top < bottom, got {self.box}"
            )
        if max(self.phase) >= 1:
            raise ValueError(f"phase must be below 1, got {self.phase}")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that `corrupt` does to a sprite; what is not given does nothing.

    Lengths are shares of a cell's width unless they say pixels; levels are steps of 8-bit samples; a deviation is
    the standard deviation of what is drawn.

    Parameters
    ----------
    cell : (x, y)
        Mean size of a cell in pixels, 1 to 4096.
    crop : (left, top, right, bottom)
        How much of the border cells lies outside the picture, at least 0 and below 1.
    line_jitter : float
        Deviation of each inner line, cut at a quarter of a cell.
    drift : float
        Amplitude of a slow wave in the pitch.
    edges : {"hard", "area", "bicubic", "lanczos"}
        How cells are painted: each pixel one cell; covered areas averaged; or hard at another scale and resampled.
    scale : float
        That other scale, as a factor.
    softness : float
        Deviation of a Gaussian blur; with "bicubic" and "lanczos", which blur too, 0.7 of it.
    warp : float
        Deviation of the 5 x 5 knots of a smooth displacement.
    colour_noise : float
        Deviation of each cell's colour, in levels, each channel by itself.
    shading : float
        Deviation of the 7 x 7 knots of a smooth tint, in levels, each channel by itself.
    noise : float
        Deviation of every sample, in levels.
    jpeg_quality : int
        0: no JPEG; else 1 to 100.
    jpeg_chroma : {"4:4:4", "4:2:0"}
        Whether its chroma has full or half resolution.
    gradient : float
        Deviation of the change of brightness across a cell, in levels, per axis.
    grain : float
        Deviation of a brightness noise that is smooth over `grain_size` pixels, in levels.
    grain_size : float
        1 to 64 pixels.
    displaced : float
        Share of the sides of cells that are off the lattice.
    displacement : float
        How far those are at most.
    split : float
        Share of the cells of which a half or a quarter takes on a neighbour's colour.
    merged : float
        Share of the cells that take the colour of a neighbour, where the two are within 48 levels.
    outline_blend : float
        How far the cells of outlines are blended with what is beside them at most.
    melted : float
        Share of the picture whose corners are rounded by a median filter.
    melt_radius : float
        Radius of that filter.
    wobble : float
        Deviation of a displacement with a knot every one and a half cells.
    regions : tuple of Region
        Parts on other lattices; later ones cover earlier ones.

    Raises
    ------
    TypeError
        Values of the wrong kind.
    ValueError
        Values out of their ranges.

    Examples
    --------
    >>> recipe = Recipe(cell=(8, 8), noise=3, jpeg_quality=80)
    >>> recipe.cell, recipe.drift
    ((8.0, 8.0), 0.0)
    >>> Recipe(cell=(8, 8), drift=0.6)
    Traceback (most recent call last):
    ...
    ValueError: drift must be 0 to 0.45, got 0.6
    """

    cell: tuple[float, float]
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    line_jitter: float = 0.0
    drift: float = 0.0
    edges: str = "hard"
    scale: float = 1.0
    softness: float = 0.0
    warp: float = 0.0
    colour_noise: float = 0.0
    shading: float = 0.0
    noise: float = 0.0
    jpeg_quality: int = 0
    jpeg_chroma: str = "4:4:4"
    gradient: float = 0.0
    grain: float = 0.0
    grain_size: float = 2.0
    displaced: float = 0.0
    displacement: float = 0.0
    split: float = 0.0
    merged: float = 0.0
    outline_blend: float = 0.0
    melted: float = 0.0
    melt_radius: float = 0.0
    wobble: float = 0.0
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        _set_numbers(self, "cell", 2, 1, 4096)
        _set_numbers(self, "crop", 4, 0, 1)
        if max(self.crop) >= 1:
            raise ValueError(f"crop must be below 1, got {self.crop}: a whole cell cut away is another sprite")
        for name, (low, high) in RANGES.items():
            object.__setattr__(self, name, _number(getattr(self, name), name, low, high))
        choice(self.edges, "edges", EDGES)
        choice(self.jpeg_chroma, "jpeg_chroma", CHROMA)
        if isinstance(self.jpeg_quality, bool) or not isinstance(self.jpeg_quality, int):
            raise TypeError(f"jpeg_quality must be an integer, got {self.jpeg_quality!r}")
        if not 0 <= self.jpeg_quality <= 100:
            raise ValueError(f"jpeg_quality must be 1 to 100, or 0 for none, got {self.jpeg_quality}")
        if not isinstance(self.regions, tuple) or not all(isinstance(region, Region) for region in self.regions):
            raise TypeError(f"regions must be a tuple of Region, got {self.regions!r}")

    @property
    def by_cell(self) -> bool:
        """Whether cells differ in more than their colour, so that the axes of the picture cannot be painted apart."""
        return bool(
            self.regions or self.split or self.gradient or self.melted or (self.displaced and self.displacement)
        )

    @property
    def blur(self) -> float:
        """Deviation of the Gaussian blur in pixels; 0 where it is too little to be seen."""
        sigma = self.softness * self.cell[0]
        if self.edges in ("bicubic", "lanczos"):
            return 0.7 * sigma if sigma > 0.3 else 0.0
        return sigma if sigma > 0.05 else 0.0

    def record(self) -> dict[str, Any]:
        """Every parameter, as JSON knows it.

        Examples
        --------
        >>> Recipe.of(Recipe(cell=(8, 9)).record()).cell
        (8.0, 9.0)
        """
        return asdict(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Recipe:
        """The recipe of a `record`; TypeError where a name is none of the parameters."""
        given: dict[str, Any] = dict(record)
        unknown = sorted(given.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise TypeError(f"a recipe has no parameter {unknown[0]!r}")
        given["regions"] = tuple(Region(**region) for region in given.get("regions", ()))
        return cls(**given)


def _set_numbers(of: object, name: str, count: int, low: float, high: float) -> None:
    given = getattr(of, name)
    try:
        values = tuple(given)
    except TypeError:
        raise TypeError(f"{name} must be {count} numbers, got {given!r}") from None
    if len(values) != count:
        raise ValueError(f"{name} must be {count} numbers, got {given!r}")
    object.__setattr__(of, name, tuple(_number(value, name, low, high) for value in values))


def _number(value: Any, name: str, low: float, high: float) -> float:
    if isinstance(value, str | bytes | bool):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None
    if not (math.isfinite(number) and low <= number <= high):
        raise ValueError(f"{name} must be {low} to {high}, got {value!r}")
    return number
