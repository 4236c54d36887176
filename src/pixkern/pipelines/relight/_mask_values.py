"""A mask as it is kept: (H, W) uint8, 255 inside, so that what is on the disk is what was computed with."""

from __future__ import annotations

import numpy as np

from ._samples import NUMBERS, check_size, codes, full, one_channel
from .given import GivenError, GivenKindError

INSIDE = 255
_DTYPE = np.dtype(np.uint8)


def as_mask(array: np.ndarray, size: tuple[int, int], name: str) -> np.ndarray:
    """A mask from elsewhere, checked.

    Parameters
    ----------
    array : (H, W), (H, W, 1), (H, W, 2), (H, W, 3) or (H, W, 4)
        bool, uint8, uint16 or float in [0, 1]. Three channels must be the same. With an alpha channel that is not
        opaque everywhere the array is a cut-out, and its alpha is the mask.
    size : tuple of int
        (rows, cols) of the photo.
    name : str
        For messages.

    Raises
    ------
    GivenError
        Another size, colours, NaN, floats outside [0, 1], or integers that are all 0 and 1.
    GivenKindError
        Another kind of samples.

    Examples
    --------
    >>> from pixkern.pipelines.relight._mask_values import as_mask
    >>> as_mask(np.array([[0, 65535, 32768]], np.uint16), (1, 3), "mask")
    array([[  0, 255, 128]], dtype=uint8)
    """
    if array.dtype not in (bool, np.uint8, np.uint16, np.float32, np.float64):
        raise GivenKindError(f"{name} must be {NUMBERS}, got {array.dtype}")
    check_size(array, size, name)
    if array.ndim == 3 and array.shape[2] in (2, 4) and (array[..., -1] != full(array.dtype)).any():
        array = array[..., -1]
    grey = one_channel(array, name)
    if grey.dtype.kind == "u" and grey.max() == 1:
        raise GivenError(f"{name} has no value above 1, where {full(grey.dtype)} is inside; 0 and 1 come as bool")
    return codes(grey, _DTYPE, name)


def from_unit(values: np.ndarray) -> np.ndarray:
    """Floats in [0, 1] as a mask."""
    return codes(values, _DTYPE, "mask")


def to_unit(mask: np.ndarray) -> np.ndarray:
    """A mask as float32 in [0, 1]."""
    return mask.astype(np.float32) / np.float32(INSIDE)
