"""What the shipped autoencoders keep of photographs: python benchmarks/vae_accuracy.py FOLDER [--photos NAME ...]

For each photograph that trained nothing: the PSNR of encoder and decoder alone, rounded to uint8; then the stream of
about 0.17 bits a pixel against a JPEG (4:2:0, optimised) of as many bytes, its PSNR interpolated in log bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from pixkern.metrics import psnr
from pixkern.pipelines import codec
from pixkern.pipelines.codec import vae
from pixkern.pipelines.codec.models import find_model

KEPT_ASIDE = ("canary", "dragonfly", "kite", "path", "storm")
MODELS = ("f8c4", "f8c16")
BITS_PER_PIXEL = 0.17


def jpeg(photo: np.ndarray, size: int) -> float:
    """PSNR of a JPEG of `size` bytes; below the smallest there is, that of the smallest."""
    points = []
    for quality in range(1, 96, 2):
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        data = cv2.imencode(".jpg", photo[..., ::-1], options)[1]
        points.append(
            (np.log(len(data)), psnr(photo, np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])))
        )
    sizes, values = zip(*points, strict=True)
    return float(np.interp(np.log(size), sizes, values))


def best_under(photo: np.ndarray, model: str) -> tuple[int, float]:
    """Bytes and PSNR at the highest quality of at most BITS_PER_PIXEL, or the lowest quality there is."""
    most = BITS_PER_PIXEL * photo.shape[0] * photo.shape[1] / 8
    low, high = 1, 100
    while low < high:
        middle = (low + high + 1) // 2
        if len(codec.compress(photo, mode="vae", model=model, quality=middle)) <= most:
            low = middle
        else:
            high = middle - 1
    data = codec.compress(photo, mode="vae", model=model, quality=low)
    return len(data), psnr(photo, codec.decompress(data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", nargs="+", default=KEPT_ASIDE)
    args = parser.parse_args()
    rows = {model: [] for model in MODELS}
    for name in args.photos:
        photo = np.ascontiguousarray(cv2.imread(str(args.folder / f"{name}.png"))[..., ::-1])
        for model in MODELS:
            found = find_model(model)
            restored = vae.decode(vae.encode(photo[None], found), photo.shape[1::-1], found)[0]
            alone = psnr(photo, np.rint(restored * 255).astype(np.uint8))
            size, stream = best_under(photo, model)
            rate, other = 8 * size / photo[..., 0].size, jpeg(photo, size)
            rows[model].append((alone, rate, stream, other))
            report(name, model, alone, rate, stream, other)
    for model, found in rows.items():
        report("mean", model, *np.mean(found, axis=0))


def report(name: str, model: str, alone: float, rate: float, stream: float, other: float) -> None:
    print(f"{name:12} {model:6} alone {alone:6.2f} dB   {rate:.3f} bpp {stream:6.2f} dB, JPEG {other:6.2f} dB")


if __name__ == "__main__":
    main()
