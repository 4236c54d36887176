"""What a batch writes down: one JSON line per item, the same bytes for the same work.

A line of the manifest is

    {"configuration": sha256, "files": {path: {"sha256": ..., "size": ...}}, "input": sha256 or null, "key": ...,
     "record": {...}}

with sorted names and ASCII only, so that a newline or a broken surrogate in a name cannot end a line.
A line is appended after a newline: where a run was killed within a line, the rest of the file still reads.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._atomic import TEMPORARY, write_atomically

MANIFEST = "manifest.jsonl"
FAILURES = "failures.jsonl"

Line = dict[str, Any]


def line_text(line: Mapping[str, Any]) -> str:
    """One line of JSON; ValueError and TypeError for what JSON cannot hold."""
    return json.dumps(line, sort_keys=True, allow_nan=False)


def append(path: Path, line: Line) -> None:
    with open(path, "ab") as file:
        file.write(f"\n{line_text(line)}".encode())


def write_sorted(path: Path, lines: Mapping[str, Line]) -> None:
    write_atomically(path, "".join(f"{line_text(lines[key])}\n" for key in sorted(lines)).encode())


def read_manifest(path: Path) -> dict[str, Line]:
    """The lines by key, the last one where a key has several; what is no whole line is passed over."""
    lines: dict[str, Line] = {}
    if path.exists():
        for text in path.read_bytes().split(b"\n"):
            line = _parsed(text)
            if line is not None:
                lines[line["key"]] = line
    return lines


def _parsed(text: bytes) -> Line | None:
    try:
        line = json.loads(text, parse_constant=_refuse)
        check_paths(line["files"])
        well_formed = (
            isinstance(line["key"], str)
            and isinstance(line["record"], dict)
            and {"configuration", "input"} <= line.keys()
            and all(file.keys() == {"sha256", "size"} for file in line["files"].values())
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return line if well_formed else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def check_paths(paths: Iterable[str]) -> None:
    """Refuse names of files that are not plainly inside the output folder."""
    paths = list(paths)
    for path in paths:
        if not isinstance(path, str):
            raise TypeError(f"the path of an output must be a string, got {type(path).__name__}")
        parts = path.split("/")
        if any(part in ("", ".", "..") for part in parts) or "\0" in path or os.path.isabs(path):
            raise ValueError(f"the path of an output must be relative, without '.' and '..', got {path!r}")
        if path in (MANIFEST, FAILURES) or parts[0].startswith(TEMPORARY):
            raise ValueError(f"the path {path!r} belongs to the batch itself; use another")
    as_folders = set(paths) & {folder for path in paths for folder in folders(path)}
    if as_folders:
        raise ValueError(f"an output cannot be both a file and a folder: {sorted(as_folders)[0]!r}")


def folders(path: str) -> list[str]:
    """'a/b/c' lies in 'a' and 'a/b'."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def file_sha256(path: str | os.PathLike[str]) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def holds(path: Path, file: Mapping[str, Any]) -> bool:
    """Whether `path` is a file of the size and sha256 that the manifest gives."""
    return path.is_file() and path.stat().st_size == file["size"] and file_sha256(path) == file["sha256"]


def is_file(item: object) -> bool:
    """Whether an item stands for the contents of a file: a path, or a string that names a file."""
    return isinstance(item, str | os.PathLike) and os.path.isfile(item)


def identity(item: object) -> str | None:
    """The sha256 of an item's contents; None for objects that only their own code could compare."""
    if is_file(item):
        return file_sha256(item)  # type: ignore[arg-type]
    try:
        return sha256(line_text({"item": _contents(item)}).encode())
    except (TypeError, ValueError):
        return None


def _contents(item: Any) -> object:
    if is_file(item):
        return {"file": file_sha256(item)}
    if item is None or isinstance(item, str | int | float):
        return item
    if isinstance(item, bytes):
        return {"bytes": sha256(item)}
    if isinstance(item, np.ndarray) and not item.dtype.hasobject:
        return {"array": [item.dtype.str, list(item.shape), sha256(item.tobytes())]}
    if isinstance(item, list | tuple):
        return [_contents(part) for part in item]
    if isinstance(item, Mapping):
        return {"mapping": [[_contents(key), _contents(value)] for key, value in item.items()]}
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        fields = [_contents(getattr(item, field.name)) for field in dataclasses.fields(item)]
        return {type(item).__qualname__: fields}
    raise TypeError(f"no contents known for {type(item).__name__}")


class Claims:
    """Which item owns a path when several ask for it: the first by key, whoever comes first in time.

    A path also clashes with every path that would need it as a folder. The rule looks at all that was
    asked for, not at who got it, so it does not depend on the order in which the items finish.
    """

    def __init__(self) -> None:
        self._as_file: defaultdict[str, set[str]] = defaultdict(set)
        self._as_folder: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, key: str, paths: Iterable[str]) -> set[str]:
        """Note what `key` asks for; return the other keys that ask for something it cannot share."""
        rivals: set[str] = set()
        for path in paths:
            rivals |= self._as_file[path] | self._as_folder.get(path, set())
            self._as_file[path].add(key)
            for folder in folders(path):
                rivals |= self._as_file.get(folder, set())
                self._as_folder[folder].add(key)
        return rivals - {key}

    def wanted(self, path: str) -> bool:
        return path in self._as_file
