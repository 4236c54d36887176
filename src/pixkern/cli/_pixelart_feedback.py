"""`pixkern pixelart feedback`: say whether a restoration is right, and get the labels that follow from it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ._pixelart_options import add_restore_options, restore_options

_LOG = Path("feedback_log.csv")


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern pixelart`."""
    parser = commands.add_parser(
        "feedback",
        help="keep a log of which restorations are right: add, list, export",
        description="Keep a log of which restorations are right, which several people and processes can add to.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_add(inner)
    _add_list(inner)
    _add_export(inner)


def _add_add(commands: Any) -> None:
    parser = commands.add_parser(
        "add",
        help="restore a picture and say whether the sprite is right",
        description="Restore a picture with these options, and write down its grid and whether that is right.",
        epilog="Examples: pixkern pixelart feedback add hero.jpg --verdict incorrect --notes 'twice too fine'; "
        "pixkern pixelart feedback add hero.jpg --verdict correct --cell 12x12.5",
    )
    parser.add_argument("image", metavar="IMAGE", type=Path, help="PNG, JPEG, TIFF, WebP, BMP or GIF")
    parser.add_argument("--verdict", required=True, choices=("correct", "incorrect"), help="of what comes out")
    parser.add_argument("--notes", default="", metavar="TEXT", help="anything else")
    _add_log(parser)
    add_restore_options(parser)
    parser.set_defaults(run=add)


def _add_list(commands: Any) -> None:
    parser = commands.add_parser("list", help="show a log", description="Show the entries of a log.")
    parser.add_argument("--verdict", choices=("correct", "incorrect"), help="only these")
    _add_log(parser)
    parser.set_defaults(run=show)


def _add_export(commands: Any) -> None:
    parser = commands.add_parser(
        "export",
        help="write the true grids of a log as JSON lines",
        description="Write a JSON line for each picture whose last entry says that its grid is right.",
    )
    parser.add_argument("output", metavar="OUT", type=Path, nargs="?", help="the file; default: stdout")
    _add_log(parser, json_too=False)
    parser.set_defaults(run=export)


def _add_log(parser: argparse.ArgumentParser, *, json_too: bool = True) -> None:
    parser.add_argument("--log", type=Path, default=_LOG, metavar="FILE", help=f"default: {_LOG}")
    if json_too:
        parser.add_argument("--json", action="store_true", help="print JSON")


def add(chosen: argparse.Namespace) -> int:
    """`pixkern pixelart feedback add`."""
    from pixkern.pipelines.files import read_image
    from pixkern.pipelines.pixelart import feedback
    from pixkern.pipelines.pixelart.sprite_file import FileOptions, restore_file

    from . import complain, say

    options = FileOptions(restore_options(chosen), chosen.change)
    done = restore_file(read_image(chosen.image), str(chosen.image), "sprite.png", options)
    overrides = options.described["restore"] | ({"change": chosen.change} if chosen.change else {})
    entry = feedback.entry_of(
        chosen.image, done.restoration, verdict=chosen.verdict, notes=chosen.notes, overrides=overrides
    )
    feedback.append(chosen.log, entry)
    if chosen.json:
        print(json.dumps({"log": str(chosen.log), **_shown(entry)}, indent=1, allow_nan=False))
        return 0
    for message in done.messages:
        complain(f"{chosen.image}: {message}")
    say(f"{_described(entry)}; added to {chosen.log}")
    return 0


def show(chosen: argparse.Namespace) -> int:
    """`pixkern pixelart feedback list`."""
    from . import say

    log = _read(chosen.log)
    entries = [entry for entry in log.entries if chosen.verdict in (None, entry.verdict)]
    if chosen.json:
        print(json.dumps([_shown(entry) for entry in entries], indent=1, allow_nan=False))
        return 0
    for entry in entries:
        notes = f"; {entry.notes}" if entry.notes else ""
        say(f"{entry.timestamp} {_described(entry)}{notes}")
    correct = sum(label.verdict == "correct" for label in log.labels())
    print(f"{len(entries)} entries, {len(log.labels())} pictures, of which {correct} have a grid that is right")
    return 0


def export(chosen: argparse.Namespace) -> int:
    """`pixkern pixelart feedback export`."""
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.pixelart import feedback

    from . import say

    text = feedback.export(_read(chosen.log))
    if chosen.output is None:
        print(text, end="")
        return 0
    if chosen.output.exists() and chosen.output.samefile(chosen.log):
        raise ValueError(f"the log would be written over itself: {chosen.output} is both input and output")
    write_atomically(chosen.output, text.encode())
    say(f"{chosen.log}: wrote {chosen.output}, {text.count(chr(10))} true grids")
    return 0


def _read(path: Path) -> Any:
    """The log; what is damaged in it is told, and the rest is there."""
    from pixkern.pipelines.pixelart import feedback

    from . import complain

    log = feedback.read(path)
    for reason in log.damaged:
        complain(f"{path}: {reason}")
    return log


def _shown(entry: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if name != "label"}


def _described(entry: Any) -> str:
    label = entry.label
    grid = f"{label.size[0]} x {label.size[1]} sprite, cells of {label.cell[0]:.2f} x {label.cell[1]:.2f} pixels"
    return f"{entry.image}: {entry.verdict}, {grid}"
