"""The folders of runs: <output_root>/<stamp>, each with the configuration that it holds the results of."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixkern._atomic import write_atomically

from .config import Config

RESOLVED = "resolved_config.json"
_STAMP = re.compile(r"(\d{8}-\d{6})(?:-(\d+))?")
_INCIDENTAL = ("output_root", "num_cores", "log_level")  # what a run may be resumed with another value of


def start(config: Config) -> Path:
    """A new folder, with `config` in it, named after the time; runs that start within a second get numbers."""
    root = config.settings.output_root.expanduser()
    root.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number = 1
    while True:
        folder = root / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir()
            break
        except FileExistsError:
            number += 1
    write_atomically(folder / RESOLVED, f"{json.dumps(config.to_dict(), indent=2)}\n".encode())
    return folder


def newest(config: Config) -> tuple[Path | None, str]:
    """The last folder with the results of `config`, and, where there is none, what the last one differs in."""
    root = config.settings.output_root.expanduser()
    stamped = [(match, path) for path in _inside(root) if (match := _STAMP.fullmatch(path.name))]
    last = ""
    for _, path in sorted(stamped, key=lambda one: (one[0][1], int(one[0][2] or 1)), reverse=True):
        try:
            differing = difference(_recorded(path), config)
        except (OSError, ValueError):  # killed before it began, or no folder of a run
            continue
        if not differing:
            return path, ""
        last = last or f"the last one, {path}, differs in {differing}"
    return None, last or f"there is none in {root}"


def _inside(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def check_same(folder: Path, config: Config) -> None:
    """Refuse to resume a folder that has the results of another configuration, or of none."""
    try:
        recorded = _recorded(folder)
    except FileNotFoundError:
        raise ValueError(f"{folder} is not the folder of a run: it has no {RESOLVED}") from None
    differing = difference(recorded, config)
    if differing:
        raise ValueError(f"{folder} is a run of another configuration, which differs in {differing}")


def with_seed_of(folder: Path, config: Config) -> Config:
    """`config` with the seed that the run in `folder` drew, where it has none of its own."""
    seed = _recorded(folder)["global"]["seed"]
    return config if config.settings.seed is not None else replace(config, settings=replace(config.settings, seed=seed))


def _recorded(folder: Path) -> dict[str, Any]:
    """The configuration in `folder`, whose assets need not be where they were."""
    file = folder / RESOLVED
    recorded = json.loads(file.read_bytes())
    try:
        whole = isinstance(recorded["global"]["seed"], int) and all(recorded[key] for key in ("assets", "configs"))
    except (TypeError, KeyError):
        whole = False
    if not whole:
        raise ValueError(f"{file} is damaged")
    return dict(recorded)


def difference(recorded: dict[str, Any], config: Config) -> str:
    """The first thing in which a recorded configuration is another one, "" if it is the same."""
    before, now = (_flat("", what_counts(one)) for one in (recorded, config.to_dict()))
    if now["global.seed"] is None:
        now["global.seed"] = before.get("global.seed")
    for key in [*now, *before]:
        if before.get(key, _ABSENT) != now.get(key, _ABSENT):
            return f"{key}: {_told(before.get(key, _ABSENT))} there, {_told(now.get(key, _ABSENT))} here"
    return ""


def what_counts(config: dict[str, Any]) -> dict[str, Any]:
    """The part of a configuration, as a dict, that makes the results what they are."""
    return config | {"global": {key: value for key, value in config["global"].items() if key not in _INCIDENTAL}}


_ABSENT = object()


def _told(value: object) -> str:
    return "nothing" if value is _ABSENT else json.dumps(value)


def _flat(place: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and value:
        parts = [(f"{place}.{key}" if place else key, one) for key, one in value.items()]
    elif isinstance(value, list) and value:
        parts = [(f"{place}[{count}]", one) for count, one in enumerate(value)]
    else:
        return {place: value}
    return {key: one for name, part in parts for key, one in _flat(name, part).items()}
