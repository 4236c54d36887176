"""How often sprites are recovered, ours and peers on the same pictures: python benchmarks/pixelart_accuracy.py

Without options: the built-in sprites, corrupted by the generator of the library, all peers that are installed. With a
folder of sprites whose manifest.json names their sources, those sources count that no parameter was chosen on.
Columns are those of `pixkern.pipelines.pixelart.bench.Summary`; times are CPU time on one thread. A peer that has
spent its seconds on a tier stops there: "pixkern, first N" is ours on the pictures it met.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pixelart_peers
from compare import machine
from tqdm import tqdm

from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart import bench

TUNING = ("pekka-kana-2-data", "pyxel")
TESTING = ("crafter", "crawl-tiles-data", "flyre", "whichwayisup")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sprites", metavar="FOLDER", type=Path, help="true sprites (default: 24 that are built in)")
    parser.add_argument(
        "--sources", nargs="+", metavar="NAME", help=f"of a folder with a manifest (default: {' '.join(TESTING)})"
    )
    parser.add_argument("--corruptor", metavar="FILE", type=Path, help="a Python file with corrupt(truth, tier, seed)")
    parser.add_argument("--tiers", nargs="*", default=bench.TIERS, metavar="NAME", help="default: easy medium hard")
    parser.add_argument("--upscales", nargs="*", type=int, default=bench.UPSCALES, metavar="N", help="plain upscales")
    parser.add_argument("--count", type=int, default=200, help="pictures per tier (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--peers", nargs="*", metavar="NAME", help=f"default: the installed of {', '.join(pixelart_peers.PEERS)}"
    )
    parser.add_argument(
        "--peer-seconds", type=float, default=120, help="CPU seconds of a peer per tier (default: %(default)s)"
    )
    parser.add_argument("--write", metavar="FILE", type=Path, help="all of it as JSON")
    chosen = parser.parse_args()
    pixelart_peers.one_thread()
    sprites, settings = read(chosen)
    corrupt = None if chosen.corruptor is None else load(chosen.corruptor).corrupt
    pictures = bench.cases(
        sprites, tiers=chosen.tiers, count=chosen.count, seed=chosen.seed, upscales=chosen.upscales, corrupt=corrupt
    )
    total = len(chosen.tiers) * chosen.count + len(chosen.upscales) * len(sprites)
    methods = [bench.own_method(), *peers(chosen)]
    outcomes = list(bench.measure(tqdm(pictures, total=total, disable=not sys.stderr.isatty()), methods))
    facts = {**machine(), **versions(), **settings}
    rows = bench.summaries(outcomes)
    print(", ".join(f"{name} {value}" for name, value in facts.items()), end="\n\n")
    print(bench.table(rows))
    for row in rows:
        if row.brier is not None:
            print(f"{row.method}, {row.tier}: Brier score of the confidence {row.brier:.3f}")
    print("confidence: mean, exact, pictures")
    for found in bench.reliability(outcome for outcome in outcomes if outcome.method == methods[0].name):
        print(f"{found.low:.2f} to {found.high:.2f}: {found.confidence:.3f}, {found.exact:.3f}, {found.count}")
    for outcome in outcomes:
        if outcome.error is not None:
            print(f"{outcome.method}, {outcome.tier} {outcome.number} ({outcome.name}): {outcome.error}")
    if chosen.write is not None:
        chosen.write.write_text(bench.report_json(outcomes, facts), encoding="utf-8")


def read(chosen: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """The sprites, and what is to be said of how they were made into pictures."""
    if chosen.sprites is None:
        sprites, origin = demo_sprites(), "built in"
    elif chosen.sources is None and not (chosen.sprites / "manifest.json").is_file():
        sprites, origin = bench.read_sprites(chosen.sprites), "a folder"
    else:
        sources = chosen.sources or list(TESTING)
        for source in sorted(set(sources) & set(TUNING)):
            print(f"{source}: our parameters were chosen on these sprites", file=sys.stderr)
        sprites, origin = bench.read_sprites(chosen.sprites, sources=sources), f"of {', '.join(sources)}"
    generator = "the library" if chosen.corruptor is None else chosen.corruptor.name
    return sprites, {
        "sprites": f"{len(sprites)} {origin}",
        "generator": generator,
        "pictures per tier": chosen.count,
        "seed": chosen.seed,
    }


def load(path: Path) -> Any:
    """The module in a file."""
    found = importlib.util.spec_from_file_location(path.stem, path)
    if found is None or found.loader is None:
        raise SystemExit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def peers(chosen: argparse.Namespace) -> list[bench.Method]:
    names = chosen.peers
    if names is None:
        names = [name for name, (module, _) in pixelart_peers.PEERS.items() if importlib.util.find_spec(module)]
        for name in sorted(set(pixelart_peers.PEERS) - set(names)):
            print(f"{name} is not installed: not measured", file=sys.stderr)
    try:
        return pixelart_peers.methods(names, limit=chosen.peer_seconds)
    except ValueError as error:
        raise SystemExit(str(error)) from None


def versions() -> dict[str, str]:
    """Of the peers that are installed."""
    found = {}
    for name in pixelart_peers.VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
