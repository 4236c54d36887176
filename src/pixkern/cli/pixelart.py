"""`pixkern pixelart`: sprites at their true resolution. The options say what the functions of the pipeline say."""

from __future__ import annotations

from typing import Any

from . import _pixelart_bench, _pixelart_feedback, _pixelart_restore, _pixelart_synth


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "pixelart",
        help="pixel-art restoration: restore, feedback, synth, bench",
        description="Restore sprites at their true resolution from pictures that look like pixel art.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (_pixelart_restore, _pixelart_feedback, _pixelart_synth, _pixelart_bench):
        command.add_to(inner)
