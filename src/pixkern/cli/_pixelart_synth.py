"""`pixkern pixelart synth`: fake pixel art with known truth."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ._arguments import count
from ._slpr_options import whole

_TIERS = ("easy", "medium", "hard", "diffusion")  # said here so that --help loads no pipeline


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern pixelart`."""
    parser = commands.add_parser(
        "synth",
        help="make fake pixel art of sprites, with labels",
        description="Corrupt sprites as upscalers and image generators do, and write pictures, truths and labels "
        "(index.jsonl). The same options give the same files.",
        epilog="Examples: pixkern pixelart synth sprites/ out --tier hard --count 200 --seed 7; "
        "pixkern pixelart synth 'art/**/*.png' out --recipe recipe.json",
    )
    parser.add_argument("sprites", metavar="SPRITES", nargs="+", help="images of true size: files, folders, globs")
    parser.add_argument("output", metavar="OUT", type=Path, help="a folder; made if it is missing")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--tier", choices=_TIERS, default="medium", help="how parameters are drawn; default: medium")
    how.add_argument("--recipe", metavar="FILE.json", type=Path, help="instead of a tier: these parameters")
    parser.add_argument("--count", type=count, metavar="N", help="pictures; default: one of each sprite")
    parser.add_argument("--seed", type=whole, default=0, metavar="S", help="default: 0")
    parser.add_argument("--max-side", type=count, default=1024, metavar="N", help="longer side at most; default: 1024")
    parser.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores")
    parser.add_argument("--resume", action="store_true", help="skip what an earlier run has finished")
    parser.add_argument("--json", action="store_true", help="print the labels as JSON, by number")
    parser.set_defaults(run=synth)


def synth(chosen: argparse.Namespace) -> int:
    """`pixkern pixelart synth`."""
    from pixkern.pipelines.pixelart.synth_dataset import INDEX, sprite_paths, write_dataset

    from . import complain, say

    sprites = sprite_paths(chosen.sprites)
    report = write_dataset(
        sprites,
        chosen.output,
        chosen.tier if chosen.recipe is None else _recipe(chosen.recipe),
        count=len(sprites) if chosen.count is None else chosen.count,
        seed=chosen.seed,
        max_side=chosen.max_side,
        jobs=chosen.jobs,
        resume=chosen.resume,
        progress=not chosen.json and sys.stderr.isatty(),
    )
    if chosen.json:
        print(json.dumps({"records": dict(report.records), "failed": dict(report.failed)}, indent=1, sort_keys=True))
    else:
        skipped = f" ({len(report.skipped)} from an earlier run)" if report.skipped else ""
        pictures = "1 picture" if len(report.records) == 1 else f"{len(report.records)} pictures"
        say(f"{pictures}{skipped}, {len(report.failed)} failed; see {chosen.output / INDEX}")
    for number, reason in sorted(report.failed.items()):
        complain(f"picture {number}: {reason}")
    return 0 if report.ok else 1


def _recipe(path: Path) -> Any:
    from pixkern.pipelines.pixelart.synth import Recipe

    try:
        return Recipe.of(json.loads(path.read_bytes()))
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} holds no recipe: {error}") from error
