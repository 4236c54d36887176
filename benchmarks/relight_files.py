"""Where the time goes with files: python benchmarks/relight_files.py [--rounds N].

A photo of 1024 x 1024 is decoded, relit with its mask and normals given, and its input, albedo and output are encoded,
as a data set without intermediates has them. One thread, CPU time of that thread, minima of all rounds, formats in
turns.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from compare import machine, one_thread
from relight_rows import given, portrait

from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight import relight

FORMATS = {  # name: suffix and options of `encode_image`
    "PNG": (".png", {}),
    "PNG, fast": (".png", {"fast": True}),
    "JPEG 95": (".jpg", {"quality": 95}),
    "WebP, lossless": (".webp", {}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    one_thread()
    found = given()
    files = {name: encode_image(portrait(), suffix, **how) for name, (suffix, how) in FORMATS.items()}
    best: dict[str, list[float]] = {}
    sizes = {}
    for _ in range(rounds):
        for name, (suffix, how) in FORMATS.items():
            clock = [time.thread_time()]
            image = decode_image(files[name]).pixels
            clock.append(time.thread_time())
            relit = relight(image, seed=0, threads=1, **found)
            clock.append(time.thread_time())
            written = [encode_image(one, suffix, **how) for one in (relit.image, relit.albedo, relit.output)]
            clock.append(time.thread_time())
            spent = [1e3 * (end - begin) for begin, end in pairwise(clock)]
            best[name] = [min(pair) for pair in zip(spent, best.get(name, spent), strict=True)]
            sizes[name] = sum(map(len, written))
    print("\n".join(f"{name:24} {value}" for name, value in machine().items()))
    print("\n| format | decode, ms | compute | encode 3 | images/s | encoder's share | MB |")
    print("|---|---|---|---|---|---|---|")
    for name, (decode, compute, encode) in best.items():
        total = decode + compute + encode
        told = f"{decode:.1f} | {compute:.1f} | {encode:.1f} | {1e3 / total:.1f} | {encode / total:.0%}"
        print(f"| {name} | {told} | {sizes[name] / 1e6:.1f} |")


if __name__ == "__main__":
    main()
