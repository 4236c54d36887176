"""Images of any dtype on one scale."""

from __future__ import annotations

import numpy as np


def in_unit_range(pixels: np.ndarray) -> np.ndarray:
    """uint8 and uint16 as float32 with full scale 1.0; float32 as it is."""
    if pixels.dtype == np.float32:
        return pixels
    return np.divide(pixels, np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)
