"""Options that `pixkern slpr render` and `pixkern slpr zoom` share, and what their values are made of."""

from __future__ import annotations

import argparse
import math
from typing import Any

from ._arguments import count

LAW = ("samples", "patch_size", "jitter", "noise_strength", "gains", "block", "seed")


def add_law(parser: argparse.ArgumentParser, *, block: int) -> None:
    """How samples are drawn."""
    law = parser.add_argument_group("samples")
    law.add_argument("--samples", type=samples, default=16, metavar="N", help="of each pixel, or inf; default: 16")
    law.add_argument("--levels", type=whole, default=5, metavar="N", help="of detail, 0 to 16; default: 5")
    law.add_argument("--patch-size", type=count, default=1, metavar="N", help="displace lookups by up to N // 2 texels")
    law.add_argument("--jitter", type=number, default=0.0, metavar="S", help="displace them normally, S texels")
    law.add_argument("--noise-strength", type=number, default=0.0, metavar="S", help="add noise; black to white is 1")
    law.add_argument("--gains", type=numbers, metavar="G,G,...", help="a factor for each level, finest first")
    law.add_argument("--block", type=count, default=block, metavar="N", help=f"N x N share draws; default: {block}")
    law.add_argument("--seed", type=whole, default=0, metavar="N", help="default: 0")
    law.add_argument("--color-mode", choices=("gray", "rgb", "luma"), help="default: gray for grey images, else rgb")
    parser.add_argument("--threads", type=count, metavar="N", help="default: the cores")
    parser.add_argument("--backend", choices=("cpu", "cuda"), help="where to run; default: cpu")
    parser.add_argument("--json", action="store_true", help="print JSON")


def law_of(chosen: argparse.Namespace) -> dict[str, Any]:
    """What `add_law` asks for, but for the levels, as `pixkern.pyramid.render` takes it."""
    return {name: getattr(chosen, name) for name in LAW}


def color_mode_of(chosen: argparse.Namespace, pixels: Any) -> str:
    """As asked for, or as the image is."""
    return chosen.color_mode or ("gray" if pixels.ndim == 2 else "rgb")


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}")
    return int(text)


def samples(text: str) -> float:
    """A whole number of at least 1, or inf."""
    return math.inf if text.lower() == "inf" else count(text)


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}")
    return value


def positive(text: str) -> float:
    """A number above 0."""
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, got {text!r}")
    return value


def numbers(text: str) -> list[float]:
    """Numbers with commas between."""
    return [number(part.strip()) for part in text.split(",")]


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT."""
    try:
        width, height = map(count, text.lower().split("x"))
    except (argparse.ArgumentTypeError, ValueError):
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT in whole pixels, got {text!r}") from None
    return width, height


def region(text: str) -> tuple[int, int, int, int]:
    """X,Y,WIDTH,HEIGHT."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4:
        raise argparse.ArgumentTypeError(f"must be X,Y,WIDTH,HEIGHT in whole pixels, got {text!r}")
    return whole(parts[0]), whole(parts[1]), count(parts[2]), count(parts[3])
