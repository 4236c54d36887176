"""Photographs to train on: read once, halved a few times, cropped at random."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")


def read_photos(folder: Path) -> list[np.ndarray]:
    """The photos of a folder, (H, W, 3) uint8 RGB, in the order of their names.

    Raises
    ------
    FileNotFoundError
        The folder holds no photo.
    ValueError
        One of its files cannot be read as an image.
    """
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise FileNotFoundError(f"no photos in {folder}; they need one of {', '.join(SUFFIXES)}")
    photos = []
    for path in paths:
        photo = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        if photo is None:
            raise ValueError(f"{path} is not an image that can be read")
        photos.append(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB))
    return photos


def scales_of(photo: np.ndarray, smallest: int, *, halvings: int = 2) -> list[np.ndarray]:
    """The photo, its half, its quarter: as many as are at least `smallest` pixels a side."""
    scales = [photo]
    for _ in range(halvings):
        rows, cols = (side // 2 for side in scales[-1].shape[:2])
        scales.append(cv2.resize(scales[-1], (cols, rows), interpolation=cv2.INTER_AREA))
    return [scale for scale in scales if min(scale.shape[:2]) >= smallest]


class RandomCrops:
    """Batches of random crops, (B, side, side, 3) uint8: every photo alike, turned and mirrored in 8 ways.

    Full size is drawn half of the time, each smaller scale half as often as the one before it.

    Raises
    ------
    ValueError
        No photo is as large as a crop.
    """

    def __init__(self, photos: Sequence[np.ndarray], side: int) -> None:
        self.side = side
        self._pyramids = [scales for scales in (scales_of(photo, side) for photo in photos) if scales]
        if not self._pyramids:
            raise ValueError(f"no photo is {side}x{side} pixels or larger; take larger photos or smaller crops")

    def batch(self, count: int, random: np.random.Generator) -> np.ndarray:
        """`count` crops drawn with `random`."""
        crops = np.empty((count, self.side, self.side, 3), np.uint8)
        for crop in crops:
            scales = self._pyramids[random.integers(len(self._pyramids))]
            level = min(int(random.geometric(0.5)), len(scales)) - 1
            photo = scales[level]
            top, left = (random.integers(extent - self.side + 1) for extent in photo.shape[:2])
            cut = photo[top : top + self.side, left : left + self.side]
            turns, mirrored = int(random.integers(4)), random.integers(2)
            cut = np.rot90(cut, turns)
            crop[:] = cut[:, ::-1] if mirrored else cut
        return crops
