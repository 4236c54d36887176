"""Options of a restoration, which `pixkern pixelart restore` and `pixkern pixelart feedback add` share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ._arguments import count
from ._slpr_options import numbers, positive, size

_DITHERS = ("none", "bayer2", "bayer4", "bayer8", "floyd-steinberg")
_NAMES = (
    "cell",
    "offset",
    "size",
    "min_cell",
    "max_cell",
    "square",
    "drift",
    "border",
    "colour",
    "colours",
    "palette",
    "dither",
    "alpha",
    "background",
    "top_k",
    "ranker",
    "threads",
)


def add_restore_options(parser: argparse.ArgumentParser) -> None:
    """What `pixkern.pipelines.pixelart.restore` takes; each option that is not given is left to it."""
    grid = parser.add_argument_group("the grid")
    grid.add_argument("--cell", type=_cell, metavar="A|AxB", help="size of a cell in pixels; default: detected")
    grid.add_argument(
        "--offset", type=_offset, metavar="X,Y", help="a line of each axis, in pixels; lines are then evenly spaced"
    )
    grid.add_argument("--size", type=size, metavar="WxH", help="size of the sprite")
    grid.add_argument("--min-cell", type=positive, metavar="A", help="smallest cell that is looked for, in pixels")
    grid.add_argument("--max-cell", type=positive, metavar="A", help="largest cell that is looked for, in pixels")
    grid.add_argument(
        "--square", action=argparse.BooleanOptionalAction, help="cells are square, or not; default: preferred"
    )
    grid.add_argument(
        "--drift", choices=("none", "mild", "free"), help="how far lines may stray from even ones; default: mild"
    )
    grid.add_argument("--border", choices=("keep", "drop"), help="cells that the border cuts; default: keep")
    either = grid.add_mutually_exclusive_group()
    for change, told in (("half", "cells of half the size that was found"), ("double", "cells of double the size")):
        either.add_argument(f"--{change}", dest="change", action="store_const", const=change, help=told)
    grid.add_argument("--top-k", type=count, metavar="N", help="candidates that are reported; default: 5")
    grid.add_argument("--ranker", metavar="MODEL.onnx", type=_file, help="a learned model that ranks the candidates")
    colours = parser.add_argument_group("colours")
    colours.add_argument(
        "--colour",
        "--color",
        choices=("inlier", "median", "mode", "centre"),
        help="how a cell's colour is read; default: inlier",
    )
    colours.add_argument(
        "--colours",
        "--colors",
        type=_colours,
        metavar="auto|none|N",
        help="pool what is one colour (auto, the default), leave each cell its own, or reduce to a palette of N",
    )
    colours.add_argument(
        "--palette", metavar="FILE", type=_file, help="use the colours of a gpl, pal, ase, hex or png file"
    )
    colours.add_argument("--dither", choices=_DITHERS, help="with a palette; default: none")
    colours.add_argument(
        "--alpha", type=_alpha, metavar="keep|binarise|0-255", help="or the threshold of opaque pixels; default: keep"
    )
    colours.add_argument(
        "--background", type=_background, metavar="none|auto|COLOUR", help="make it transparent: auto, #rrggbb or R,G,B"
    )
    parser.add_argument("--threads", type=count, metavar="N", help="threads of one process; default: the cores")


def restore_options(chosen: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, as `pixelart.restore` takes it; a bad model is told before a picture is read."""
    given = {name: getattr(chosen, name) for name in _NAMES if getattr(chosen, name) is not None}
    for name in ("background", "colours"):
        if given.get(name) == "none":
            given[name] = None
    if "ranker" in given:
        from pixkern.pipelines.pixelart.ranker import load_ranker

        given["ranker"] = load_ranker(given["ranker"])
    return given


def _cell(text: str) -> float | tuple[float, float]:
    parts = [positive(part) for part in text.lower().split("x")]
    if len(parts) > 2:
        raise argparse.ArgumentTypeError(f"must be A or AxB in pixels, got {text!r}")
    return parts[0] if len(parts) == 1 else (parts[0], parts[1])


def _offset(text: str) -> tuple[float, float]:
    values = numbers(text)
    if len(values) != 2 or min(values) < 0:
        raise argparse.ArgumentTypeError(f"must be X,Y in pixels, neither below 0, got {text!r}")
    return values[0], values[1]


def _colours(text: str) -> int | str:
    return text if text in ("auto", "none") else count(text)


def _alpha(text: str) -> int | str:
    if text in ("keep", "binarise"):
        return text
    if text == "binarize":
        return "binarise"
    return _byte(text, "keep, binarise or a threshold from 0 to 255")


def _background(text: str) -> str | tuple[int, int, int]:
    if text in ("none", "auto"):
        return text
    told = "none, auto, #rrggbb or R,G,B"
    if text.startswith("#"):
        digits = text[1:]
        if len(digits) != 6 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            raise argparse.ArgumentTypeError(f"must be {told}, got {text!r}")
        red, green, blue = bytes.fromhex(digits)
        return red, green, blue
    parts = text.split(",")
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"must be {told}, got {text!r}")
    red, green, blue = (_byte(part.strip(), told) for part in parts)
    return red, green, blue


def _byte(text: str, told: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 255):
        raise argparse.ArgumentTypeError(f"must be {told}, got {text!r}")
    return int(text)


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text!r}")
    return Path(text)
