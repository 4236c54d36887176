"""`pixkern slpr`: the stochastic renderer. The options say what the functions of the pipeline say."""

from __future__ import annotations

from typing import Any

from . import _slpr_assets, _slpr_render, _slpr_run, _slpr_zoom


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "slpr",
        help="stochastic Laplacian pyramid renderer: run, render, zoom, assets",
        description="Render images at any zoom by random lookups in their Laplacian pyramids.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (_slpr_run, _slpr_render, _slpr_zoom, _slpr_assets):
        command.add_to(inner)
