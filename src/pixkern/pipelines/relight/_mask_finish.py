"""The last steps of every mask: threshold, erode, feather, and whether anything is left."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from pixkern.retinex import gaussian_blur

from ._mask_values import INSIDE
from .settings import MaskSettings

_DISC = 8  # pixels; larger discs are eroded in steps of this, whose cost grows with the radius and not its square


class EmptyMaskError(ValueError):
    """Nothing, or next to nothing, is inside."""


def finish(mask: np.ndarray, settings: MaskSettings, *, threads: int | None = None) -> np.ndarray:
    """A mask with the finish that is asked for; where none is, the mask itself.

    Raises
    ------
    EmptyMaskError
        The share of the picture that is inside, each pixel with its weight, is below `settings.smallest`, or 0.

    Notes
    -----
    threshold
        What is above it becomes 255, the rest 0.
    erode
        Each pixel becomes the least of a disc around it. The picture's own border is no edge: nothing is taken off
        where the mask leaves the picture. Radii above 8 pixels are taken in steps, and the disc becomes a polygon.
    feather
        `pixkern.retinex.gaussian_blur`, with reflected borders.
    """
    if settings.threshold is not None:
        mask = np.where(mask > settings.threshold * INSIDE, np.uint8(INSIDE), np.uint8(0))
    left = settings.erode
    while left:
        step = min(left, _DISC)
        mask = cv2.erode(mask, _disc(step))
        left -= step
    if settings.feather:
        mask = gaussian_blur(mask, settings.feather, threads=threads)
    inside = share(mask)
    if inside < settings.smallest or not inside:
        raise EmptyMaskError(f"{inside:.2%} of the picture is inside the mask, smallest is {settings.smallest:.2%}")
    return mask


def share(mask: np.ndarray) -> float:
    """The share of the picture that is inside."""
    return int(mask.sum(dtype=np.uint64)) / (INSIDE * mask.size)


def finish_record(settings: MaskSettings) -> dict[str, Any]:
    """What `finish` was asked for, for a sample's parameters."""
    return {"threshold": settings.threshold, "erode": settings.erode, "feather": settings.feather}


def _disc(radius: int) -> np.ndarray:
    x = np.arange(-radius, radius + 1)
    return (2 * (x * x + x[:, None] * x[:, None]) <= radius * (2 * radius + 1)).astype(np.uint8)
