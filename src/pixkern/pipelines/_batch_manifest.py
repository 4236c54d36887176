"""What a batch writes down: one JSON line per item, the same bytes for the same work.

A line of the ledger, which is the manifest unless the caller names it otherwise, is

    {"configuration": sha256, "files": {path: {"sha256": ..., "size": ...}}, "input": sha256 or null, "key": ...,
     "record": {...}}

where files that differ from run to run have {"volatile": true} for {"sha256": ..., "size": ...},
and one of the failures is {"error": ..., "key": ..., "message": ...}, with sorted names and ASCII only, so that
neither a newline nor a lone surrogate in a key can end a line. Lines are appended after a newline:
where a run was killed within a line, the next line still reads.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .._atomic import TEMPORARY, write_atomically

LEDGER = "manifest.jsonl"
FAILURES = "failures.jsonl"

Line = dict[str, Any]
VOLATILE = {"volatile": True}  # all that a line says of a file whose bytes differ from run to run


def line_text(line: object) -> str:
    """One line of JSON; ValueError and TypeError for what JSON cannot hold."""
    return json.dumps(line, sort_keys=True, allow_nan=False)


def append(path: Path, line: Line) -> None:
    with open(path, "ab") as file:
        file.write(f"\n{line_text(line)}".encode())


def write_sorted(path: Path, lines: Mapping[str, Line]) -> None:
    write_atomically(path, "".join(f"{line_text(lines[key])}\n" for key in sorted(lines)).encode())


def read_ledger(path: Path) -> dict[str, Line]:
    """The lines by key, the last one where a key has several; what is no whole line is passed over."""
    if not path.exists():
        return {}
    lines = (_parsed(text, path.name) for text in path.read_bytes().split(b"\n"))
    return {line["key"]: line for line in lines if line is not None}


def _parsed(text: bytes, ledger: str) -> Line | None:
    try:
        line = json.loads(text)
        check_paths(line["files"], ledger)
        well_formed = (
            isinstance(line["key"], str)
            and isinstance(line["record"], dict)
            and {"configuration", "input"} <= line.keys()
            and all(file == VOLATILE or file.keys() == {"sha256", "size"} for file in line["files"].values())
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return line if well_formed else None


def check_paths(paths: Iterable[str], ledger: str = LEDGER) -> None:
    """Refuse names of files that are not plainly inside the output folder, or that the batch needs itself."""
    paths = list(paths)
    for path in paths:
        if not isinstance(path, str):
            raise TypeError(f"the path of an output must be a string, got {type(path).__name__}")
        parts = path.split("/")
        os.fsencode(path)  # a UnicodeEncodeError, which is a ValueError, for what no file can be called
        # Path takes a path apart by the rules of the system: drives, backslashes, empty and absolute paths differ
        if Path(path).parts != tuple(parts) or ".." in parts or "\0" in path:
            raise ValueError(f"the path of an output must be relative, without '.' and '..', got {path!r}")
        if parts[0] in (ledger, FAILURES) or parts[0].startswith(TEMPORARY):
            raise ValueError(f"the path {path!r} belongs to the batch itself; use another")
    as_folders = set(paths) & {folder for path in paths for folder in folders(path)}
    if as_folders:
        raise ValueError(f"an output cannot be both a file and a folder: {min(as_folders)!r}")


def folders(path: str) -> list[str]:
    """'a/b/c' lies in 'a' and 'a/b'."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: str | os.PathLike[str]) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def still_holds(line: Line, item: object, configuration: str, out_dir: Path) -> bool:
    """Whether doing `item` again would only repeat what `line` says, and all its files are there."""
    known = {path: file for path, file in line["files"].items() if file != VOLATILE}
    try:
        return (
            line["configuration"] == configuration
            and line["input"] is not None
            and all((out_dir / path).is_file() for path in line["files"])
            and all((out_dir / path).stat().st_size == file["size"] for path, file in known.items())
            and line["input"] == identity(item)
            and all(file_sha256(out_dir / path) == file["sha256"] for path, file in known.items())
        )
    except OSError:
        return False


def identity(item: object) -> str | None:
    """The sha256 of an item's contents; None where only its own code knows them, or a file of it cannot be read."""
    try:
        return sha256(line_text(_contents(item)).encode())
    except (TypeError, ValueError, OSError):
        return None


def _contents(item: Any) -> object:
    """The item as JSON, with the contents of files in place of their names: a moved photo is the same photo."""
    if isinstance(item, str | os.PathLike):
        if os.path.isfile(item):
            return {"file": file_sha256(item)}
        if isinstance(item, str) and not os.path.exists(item):
            return item
    elif item is None or isinstance(item, int):
        return item
    elif isinstance(item, float | np.generic) or (isinstance(item, np.ndarray) and not item.dtype.hasobject):
        array = np.asarray(item)
        return {"array": [array.dtype.str, list(array.shape), sha256(array.tobytes())]}
    elif isinstance(item, bytes):
        return {"bytes": sha256(item)}
    elif isinstance(item, list | tuple):
        return [_contents(part) for part in item]
    elif isinstance(item, Mapping):
        names = [key if isinstance(key, str) else _contents(key) for key in item]  # a key names no file
        return {"mapping": [names, [_contents(value) for value in item.values()]]}
    elif dataclasses.is_dataclass(item) and not isinstance(item, type):
        fields = [_contents(getattr(item, field.name)) for field in dataclasses.fields(item)]
        return {type(item).__qualname__: fields}
    raise TypeError(f"no contents known for {type(item).__name__}")
