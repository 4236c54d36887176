"""The photo as the stages take it: three channels of sRGB codes, and its alpha channel apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ._fingerprint import array_sha256


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo to relight.

    Attributes
    ----------
    pixels : ndarray, (H, W, 3), uint8 or uint16
        RGB, in C order.
    alpha : ndarray, (H, W), same dtype, or None
    """

    pixels: np.ndarray
    alpha: np.ndarray | None

    @classmethod
    def of(cls, image: Any) -> Photo:
        """The photo in an array of one, three or four channels; grey becomes RGB.

        Raises
        ------
        TypeError, ValueError
            It is no array of uint8 or uint16 of shape (H, W), (H, W, 3) or (H, W, 4), or it has no pixels.
        """
        if not isinstance(image, np.ndarray) or isinstance(image, np.ma.MaskedArray):
            raise TypeError(f"image must be a NumPy array, got {type(image).__name__}")
        if image.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
            raise TypeError(f"image must be uint8 or uint16 sRGB codes, got {image.dtype}; round it to one of them")
        if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3, 4)):
            raise ValueError(f"image needs shape (H, W), (H, W, 3) or (H, W, 4), got {image.shape}")
        if image.size == 0:
            raise ValueError(f"image has no pixels: shape {image.shape}")
        image = np.asarray(image, image.dtype.newbyteorder("="))
        if image.ndim == 2 or image.shape[2] == 1:
            return cls(np.ascontiguousarray(np.dstack([image.reshape(image.shape[:2])] * 3)), None)
        alpha = np.ascontiguousarray(image[..., 3]) if image.shape[2] == 4 else None
        return cls(np.ascontiguousarray(image[..., :3]), alpha)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def longer_side(self) -> int:
        """In pixels."""
        return max(self.shape)

    @cached_property
    def record(self) -> dict[str, Any]:
        """What tells this photo from others."""
        height, width = self.shape
        made = {"width": width, "height": height, "dtype": self.pixels.dtype.name, "sha256": array_sha256(self.pixels)}
        return made if self.alpha is None else {**made, "alpha_sha256": array_sha256(self.alpha)}
