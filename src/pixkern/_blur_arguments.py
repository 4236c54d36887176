"""Images and sigmas as the blur takes them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _check
from ._dispatch import Place


def image(spot: Place, x: Any, *, channels: tuple[int, ...] = (1, 2, 3, 4)) -> Any:
    """(H, W, C) in C order."""
    x = _check.array(spot.native(x, "image"), "image", dtypes=_check.IMAGE_DTYPES, ndim=(2, 3))
    if 0 in x.shape:
        raise ValueError(f"image is empty, got shape {x.shape}")
    shaped = x.reshape(*x.shape[:2], -1)
    if shaped.shape[2] not in channels:
        counts = ", ".join(map(str, channels))
        raise ValueError(f"image needs {counts} channels in its last axis, got shape {x.shape}")
    if max(x.shape[:2]) > 2**24:  # floats count pixels exactly up to here
        raise ValueError(f"image has more than 2**24 pixels a side, got shape {x.shape}; cut it into tiles")
    return shaped


def sigma(value: Any, name: str = "sigma") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number of pixels, got {type(value).__name__}")
    if not (math.isfinite(value) and 0 <= value <= 1e6):
        raise ValueError(f"{name} must be 0 to 1e6 pixels, got {value}")
    return float(value)
