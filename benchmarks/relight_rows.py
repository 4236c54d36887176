"""Relit photos against the same with NumPy and OpenCV: 1024 x 1024, uint8, mask and normals given, one thread.

Both draw their lights, patterns and shares anew for every photo. Ours works in linear light, blurs inside the mask and
writes down what it did, hashes of all it used included; the peer does none of that. "coarse blurs" is the peer with its
three Gaussians on reduced images, which leaves errors of some levels: what one writes who has noticed that they
are the cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import relight_peers
from compare import Row

from pixkern.demo import photo
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight import Settings, relight, settings
from pixkern.shading import normals_from_depth

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("relight 1 MP", "numpy + cv2"): 44,
    ("relight 1 MP", "numpy + cv2, coarse blurs"): 0.59,
    ("relight 1 MP, jpg file to file", "numpy + cv2"): 28,
    ("relight 1 MP, png file to file", "numpy + cv2"): 12,
}

SIDE = 1024
VARIANTS = 4
PEERS: dict[str, Callable] = {"numpy + cv2": relight_peers.blur, "numpy + cv2, coarse blurs": relight_peers.coarse_blur}


def portrait(side: int = SIDE) -> np.ndarray:
    """The portrait that pixkern ships, enlarged; (side, side, 3) uint8."""
    image = decode_image(photo("astronaut.webp")).pixels
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)


def given(side: int = SIDE) -> dict[str, np.ndarray]:
    """A soft mask about the person, (side, side) uint8, and the normals of two ellipsoids in it."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / np.float32(side)
    height = np.zeros((side, side), np.float32)
    for col, row, width, tall in ((0.44, 0.26, 0.17, 0.25), (0.40, 1.0, 0.40, 0.68)):
        inside = 1 - ((x - col) / width) ** 2 - ((y - row) / tall) ** 2
        np.maximum(height, width * np.sqrt(np.maximum(inside, 0)), out=height)
    mask = cv2.GaussianBlur(np.where(height > 0, 255, 0).astype(np.uint8), (0, 0), side / 512)
    return {"mask": mask, "normals": normals_from_depth(-height, mask=mask)}


def soft_shading(pattern: float) -> Settings:
    """What the peer does, too: multi-scale Retinex and Lambert's shading, with a pattern so often."""
    off = settings.Weighted(enabled=False)
    albedo = settings.AlbedoSettings(methods=settings.AlbedoMethods(luminance=off, division=off))
    methods = settings.DegradationMethods(
        soft_shading=settings.SoftShading(pattern=pattern),
        hard_shadow=settings.HardShadow(enabled=False),
        specular=settings.SpecularShading(enabled=False),
    )
    return Settings(albedo=albedo, degradation=settings.DegradationSettings(methods))


def ours(image: np.ndarray, found: dict[str, np.ndarray], how: Settings, variants: int = 1) -> np.ndarray:
    """The last of the photo's relit pictures."""
    for variant in range(variants):
        output = relight(image, seed=0, variant=variant, settings=how, threads=1, **found).output
    return output


def theirs(image: np.ndarray, found: dict[str, np.ndarray], blurred: Callable, pattern: float, variants: int) -> None:
    for variant in range(variants):
        relight_peers.relight(image, **found, seed=variant, pattern=pattern, blurred=blurred)


def from_file(data: bytes, found: dict[str, np.ndarray], how: Settings, suffix: str) -> bytes:
    """A file to a file."""
    return encode_image(ours(decode_image(data).pixels, found, how), suffix, fast=True)


def from_file_theirs(data: bytes, found: dict[str, np.ndarray], suffix: str) -> bytes:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    output, _ = relight_peers.relight(image, **found, seed=0, pattern=0)
    return cv2.imencode(suffix, output[..., ::-1])[1].tobytes()


def rows() -> Iterator[Row]:
    image, found = portrait(), given()
    still = soft_shading(0.0)
    yield Row(
        "relight 1 MP",
        partial(ours, image, found, still),
        {name: partial(theirs, image, found, blurred, 0.0, 1) for name, blurred in PEERS.items()},
    )
    yield Row(
        f"relight 1 MP, {VARIANTS} lights, half of them with a pattern",
        partial(ours, image, found, soft_shading(0.5), VARIANTS),
        {name: partial(theirs, image, found, blurred, 0.5, VARIANTS) for name, blurred in PEERS.items()},
    )
    for suffix in (".png", ".jpg"):
        data = encode_image(image, suffix)
        yield Row(
            f"relight 1 MP, {suffix[1:]} file to file",
            partial(from_file, data, found, still, suffix),
            {"numpy + cv2": partial(from_file_theirs, data, found, suffix)},
        )
    twice = partial(ours, image, found, still)
    yield Row("the same call twice", twice, {"ours": twice})


def cuda_rows() -> Iterator[Row]:
    """None: a photo is relit on the CPU; its kernels have rows of their own."""
    return iter(())


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from relight_rows import *
cv2.setNumThreads(1)
image = np.full((2048, 2048, 3), 90, np.uint8)
image[::2] = 140
found = {"mask": np.full((2048, 2048), 255, np.uint8), "normals": np.zeros((2048, 2048, 3), np.float32)}
found["normals"][..., 2] = 1
how = soft_shading(0.0)
"""
    peer = "relight_peers.relight(image, **found, seed=0, pattern=0)"
    return {"nothing": start, "ours": start + "ours(image, found, how)", "numpy + cv2": start + peer}
