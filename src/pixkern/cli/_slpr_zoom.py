"""`pixkern slpr zoom`: an animated zoom."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ._arguments import count
from ._slpr_options import add_law, color_mode_of, law_of, numbers, positive, size

_SECONDS = 4.0


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern slpr`."""
    parser = commands.add_parser(
        "zoom",
        help="render an animated zoom",
        description="Render an animated zoom into an image, whose grain sticks to the image.",
        epilog="Examples: pixkern slpr zoom photo.jpg zoom.mp4 --to 812,430,16 --seconds 6; "
        "pixkern slpr zoom photo.jpg tour.gif --keys keys.yaml --size 320x240 --samples 4",
    )
    parser.add_argument("input", metavar="IMAGE", type=Path, help="PNG, JPEG, TIFF, WebP, BMP or GIF")
    parser.add_argument("output", metavar="OUT", type=Path, help="ends in .mp4, .gif, .webp or .png (animated PNG)")
    view = "X,Y,SCALE"
    told = "centre in pixels of the image, and output pixels per pixel of the image; default: all that fits"
    parser.add_argument("--from", dest="begin", type=_view, metavar=view, help=f"what the first frame shows: {told}")
    parser.add_argument("--to", dest="end", type=_view, metavar=view, help="what the last frame shows, likewise")
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE.yaml",
        help="instead: a list of {time: seconds, center: [x, y], scale: s}, or frame: N for the time",
    )
    parser.add_argument("--size", type=size, default=(480, 270), metavar="WxH", help="of the frames; default: 480x270")
    long = parser.add_mutually_exclusive_group()
    long.add_argument("--frames", type=count, metavar="N", help="how many")
    long.add_argument("--seconds", type=positive, metavar="S", help="first to last frame; default: 4, or the keys'")
    parser.add_argument("--fps", type=positive, default=25.0, metavar="F", help="frames per second; default: 25")
    parser.add_argument("--easing", choices=("smooth", "linear"), default="smooth", help="default: smooth")
    add_law(parser, block=2)
    parser.set_defaults(run=zoom)


def zoom(chosen: argparse.Namespace) -> int:
    """`pixkern slpr zoom`."""
    from tqdm import tqdm

    from pixkern.pipelines.files import read_image
    from pixkern.pipelines.slpr.zoom import write_animation, zoom_frames

    from . import say

    keys = _keys(chosen)
    frames = _frames(chosen, keys)
    pixels = read_image(chosen.input).pixels
    if chosen.output.exists() and chosen.output.samefile(chosen.input):
        raise ValueError(f"the image would be written over itself: {chosen.output} is both input and output")
    shown = zoom_frames(
        pixels,
        keys,
        size=chosen.size,
        frames=frames,
        levels=chosen.levels,
        color_mode=color_mode_of(chosen, pixels),
        easing=chosen.easing,
        backend=chosen.backend,
        **law_of(chosen),
    )
    silent = chosen.json or not sys.stderr.isatty()
    with tqdm(shown, total=frames, unit="frame", disable=silent, leave=False) as told:
        write_animation(chosen.output, told, chosen.fps)
    width, height = chosen.size
    record = {
        "input": str(chosen.input),
        "output": str(chosen.output),
        "width": width,
        "height": height,
        "frames": frames,
        "fps": chosen.fps,
        "bytes": chosen.output.stat().st_size,
    }
    if chosen.json:
        print(json.dumps(record, indent=1))
    else:
        lasts = f"{frames / chosen.fps:.2f} s at {chosen.fps:g} fps"
        say(f"{chosen.input.name}: wrote {chosen.output}, {frames} frames of {width} x {height}, {lasts}")
    return 0


def _keys(chosen: argparse.Namespace) -> list[Any]:
    from pixkern.pipelines.slpr.zoom import KeyFrame, load_keys

    if chosen.keys is not None:
        if chosen.begin or chosen.end:
            raise ValueError("--keys says all that --from and --to say: give either")
        return load_keys(chosen.keys, fps=chosen.fps)
    if not (chosen.begin or chosen.end):
        raise ValueError("say where to zoom, with --to X,Y,SCALE, --from X,Y,SCALE or --keys FILE.yaml")
    ends = ((0.0, chosen.begin), (chosen.seconds or _SECONDS, chosen.end))
    return [KeyFrame(time, view[:2], view[2]) if view else KeyFrame(time) for time, view in ends]


def _frames(chosen: argparse.Namespace, keys: list[Any]) -> int:
    """The first and the last key frame are frames, and those between are a frame's time apart."""
    if chosen.frames is not None:
        return int(chosen.frames)
    seconds = chosen.seconds or keys[-1].time - keys[0].time
    return max(1, round(seconds * chosen.fps) + 1)


def _view(text: str) -> tuple[float, float, float]:
    values = numbers(text)
    if len(values) != 3 or values[2] <= 0:
        raise argparse.ArgumentTypeError(f"must be X,Y,SCALE with a scale above 0, got {text!r}")
    return values[0], values[1], values[2]
