"""What a rate looks like: the busiest part of an image and the residual of all encoders at one size of file."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pixkern.pipelines.files import encode_image

from .encoder import Encoder
from .measure import Original

WINDOW = (192, 128)
"""Width and height of the part that is shown enlarged."""
GAIN = 8
"""A residual of 1 level is shown as 8 levels from mid-grey."""


@dataclass(frozen=True)
class Matched:
    """One encoder at the best quality whose file is no longer than a target."""

    encoder: str
    quality: float
    bytes: int
    psnr_rgb: float | None
    crop: str
    """Path of the picture of the busiest part."""
    residual: str
    """Path of the picture of the residual."""


def match(encoder: Encoder, image: np.ndarray, target: int) -> tuple[float, bytes]:
    """The best quality whose file is at most `target` bytes long, and the file; the lowest quality if none is.

    Files are taken to grow with the quality; where they do not, the result is still no longer than the target.
    """
    scale = encoder.scale
    low, best = 0, (scale[0], encoder.encode(image, scale[0]))
    high = len(scale) - 1
    while low < high:
        middle = (low + high + 1) // 2
        data = encoder.encode(image, scale[middle])
        if len(data) <= target:
            low, best = middle, (scale[middle], data)
        else:
            high = middle - 1
    return best


def busiest(original: Original) -> tuple[slice, slice]:
    """The part of `WINDOW`'s size whose squared gradients sum to the most; all of an image that is smaller."""
    grey = original.luma
    across, down = min(WINDOW[0], grey.shape[1]), min(WINDOW[1], grey.shape[0])
    energy = np.zeros(grey.shape)
    energy[:, 1:] += np.diff(grey, axis=1) ** 2
    energy[1:] += np.diff(grey, axis=0) ** 2
    mean = np.asarray(cv2.boxFilter(energy, -1, (across, down), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE))
    inside = mean[: grey.shape[0] - down + 1, : grey.shape[1] - across + 1]
    row, col = (int(i) for i in np.unravel_index(np.argmax(np.round(inside, 9)), inside.shape))
    return slice(row, row + down), slice(col, col + across)


def crop_picture(image: np.ndarray, part: tuple[slice, slice]) -> bytes:
    """A part of an image as a lossless WebP file."""
    return encode_image(np.ascontiguousarray(image[part]), ".webp")


def residual_picture(original: np.ndarray, decoded: np.ndarray) -> bytes:
    """The amplified difference around mid-grey, as a JPEG file of quality 70."""
    difference = decoded.astype(np.int16) - original.astype(np.int16)
    return encode_image(np.clip(128 + GAIN * difference, 0, 255).astype(np.uint8), ".jpg", quality=70)
