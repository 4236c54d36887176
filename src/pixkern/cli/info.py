"""`pixkern info`: what runs here, for bug reports and tables of measurements."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "info",
        help="versions, backends and the CPU level",
        description="Say which version of pixkern runs here, on what, and which backends are available.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_info)


def _info(chosen: argparse.Namespace) -> int:
    import pixkern
    from pixkern._versions import versions

    if not chosen.json:
        pixkern.show_versions()
        return 0
    told = {
        "cpu_level": pixkern.cpu_level(),
        "backends": {name: backend._asdict() for name, backend in pixkern.backends().items()},
        "versions": {name: value for name, value in versions().items() if not name.startswith("backend ")},
    }
    print(json.dumps(told, indent=1))
    return 0
