"""Masks as what a kernel asks of them: whether a pixel is inside."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _check
from ._dispatch import Place


def inside(spot: Place, mask: Any, dims: tuple[int, ...]) -> Any:
    """`mask` as uint8, 1 where it is True, 128 or more, 0.5 or more, else 0; bool without a copy."""
    given = _check.array(spot.native(mask, "mask"), "mask", dtypes=(np.bool_, np.uint8, np.float32), ndim=(2,))
    if given.shape != dims:
        raise ValueError(f"mask needs the shape {dims}, got {given.shape}")
    if given.dtype == np.bool_:
        return given.view(np.uint8)
    return (given >= (128 if given.dtype == np.uint8 else np.float32(0.5))).view(np.uint8)
