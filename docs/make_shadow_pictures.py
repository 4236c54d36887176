"""The pictures of shadows.md and shadow_patterns.md: python docs/make_shadow_pictures.py."""

from pathlib import Path

import cv2
import numpy as np

from pixkern.shadows import (
    PATTERN_WEIGHTS,
    cast_shadow,
    draw_pattern,
    draw_silhouette,
    inflate,
    pattern_mask,
    silhouette_mask,
    subsurface,
    varying_blur,
)

FOLDER = Path(__file__).parent / "pictures"
SIDE = 200  # of a panel of shadows
TILE, MARGIN, LABEL = 220, 8, 24  # of a pattern
SEEDS = (1, 3)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    save("shadows.png", shadows(), cv2.IMWRITE_PNG_COMPRESSION, 9)
    save("shadow_patterns.webp", patterns(), cv2.IMWRITE_WEBP_QUALITY, 75)


def shadows() -> np.ndarray:
    """A height, its shadow under two lights, an edge that widens downwards, an edge that spreads by channel."""
    mask = figure()
    height = inflate(mask)
    hard = cast_shadow(height, (1, 0.6, 0.7))
    soft = cast_shadow(height, (1, 0.6, 0.7), softness=0.15, samples=64)
    bar = np.ones((SIDE, SIDE), np.float32)
    bar[:, SIDE // 3 : SIDE // 2] = 0
    widths = np.repeat(np.linspace(0, 10, SIDE, dtype=np.float32)[:, None], SIDE, axis=1)
    widening = varying_blur(bar, widths)
    half = np.zeros((SIDE, SIDE), np.float32)
    half[:, SIDE // 2 :] = 1
    skin = subsurface(half, sigma=(24, 12, 7.2))  # (5, 2.5, 1.5), 4.8 times as large
    greys = (height / height.max(), hard, soft, widening)
    panels = [np.repeat(panel[..., None], 3, axis=2) for panel in greys] + [skin[..., ::-1]]
    gap = np.ones((SIDE, 4, 3), np.float32)
    row = np.concatenate([part for panel in panels for part in (panel, gap)][:-1], axis=1)
    return np.clip(row * 255, 0, 255).round().astype(np.uint8)


def figure() -> np.ndarray:
    """Head and shoulders, cut off below."""
    rows, cols = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    head = (cols / 0.16) ** 2 + ((rows + 0.12) / 0.22) ** 2 < 1
    return head | ((cols / 0.4) ** 2 + ((rows - 0.55) / 0.4) ** 2 < 1)


def patterns() -> np.ndarray:
    """Two drawings of each kind of pattern, and two silhouettes."""
    tiles = {
        kind: [pattern_mask(draw_pattern(kind, seed=seed), (TILE, TILE)) for seed in SEEDS]
        for kind in (*PATTERN_WEIGHTS, "perlin")
    }
    laid = [draw_silhouette(kind, seed=1) for kind in ("hand", "frond")]
    tiles["silhouette"] = [silhouette_mask(one, (TILE, TILE), angle=25, scale=0.9) for one in laid]
    blocks = [block(name, masks) for name, masks in tiles.items()]
    return np.vstack([np.hstack(blocks[first : first + 4]) for first in range(0, len(blocks), 4)])


def block(name: str, masks: list[np.ndarray]) -> np.ndarray:
    """Tiles of one kind side by side, light where the light falls, with its name above."""
    pictures = [np.rint(255 * (1 - mask)).astype(np.uint8) for mask in masks]
    framed = [
        cv2.copyMakeBorder(one, 0, MARGIN, MARGIN // 2, MARGIN // 2, cv2.BORDER_CONSTANT, value=215) for one in pictures
    ]
    body = np.hstack(framed)
    head = np.full((LABEL, body.shape[1]), 215, np.uint8)
    cv2.putText(head, name, (MARGIN, LABEL - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 30, 1, cv2.LINE_AA)
    return np.vstack([head, body])


def save(name: str, picture: np.ndarray, option: int, value: int) -> None:
    path = FOLDER / name
    path.write_bytes(cv2.imencode(path.suffix, picture, [option, value])[1].tobytes())
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
