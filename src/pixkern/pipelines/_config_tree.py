"""A tree of frozen dataclasses from the mappings of a file, and back: what the file does not say stays as it is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ._config_values import shown

T = TypeVar("T")


def changed(start: T, given: object, place: str = "") -> T:
    """The dataclass `start` with the values of a mapping of mappings; ValueError with the place of what cannot be.

    Each dataclass checks itself when it is made: see `pixkern.pipelines._config_values.kept`.
    """
    known = [one.name for one in fields(start)]  # type: ignore[arg-type]
    if given is None:  # "mask:" with nothing below it
        return start
    if not isinstance(given, Mapping):
        raise ValueError(
            f"{place + ': ' if place else ''}must be a mapping with keys such as {known[0]}, got {shown(given)}"
        )
    prefix = f"{place}." if place else ""
    only(given, known, prefix)
    values = {}
    for key, value in given.items():
        now = getattr(start, key)
        values[key] = changed(now, value, f"{prefix}{key}") if is_dataclass(now) else value
    try:
        return replace(start, **values)  # type: ignore[type-var]
    except (TypeError, ValueError) as error:
        names_a_key = str(error).partition(":")[0] in known
        raise ValueError(f"{prefix}{error}" if names_a_key or not place else f"{place}: {error}") from None


def only(given: Iterable[Any], known: Iterable[str], prefix: str) -> None:
    """Refuse keys that are not known, with the nearest that is."""
    known = list(known)
    for key in given:
        if key not in known:
            asked = str(key).lower()
            close = [one for one in known if sorted(one) == sorted(asked)]  # letters that have changed places
            close = close or difflib.get_close_matches(asked, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            word = key if isinstance(key, str) and key.isidentifier() else shown(key)
            raise ValueError(f"{prefix}{word}: no such key, {hint}")


def plain(one: Any) -> Any:
    """What JSON can hold of a dataclass, by its fields; `changed` undoes it."""
    if is_dataclass(one):
        return {each.name: plain(getattr(one, each.name)) for each in fields(one)}
    if isinstance(one, Mapping):
        return {key: plain(value) for key, value in one.items()}
    if isinstance(one, list | tuple):
        return [plain(value) for value in one]
    return str(one) if isinstance(one, Path) else one
