"""Size, PSNR and speed of the codec and its peers as one table: python benchmarks/codec_speed.py [--rounds N]

One thread each; in every round all encoders and decoders run once, in turns, and each keeps its minimum. MB are 10^6
bytes of RGB.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from functools import partial

import numpy as np
from codec_rows import LOSSLESS, LOSSY, QUALITY, peers, photo
from compare import Row, machine, measure, one_thread

from pixkern import metrics
from pixkern.pipelines.codec import compress, decompress


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    one_thread()
    image = photo()
    facts = machine()
    print(f"{facts['date']}, commit {facts['commit']}, {facts['cpu']}, CPU {facts['backend cpu']}\n")
    for encoders, options in ((LOSSY, {"quality": QUALITY}), (LOSSLESS, {"mode": "lossless"})):
        files, runs = {}, {}
        for profile in ("dense", "fast"):
            name = f"pixkern {profile}"
            files[name] = compress(image, profile=profile, **options)
            runs[name, "encode"] = partial(compress, image, profile=profile, threads=1, **options)
            runs[name, "decode"] = partial(decompress, files[name], threads=1)
        for name, peer in peers(image, encoders).items():
            files[name], runs[name, "encode"], runs[name, "decode"] = peer.data, peer.encode, peer.decode
        _print(image, files, runs, rounds)


def _print(image: np.ndarray, files: dict[str, bytes], runs: dict, rounds: int) -> None:
    named: dict[str, Callable[[], object]] = {" ".join(key): run for key, run in runs.items()}
    seconds = measure(Row("", lambda: None, named), rounds)
    print("| | bits per pixel | RGB-PSNR, dB | encode, MB/s | decode, MB/s |\n|---|---|---|---|---|")
    for name, data in files.items():
        psnr = float(metrics.psnr(image, runs[name, "decode"]()))
        told = "exact" if math.isinf(psnr) else f"{psnr:.2f}"
        speeds = (f"{image.nbytes / seconds[f'{name} {way}'] / 1e6:.0f}" for way in ("encode", "decode"))
        print(f"| {name} | {8 * len(data) / image[..., 0].size:.3f} | {told} | {' | '.join(speeds)} |", flush=True)
    print()


if __name__ == "__main__":
    main()
