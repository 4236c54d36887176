"""`pixkern pixelart bench`: how often sprites are recovered, and at what cost."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ._arguments import count
from ._slpr_options import whole

_TIERS = ("easy", "medium", "hard", "diffusion")
_DEFAULT = _TIERS[:3]


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern pixelart`."""
    parser = commands.add_parser(
        "bench",
        help="measure how often sprites are recovered, and how fast",
        description="Corrupt true sprites tier by tier, restore them, and compare with the truth; then the same with "
        "sprites that are only upscaled 1, 2, 3 and 8 times, which must come back exactly. One thread; times are CPU "
        "time.",
        epilog="Examples: pixkern pixelart bench --count 20; "
        "pixkern pixelart bench --sprites my-sprites --tiers medium,hard --out bench",
    )
    parser.add_argument("--sprites", metavar="FOLDER", type=Path, help="true sprites; default: 24 that are built in")
    parser.add_argument(
        "--tiers",
        type=_tiers,
        default=_DEFAULT,
        metavar="A,B",
        help=f"of {', '.join(_TIERS)}; default: {','.join(_DEFAULT)}",
    )
    parser.add_argument("--count", type=count, default=100, metavar="N", help="pictures per tier; default: 100")
    parser.add_argument("--seed", type=whole, default=0, metavar="S", help="another makes other pictures; default: 0")
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        type=Path,
        help="also write table.md, outcomes.csv, bench.json, and the pictures that were not recovered, to failures/",
    )
    parser.add_argument("--json", action="store_true", help="print settings, rows and outcomes as JSON")
    parser.set_defaults(run=bench)


def bench(chosen: argparse.Namespace) -> int:
    """`pixkern pixelart bench`."""
    import cv2
    from tqdm import tqdm

    from pixkern.demo import demo_sprites
    from pixkern.pipelines.pixelart import bench as benches
    from pixkern.pipelines.pixelart._bench_files import write_failure

    from . import complain

    sprites = benches.read_sprites(chosen.sprites) if chosen.sprites else demo_sprites()
    settings = {
        "sprites": str(chosen.sprites or "built in"),
        "tiers": list(chosen.tiers),
        "count": chosen.count,
        "seed": chosen.seed,
    }
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        pictures = tqdm(
            benches.cases(sprites, tiers=chosen.tiers, count=chosen.count, seed=chosen.seed),
            total=chosen.count * len(chosen.tiers) + len(sprites) * len(benches.UPSCALES),
            unit="picture",
            leave=False,
            disable=chosen.json or not sys.stderr.isatty(),
        )

        def seen(case: Any, answer: Any, outcome: Any) -> None:
            if chosen.out is not None:
                write_failure(chosen.out, case, answer, outcome)

        outcomes = list(benches.measure(pictures, [benches.own_method()], seen=seen))
    finally:
        cv2.setNumThreads(threads)
    if chosen.out is not None:
        benches.write_report(chosen.out, outcomes, settings)
    if chosen.json:
        print(benches.report_json(outcomes, settings), end="")
    else:
        print(benches.table(benches.summaries(outcomes)), end="")
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in failed:
        complain(f"{outcome.tier} {outcome.number} ({outcome.name}): {outcome.error}")
    return 1 if failed else 0


def _tiers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := sorted(set(names) - set(_TIERS)):
        raise argparse.ArgumentTypeError(f"there is no tier {unknown[0]!r}, only {', '.join(_TIERS)}")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"a tier stands twice in {text!r}")
    return names
