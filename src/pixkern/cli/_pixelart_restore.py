"""`pixkern pixelart restore`: pictures to sprites.

Exit codes: 0 when all of it worked, 1 when something failed, 2 for bad use, 3 when all of it worked but, with
--strict, a sprite may be another.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ._arguments import count
from ._pixelart_frames import add_frame_options, restore_frames, wants_frames
from ._pixelart_options import add_restore_options, restore_options

STRICT = 3
"""The exit code where --strict finds a sprite that may be another."""
_STREAM = "-"
_MOST_COLOURS = 65536  # of a palette: a sprite of no more has its own colours, exactly


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern pixelart`."""
    parser = commands.add_parser(
        "restore",
        help="restore a picture, or many",
        description="Find the grid of pictures that look like pixel art, and write the sprites at their true "
        "resolution. Many pictures go into a folder, with a record (.json) of each.",
        epilog="Examples: pixkern pixelart restore hero.jpg hero.png --preview 8 --overlay; "
        "pixkern pixelart restore art 'more/*.webp' sprites --colours auto --csv sprites.csv; "
        "pixkern pixelart restore walk.gif walk.webp; pixkern pixelart restore --shared-grid frames walk.gif; "
        "pixkern pixelart restore - - < hero.jpg > hero.png. "
        "Exit codes: 0 all restored, 1 something failed, 2 bad use, 3 all restored but not all surely (--strict).",
    )
    parser.add_argument(
        "inputs", metavar="IN", nargs="+", help="pictures, folders (with those inside), patterns; - for stdin"
    )
    parser.add_argument(
        "output", metavar="OUT", type=Path, help="the sprite (.png .webp .tif .bmp), or the folder; - for stdout"
    )
    add_restore_options(parser)
    beside = parser.add_argument_group("what else is written, beside the sprite")
    beside.add_argument("--preview", type=count, metavar="N", help="the sprite, N times as large (.preview.png)")
    beside.add_argument("--overlay", action="store_true", help="the picture with its grid (.overlay.png)")
    beside.add_argument("--diff", action="store_true", help="where the sprite differs, in red (.difference.png)")
    beside.add_argument("--heatmap", action="store_true", help="how much each cell differs (.heatmap.png)")
    beside.add_argument("--csv", type=Path, metavar="FILE", help="a table with a row for each picture")
    beside.add_argument(
        "--save-palette", type=Path, metavar="FILE", help="the colours of one sprite: gpl, pal, ase, act, hex or png"
    )
    add_frame_options(parser)
    runs = parser.add_argument_group("many pictures")
    runs.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores")
    runs.add_argument("--resume", action="store_true", help="skip what an earlier run has finished")
    parser.add_argument("--strict", action="store_true", help="exit with 3 where a sprite may be another")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=restore)


def restore(chosen: argparse.Namespace) -> int:
    """`pixkern pixelart restore`."""
    from pixkern.pipelines.pixelart.sprite_file import FileOptions

    options = FileOptions(
        restore_options(chosen), chosen.change, chosen.preview, chosen.overlay, chosen.diff, chosen.heatmap
    )
    if wants_frames(chosen):
        return restore_frames(chosen, options)
    return _one(chosen, options) if _is_one(chosen) else _many(chosen, options)


def _is_one(chosen: argparse.Namespace) -> bool:
    """Whether one picture becomes one file of a given name."""
    if _STREAM in (*chosen.inputs, str(chosen.output)):
        if len(chosen.inputs) > 1 or (chosen.inputs[0] != _STREAM and not Path(chosen.inputs[0]).is_file()):
            raise ValueError("- stands for one picture; leave the others out")
        return True
    one = len(chosen.inputs) == 1 and Path(chosen.inputs[0]).is_file()
    return one and not chosen.output.is_dir() and bool(chosen.output.suffix)


def _one(chosen: argparse.Namespace, options: Any) -> int:
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.files import decode_image
    from pixkern.pipelines.pixelart.report import table
    from pixkern.pipelines.pixelart.sprite_file import SUFFIXES, restore_file

    from . import complain, say

    given, target = chosen.inputs[0], chosen.output
    for name in ("jobs", "resume"):
        if getattr(chosen, name):
            raise ValueError(f"--{name} is for folders, and this is one picture")
    streamed = str(target) == _STREAM
    if streamed:
        asked = [flag for flag in ("json", "preview", "overlay", "diff", "heatmap") if getattr(chosen, flag)]
        if asked:
            raise ValueError(f"--{asked[0]} goes beside a file or to stdout, which gets the sprite; name a file as OUT")
    elif target.suffix.lower() not in SUFFIXES:
        raise ValueError(f"sprites are written without loss, as {', '.join(SUFFIXES)}; got {target}")
    source = None if given == _STREAM else Path(given)
    files = [] if streamed else [target.parent / name for name in options.outputs(target.name)]
    check_targets(source, [*files, *(path for path in (chosen.csv, chosen.save_palette) if path)])
    name = "stdin" if source is None else str(source)
    image = decode_image(sys.stdin.buffer.read() if source is None else source.read_bytes(), name=name)
    done = restore_file(image, name, "sprite.png" if streamed else target.name, options)
    if chosen.save_palette is not None:
        save_palette(chosen.save_palette, done.restoration.palette, done.restoration.sprite)
    if chosen.csv is not None:
        write_atomically(chosen.csv, table([done.row]).encode())
    if streamed:
        sys.stdout.buffer.write(done.files["sprite.png"])
        sys.stdout.buffer.flush()
    else:
        for file, data in done.files.items():
            write_atomically(target.parent / file, data)
    if chosen.json:
        written = [str(target.parent / file) for file in done.files]
        print(json.dumps({**done.record, "output": str(target), "files": written}, indent=1, allow_nan=False))
    elif not streamed:
        say(f"{Path(name).name}: {_described(done.row)}; wrote {target}")
    if not chosen.json:
        for message in done.messages:
            complain(f"{name}: {message}")
    return STRICT if chosen.strict and done.uncertain else 0


def _many(chosen: argparse.Namespace, options: Any) -> int:
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.pixelart.directory import find_images, restore_files, rows
    from pixkern.pipelines.pixelart.report import table
    from pixkern.pipelines.pixelart.sprite_file import is_uncertain

    if chosen.output.exists() and not chosen.output.is_dir():
        raise ValueError(f"many pictures need a folder, and {chosen.output} is a file")
    if chosen.save_palette is not None:
        raise ValueError("--save-palette is for one picture; give its file as IN and the sprite's as OUT")
    images = find_images(chosen.inputs, out_dir=chosen.output)
    if chosen.csv is not None and chosen.csv.parent.absolute() != chosen.output.absolute():  # which is made if need be
        check_targets(None, [chosen.csv])
    done = restore_files(
        images,
        chosen.output,
        options,
        jobs=chosen.jobs,
        resume=chosen.resume,
        progress=not chosen.json and sys.stderr.isatty(),
    )
    if chosen.csv is not None:
        write_atomically(chosen.csv, table(rows(done, chosen.output)).encode())
    _tell(done, chosen)
    if not done.ok:
        return 1
    return STRICT if chosen.strict and any(map(is_uncertain, done.records.values())) else 0


def _tell(done: Any, chosen: argparse.Namespace) -> None:
    from . import complain, say
    from ._codec_commands import failure_line

    if chosen.json:
        print(json.dumps(asdict(done), indent=1, sort_keys=True, default=dict))
    else:
        for name, record in done.records.items():
            say(f"{name}: {_described(record)}; wrote {chosen.output / record['output']}")
            for message in record["messages"]:
                complain(f"{name}: {message}")
        skipped = f" ({len(done.skipped)} from an earlier run)" if done.skipped else ""
        sprites = "1 sprite" if len(done.records) == 1 else f"{len(done.records)} sprites"
        print(f"{sprites}{skipped}; {len(done.failed)} failed")
    for name, reason in sorted(done.failed.items()):
        complain(failure_line(name, reason))


def _described(row: Mapping[str, Any]) -> str:
    sprite = f"{row['sprite_width']} x {row['sprite_height']} sprite"
    cells = f"cells of {row['cell_x']:.2f} x {row['cell_y']:.2f} pixels"
    told = f"{row['difference_percent']:.2f} % differ, confidence {row['confidence']:.2f}"
    return f"{row['status']}, {sprite}, {cells}, {told}"


def check_targets(source: Path | None, targets: Iterable[Path]) -> None:
    """What is found before minutes of work, not after."""
    seen = set()
    for path in targets:
        if source is not None and path.exists() and path.samefile(source):
            raise ValueError(f"the picture would be written over itself: {path} is both input and output")
        if not path.parent.is_dir():
            raise ValueError(f"there is no folder {path.parent} for {path.name}")
        if path.absolute() in seen:
            raise ValueError(f"{path} cannot be two outputs at once")
        seen.add(path.absolute())


def save_palette(path: Path, found: Any, sprite: Any) -> None:
    """Write a palette, or where colours were not reduced, those of the sprite."""
    from pixkern.pipelines.pixelart import palette

    palette.save_palette(path, palette.extract_palette(sprite, size=_MOST_COLOURS) if found is None else found)
