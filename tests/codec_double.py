"""Stands in for a codec that is not there: coarser steps at lower qualities, zlib, a checksum."""

import json
import zlib
from dataclasses import dataclass

import numpy as np


class DecodeError(ValueError):
    pass


@dataclass(frozen=True)
class Info:
    width: int
    height: int
    channels: int
    dtype: str
    mode: str
    profile: str
    wavelet: str | None
    levels: int
    quality: int | None
    tile: int
    tiles: int
    model: str | None
    bytes: int


def compress(
    image,
    *,
    quality=75,
    mode="wavelet",
    profile="dense",
    wavelet=None,
    model=None,
    hadamard=False,
    tile=1024,
    threads=None,
):
    if mode != "lossless" and image.dtype != np.uint8:
        raise TypeError(f"expected uint8, got {image.dtype}")
    wavelet = wavelet or ("cdf53" if mode == "lossless" else "cdf97")
    if mode == "lossless" and wavelet == "cdf97":
        raise ValueError("lossless has no cdf97")
    step = 1 if mode == "lossless" else 1 + (100 - quality) // 4
    levels = (image.astype(np.int32) + step // 2) // step
    head = {
        "shape": image.shape,
        "dtype": image.dtype.name,
        "mode": mode,
        "profile": profile,
        "wavelet": wavelet,
        "quality": None if mode == "lossless" else quality,
        "tile": tile,
        "step": step,
        "model": "ab" * 32 if mode == "vae" else None,
    }
    body = json.dumps(head).encode() + b"\n" + zlib.compress(levels.astype(np.uint16).tobytes(), 6)
    return b"double" + zlib.crc32(body).to_bytes(4, "little") + body


def _head(data):
    if data[:6] != b"double" or zlib.crc32(data[10:]) != int.from_bytes(data[6:10], "little"):
        raise DecodeError("not a compressed image, or a damaged one")
    head, _, body = data[10:].partition(b"\n")
    return json.loads(head), body


def decompress(data, *, max_pixels=2**28, region=None, reduce=0, threads=None):
    head, body = _head(data)
    shape = tuple(head["shape"])
    if shape[0] * shape[1] > max_pixels:
        raise DecodeError(f"{shape[1]} x {shape[0]} pixels is more than max_pixels={max_pixels}")
    levels = np.frombuffer(zlib.decompress(body), np.uint16).reshape(shape).astype(np.int64)
    image = np.minimum(levels * head["step"], np.iinfo(head["dtype"]).max).astype(head["dtype"])
    if region is not None:
        x, y, width, height = region
        if x + width > shape[1] or y + height > shape[0]:
            raise ValueError(f"region {region} is not inside {shape[1]} x {shape[0]}")
        image = image[y : y + height, x : x + width]
    return np.ascontiguousarray(image[:: 2**reduce, :: 2**reduce])


def info(data):
    head, _ = _head(data)
    shape = head["shape"]
    return Info(
        width=shape[1],
        height=shape[0],
        channels=1 if len(shape) == 2 else shape[2],
        levels=5,
        tiles=1,
        bytes=len(data),
        **{name: head[name] for name in ("dtype", "mode", "profile", "wavelet", "quality", "tile", "model")},
    )


def install(monkeypatch):
    from pixkern.pipelines import codec

    if hasattr(codec, "compress"):
        return
    for thing in (compress, decompress, info, DecodeError, Info):
        monkeypatch.setattr(codec, thing.__name__, thing, raising=False)
