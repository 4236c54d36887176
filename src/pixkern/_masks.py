"""Masks as kernels take them: weights of bytes or floats, or whether a pixel is inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check
from ._dispatch import Place

_NO_BYTES, _NO_FLOATS = np.empty(0, np.uint8), np.empty(0, np.float32)


@dataclass(frozen=True)
class Mask:
    """Weights of pixels, flat; None: every pixel is whole."""

    weights: Any
    whole: int = 1  # the weight of a whole pixel

    @property
    def bytes(self) -> Any:
        """For the CPU: the weights if they are bytes, else an empty array."""
        return self.weights if self.weights is not None and self.weights.dtype == np.uint8 else _NO_BYTES

    @property
    def floats(self) -> Any:
        """For the CPU: the weights if they are floats, else an empty array."""
        return self.weights if self.weights is not None and self.weights.dtype == np.float32 else _NO_FLOATS

    @property
    def either(self) -> Any:
        """For loops that take both dtypes: the weights, or an empty array."""
        return _NO_BYTES if self.weights is None else self.weights

    def on_cuda(self) -> tuple[Any, np.int32, np.int32]:
        """For GPUs: the weights or a null pointer, 1 for floats, and the weight of a whole pixel."""
        if self.weights is None:
            return np.uint64(0), np.int32(0), np.int32(1)
        return self.weights, np.int32(self.weights.dtype == np.float32), np.int32(self.whole)


def read_mask(spot: Place, mask: Any, dims: tuple[int, ...], name: str = "mask") -> Mask:
    """`mask`, checked to be a weight for each pixel of an image of `dims` (H, W); booleans are not copied."""
    if mask is None:
        return Mask(None)
    given = _in_unit(_of_image(spot, mask, dims, name), name)
    whole = 255 if given.dtype == np.uint8 else 1
    return Mask((given.view(np.uint8) if given.dtype == np.bool_ else given).reshape(-1), whole)


def weights(spot: Place, mask: Any, dims: tuple[int, ...]) -> Any:
    """(H, W) in C order, uint8 of which 255 is a whole pixel or float32, or None; booleans become such bytes."""
    if mask is None:
        return None
    given = _in_unit(_of_image(spot, mask, dims, "mask"), "mask")
    return given.view(np.uint8) * np.uint8(255) if given.dtype == np.bool_ else given


def inside(spot: Place, mask: Any, dims: tuple[int, ...]) -> Any:
    """(H, W) uint8: 1 where `mask` is True, 128 or more, 0.5 or more, else 0; bool without a copy."""
    given = _of_image(spot, mask, dims, "mask")
    if given.dtype == np.bool_:
        return given.view(np.uint8)
    return (given >= (128 if given.dtype == np.uint8 else np.float32(0.5))).view(np.uint8)


def _of_image(spot: Place, mask: Any, dims: tuple[int, ...], name: str) -> Any:
    given = _check.array(spot.native(mask, name), name, dtypes=(np.bool_, np.uint8, np.float32), ndim=(2,))
    if tuple(given.shape) != tuple(dims):
        raise ValueError(f"{name} must have shape {tuple(dims)}, one weight per pixel, got {tuple(given.shape)}")
    return given


def _in_unit(given: Any, name: str) -> Any:
    if given.dtype == np.float32 and not (float(given.min()) >= 0 and float(given.max()) <= 1):  # NaN neither
        raise ValueError(f"{name} must be in [0, 1] where it is float32; divide it by its largest value")
    return given
