"""The pictures of shadow_patterns.md: python docs/make_relighting_pictures.py."""

from pathlib import Path

import cv2
import numpy as np

from pixkern.shadows import PATTERN_WEIGHTS, draw_pattern, draw_silhouette, pattern_mask, silhouette_mask

FOLDER = Path(__file__).parent / "pictures"
SIDE, MARGIN, LABEL = 220, 8, 24
SEEDS = (1, 3)


def main() -> None:
    tiles = {
        kind: [pattern_mask(draw_pattern(kind, seed=seed), (SIDE, SIDE)) for seed in SEEDS]
        for kind in (*PATTERN_WEIGHTS, "perlin")
    }
    laid = [draw_silhouette(kind, seed=1) for kind in ("hand", "frond")]
    tiles["silhouette"] = [silhouette_mask(one, (SIDE, SIDE), angle=25, scale=0.9) for one in laid]
    blocks = [block(name, masks) for name, masks in tiles.items()]
    rows = [np.hstack(blocks[first : first + 4]) for first in range(0, len(blocks), 4)]
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "shadow_patterns.webp"
    path.write_bytes(cv2.imencode(".webp", np.vstack(rows), [cv2.IMWRITE_WEBP_QUALITY, 75])[1].tobytes())
    print(path, path.stat().st_size)


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


if __name__ == "__main__":
    main()
