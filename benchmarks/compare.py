"""Ratios to peers, measured in one interleaved run: python benchmarks/compare.py [family ...] [--cuda].

Every round runs ours and then each peer, so that whatever else the machine does meets all of them; of
all rounds each keeps its minimum. One thread each. Absolute times of different runs are not comparable; the
ratios are. The row "the same call twice" shows how far two equal things differ here.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
FAMILIES = tuple(sorted(path.stem.removesuffix("_rows") for path in HERE.glob("*_rows.py")))

sys.path.insert(0, str(HERE))
sys.modules.setdefault("compare", sys.modules[__name__])  # the row modules import this one by its name


REPEATED = 0.005  # seconds


@dataclass(frozen=True)
class Row:
    """One thing measured: ours and what others offer for the same end."""

    name: str
    ours: Callable[[], object]
    peers: Mapping[str, Callable[[], object]]


def available(module: str) -> bool:
    return find_spec(module) is not None


def one_thread() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import cv2

    import pixkern

    pixkern.set_threads(1)
    cv2.setNumThreads(1)
    if available("torch"):
        import torch

        torch.set_num_threads(1)


def measure(row: Row, rounds: int, finish: Callable[[], object] = lambda: None) -> dict[str, float]:
    """Seconds of ours (under "") and of each peer: the minimum of all rounds, taken in turns.

    What takes less than REPEATED is called again until that has passed, ours and peers alike: after another program, a
    first call of a few hundred microseconds measures cold caches and page tables.
    """
    runs = {"": row.ours, **row.peers}
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            finish()
            start = time.perf_counter()
            while True:
                begin = time.perf_counter()
                run()
                finish()
                end = time.perf_counter()
                best[name] = min(best[name], end - begin)
                if end - start > REPEATED:
                    break
    return best


def memory(program: str) -> float:
    """Peak resident megabytes of a Python program of its own (Linux: the only system that says it per program)."""
    code = f"{program}\nprint(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def machine() -> dict[str, str]:
    from pixkern._versions import versions

    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain") else ""),
        "cpu": _cpu_name(),
        **versions(),
        **{name: module for name in ("kornia",) if (module := _version(name))},
    }


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _git(*args: str) -> str:
    done = subprocess.run(["git", *args], cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _told(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if milliseconds >= 1 else f"{milliseconds:.2g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", nargs="*", default=list(FAMILIES), help=f"of {', '.join(FAMILIES)}; default: all")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cuda", action="store_true", help="the rows of the GPU, too")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="the tables as they stand in docs/speed.md")
    args = parser.parse_args()
    if unknown := set(args.family) - set(FAMILIES):
        parser.error(f"no family {', '.join(sorted(unknown))}; there are {', '.join(FAMILIES)}")
    one_thread()
    found = {"machine": machine(), "rows": [], "memory": []}
    print("\n".join(f"{name:24} {value}" for name, value in found["machine"].items()))
    for family in args.family:
        module = importlib.import_module(f"{family}_rows")
        print(f"\n{family:28} {'ours, ms':>9}   peer{'':27} {'ms':>9}  times ours")
        for row in module.rows():
            _report(found["rows"], family, row, measure(row, args.rounds))
        if args.cuda:
            import cupy

            for row in module.cuda_rows():
                finish = cupy.cuda.get_current_stream().synchronize
                measure(row, 2, finish)  # compiles, and wakes the GPU up
                _report(found["rows"], family, row, measure(row, 10 * args.rounds, finish))
        programs = module.memory_rows()
        base = memory(programs["nothing"])
        print(f"\n{family}: peak memory over the input, MB")
        for name, program in programs.items():
            if name != "nothing":
                extra = memory(program) - base
                found["memory"].append({"family": family, "name": name, "megabytes": round(extra, 1)})
                print(f"  {name:40} {extra:8.1f}")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")
    if args.markdown:
        args.markdown.write_text(_markdown(found))
    return 0


def _markdown(found: dict) -> str:
    facts = found["machine"]
    lines = [f"{facts['date']}, commit {facts['commit']}, {facts['cpu']}, CPU {facts['backend cpu']}."]
    if not facts["backend cuda"].startswith("unavailable"):
        lines[0] += f" GPU: {facts['backend cuda']}."
    versions = (name for name in ("opencv-python-headless", "torch", "kornia", "numpy") if name in facts)
    lines += [", ".join(f"{name} {facts[name]}" for name in versions) + ".", ""]
    lines += ["| | ours, ms | peer | ms | times ours |", "|---|---|---|---|---|"]
    for row in found["rows"]:
        lines.append(
            f"| {row['row']} | {_told(row['ours_ms'])} | {row['peer']} | {_told(row['peer_ms'])} | {row['ratio']:.2f} |"
        )
    lines += ["", "| peak memory over the input | MB |", "|---|---|"]
    lines += [f"| {row['name']} | {row['megabytes']:.1f} |" for row in found["memory"]]
    return "\n".join(lines) + "\n"


def _report(rows: list, family: str, row: Row, seconds: dict[str, float]) -> None:
    for peer in row.peers:
        ratio = seconds[peer] / seconds[""]
        rows.append(
            {
                "family": family,
                "row": row.name,
                "peer": peer,
                "ours_ms": seconds[""] * 1e3,
                "peer_ms": seconds[peer] * 1e3,
                "ratio": ratio,
            }
        )
        print(
            f"{row.name:28} {seconds[''] * 1e3:9.2f}   {peer:31} {seconds[peer] * 1e3:9.2f}  {ratio:8.2f}", flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
