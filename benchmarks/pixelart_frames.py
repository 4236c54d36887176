"""What frames gain from being restored together: a walk of eight frames of each of the demo's sprites.

    python benchmarks/pixelart_frames.py

Each frame is enlarged by area to cells of 4.5 to 12 pixels, blurred, and gets noise and JPEG of its own; the grid is
that of all. Prints, for a medium and a hard setting: how many sizes are exact frame by frame and together, and of what
stays the same from frame to frame, how much of it flickers in the sprites: with a colour for each cell, pooled frame by
frame on the true grid, and together.
"""

from __future__ import annotations

import time

import cv2
import numpy as np

from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart import restore
from pixkern.pipelines.pixelart.frames import restore_frames

_FRAMES = 8
_FINE = 16  # pixels of a cell before it is averaged down
_SETTINGS = {"medium": (0.15, (3, 9), (60, 88)), "hard": (0.35, (9, 15), (35, 63))}  # blur in cells, noise, quality


def walk(figure: np.ndarray) -> np.ndarray:
    """(frames, h, w, 3): the figure moves over a ground that stays."""
    height, width = figure.shape[:2]
    ground = np.full((height + 6, width + 12, 3), (60, 90, 40), np.uint8)
    ground[::3, ::5], ground[1::4, 2::7] = (70, 120, 60), (30, 60, 60)
    frames = np.repeat(ground[None], _FRAMES, axis=0)
    for k, frame in enumerate(frames):
        left = 2 * k % 12
        frame[4 - k % 2 : 4 - k % 2 + height, left : left + width] = figure if k % 4 < 2 else figure[:, ::-1]
    return frames


def pictures(frames: np.ndarray, draw: np.random.Generator, setting: str) -> list[np.ndarray]:
    """The frames as pictures of one grid."""
    blur, noise, quality = _SETTINGS[setting]
    pitch, cut = draw.uniform(4.5, 12), draw.integers(0, int(0.4 * _FINE), 2)
    level, kept = draw.uniform(*noise), int(draw.integers(*quality))
    made = []
    for frame in frames:
        fine = frame.repeat(_FINE, 0).repeat(_FINE, 1)[cut[0] :, cut[1] :]
        size = (round(fine.shape[1] * pitch / _FINE), round(fine.shape[0] * pitch / _FINE))
        soft = cv2.GaussianBlur(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), (0, 0), blur * pitch)
        grainy = np.clip(soft + draw.normal(0, level, soft.shape), 0, 255).round().astype(np.uint8)
        made.append(cv2.imdecode(cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, kept])[1], cv2.IMREAD_COLOR))
    return made


def flicker(sprites: np.ndarray, truth: np.ndarray) -> float:
    """Of the cells that stay the same from one frame to the next, the share that does not."""
    still = (truth[1:] == truth[:-1]).all(-1)
    return float(((sprites[1:] != sprites[:-1]).any(-1) & still).sum() / still.sum())


def main() -> None:
    """Print the table."""
    print(
        f"{'':8}{'alone':>8}{'together':>10} exact sizes, % {'cells':>8}{'alone':>8}{'together':>10} flicker, %  ms/MP"
    )
    for number, setting in enumerate(_SETTINGS):
        draw = np.random.default_rng(number)
        alone, together, seen, took = [], [], [], []
        for figure in demo_sprites().values():
            truth = walk(figure)
            size = truth.shape[2], truth.shape[1]
            made = pictures(truth, draw, setting)
            alone += [restore(picture).size == size for picture in made]
            start = time.perf_counter()
            found = restore_frames(made, threads=1)
            took.append((time.perf_counter() - start) / (sum(picture[..., 0].size for picture in made) / 1e6))
            together.append(found.size == size)
            forced = found if found.size == size else found.again(size=size)
            single = np.stack([restore(picture, size=size).sprite for picture in made])
            seen.append([flicker(each, truth) for each in (forced.again(colours=None).sprites, single, forced.sprites)])
        exact, shares = (100 * np.mean(each) for each in (alone, together)), 100 * np.mean(seen, axis=0)
        print(
            f"{setting:8}{next(exact):8.1f}{next(exact):10.1f}{'':16}"
            f"{shares[0]:8.1f}{shares[1]:8.1f}{shares[2]:10.1f}{'':12}{1000 * np.median(took):6.0f}"
        )


if __name__ == "__main__":
    main()
