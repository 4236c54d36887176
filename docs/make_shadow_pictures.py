"""The picture of docs/shadows.md: python docs/make_shadow_pictures.py."""

from pathlib import Path

import cv2
import numpy as np

from pixkern.shadows import cast_shadow, inflate, subsurface, varying_blur

SIDE = 200


def figure() -> np.ndarray:
    """Head and shoulders, cut off below."""
    rows, cols = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    head = (cols / 0.16) ** 2 + ((rows + 0.12) / 0.22) ** 2 < 1
    return head | ((cols / 0.4) ** 2 + ((rows - 0.55) / 0.4) ** 2 < 1)


def main() -> None:
    mask = figure()
    height = inflate(mask)
    hard = cast_shadow(height, (1, 0.6, 0.7))
    soft = cast_shadow(height, (1, 0.6, 0.7), softness=0.15, samples=64)
    bar = np.ones((SIDE, SIDE), np.float32)
    bar[:, SIDE // 3 : SIDE // 2] = 0
    widths = np.repeat(np.linspace(0, 10, SIDE, dtype=np.float32)[:, None], SIDE, axis=1)
    widening = varying_blur(bar, widths)
    skin = subsurface(bar, sigma=(8, 3, 1.5))
    greys = (height / height.max(), hard, soft, widening)
    panels = [np.repeat(panel[..., None], 3, axis=2) for panel in greys] + [skin[..., ::-1]]
    gap = np.ones((SIDE, 4, 3), np.float32)
    row = np.concatenate([part for panel in panels for part in (panel, gap)][:-1], axis=1)
    path = Path(__file__).parent / "pictures" / "shadows.png"
    cv2.imwrite(str(path), np.clip(row * 255, 0, 255).round().astype(np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
