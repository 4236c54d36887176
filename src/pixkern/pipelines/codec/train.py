"""Train an autoencoder for the codec and export it: ``python -m pixkern.pipelines.codec.train --help``.

The same seed and ``--steps`` give the same weights on one machine with one number of threads, also when the run was
stopped and resumed in between. Needs the extra ``train`` (torch, onnx).
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pixkern import BackendUnavailable

try:
    import onnx  # noqa: F401
    import torch
except ImportError:
    raise BackendUnavailable("training needs torch and onnx: pip install 'pixkern[train]'") from None

from .autoencoder_export import export
from .training import Options, Training
from .training_photos import read_photos


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns its exit code."""
    given = _parser().parse_args(arguments)
    try:
        options = Options(
            given.channels, given.steps, given.minutes, given.seed, given.batch, given.crop, given.rate, given.price,
            (given.noise[0], given.noise[1]), given.width, given.blocks, given.bfloat16,
        )  # fmt: skip
        photos = read_photos(given.photos)
        kept_aside = read_photos(given.validation) if given.validation else []
        training = Training(photos, options)
        given.out.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        print(f"train: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    torch.set_num_threads(given.threads)
    run(training, given.out, kept_aside=kept_aside, every=60 * given.save_every)
    return 0


def run(training: Training, out: Path, *, kept_aside: Sequence[np.ndarray] = (), every: float = 180.0) -> None:
    """Train to the end, resuming from `out` where it holds a checkpoint of this model; export into `out`.

    Parameters
    ----------
    training : Training
    out : path
        Folder of the checkpoint and of ``f8cN-encoder.onnx`` and ``f8cN-decoder.onnx``, written at the end and
        with every checkpoint.
    kept_aside : photos
        Reported on, never trained on, and no choice depends on them.
    every : float
        Seconds between checkpoints.
    """
    name = f"f8c{training.options.channels}"
    checkpoint = out / f"{name}.pt"
    if checkpoint.exists():
        training.resume(torch.load(checkpoint, weights_only=True))
        print(f"{name}: resumed at step {training.step}", flush=True)
    else:
        _report(training, name, math.nan, kept_aside)
    recent: list[float] = []
    saved = time.monotonic()
    while training.progress < 1:
        recent.append(training.advance())
        if time.monotonic() - saved > every or training.progress >= 1:
            partial = checkpoint.with_suffix(".part")
            torch.save(training.state(), partial)
            partial.replace(checkpoint)
            export(training.finish(), out / f"{name}-encoder.onnx", out / f"{name}-decoder.onnx")
            _report(training, name, float(np.mean(recent)), kept_aside)
            recent, saved = [], time.monotonic()


def _report(training: Training, name: str, loss: float, kept_aside: Sequence[np.ndarray]) -> None:
    figures = training.psnr(kept_aside)
    told = f" kept aside {np.mean(figures):.2f} dB ({' '.join(f'{one:.2f}' for one in figures)})" if figures else ""
    print(f"{name}: step {training.step}, {training.seconds:.0f} s, loss {loss:.3f} dB{told}", flush=True)


def _parser() -> argparse.ArgumentParser:
    defaults = Options(4, steps=1)
    parser = argparse.ArgumentParser("pixkern.pipelines.codec.train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs to train on")
    parser.add_argument("--validation", type=Path, help="folder of photographs to report on, never trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder for the models and the checkpoint")
    parser.add_argument("--channels", type=int, required=True, help="latents per 8x8 block: 4 and 16 are shipped")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int, help="length of the run; reproducible")
    length.add_argument("--minutes", type=float, help="length of the run by the clock")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--batch", type=int, default=defaults.batch, help="crops a step (%(default)s)")
    parser.add_argument("--crop", type=int, default=defaults.crop, help="side in pixels (%(default)s)")
    parser.add_argument("--rate", type=float, default=defaults.rate, help="peak learning rate (%(default)s)")
    parser.add_argument("--price", type=float, default=defaults.price, help="dB per bit per pixel (%(default)s)")
    parser.add_argument("--noise", type=float, nargs=2, default=defaults.noise, metavar=("LOW", "HIGH"))
    parser.add_argument("--width", type=int, default=defaults.width, help="channels of the trunks (%(default)s)")
    parser.add_argument("--blocks", type=int, default=defaults.blocks, help="residual blocks a half (%(default)s)")
    parser.add_argument("--bfloat16", action="store_true", help="convolve in bfloat16: faster where CPUs have it")
    parser.add_argument("--threads", type=int, default=1, help="of torch (%(default)s)")
    parser.add_argument("--save-every", type=float, default=3.0, help="minutes between checkpoints (%(default)s)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
