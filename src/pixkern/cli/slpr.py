"""`pixkern slpr`: the stochastic renderer. The options say what the functions of the pipeline say."""

from __future__ import annotations

from typing import Any


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "slpr",
        help="stochastic Laplacian pyramid renderer",
        description="Render images at any zoom by random lookups in their Laplacian pyramids.",
    )
    parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
