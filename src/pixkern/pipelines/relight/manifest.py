"""The files about a data set: a line for each sample, a line for each photo that failed.

A line of ``manifest.jsonl`` is what the sample's metadata says, with its files:

    {"sample": "anna_0", "key": "anna", "variant": 0, "input": {"path": "anna.jpg", "sha256": ..., "bits": 8},
     "params": {...}, "notes": [...], "version": ...,
     "files": {"output": {"path": ..., "sha256": ..., "size": ...}, ...}}

and in a data set of shards "shard" with the path of the shard; the paths of the files are then those of its members.
Lines stand in the order of their keys and variants. Names are sorted and all is ASCII.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..._atomic import replacing, write_atomically
from .config import OutputOptions
from .sample_files import folder_files, json_line

__all__ = ["MANIFEST", "Failure", "Line", "folder_lines", "read_lines", "shard_line", "write_failures", "write_lines"]

MANIFEST = "manifest.jsonl"
FAILURES = "failures.jsonl"

Line = dict[str, Any]
Failure = dict[str, str]
"""What a line of ``failures.jsonl`` says: "input" (path of the photo in its folder), "key", "error", "message"."""


def folder_lines(
    folder: Path, ids: Iterable[str], files: Mapping[str, Mapping[str, Any]], options: OutputOptions
) -> Iterator[Line]:
    """The lines of samples in the layout "folders", from their metadata and what the batch knows of their files."""
    for sample in ids:
        places = folder_files(sample, options)
        (metadata,) = (path for path, part in places.items() if part == "metadata")
        line: Line = json.loads((folder / metadata).read_bytes())
        line["files"] = {_role(path, sample): {"path": path, **files[path]} for path in places}
        yield line


def _role(path: str, sample: str) -> str:
    """ "outputs/anna_input.png" is the "input" of "anna", and "stage_1/anna_mask.png" its "stage_1/mask"."""
    stage, _, name = path.partition("/")
    part = name.removeprefix(f"{sample}_").partition(".")[0]
    return part if stage == "outputs" else f"{stage}/{part}"


def shard_line(record: Mapping[str, Any], shard: str, members: Mapping[str, str], parts: Mapping[str, bytes]) -> Line:
    """The line of a sample in a shard, from its metadata, the names of its members, and what they hold."""
    files = {
        "metadata" if part == "json" else part.partition(".")[0]: {
            "path": members[part],
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
        }
        for part, data in parts.items()
    }
    return {**record, "files": files, "shard": shard}


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file of JSON lines, one at a time."""
    with open(path, "rb") as file:
        for text in file:
            yield json.loads(text)


def write_lines(path: Path, lines: Iterable[Line]) -> int:
    """Write a file of JSON lines, whole or not at all, and never all of it in memory; how many lines it has."""
    count = 0
    with replacing(path) as file:
        for line in lines:
            file.write(json_line(line))
            count += 1
    return count


def write_failures(folder: Path, failures: Mapping[str, Failure]) -> None:
    """Write the failures by the names of their photos; without any there is no such file."""
    path = folder / FAILURES
    if not failures:
        path.unlink(missing_ok=True)
        return
    write_atomically(path, b"".join(json_line(failures[name]) for name in sorted(failures)))
