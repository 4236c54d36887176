"""What `pixkern codec compress`, `decompress` and `info` do. Everything heavy is imported inside them."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

_FOLDER_OPTIONS = ("recursive", "resume", "jobs")


def compress(chosen: argparse.Namespace) -> int:
    """`pixkern codec compress`."""
    from pixkern.pipelines.codec.directory import compress_directory
    from pixkern.pipelines.codec.image_file import SUFFIX, CompressOptions, compress_image_file
    from pixkern.pipelines.files import read_image

    from . import say

    names = ("quality", "mode", "profile", "wavelet", "model", "config", "tile", "threads")
    options = CompressOptions(**{name: getattr(chosen, name) for name in names}, hadamard=chosen.hadamard or None)
    if chosen.input.is_dir():
        return _report(compress_directory(chosen.input, chosen.output, options, **_run_options(chosen)), chosen)
    _refuse_folder_options(chosen)
    target = _target(chosen, SUFFIX)
    if target.suffix.lower() != SUFFIX:
        raise ValueError(f"compressed files end in {SUFFIX}, got {target}")
    done = compress_image_file(read_image(chosen.input), str(chosen.input), options)
    _write(chosen, target, done.data)
    record = done.record(str(target))
    if chosen.json:
        print(json.dumps(record, indent=1))
    else:
        lost = f"; not kept: {', '.join(done.left_out)}" if done.left_out else ""
        written = "" if chosen.dry_run else f"; wrote {target}"
        sizes = f"{done.raw_bytes} bytes of pixels to {len(done.data)}, {_ratio(record)}"
        say(f"{chosen.input.name}: {sizes}{lost}{written}")
    return 0


def decompress(chosen: argparse.Namespace) -> int:
    """`pixkern codec decompress`."""
    from pixkern.pipelines.codec.directory import decompress_directory
    from pixkern.pipelines.codec.image_file import DecompressOptions, decompress_to_file

    from . import say

    names = ("region", "reduce", "max_pixels", "model", "config", "threads")
    options = DecompressOptions(**{name: getattr(chosen, name) for name in names})
    if chosen.input.is_dir():
        folder_suffix = chosen.suffix or ".png"
        report = decompress_directory(
            chosen.input, chosen.output, options, suffix=folder_suffix, **_run_options(chosen)
        )
        return _report(report, chosen)
    _refuse_folder_options(chosen)
    if chosen.suffix is not None and not chosen.output.is_dir():
        raise ValueError(f"--suffix is for folders; the name {chosen.output} says its own")
    target = _target(chosen, chosen.suffix or ".png")
    data = decompress_to_file(chosen.input.read_bytes(), str(chosen.input), target.suffix, options)
    _write(chosen, target, data)
    record = {"output": str(target), "bytes": len(data)}
    if chosen.json:
        print(json.dumps(record, indent=1))
    else:
        say(f"{chosen.input.name}: {'would write' if chosen.dry_run else 'wrote'} {target}, {len(data)} bytes")
    return 0


def info(chosen: argparse.Namespace) -> int:
    """`pixkern codec info`."""
    from pixkern.pipelines.codec import info as header

    from . import complain, say

    told, code = [], 0
    for path in chosen.files:
        try:
            found = header(path.read_bytes())
        except ValueError as error:
            complain(f"{path}: {error}")
            code = 1
            continue
        except OSError as error:
            complain(f"{path}: {error.strerror or error}")
            code = 1
            continue
        record = {"file": str(path), **asdict(found), "dtype": str(found.dtype)}
        told.append(record)
        if not chosen.json:
            say(_described(path, record))
    if chosen.json:
        print(json.dumps(told, indent=1, default=str))
    return code


def _described(path: Path, record: dict[str, Any]) -> str:
    pixels = record["width"] * record["height"]
    parts = [
        f"{record['width']} x {record['height']} x {record['channels']} {record['dtype']}",
        " ".join(str(record[name]) for name in ("mode", "profile", "wavelet") if record[name] is not None),
    ]
    if record["quality"] is not None:
        parts.append(f"quality {record['quality']}")
    parts.append(f"{record['tiles']} tile{'s' * (record['tiles'] != 1)}")
    if record["model"] is not None:
        parts.append(f"model {record['model'][:12]}")
    parts.append(f"{record['bytes']} bytes, {8 * record['bytes'] / pixels:.3f} bits per pixel")
    return f"{path}: {', '.join(parts)}"


def _run_options(chosen: argparse.Namespace) -> dict[str, Any]:
    return {
        "recursive": chosen.recursive,
        "jobs": chosen.jobs,
        "resume": chosen.resume,
        "dry_run": chosen.dry_run,
        "progress": not chosen.json and sys.stderr.isatty(),
    }


def _refuse_folder_options(chosen: argparse.Namespace) -> None:
    for name in _FOLDER_OPTIONS:
        if getattr(chosen, name):
            raise ValueError(f"--{name} is for folders, and {chosen.input} is none")


def _target(chosen: argparse.Namespace, suffix: str) -> Path:
    target: Path = chosen.output
    if target.is_dir():
        target = target / chosen.input.with_suffix(suffix).name
    if target.exists() and chosen.input.exists() and target.samefile(chosen.input):
        raise ValueError(f"the file would be written over itself: {target} is both input and output")
    return target


def _write(chosen: argparse.Namespace, target: Path, data: bytes) -> None:
    from pixkern.pipelines.batch import write_atomically

    if not chosen.dry_run:
        write_atomically(target, data)


def _report(report: Any, chosen: argparse.Namespace) -> int:
    """What a run over a folder did, as lines or as JSON."""
    from . import complain, say

    if chosen.json:
        print(json.dumps(asdict(report), indent=1, sort_keys=True, default=dict))
    else:
        for name, record in report.records.items():
            lost = f"; not kept: {', '.join(record['left_out'])}" if record.get("left_out") else ""
            size = f", {_ratio(record)}" if "ratio" in record else ""
            say(f"{name}: {record['output']}, {record['bytes']} bytes{size}{lost}")
        skipped = f" ({len(report.skipped)} from an earlier run)" if report.skipped else ""
        files = "1 file" if len(report.records) == 1 else f"{len(report.records)} files"
        print(f"{files}{_total(report)}{skipped}; {len(report.failed)} failed")
    for name, reason in sorted(report.failed.items()):
        complain(failure_line(name, reason))
    return 0 if report.ok else 1


def failure_line(name: str, reason: str) -> str:
    """What went wrong with a file, which is named once."""
    told = re.sub("^(ImageError|DecodeError|OutputTaken|ValueError): ", "", reason)
    return told if told.startswith(f"{name}:") else f"{name}: {told}"


def _total(report: Any) -> str:
    records = [record for record in report.records.values() if "raw_bytes" in record]
    if not records:
        return ""
    total = {name: sum(record[name] for record in records) for name in ("bytes", "raw_bytes")}
    return f": {total['raw_bytes']} bytes of pixels to {total['bytes']}, {total['raw_bytes'] / total['bytes']:.1f} : 1"


def _ratio(record: dict[str, Any]) -> str:
    return f"{record['ratio']:.1f} : 1"
