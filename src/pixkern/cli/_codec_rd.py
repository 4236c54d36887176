"""What `pixkern codec rd` does. Everything heavy is imported inside it."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def rd(chosen: argparse.Namespace) -> int:
    """`pixkern codec rd`."""
    from pixkern.pipelines.codec.rd import compare
    from pixkern.pipelines.codec.rd.tables import comparison_json

    from . import complain
    from ._codec_commands import failure_line

    found = compare(
        chosen.input,
        chosen.output,
        peers=chosen.peers,
        lossless=chosen.lossless,
        qualities=chosen.qualities,
        crop=chosen.crop,
        limit=chosen.limit,
        anchor=chosen.anchor,
        repeats=chosen.repeats,
        pictures=chosen.pictures,
        jobs=chosen.jobs,
        progress=not chosen.json and sys.stderr.isatty(),
    )
    if chosen.json:
        print(comparison_json(found), end="")
    else:
        _tell(found)
        print(f"see {chosen.output / 'index.html'}")
    for name, reason in {**found.missing, **found.sweep.unread}.items():
        complain(failure_line(name, reason))
    for line in found.sweep.failure_lines:
        complain(line)
    return 0 if found.ok else 1


def _tell(found: Any) -> None:
    from pixkern.pipelines.codec.rd.summary import MEASURES

    titles = {encoder.name: encoder.title for encoder in found.encoders}
    if found.bd_rates:
        print(f"{'BD-rate, %, against ' + titles[found.anchor]:<34}", *(f"{title:>16}" for title in MEASURES.values()))
        for name, rates in found.bd_rates.items():
            cells = ("none" if rates[key].mean is None else f"{rates[key].mean:+.1f}" for key in MEASURES)
            print(f"{titles[name]:<34}", *(f"{cell:>16}" for cell in cells))
    if found.lossless_sizes:
        print(f"{'lossless':<34} {'bits per pixel':>16} {'over ' + titles[found.first_lossless] + ', %':>16}")
        for name, size in found.lossless_sizes.items():
            print(f"{titles[name]:<34} {size.bpp:>16.3f} {size.over_first:>+16.1f}")
