"""The picture of pixelart_synth.md: python docs/make_pixelart_pictures.py."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart.synth import TIERS, corrupt, draw_recipe

FILE = Path(__file__).parent / "pictures" / "pixelart_tiers.webp"
SPRITE, SEED, CELL = "crawl_007", 8, 9.4
ROWS, COLUMNS = slice(2, 34), slice(3, 35)
SIDE, GAP = 9 * 32, 8


def main() -> None:
    sprite = demo_sprites()[SPRITE][ROWS, COLUMNS]
    tiles = []
    for tier in TIERS:
        recipe = replace(draw_recipe(tier, sprite.shape[1::-1], SEED), cell=(CELL, CELL) if tier != "easy" else (9, 9))
        image = corrupt(sprite, recipe, seed=SEED).image[:SIDE, :SIDE]
        tile = np.full((SIDE + GAP, SIDE + GAP, 3), 255, np.uint8)
        tile[: image.shape[0], : image.shape[1]] = image
        tiles.append(tile)
    picture = np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])[:-GAP, :-GAP]
    FILE.write_bytes(cv2.imencode(".webp", picture[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 88])[1].tobytes())
    print(FILE, FILE.stat().st_size)


if __name__ == "__main__":
    main()
