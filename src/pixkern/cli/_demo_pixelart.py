"""What `pixkern demo` shows of pixel-art restoration."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pixkern.demo import demo_sprites
from pixkern.pipelines.batch import write_atomically
from pixkern.pipelines.files import encode_image
from pixkern.pipelines.pixelart import Restoration, restore
from pixkern.pipelines.pixelart.pictures import difference_picture, overlay
from pixkern.pipelines.pixelart.synth import corrupt

_SHOWN = (("crawl_007", "hard", 5), ("crawl_023", "diffusion", 2))  # sprite, tier, seed
_PANEL = 420  # pixels a side
_LABEL = 56  # pixels of height
_WRONG = 32  # levels
_MOST_WRONG = 2.0  # percent


def run(out: Path) -> list[str]:
    """Write the picture and say what it shows; returns what did not work, one line each."""
    out.mkdir(parents=True, exist_ok=True)
    sprites = demo_sprites()
    print("pixkern demo: pixel-art restoration")
    problems, rows = [], []
    for name, tier, seed in _SHOWN:
        truth = sprites[name]
        spoilt = corrupt(truth, tier, seed=seed, max_side=_PANEL).image
        found = restore(spoilt)
        wrong = _wrong(found.sprite, truth)
        cell = "{:.2f} x {:.2f}".format(*found.cell)
        told = f"{spoilt.shape[1]} x {spoilt.shape[0]} pixels, cells of {cell}: " + "{} x {}".format(*found.size)
        print(f"  {name}, tier {tier}: {told}, sure by {found.confidence:.0%}, {wrong:.1f} % of the pixels wrong")
        if wrong > _MOST_WRONG:
            problems.append(f"{name}: {wrong:.1f} % of the restored sprite's pixels are wrong")
        write_atomically(out / f"{name}-{tier}.png", encode_image(spoilt, ".png"))
        write_atomically(out / f"{name}-restored.png", encode_image(found.sprite, ".png"))
        rows.append(_row(spoilt, found, tier, wrong))
    write_atomically(out / "pixelart.png", encode_image(np.vstack(rows), ".png"))
    print(f"Look at {out / 'pixelart.png'}: a spoilt sprite, its grid, the sprite, and where they differ.")
    return problems


def _wrong(sprite: np.ndarray, truth: np.ndarray) -> float:
    """Percent of pixels with a channel off by more than 32; 100 for another size."""
    if sprite.shape != truth.shape:
        return 100.0
    return 100 * float((np.abs(sprite.astype(int) - truth).max(axis=2) > _WRONG).mean())


def _row(spoilt: np.ndarray, found: Restoration, tier: str, wrong: float) -> np.ndarray:
    width, height = found.size
    scale = max(1, min(_PANEL // width, _PANEL // height))
    return np.hstack(
        [
            _panel(spoilt, "input", f"tier {tier}, {spoilt.shape[1]} x {spoilt.shape[0]}"),
            _panel(overlay(spoilt, found.grid), "grid", "cells of {:.2f} x {:.2f} pixels".format(*found.cell)),
            _panel(found.upscaled(scale), "sprite", f"{width} x {height}, {wrong:.1f} % of its pixels wrong"),
            _panel(difference_picture(spoilt, found), "difference", f"{found.difference.total:.1f} % of the pixels"),
        ]
    )


def _panel(image: np.ndarray, title: str, told: str) -> np.ndarray:
    ratio = _PANEL / max(image.shape[:2])
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_NEAREST
    image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=how)
    panel = np.full((_LABEL + _PANEL + 8, _PANEL + 8, 3), 255, np.uint8)
    for text, base, size in ((title, 22, 0.7), (told, 46, 0.55)):
        cv2.putText(panel, text, (4, base), cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), 1, cv2.LINE_AA)
    panel[_LABEL : _LABEL + image.shape[0], : image.shape[1]] = image[:_PANEL, :_PANEL]
    return panel
