"""`pixkern relight generate`: a data set of relit photos. Everything heavy is imported when it runs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ._arguments import count


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern relight`."""
    parser = commands.add_parser(
        "generate",
        help="make a data set of relit photos",
        description="Relight all photos of a folder as a YAML file says, and write pictures, masks and every number "
        "that made them, as files or as WebDataset shards, with a manifest. The same photos give the same bytes.",
        epilog="Examples: pixkern relight generate faces.yaml --write-config; pixkern relight generate faces.yaml "
        "--dry-run; pixkern relight generate faces.yaml --variants 4 --resume",
    )
    parser.add_argument("config", metavar="CONFIG.yaml", type=Path, help="what to do; folders are relative to it")
    parser.add_argument("--write-config", action="store_true", help="write CONFIG.yaml with what holds without it")
    parser.add_argument("--num-samples", type=count, metavar="N", help="only the first N samples")
    parser.add_argument("--variants", type=count, metavar="K", help="lights per photo, in place of the file's")
    parser.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has made and would be the same")
    parser.add_argument("--dry-run", action="store_true", help="print what would be made; write nothing")
    parser.add_argument("--no-progress", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.set_defaults(run=generate)


def generate(chosen: argparse.Namespace) -> int:
    """`pixkern relight generate`."""
    from pixkern.pipelines.relight.config import Config

    if chosen.write_config:
        with open(chosen.config, "x", encoding="utf-8") as file:  # nobody's file is replaced
            file.write(Config.template())
        return 0

    from pixkern.pipelines.relight.generate import generate

    from . import complain, say

    config = Config.load(chosen.config)
    try:
        summary = generate(
            config,
            num_samples=chosen.num_samples,
            variants=chosen.variants,
            jobs=chosen.jobs,
            resume=chosen.resume,
            dry_run=chosen.dry_run,
            progress=not chosen.no_progress and not chosen.json and sys.stderr.isatty(),
        )
    except KeyboardInterrupt:
        complain(f"interrupted; go on with: pixkern relight generate {chosen.config} --resume")
        return 130
    if chosen.json:
        print(json.dumps(summary.to_dict(), indent=1, sort_keys=True))
    else:
        for line in summary.lines:
            say(line)
    for name, reason in summary.failed.items():
        complain(f"{name}: {reason}")
    return 0 if summary.ok else 1
