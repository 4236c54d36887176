"""Whole restorations of corrupted sprites against those of others: pictures in memory, one thread, defaults, no hints.

The pictures are those of medium difficulty: soft edges, noise, JPEG, a pitch that is no whole number. "8 sprites" is a
scene of 128 x 128 cells. Whether the peers find the sprite is another table (docs/pixelart_accuracy.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pixelart_peers
from compare import Row, available

from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart import restore, synth

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("restore 0.16 MP, 37 x 37", "perfect-pixel"): 0.32,
    ("restore 1 MP, 37 x 37", "perfect-pixel"): 0.97,
    ("restore 1 MP, 128 x 128", "perfect-pixel"): 0.52,
    ("restore 1 MP, 128 x 128", "proper-pixel-art"): 26,
    ("restore 1 MP, 128 x 128", "pixel-snapper"): 8.0,
    ("restore 4 MP, 128 x 128", "perfect-pixel"): 1.2,
}

ALL = ("perfect-pixel", "proper-pixel-art", "pixel-snapper")


def picture(sprite: np.ndarray, width: int) -> np.ndarray:
    """The sprite in a picture `width` pixels wide; of its first row and column a part is cut off."""
    pitch = width / (sprite.shape[1] - 0.3)
    recipe = synth.Recipe(
        cell=(pitch, pitch),
        crop=(0.3, 0.2, 0.0, 0.0),
        edges="area",
        softness=0.08,
        noise=3.0,
        colour_noise=1.5,
        shading=2.0,
        jpeg_quality=85,
        jpeg_chroma="4:2:0",
    )
    return synth.corrupt(sprite, recipe, seed=1, max_side=4096).image


def scene() -> np.ndarray:
    """128 x 128 pixels: twelve sprites on the colour behind the first."""
    sprites = list(demo_sprites().values())
    canvas = np.empty((128, 128, 3), np.uint8)
    canvas[:] = sprites[0][0, 0]
    for place, sprite in enumerate(sprites[3:15]):
        part = sprite[:42, :32]
        row, column = 42 * (place // 4), 32 * (place % 4)
        canvas[row : row + part.shape[0], column : column + part.shape[1]] = part
    return canvas


def pictures() -> dict[str, np.ndarray]:
    sprite = demo_sprites()["crawl_013"]
    return {
        "restore 0.16 MP, 37 x 37": picture(sprite, 400),
        "restore 1 MP, 37 x 37": picture(sprite, 1000),
        "restore 1 MP, 128 x 128": picture(scene(), 1000),
        "restore 4 MP, 128 x 128": picture(scene(), 2000),
    }


def rows() -> Iterator[Row]:
    for name, image in pictures().items():
        wanted = ALL[:1] if "4 MP" in name else ALL  # others take many seconds
        peers = pixelart_peers.methods([peer for peer in wanted if available(pixelart_peers.PEERS[peer][0])])
        yield Row(
            name,
            partial(restore, image, threads=1),
            {peer.name: partial(peer.run, peer.prepare(image)) for peer in peers},
        )
    twice = partial(restore, image, threads=1)
    yield Row("the same call twice", twice, {"ours": twice})


def cuda_rows() -> Iterator[Row]:
    """None: a restoration runs on the CPU; its kernels have rows of their own."""
    return iter(())


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from pixelart_rows import *
image = scene().repeat(16, axis=0).repeat(16, axis=1)
"""
    programs = {"nothing": start, "ours": start + "restore(image, threads=1)"}
    if available("perfect_pixel"):
        programs["perfect-pixel"] = start + "pixelart_peers.methods(['perfect-pixel'])[0].run(image)"
    return programs
