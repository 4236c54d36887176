"""The codec against its peers at equal PSNR, and lossless: a photo of 1536 x 1024 pixels, RGB, 4.7 MB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from compare import Row

from pixkern import metrics
from pixkern.pipelines.codec import compress, decompress
from pixkern.pipelines.codec.rd._libraries import pillow_decode, pillow_encode, pillow_lacks
from pixkern.pipelines.codec.rd.encoder import Encoder
from pixkern.pipelines.codec.rd.lossless_peers import Jpeg2000Lossless, JpegXLLossless, WebPLossless
from pixkern.pipelines.codec.rd.peers import Avif, Jpeg, Jpeg2000, JpegXL, WebP

QUALITY = 50

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("encode dense", "OpenJPEG"): 1.7,
    ("decode dense", "OpenJPEG"): 0.25,
    ("encode dense", "JPEG XL e7"): 5,
    ("encode fast", "OpenJPEG"): 2.6,
    ("decode fast", "OpenJPEG"): 0.6,
    ("encode lossless dense", "OpenJPEG"): 2.3,
    ("decode lossless dense", "OpenJPEG"): 1.7,
    ("encode lossless fast", "JPEG XL e3"): 2.4,
    ("decode lossless fast", "JPEG XL e3"): 1.4,
}


@dataclass(frozen=True)
class PillowJpeg2000(Jpeg2000):
    """OpenJPEG as Pillow calls it, with the colour transform that it leaves out unless told."""

    def missing(self) -> str | None:
        return pillow_lacks("jpg_2000")

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        return pillow_encode(
            image, "JPEG2000", irreversible=True, mct=1, quality_mode="dB", quality_layers=[quality], no_jp2=True
        )

    def decode(self, data: bytes) -> np.ndarray:
        return pillow_decode(data)


@dataclass(frozen=True)
class OpenCVPng(Encoder):
    """PNG at zlib's usual level."""

    library = "OpenCV"
    settings = "level 6"

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        done, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 6])
        assert done
        return data.tobytes()

    def decode(self, data: bytes) -> np.ndarray:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


LOSSY = (
    Jpeg2000("jpeg2000", "OpenJPEG", (1,)),
    JpegXL("jxl-3", "JPEG XL e3", (1,), effort=3),
    PillowJpeg2000("jpeg2000-pillow", "OpenJPEG, Pillow", (1,)),
    JpegXL("jxl", "JPEG XL e7", (1,)),
    Avif("avif", "AVIF 4:4:4 s6", (1,), subsampling="4:4:4"),
    WebP("webp", "WebP m4", (1,)),
    Jpeg("jpeg", "JPEG 4:4:4", (1,), subsampling="4:4:4"),
)
LOSSLESS = (
    Jpeg2000Lossless("jpeg2000", "OpenJPEG"),
    JpegXLLossless("jxl-3", "JPEG XL e3", effort=3),
    JpegXLLossless("jxl-1", "JPEG XL e1", effort=1),
    WebPLossless("webp", "WebP m4"),
    OpenCVPng("png", "PNG-6"),
)
BESIDE_FAST = 2  # peers of either list that the rows of the fast profile have, too


@dataclass(frozen=True)
class Peer:
    """An encoder at one quality, with the file that it makes of the photo."""

    encoder: Encoder
    image: np.ndarray
    quality: float | None
    data: bytes

    def encode(self) -> bytes:
        return self.encoder.encode(self.image, self.quality)

    def decode(self) -> np.ndarray:
        return self.encoder.decode(self.data)


def photo() -> np.ndarray:
    """The demo's photo six times, mirrored at the seams, each time a little darker, so that no bytes come twice."""
    one = _packaged()
    row = np.hstack([one, one[:, ::-1], one])
    image = np.vstack([row, row[::-1]])
    for place in range(6):
        part = image[512 * (place // 3) :, 512 * (place % 3) :][:512, :512]
        part[:] = (part * (1 - 0.03 * place)).astype(np.uint8)
    return image


def _packaged() -> np.ndarray:
    from pixkern.demo import photo as packaged
    from pixkern.pipelines.files import decode_image

    return decode_image(packaged("astronaut.webp"), name="astronaut.webp").pixels


def peers(image: np.ndarray, encoders: tuple[Encoder, ...]) -> dict[str, Peer]:
    """Those that can run here; lossy ones at their lowest quality that is not worse than ours on one of the six."""
    one = _packaged()
    psnr = metrics.psnr(one, decompress(compress(one, quality=QUALITY)))
    found = {}
    for encoder in encoders:
        if encoder.missing() is not None:
            continue
        quality = None if encoder.lossless else _reaching(encoder, one, psnr)
        found[encoder.title] = Peer(encoder, image, quality, encoder.encode(image, quality))
    return found


def _reaching(encoder: Encoder, image: np.ndarray, psnr: float) -> float:
    scale = encoder.scale
    low, high = 0, len(scale) - 1
    while low < high:
        middle = (low + high) // 2
        reached = metrics.psnr(image, encoder.decode(encoder.encode(image, scale[middle])))
        low, high = (low, middle) if reached >= psnr else (middle + 1, high)
    return scale[low]


def rows() -> Iterator[Row]:
    image = photo()
    yield from _rows("", image, peers(image, LOSSY), quality=QUALITY)
    yield from _rows("lossless ", image, peers(image, LOSSLESS), mode="lossless")
    run = partial(compress, image, quality=QUALITY, threads=1)
    yield Row("the same call twice", run, {"ours": run})


def _rows(kind: str, image: np.ndarray, others: Mapping[str, Peer], **options: object) -> Iterator[Row]:
    both: dict[str, dict[str, Callable[[], object]]] = {
        "encode": {name: peer.encode for name, peer in others.items()},
        "decode": {name: peer.decode for name, peer in others.items()},
    }
    for profile in ("dense", "fast"):
        data = compress(image, profile=profile, **options)
        ours = {
            "encode": partial(compress, image, profile=profile, threads=1, **options),
            "decode": partial(decompress, data, threads=1),
        }
        for direction, run in ours.items():
            yield Row(f"{direction} {kind}{profile}", run, both[direction])
            both[direction] = {"ours, dense": run, **dict(list(both[direction].items())[:BESIDE_FAST])}


def cuda_rows() -> Iterator[Row]:
    """The codec itself runs on CPUs; its transforms have rows of their own."""
    return iter(())


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from codec_rows import *
image = np.tile(photo(), (2, 2, 1))  # 19 MB
"""
    made = start + "data = compress(image, threads=1)\n"
    programs = {
        "nothing": start,
        "compress": made,
        "compress and decompress": made + "decompress(data, threads=1)",
        "compress, lossless": start + "compress(image, mode='lossless', threads=1)",
    }
    for encoder in LOSSY[:2]:
        if encoder.missing() is None:
            programs[f"{encoder.title}, compress"] = start + (
                f"next(one for one in LOSSY if one.name == {encoder.name!r}).encode(image, 40)"
            )
    return programs
