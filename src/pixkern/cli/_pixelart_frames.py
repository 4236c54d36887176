"""`pixkern pixelart restore` for frames: animations, sheets, and folders whose pictures share a grid."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ._arguments import count
from ._slpr_options import size

_APART = ("jobs", "resume")


def add_frame_options(parser: argparse.ArgumentParser) -> None:
    """What says that pictures are frames, and what becomes of them."""
    frames = parser.add_argument_group("frames, which get one grid and one palette; animations always do")
    frames.add_argument(
        "--shared-grid", action="store_true", help="the pictures are frames, in the order of their names: 9 before 10"
    )
    frames.add_argument("--sheet", type=size, metavar="CxR", help="the picture is a sheet of C columns and R rows")
    frames.add_argument(
        "--cropped", action="store_true", help="frames were cropped each on its own: one cell size, many offsets"
    )
    frames.add_argument(
        "--to-sheet", type=size, metavar="CxR", help="write a sheet; default: an animation, or a sheet from a sheet"
    )
    frames.add_argument("--duration", type=count, metavar="MS", help="milliseconds of each frame; default: 100")


def wants_frames(chosen: argparse.Namespace) -> bool:
    """Whether the pictures are frames."""
    from pixkern.pipelines.pixelart.frame_files import is_animation

    if chosen.shared_grid or chosen.sheet:
        return True
    path = Path(chosen.inputs[0])
    if len(chosen.inputs) == 1 and path.is_file() and is_animation(path):
        return True
    for name in ("cropped", "to_sheet", "duration"):
        if getattr(chosen, name):
            raise ValueError(f"--{name.replace('_', '-')} is for frames: an animation, --sheet or --shared-grid")
    return False


def restore_frames(chosen: argparse.Namespace, options: Any) -> int:
    """`pixkern pixelart restore` of frames."""
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.pixelart import frame_files, frames
    from pixkern.pipelines.pixelart.directory import find_images
    from pixkern.pipelines.pixelart.report import table
    from pixkern.pipelines.pixelart.sprite_file import is_uncertain

    from ._pixelart_restore import STRICT, check_targets, save_palette

    for name in _APART:
        if getattr(chosen, name):
            raise ValueError(f"--{name} is for pictures that have nothing to do with each other, and these are frames")
    if "-" in (*chosen.inputs, str(chosen.output)):
        raise ValueError("frames are read from files and written to files; - is for one picture")
    images = find_images(chosen.inputs, out_dir=chosen.output)
    source = frame_files.read_frames(images, sheet=chosen.sheet, duration=chosen.duration or frame_files.DURATION)
    if chosen.duration is not None:
        source = frame_files.with_duration(source, chosen.duration)
    folder = chosen.output if _is_folder(chosen.output) else chosen.output.parent
    output = "" if _is_folder(chosen.output) else chosen.output.name
    layout = chosen.to_sheet or (None if chosen.output.suffix.lower() == ".gif" else source.layout)
    names = _names(images, source)
    if output:
        frame_files.check_output(output, layout, len(names))
    elif chosen.to_sheet:
        raise ValueError("--to-sheet writes one picture; name a file as OUT")
    beside = [path for path in (chosen.csv, chosen.save_palette) if path]
    given = {path.resolve() for path in images.values()}
    targets = [*beside, *([chosen.output] if output else [])]
    check_targets(None, targets)
    _check_not_over(given, targets)
    found = frames.restore_frames(source.animation, same_place=not chosen.cropped, **options.restore)
    if options.change is not None:
        found = getattr(found, options.change)()
    files = frame_files.write_sprites(
        found,
        source,
        output,
        layout=layout,
        preview=options.preview,
        overlay=options.overlay,
        difference=options.difference,
        heat_map=options.heat_map,
    )
    _check_not_over(given, [folder / name for name in files])
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, data)
    if chosen.save_palette is not None:
        save_palette(chosen.save_palette, found.palette, frame_files.stacked(found))
    rows = frame_files.rows(found, names)
    if chosen.csv is not None:
        write_atomically(chosen.csv, table(rows).encode())
    _tell(chosen, found, source, names, [str(folder / name) for name in files])
    return STRICT if chosen.strict and is_uncertain(rows[0]) else 0


def _tell(chosen: argparse.Namespace, found: Any, source: Any, names: list[str], files: list[str]) -> None:
    from pixkern.pipelines.pixelart import frame_files
    from pixkern.pipelines.pixelart.animation import fits_gif

    from . import complain, say

    if chosen.json:
        told = {**frame_files.record(found, names), "output": str(chosen.output), "files": files}
        print(json.dumps(told, indent=1, allow_nan=False))
        return
    (width, height), (x, y) = found.size, found.cell
    differ = sum(one.total for one in found.differences) / len(found.differences)
    what = "1 frame" if len(names) == 1 else f"{len(names)} frames"
    say(
        f"{what}: {found.status}, {width} x {height} sprites, cells of {x:.2f} x {y:.2f} pixels, {differ:.2f} % "
        f"differ, confidence {found.confidence:.2f}; wrote {chosen.output}"
    )
    if chosen.output.suffix.lower() == ".gif" and not chosen.to_sheet and not fits_gif(found.sprites):
        complain("GIF keeps 255 colours, and the sprites have more; write .png or .webp, or give --colours 255")
    for message in (*source.messages, *(f"{one.code}: {one.message}" for one in found.warnings)):
        complain(message)


def _names(images: dict[str, Path], source: Any) -> list[str]:
    """What the report calls the frames: their files, or the file and the number of the frame in it."""
    if len(images) > 1:
        from pixkern.pipelines.pixelart.frame_files import natural

        return [str(images[name]) for name in sorted(images, key=natural)]
    path = next(iter(images.values()))
    return [f"{path}#{k}" for k in range(len(source.names))]


def _is_folder(path: Path) -> bool:
    return path.is_dir() or not path.suffix


def _check_not_over(given: set[Path], targets: list[Path]) -> None:
    for path in targets:
        if path.resolve() in given:
            raise ValueError(f"a frame would be written over: {path} is both input and output")
