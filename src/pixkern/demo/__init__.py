"""Photos and sprites for `pixkern demo`; sources and licences are in LICENSES.md."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_BOARDS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "11", "12", "13", "14")


def boards() -> dict[str, bytes]:
    """13 photos of one checkerboard of 9 x 6 inner corners, 640 x 480, by name: JPEG files."""
    return {name: photo(name) for name in (f"left{number}.jpg" for number in _BOARDS)}


def photo(name: str) -> bytes:
    """One of the shipped photos: "building.jpg", 868 x 600, "astronaut.webp", 512 x 512, or a board.

    Examples
    --------
    >>> photo("building.jpg")[:2]
    b'\\xff\\xd8'
    """
    return files(__name__).joinpath(name).read_bytes()


def demo_sprites() -> dict[str, np.ndarray]:
    """24 sprites of Dungeon Crawl Stone Soup at their true resolution, by name, in the order of their names.

    Returns
    -------
    dict of str to ndarray, (h, w, 3) uint8 RGB
        16 to 71 pixels wide, 17 to 49 tall. The arrays are fresh on every call.

    Examples
    --------
    >>> sprites = demo_sprites()
    >>> len(sprites), sprites["crawl_007"].shape
    (24, (45, 37, 3))
    """
    from pixkern.pipelines.files import decode_image

    sheet = decode_image(photo("sprites.png"), name="sprites.png").pixels
    boxes: dict[str, list[int]] = json.loads(photo("sprites.json"))
    return {name: sheet[y : y + h, x : x + w].copy() for name, (x, y, w, h) in boxes.items()}
