"""pixkern's own file: every lens, bit for bit, with its units and where it comes from.

Numbers are written as the shortest decimal that reads back as the same double. A key that is not known is
refused: it is a misspelling, or something a later version means and this one would ignore.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pixkern.lenses import (
    BrownConrady,
    Chromatic,
    Division,
    Inverted,
    KannalaBrandt,
    Lens,
    Poly3,
    Poly5,
    Profile,
    PTLens,
    View,
    Vignetting,
)

from .options import Options
from .text import shown, suggestion
from .tree import parse_json

FORMAT, VERSION, UNITS = "pixkern-lens", 1, "pixels"
_CLASSES = (BrownConrady, KannalaBrandt, Division, PTLens, Poly3, Poly5, Inverted)
_MODELS: dict[str, type[Lens]] = {each.__name__: each for each in _CLASSES}
_SHARED = ("focal", "center", "size", "view")  # fields of every lens; the rest are its parameters
_SCALARS, _PAIRS = ("unit", "coefficient"), ("focal", "center")
_LENS = ("model", *_SHARED, "parameters")
_FILE = ("format", "version", "units", *_LENS, "chromatic", "vignetting", "provenance")
_Made = TypeVar("_Made", View, Chromatic, Vignetting)


def dump(profile: Profile) -> str:
    """The file's text."""
    parts: tuple[Any, ...] = (profile.chromatic, profile.vignetting)
    chromatic, vignetting = (part and {f.name: getattr(part, f.name) for f in fields(part)} for part in parts)
    tree = {"format": FORMAT, "version": VERSION, "units": UNITS, **_written(profile.lens)}
    tree |= {"chromatic": chromatic, "vignetting": vignetting, "provenance": _plain(profile.provenance, "provenance")}
    return json.dumps(tree, indent=2, allow_nan=False) + "\n"


def _written(lens: Lens) -> dict[str, Any]:
    if type(lens) not in _CLASSES:
        raise ValueError(f"{type(lens).__name__} is not one of pixkern's lenses: {', '.join(_MODELS)}")
    names = [field.name for field in fields(lens) if field.name not in _SHARED]
    parameters = {name: getattr(lens, name) for name in names}
    if isinstance(lens, Inverted):
        parameters = {"lens": _written(lens.lens)}
    view = lens.view and {"focal": lens.view.focal, "center": lens.view.center}
    camera = {"focal": lens.focal, "center": lens.center, "size": lens.size, "view": view}
    return {"model": type(lens).__name__, **camera, "parameters": parameters}


def _plain(value: Any, name: str) -> Any:
    """`value`, if JSON has it."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, name) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, f"{name}[{key!r}]") for key, item in value.items()}
    raise ValueError(f"{name} must be made of texts, finite numbers, lists and mappings, got {shown(value)}")


def load(text: str, options: Options) -> Profile:
    """The profile of a file."""
    if options.camera is not None:
        raise ValueError("camera= chooses among the cameras of a file, and this format holds one lens")
    tree = parse_json(text, parse_float=_real, parse_int=_integer, parse_constant=_no_constant)
    _check_keys(tree, _FILE, "the file", required=("format", "version", "units", "model", "focal", "center"))
    if tree["version"] != VERSION or isinstance(tree["version"], bool):
        raise ValueError(f"version {VERSION} is read, got {shown(tree['version'])}; a newer pixkern may know it")
    if (tree["format"], tree["units"]) != (FORMAT, UNITS):
        raise ValueError(f"format must be {FORMAT!r} and units {UNITS!r}, got {shown((tree['format'], tree['units']))}")
    lens = _lens({key: value for key, value in tree.items() if key in _LENS}, "the lens")
    provenance = tree.get("provenance")
    if provenance is not None and not isinstance(provenance, dict):
        raise ValueError(f"provenance must be a mapping, got {shown(provenance)}")
    chromatic = _made(Chromatic, tree.get("chromatic"))
    return Profile(lens, chromatic, _made(Vignetting, tree.get("vignetting")), provenance or {})


def _lens(tree: Any, name: str) -> Lens:
    _check_keys(tree, _LENS, name, required=("model", "focal", "center"))
    model = tree["model"]
    kind = _MODELS.get(model) if isinstance(model, str) else None
    if kind is None:
        raise ValueError(
            f"model must be one of {', '.join(_MODELS)}, got {shown(model)}{suggestion(str(model), _MODELS)}"
        )
    known = [field.name for field in fields(kind) if field.name not in _SHARED]
    parameters = dict(_check_keys(tree.get("parameters") or {}, known, f"{model}'s parameters"))
    if kind is Inverted:
        parameters = {"lens": _lens(parameters.get("lens"), f"{name}'s inner lens")}
    else:
        parameters = {key: _numbers(value, key) for key, value in parameters.items()}
    focal, center = _numbers(tree["focal"], "focal"), _numbers(tree["center"], "center")
    return kind(focal, center, size=_size(tree.get("size")), view=_made(View, tree.get("view")), **parameters)


def _made(kind: type[_Made], tree: Any) -> _Made | None:
    if tree is None:
        return None
    every = fields(kind)
    required = [field.name for field in every[:2]]  # focal or unit, and the centre
    _check_keys(tree, [field.name for field in every], kind.__name__.lower(), required=required)
    return kind(**{key: _numbers(value, key) for key, value in tree.items()})


def _check_keys(tree: Any, known: Any, name: str, *, required: Any = ()) -> dict[str, Any]:
    if not isinstance(tree, dict):
        raise ValueError(f"{name} must be a mapping, got {shown(tree)}")
    for key in tree:
        if key not in known:
            raise ValueError(f"{name} has no {shown(key)}{suggestion(key, known) or '; known: ' + ', '.join(known)}")
    for key in required:
        if key not in tree:
            raise ValueError(f"{name} needs {key!r}")
    return tree


def _numbers(value: Any, name: str) -> Any:
    """The float or the tuple of floats that the field `name` takes."""
    if name in _SCALARS or (name == "focal" and _is_number(value)):
        if not _is_number(value):
            raise ValueError(f"{name} must be a number, got {shown(value)}")
        return float(value)
    if not isinstance(value, list) or not all(_is_number(item) for item in value):
        raise ValueError(f"{name} must be a list of numbers, got {shown(value)}")
    if name in _PAIRS and len(value) != 2:
        raise ValueError(f"{name} must be two numbers, got {shown(value)}")
    return tuple(float(item) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(type(side) is int for side in value):
        raise ValueError(f"size must be two whole numbers [width, height], got {shown(value)}")
    return value[0], value[1]


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{shown(text)} is too large for a double")
    return value


def _integer(text: str) -> int:
    if len(text) > 300:
        raise ValueError(f"{shown(text)} is too large for a double")
    return int(text)


def _no_constant(text: str) -> float:
    raise ValueError(f"numbers must be finite, got {text}")
