"""What `restore` may be told, and what it may not."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import _check
from .palette import DITHERS, load_palette
from .ranker import Ranker, load_ranker

SMALLEST_CELL = 3.0
CHOICES = {
    "drift": ("mild", "none", "free"),
    "border": ("keep", "drop"),
    "colour": ("inlier", "median", "mode", "centre"),
    "dither": DITHERS,
}


@dataclass(frozen=True)
class Options:
    """Every keyword of `restore`, checked; see there."""

    cell: tuple[float, float] | None = None
    offset: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    min_cell: float = SMALLEST_CELL
    max_cell: float | None = None
    square: bool | None = None
    drift: str = "mild"
    border: str = "keep"
    colour: str = "inlier"
    colours: int | str | None = "auto"
    palette: Any = None
    dither: str = "none"
    alpha: str | int = "keep"
    background: Any = None
    top_k: int = 5
    ranker: Ranker | None = None

    @classmethod
    def checked(cls, **given: Any) -> Options:
        """Options from the keywords of `restore`; a misspelt one is a TypeError."""
        unknown = set(given) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise TypeError(f"restore has no option {sorted(unknown)[0]!r}")
        for name, choices in CHOICES.items():
            if name in given:
                _check.choice(given[name], name, choices)
        for name, read in _READERS.items():
            if given.get(name) is not None or (name in given and name in _NEVER_NONE):
                given[name] = read(given[name])
        found = cls(**given)
        if found.max_cell is not None and found.max_cell < found.min_cell:
            raise ValueError(f"max_cell must be at least min_cell, {found.min_cell:g}, got {found.max_cell:g}")
        if found.size is not None and (found.cell is not None or found.offset is not None):
            raise ValueError("size fixes the number of cells; leave cell and offset out, or size")
        if isinstance(found.colours, int) and found.palette is not None:
            raise ValueError("colours extracts a palette and palette gives one; leave one of them out")
        if found.dither != "none" and found.palette is None and not isinstance(found.colours, int):
            raise ValueError(
                f"dither {found.dither!r} mixes colours of a palette; give palette, or a number of colours"
            )
        return found

    def changed(self, **changes: Any) -> Options:
        """These options with some of them replaced."""
        now = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return Options.checked(**{**now, **changes})


def number(value: Any, name: str, least: float, most: float = math.inf) -> float:
    """A finite number in a range."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not (math.isfinite(value) and least <= value <= most):
        raise ValueError(f"{name} must be {least:g} to {most:g}, got {value!r}")
    return float(value)


def whole(value: Any, name: str, least: int, most: int) -> int:
    """An integer in a range."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be {least} to {most}, got {value}")
    return int(value)


def _pair(name: str, read: Callable[[Any, str], Any], alone: bool) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
            if len(value) != 2:
                raise ValueError(f"{name} must be a pair (x, y), got {value!r}")
            return read(value[0], name), read(value[1], name)
        if not alone:
            raise TypeError(f"{name} must be a pair, got {value!r}")
        return read(value, name), read(value, name)

    return checked


def _square(value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"square must be True, False or None, got {value!r}")
    return bool(value)


def _colours(value: Any) -> int | str:
    if isinstance(value, str):
        if value == "auto":
            return "auto"
        raise ValueError(f'colours must be a number or "auto", got {value!r}')
    return whole(value, "colours", 1, 65536)


def _palette(value: Any) -> np.ndarray:
    if isinstance(value, str | os.PathLike):
        return load_palette(value)
    colours = np.array(value)
    if colours.dtype != np.uint8:
        raise TypeError(f"palette must be uint8 or a path, got {colours.dtype}")
    if colours.ndim != 2 or colours.shape[1] not in (1, 3, 4) or len(colours) == 0:
        raise ValueError(f"palette must be (n, 1), (n, 3) or (n, 4) uint8, got shape {colours.shape}")
    return colours


def _alpha(value: Any) -> str | int:
    if isinstance(value, str):
        if value in ("keep", "binarise"):
            return value
        raise ValueError(f'alpha must be "keep", "binarise" or a threshold, got {value!r}')
    return whole(value, "alpha", 0, 255)


def _background(value: Any) -> str | tuple[int, ...]:
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f'background must be "auto", a colour or None, got {value!r}')
        return value
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, Sequence) or len(value) not in (1, 3):
        raise ValueError(f"background must be a colour of 3 codes (1 of a grey picture), got {value!r}")
    return tuple(whole(code, "background", 0, 255) for code in value)


def _ranker(value: Any) -> Ranker:
    if callable(value):
        return value
    if isinstance(value, str | os.PathLike):
        return load_ranker(value)
    raise TypeError(f"ranker must be a function or the path of an ONNX model, got {value!r}")


_NEVER_NONE = ("min_cell", "alpha", "top_k")
_READERS: dict[str, Callable[[Any], Any]] = {
    "cell": _pair("cell", lambda value, name: number(value, name, 1, 2.0**31), alone=True),
    "offset": _pair("offset", lambda value, name: number(value, name, -(2.0**31), 2.0**31), alone=False),
    "size": _pair("size", lambda value, name: whole(value, name, 1, 2**31), alone=False),
    "min_cell": lambda value: number(value, "min_cell", 1, 2.0**31),
    "max_cell": lambda value: number(value, "max_cell", 1, 2.0**31),
    "square": _square,
    "colours": _colours,
    "palette": _palette,
    "alpha": _alpha,
    "background": _background,
    "top_k": lambda value: whole(value, "top_k", 1, 1000),
    "ranker": _ranker,
}
