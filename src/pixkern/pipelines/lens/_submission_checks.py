"""What can be wrong with a submission, each in one line: its ids, names, images, and what their metadata say."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from .._image_header import ImageError
from ..files import decode_image, read_size
from ._listing import check_distinct, check_name, folded
from .safety import Status

Size = tuple[int, int]


@dataclass(frozen=True)
class Checked:
    """One image after its checks: the SHA-256 of the bytes that were checked, and what is wrong with them."""

    path: Path
    sha256: str
    problems: tuple[str, ...]


def against(wanted: list[str], found: list[str]) -> list[str]:
    """What is missing, too much, or twice."""
    have = set(found)
    problems = [f"{name}: missing" for name in sorted(set(wanted) - have)]
    problems += [f"{name}: not expected" for name in sorted(have - set(wanted))]
    return problems + [f"{name}: there are {found.count(name)} images" for name in _repeated(found)]


def name_problems(names: list[str]) -> list[str]:
    problems = []
    for name in names:
        try:
            check_name(name)
        except ValueError as error:
            problems.append(str(error))
    try:
        check_distinct(names)
    except ValueError as error:
        problems.append(str(error))
    return problems


def _repeated(names: list[str]) -> list[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        key = folded(name)
        (twice.add if key in seen else seen.add)(key)
    return sorted(name for name in set(names) if folded(name) in twice)


def check_image(path: Path, original: Path | None, metadata: Path | None, max_pixels: int) -> Checked:
    if path.is_symlink() or not path.is_file():
        return Checked(path, "", (f"{path.name}: a link or no regular file",))
    problems = []
    data = path.read_bytes()
    try:
        size: Size | None = decode_image(data, name=path.name, max_pixels=max_pixels).size
    except ImageError as error:
        size = None
        problems.append(str(error))
    if original is not None and size is not None:
        try:
            wanted = read_size(original, max_pixels=max_pixels)
        except (ImageError, OSError) as error:
            problems.append(f"{path.name}: its original cannot be read: {error}")
        else:
            if size != wanted:
                problems.append("{}: {} x {} pixels, its original has {} x {}".format(path.name, *size, *wanted))
    problems += _metadata_problems(path, metadata)
    return Checked(path, hashlib.sha256(data).hexdigest(), tuple(problems))


def _metadata_problems(path: Path, folder: Path | None) -> list[str]:
    places = [(folder or path.parent) / f"{stem}.json" for stem in (path.stem, path.name)]
    there = [place for place in places if place.is_file()]
    if not there and folder is not None:
        return [f"{path.name}: no metadata in {folder}"]
    problems = []
    for place in there:
        try:
            reason = unsafe(json.loads(place.read_text(encoding="utf-8")))
        except (ValueError, RecursionError, OSError):
            reason = "is not JSON"
        if reason:
            problems.append(f"{path.name}: its metadata {place.name} {reason}")
    return problems


def unsafe(metadata: Any) -> str | None:
    """Why the metadata of an image speak against it; None if they say that its correction is safe.

    They must say one of: `status`, a rung of the ladder; `safety.safe`, true; `safety.steps`, whose last is
    safe. Whatever of these they say must be right.

    Examples
    --------
    >>> unsafe({"status": "hybrid", "safety": {"safe": False}})
    'says that the correction is unsafe'
    >>> unsafe({"status": "identity"}) is None
    True
    """
    if not isinstance(metadata, dict):
        return "is not a JSON object"
    safety = metadata.get("safety", {})
    if not isinstance(safety, dict):
        return "has a safety report that is not an object"
    said = False
    if "status" in metadata:
        said = True
        if metadata["status"] not in get_args(Status):
            return f"has the status {metadata['status']!a}, not one of {', '.join(get_args(Status))}"
    if "safe" in safety:
        said = True
        if safety["safe"] is not True:
            return "says that the correction is unsafe"
    if "steps" in safety:
        said = True
        steps = safety["steps"]
        last = steps[-1] if isinstance(steps, list) and steps else None
        if not isinstance(last, dict) or last.get("safe") is not True:
            return "says that the last step of its correction is unsafe"
    return None if said else "says nothing of the safety of the correction"
