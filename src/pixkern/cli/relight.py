"""`pixkern relight`: photos under other lights. The options say what the functions of the pipeline say."""

from __future__ import annotations

from typing import Any

from . import _relight_apply, _relight_generate, _relight_preview, _relight_replay


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "relight",
        help="photos under other lights: apply, preview, generate, replay",
        description="Relight what is in the foreground of photos, for training data: the same person, the same "
        "background, another light, with the mask, the albedo and every number that made them.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (_relight_apply, _relight_preview, _relight_generate, _relight_replay):
        command.add_to(inner)
