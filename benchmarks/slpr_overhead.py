"""What progress and profiling cost a run of the renderer: python benchmarks/slpr_overhead.py [--rounds N].

One configuration runs in this process, on one thread, in five ways that take turns:

    plain       no bar, no times, and each picture rendered in one piece
    pieces      the same in the pieces in which a bar moves
    progress    pieces, with a bar
    profiling   pieces, with fine timings
    both        pieces, with both

The figures are CPU seconds of the process, all its threads included (the bar has one), and seconds by the clock: the
least of all rounds, and the ratio to "plain". The aim is 1.01 at most. CPU seconds hold where other processes disturb.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2

import pixkern
from pixkern.demo import photo
from pixkern.pipelines.slpr import Asset, Config, RenderConfig, Settings, run

WHOLE = 2**40  # pixels times samples: more than any picture here has
WAYS: dict[str, dict[str, Any]] = {
    "plain": {"profiling": False, "progress_update_pixels": WHOLE},
    "pieces": {"profiling": False},
    "progress": {"profiling": False, "progress": True},
    "profiling": {"profiling": True},
    "both": {"profiling": True, "progress": True},
}


def measured(folder: Path, samples: int, progress: bool = False, **settings: Any) -> tuple[float, float]:
    """(CPU seconds, seconds) of one run."""
    (folder / "photo").write_bytes(photo("astronaut.webp"))
    config = Config(
        Settings(
            folder / "outputs",
            samples_per_render=samples,
            zoom_levels=(100, 200),
            color_mode="luma",
            seed=1,
            log_level="ERROR",
            profiling_granularity="fine",
            **settings,
        ),
        (Asset("astronaut", folder / "photo"),),
        (RenderConfig("faithful"), RenderConfig("loose", patch_size=3, jitter=1.0, noise_strength=0.02)),
    )
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        began = time.process_time(), time.perf_counter()
        report = run(config, jobs=1, progress=progress)
        ended = time.process_time(), time.perf_counter()
    if not report.ok:
        raise RuntimeError(str(report.failed))
    return ended[0] - began[0], ended[1] - began[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each kind (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=64, help="in each average (default: %(default)s)")
    chosen = parser.parse_args()
    pixkern.set_threads(1)
    cv2.setNumThreads(1)
    least = dict.fromkeys(WAYS, (float("inf"), float("inf")))
    names = list(WAYS)
    for number in range(chosen.rounds + 1):
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                seconds = measured(Path(folder), chosen.samples, **WAYS[name])
            if number:  # the first round warms up
                least[name] = min(least[name][0], seconds[0]), min(least[name][1], seconds[1])
        names.reverse()  # nobody comes always after the same one
    print(f"{'':10} {'CPU s':>8} {'ratio':>7} {'clock s':>8} {'ratio':>7}   least of {chosen.rounds}")
    plain = least["plain"]
    for name, (cpu, clock) in least.items():
        print(f"{name:10} {cpu:8.3f} {cpu / plain[0]:7.4f} {clock:8.3f} {clock / plain[1]:7.4f}")


if __name__ == "__main__":
    main()
