"""`pixkern demo`: what pixkern does to real photos that come with it, in pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ._arguments import count


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "demo",
        help="straighten, compress, zoom into, restore and relight the pictures that come with pixkern",
        description="Straighten photos that come with pixkern: one by its own straight lines, one by a calibration "
        "from 13 checkerboards, one that is bent first so that the answer is known. Compress one in every mode of "
        "the codec. Zoom into it by stochastic rendering. Restore spoilt sprites. Relight a portrait. Writes pictures "
        "to look at.",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("pixkern-demo"), metavar="FOLDER", help="default: pixkern-demo"
    )
    parser.add_argument("--backend", choices=("cpu", "cuda"), help="where to run; default: cpu")
    parser.add_argument("--threads", type=count, metavar="N", help="default: the cores")
    parser.set_defaults(run=_demo)


def _demo(chosen: argparse.Namespace) -> int:
    from . import _demo_codec, _demo_lens, _demo_pixelart, _demo_relight, _demo_slpr, complain

    problems = _demo_lens.run(chosen.out, backend=chosen.backend)
    problems += _demo_codec.run(chosen.out)
    problems += _demo_slpr.run(chosen.out)
    problems += _demo_pixelart.run(chosen.out)
    problems += _demo_relight.run(chosen.out)
    for problem in problems:
        complain(problem)
    return 1 if problems else 0
