"""What a value of a configuration may be: each check returns the value as it is kept, or says what it must be."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

Check = Callable[[Any], Any]

_LONGEST_NAME = 100
_NOT_IN_NAMES = set('<>:"/\\|?*')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def kept(self: Any, checks: Mapping[str, Check]) -> None:
    """Check the fields of a frozen dataclass, and keep them as the checks return them."""
    for key, check in checks.items():
        try:
            object.__setattr__(self, key, check(getattr(self, key)))
        except (TypeError, ValueError) as error:
            raise type(error)(f"{key}: {error}") from None


def whole(least: int, most: int) -> Check:
    """An integer from `least` to `most`."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"must be a whole number, got {shown(value)}")
        if not least <= value <= most:
            raise ValueError(f"must be {least} to {most}, got {shown(value)}")
        return value

    return check


def number(least: float, most: float) -> Check:
    """A finite number from `least` to `most`, kept as a float."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"must be a number, got {shown(value)}")
        if not least <= value <= most:  # NaN is not, either
            raise ValueError(f"must be {least:g} to {most:g}, got {shown(value)}")
        return float(value)

    return check


def several(one: Check, *, distinct: bool = False) -> Check:
    """A list with at least one value of a kind, kept as a tuple."""

    def check(values: Any) -> tuple[Any, ...]:
        if not isinstance(values, list | tuple):
            raise TypeError(f"must be a list, got {shown(values)}")
        if not values:
            raise ValueError("must not be empty")
        kept = []
        for count, value in enumerate(values):
            try:
                kept.append(one(value))
            except (TypeError, ValueError) as error:
                raise type(error)(f"{error} at place {count + 1}") from None
            if distinct and kept[-1] in kept[:-1]:
                raise ValueError(f"{shown(value)} is in it twice")
        return tuple(kept)

    return check


def span(least: float, most: float) -> Check:
    """Two finite numbers from `least` to `most`, the lower first, kept as a tuple of floats."""
    one = several(number(least, most))

    def check(values: Any) -> tuple[float, ...]:
        pair = one(values)
        if len(pair) != 2:
            raise ValueError(f"must be two numbers, the lower first, got {len(pair)}")
        if pair[0] > pair[1]:
            raise ValueError(f"must have the lower number first, got [{pair[0]:g}, {pair[1]:g}]")
        return pair

    return check


def weights(*known: str) -> Check:
    """A mapping from some of `known` to weights, at least one of them above 0; kept as a dict of floats."""
    one = number(0, 1e6)

    def check(values: Any) -> dict[str, float]:
        if not isinstance(values, Mapping):
            raise TypeError(f"must be a mapping of weights, got {shown(values)}")
        made = {}
        for key, value in values.items():
            if key not in known:
                close = difflib.get_close_matches(str(key).lower(), known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
                raise ValueError(f"{shown(key)} is not one of them, {hint}")
            try:
                made[key] = one(value)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{key} {error}") from None
        if not any(made.values()):
            raise ValueError("needs a weight above 0")
        return made

    return check


def part(kind: type[Any]) -> Check:
    """An instance of a dataclass, checked already."""

    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"must be {kind.__name__}, got {type(value).__name__}")
        return value

    return check


def either(one: Check, *words: str | None) -> Check:
    """Where the value is one of `words`, None; else what `one` checks."""
    known = ", ".join("null" if word is None else word for word in words)

    def check(value: Any) -> Any:
        if value is None or isinstance(value, str):
            if value in words:
                return None
            raise TypeError(f"{_message(one, value)} (or {known})")
        return one(value)

    return check


def _message(one: Check, value: Any) -> str:
    try:
        one(value)
    except (TypeError, ValueError) as error:
        return str(error)
    return f"cannot be {shown(value)}"


def choice(*known: str, also: dict[str, str] | None = None) -> Check:
    """One of the words `known`; `also` has other words for them."""

    def check(value: Any) -> str:
        word = (also or {}).get(value, value) if isinstance(value, str) else value
        if word not in known:
            kind = ValueError if isinstance(value, str) else TypeError
            raise kind(f"must be {', '.join(known[:-1])} or {known[-1]}, got {shown(value)}")
        return str(word)

    return check


def flag(value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"must be true or false, got {shown(value)}")
    return value


def text(value: Any) -> str:
    """A line of text that is not empty."""
    if not isinstance(value, str):
        raise TypeError(f"must be text, got {shown(value)}; put it in quotes")
    if not value or not value.isprintable():
        raise ValueError(f"must be one line of text, got {shown(value)}")
    return value


def path(value: Any) -> Path:
    """The name of a file or folder."""
    return value if isinstance(value, Path) else Path(text(value))


def name(value: Any) -> str:
    """A name that every file system takes as that of a folder, and that no shell or link takes for something else."""
    word = text(value)
    bad = sorted(_NOT_IN_NAMES & set(word))
    if bad:
        raise ValueError(f"is the name of a folder and must not contain {bad[0]}, got {shown(word)}")
    if word[0] in "." or word[-1] in ". " or word != word.strip():
        raise ValueError(f"is the name of a folder and must not begin or end with a dot or a space, got {shown(word)}")
    if len(word.encode()) > _LONGEST_NAME:
        raise ValueError(f"is the name of a folder and must have at most {_LONGEST_NAME} bytes, got {shown(word)}")
    if word.casefold().partition(".")[0] in _DEVICES:
        raise ValueError(f"must not be {shown(word)}, which is a device on Windows")
    return word


def check_distinct(names: Iterable[str], what: str) -> None:
    """Names must differ as folders: for many file systems neither case nor the way an accent is written counts."""
    seen: dict[str, str] = {}
    for one in names:
        folder = unicodedata.normalize("NFC", unicodedata.normalize("NFC", one).casefold())
        if folder in seen:
            same = seen[folder] == one
            raise ValueError(
                f"two {what} are named {shown(one)}"
                if same
                else f"{shown(seen[folder])} and {shown(one)} "
                f"would be one folder on many file systems; name the {what} more differently"
            )
        seen[folder] = one


def shown(value: Any) -> str:
    """A value of a YAML file in a message: short, on one line."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    told = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return told if len(told) <= 60 else f"{told[:40]}... ({len(told)} characters)"
