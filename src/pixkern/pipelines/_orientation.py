"""EXIF orientations: 5 to 8 swap the axes, the others only mirror them (CIPA DC-008, tag 0x0112)."""

from __future__ import annotations

import numpy as np


def turn_back(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels as the sensor read them, of an image that an EXIF orientation (1 to 8) made upright."""
    rows, cols = _mirrored(orientation)
    pixels = upright[::rows, ::cols]
    return np.ascontiguousarray(pixels.swapaxes(0, 1) if orientation >= 5 else pixels)


def turn_upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    """The opposite of `turn_back`: what a viewer shows of the pixels as they are stored."""
    pixels = stored.swapaxes(0, 1) if orientation >= 5 else stored
    rows, cols = _mirrored(orientation)
    return np.ascontiguousarray(pixels[::rows, ::cols])


def _mirrored(orientation: int) -> tuple[int, int]:
    return (-1 if orientation in (3, 4, 7, 8) else 1), (-1 if orientation in (2, 3, 6, 7) else 1)
