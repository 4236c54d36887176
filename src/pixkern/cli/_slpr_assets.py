"""`pixkern slpr assets`: sample inputs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ._arguments import count


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern slpr`."""
    parser = commands.add_parser(
        "assets",
        help="write sample inputs: gradients, zone plate, text, noise and more",
        description="Write grey and colourful sample inputs as PNG files, the same on every run.",
    )
    parser.add_argument("output", metavar="FOLDER", type=Path, help="where to; made if it is missing")
    parser.add_argument("--size", type=count, default=512, metavar="N", help="side in pixels; default: 512")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=assets)


def assets(chosen: argparse.Namespace) -> int:
    """`pixkern slpr assets`."""
    from pixkern.pipelines.slpr.assets import generate_assets

    from . import say

    written = generate_assets(chosen.output, size=chosen.size)
    if chosen.json:
        print(json.dumps({name: str(path) for name, path in written.items()}, indent=1))
    else:
        say(f"wrote {len(written)} pictures of {chosen.size} x {chosen.size} to {chosen.output}: {', '.join(written)}")
    return 0
