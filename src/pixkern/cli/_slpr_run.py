"""`pixkern slpr run`: a whole configuration. Everything heavy is imported when it runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ._arguments import count


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "run",
        help="render all assets of a configuration in all its ways",
        description="Render every asset of a YAML file in every way that it names, with pictures, measures and a "
        "contact sheet, in a new folder under its output_root.",
        epilog="Examples: pixkern slpr run quick_rgb.yaml --dry-run; pixkern slpr run quick_rgb.yaml --resume",
    )
    parser.add_argument("config", metavar="CONFIG.yaml", type=Path, help="what to do, see the page on the renderer")
    parser.add_argument(
        "--resume",
        nargs="?",
        const=True,
        default=False,
        metavar="FOLDER",
        type=Path,
        help="go on with a run that was cut short: this one, or the newest of this configuration",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, time and memory; write nothing")
    parser.add_argument("--jobs", type=count, metavar="N", help="processes; default: num_cores of the file")
    parser.add_argument("--threads", type=count, metavar="N", help="threads of one process, for --jobs 1")
    parser.add_argument("--no-progress", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    from pixkern.pipelines.slpr import Config, Interrupted, run

    from . import complain, say

    config = Config.load(chosen.config)
    options = {"resume": chosen.resume, "dry_run": chosen.dry_run, "jobs": chosen.jobs}
    try:
        report = run(config, progress=not chosen.no_progress, **options)
    except Interrupted as stop:
        complain(f"interrupted; go on with: pixkern slpr run {chosen.config} --resume {stop.folder}")
        return 130
    if report.plan is not None:
        print(json.dumps(report.plan.to_dict(), indent=1) if chosen.json else report.plan)
        return 0 if report.ok else 1
    if chosen.json:
        print(json.dumps(report.to_dict(), indent=1))
    else:
        earlier = f" ({len(report.skipped)} from an earlier run)" if report.skipped else ""
        cases = len(report.finished) + len(report.skipped)
        told = "1 case" if cases == 1 else f"{cases} cases"
        say(f"{report.folder}: {told}{earlier}; {len(report.failed)} failed")
    return 0 if report.ok else 1  # the log has told on stderr what failed
