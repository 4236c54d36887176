"""The TOML file that names models: found, read, and checked key by key; `models` has its format."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

_NUMBER = (int, float)
_KINDS: dict[str, type | tuple[type, ...]] = {
    "encoder": str,
    "decoder": str,
    "latent_channels": int,
    "downscale": int,
    "halo": int,
    "range": str,
    "latent_scale": _NUMBER,
    "latent_shift": _NUMBER,
    "encoder_output": str,
    "decoder_output": str,
}
_CALLED = {str: "a string", int: "an integer", _NUMBER: "a number"}


class AutoencoderError(ValueError):
    """A model, or the file that names it, is not what the codec can use; the message says which and why."""


@dataclass(frozen=True)
class Config:
    """What a configuration file says: a table for each model, its two paths made absolute."""

    path: Path | None = None
    default: str | None = None
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_config(path: str | PathLike[str] | None = None) -> Config:
    """The file in `path`, else the first that exists of ``$PIXKERN_CONFIG`` and the places looked in; else nothing.

    Raises
    ------
    FileNotFoundError
        The file named does not exist.
    AutoencoderError
        It is no TOML, or a key of it is unknown, missing or of another kind.
    """
    found = _locate(path)
    if found is None:
        return Config()
    try:
        given = tomllib.loads(found.read_text("utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"no such configuration: {found}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AutoencoderError(f"{found} is not TOML: {error}") from None
    _only(given, ("default", "models"), f"{found}:")
    default, models = given.get("default"), given.get("models", {})
    if not isinstance(default, str | None):
        raise AutoencoderError(f"{found}: default must be a model's name, got {default!r}")
    if not isinstance(models, dict) or not all(isinstance(table, dict) for table in models.values()):
        raise AutoencoderError(f"{found}: models must be tables, one [models.NAME] for each")
    folder = found.absolute().parent
    return Config(
        found, default, {name: _table(f"{found}: model {name}:", one, folder) for name, one in models.items()}
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What to add to a message about an unknown name."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}" if close else ""


def _locate(path: str | PathLike[str] | None) -> Path | None:
    named = path if path is not None else os.environ.get("PIXKERN_CONFIG")
    if named:
        return Path(named).expanduser()
    home = Path.home()
    places = Path("pixkern.toml"), home / "pixkern.toml", home / ".config" / "pixkern" / "pixkern.toml"
    return next((place for place in places if place.is_file()), None)


def _table(where: str, table: dict[str, Any], folder: Path) -> dict[str, Any]:
    _only(table, _KINDS, where)
    for key, value in table.items():
        if not isinstance(value, _KINDS[key]) or isinstance(value, bool):
            raise AutoencoderError(f"{where} {key} must be {_CALLED[_KINDS[key]]}, got {value!r}")
    for key in ("encoder", "decoder"):
        if key not in table:
            raise AutoencoderError(f"{where} {key} is missing, the path of an ONNX file")
    return {**table, **{key: folder / Path(table[key]).expanduser() for key in ("encoder", "decoder")}}


def _only(given: Iterable[str], known: Iterable[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise AutoencoderError(f"{where} unknown key {key!r}{did_you_mean(key, known)}; known: {', '.join(known)}")
