"""Pictures of what cannot be seen as it is: the levels of a pyramid, its signed details, and deviations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from pixkern.pyramid import SplinePyramid, render

from .colour import join

DETAIL_GAIN = 4
"""Details are shown this many times as strong as they are, about grey 128."""

THUMBNAIL_SIDE = 320
"""Pixels of the longer side of a thumbnail."""

_GAP = 8  # pixels between the pictures of a mosaic
_BEHIND = 64  # grey behind them


def level_pictures(pyramid: SplinePyramid) -> list[np.ndarray]:
    """What is left of the image from each level on, at the level's own resolution, uint8.

    Picture l is the base and the details of levels l and coarser, at pixels 2^l k of the image. So the first is the
    image, and the last shows the base.
    """
    width, height = pyramid.size
    pictures = []
    for level in range(pyramid.levels + 1):
        right, bottom = (width - 1) >> level, (height - 1) >> level
        gains = [0.0] * level + [1.0] * (pyramid.levels - level)
        window = (0, 0, right << level, bottom << level)
        pictures.append(join(render(pyramid, (right + 1, bottom + 1), samples=math.inf, gains=gains, window=window)))
    return pictures


def detail_pictures(pyramid: SplinePyramid) -> list[np.ndarray]:
    """The details of each level that belong to pixels 2^l k of the image, `DETAIL_GAIN` times about 128, uint8."""
    width, height = pyramid.size
    pictures = []
    for level, detail in enumerate(pyramid.details):
        inside = detail[1 : 2 + ((height - 1) >> level), 1 : 2 + ((width - 1) >> level)]
        pictures.append(np.rint(np.clip(128 + np.float32(255 * DETAIL_GAIN) * inside, 0, 255)).astype(np.uint8))
    return pictures


def mosaic(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """The first picture, and right of it the others from the top down, pixel for pixel."""
    first, *others = pictures
    rows = max(first.shape[0], sum(picture.shape[0] + _GAP for picture in others) - _GAP)
    cols = first.shape[1] + (_GAP + others[0].shape[1] if others else 0)
    whole = np.full((rows, cols, *first.shape[2:]), _BEHIND, np.uint8)
    whole[: first.shape[0], : first.shape[1]] = first
    top = 0
    for picture in others:
        whole[top : top + picture.shape[0], first.shape[1] + _GAP :][:, : picture.shape[1]] = picture
        top += picture.shape[0] + _GAP
    return whole


def deviation_picture(variance: np.ndarray) -> tuple[np.ndarray, float]:
    """The standard deviation as uint8, and the one that is shown white.

    Linear from black at 0 to white, at a round number that no pixel exceeds, or 1 where nothing varies. Channels are
    taken together: the root of their mean variance.
    """
    deviation = np.sqrt(variance if variance.ndim == 2 else variance.mean(axis=-1))
    white = round_up(float(deviation.max()))
    return join(deviation * np.float32(1 / white)), white


def round_up(value: float) -> float:
    """The smallest of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten that is at least `value`; 1 for 0.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.pictures import round_up
    >>> [round_up(value) for value in (0.013, 0.02, 0.29, 9.0, 0.0)]
    [0.015, 0.02, 0.3, 10.0, 1.0]
    """
    if value <= 0:
        return 1.0
    power = math.floor(math.log10(value))
    steps = (float(f"{digit}e{power + more}") for more in (0, 1) for digit in (1, 1.5, 2, 3, 4, 5, 6, 8))
    return next(step for step in steps if step >= value)


def thumbnail(picture: np.ndarray) -> np.ndarray:
    """The whole picture with its longer side at `THUMBNAIL_SIDE`, or as it is where that is not longer; uint8."""
    rows, cols = picture.shape[:2]
    factor = min(1.0, THUMBNAIL_SIDE / max(rows, cols))
    size = (max(1, round(cols * factor)), max(1, round(rows * factor)))
    return _eight_bits(picture if factor == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def centre(picture: np.ndarray) -> np.ndarray:
    """The middle of the picture, pixel for pixel, at most `THUMBNAIL_SIDE` a side; uint8."""
    rows, cols = picture.shape[:2]
    top, left = max(0, (rows - THUMBNAIL_SIDE) // 2), max(0, (cols - THUMBNAIL_SIDE) // 2)
    return _eight_bits(picture[top : top + THUMBNAIL_SIDE, left : left + THUMBNAIL_SIDE])


def _eight_bits(picture: Any) -> np.ndarray:
    return picture if picture.dtype == np.uint8 else np.rint(picture / 257).astype(np.uint8)
