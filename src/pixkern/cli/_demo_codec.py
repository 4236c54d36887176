"""What `pixkern demo` shows of image compression."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from pixkern import BackendUnavailable, metrics
from pixkern.demo import photo
from pixkern.pipelines import codec
from pixkern.pipelines.batch import write_atomically
from pixkern.pipelines.files import decode_image, encode_image

_PHOTO = "astronaut.webp"
_QUALITY = 30
_VAE_QUALITY = 75
_DETAIL = (slice(60, 188), slice(160, 288))  # the face: the part of this photo that people look at
_ENLARGED = 4
_LABEL = 56  # pixels of height


@dataclass(frozen=True)
class _Shown:
    """One column of the picture."""

    title: str
    image: np.ndarray
    bytes: int
    psnr: float

    @property
    def told(self) -> str:
        return f"{self.bytes:,} bytes, {_bpp(self.bytes, self.image):.2f} bpp, {self.psnr:.1f} dB"


def run(out: Path) -> list[str]:
    """Write the picture and say what it shows; returns what did not work, one line each."""
    out.mkdir(parents=True, exist_ok=True)
    original = decode_image(photo(_PHOTO), name=_PHOTO).pixels
    rows, cols = original.shape[:2]
    print("pixkern demo: image compression")
    print(f"  {_PHOTO}, {cols} x {rows}, {original.nbytes:,} bytes of pixels")
    problems = _lossless(out, original)
    columns = []
    modes: tuple[tuple[Literal["wavelet", "vae"], int], ...] = (("wavelet", _QUALITY), ("vae", _VAE_QUALITY))
    for mode, quality in modes:
        try:
            data = codec.compress(original, mode=mode, quality=quality)
        except BackendUnavailable as error:
            print(f"    {mode}: left out: {error}")
            continue
        write_atomically(out / f"astronaut-{mode}.pxk", data)
        ours = _Shown(f"pixkern {mode}", *_seen(original, codec.decompress(data), data))
        jpeg = _jpeg(original, len(data))
        print(f"    {mode}, quality {quality}: {ours.told}; JPEG: {jpeg.told}")
        columns += [ours, jpeg]
        if mode == "wavelet" and not ours.psnr > jpeg.psnr:
            problems.append(f"{_PHOTO}: the wavelet mode is not better than JPEG of the same size")
    write_atomically(out / "codec.png", encode_image(_sheet(original, columns), ".png"))
    print(f"Look at {out / 'codec.png'}: each mode beside a JPEG file of no more bytes.")
    return problems


def _lossless(out: Path, original: np.ndarray) -> list[str]:
    data = codec.compress(original, mode="lossless")
    write_atomically(out / "astronaut-lossless.pxk", data)
    png = len(encode_image(original, ".png"))
    share = 100 * (1 - len(data) / png)
    print(f"    lossless: {len(data):,} bytes, {_bpp(len(data), original):.2f} bpp, {share:.0f} % less than PNG")
    if np.array_equal(codec.decompress(data), original):
        return []
    return [f"{_PHOTO}: the lossless mode does not give back the same pixels"]


def _jpeg(original: np.ndarray, most: int) -> _Shown:
    """The best JPEG file of at most `most` bytes: 4:2:0, optimised Huffman tables."""
    flags = [cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    swapped = cv2.cvtColor(original, cv2.COLOR_RGB2BGR)
    best = b""
    for quality in range(1, 101):
        _, data = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, quality, *flags])
        if best and len(data) > most:
            break
        best = data.tobytes()
    return _Shown("JPEG", *_seen(original, decode_image(best, name="jpeg").pixels, best))


def _seen(original: np.ndarray, decoded: np.ndarray, data: bytes) -> tuple[np.ndarray, int, float]:
    return decoded, len(data), float(metrics.psnr(original, decoded))


def _bpp(size: int, image: np.ndarray) -> float:
    return 8 * size / (image.shape[0] * image.shape[1])


def _sheet(original: np.ndarray, columns: list[_Shown]) -> np.ndarray:
    """The photo and each column, whole above and in detail below."""
    panels = [_panel(original, "original", f"{original.nbytes:,} bytes of pixels")]
    panels += [_panel(shown.image, shown.title, shown.told) for shown in columns]
    return np.hstack(panels)


def _panel(image: np.ndarray, title: str, told: str) -> np.ndarray:
    detail = cv2.resize(image[_DETAIL], None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_NEAREST)
    label = np.full((_LABEL, image.shape[1], 3), 255, np.uint8)
    for text, base, size in ((title, 22, 0.7), (told, 46, 0.6)):
        cv2.putText(label, text, (8, base), cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), 1, cv2.LINE_AA)
    gap = np.full((6, image.shape[1], 3), 255, np.uint8)
    column = np.vstack([label, image, gap, detail])
    return np.pad(column, ((0, 0), (0, 6), (0, 0)), constant_values=255)
