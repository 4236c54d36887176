"""Arrays from elsewhere as the pipeline keeps them: of the photo's size and depth, with one channel or three."""

from __future__ import annotations

import numpy as np

from .given import GivenError, GivenKindError

NUMBERS = "bool, uint8, uint16, float32 or float64"


def check_size(array: np.ndarray, size: tuple[int, int], name: str) -> None:
    """`size` is (rows, cols) of the photo."""
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise GivenError(f"{name} needs 2 or 3 axes, got shape {array.shape}")
    if array.shape[:2] != size:
        turned = array.shape[1::-1] == size
        hint = "; its sides are swapped: was it made without the photo's EXIF rotation?" if turned else ""
        raise GivenError(f"{name} has {array.shape[1]}x{array.shape[0]} pixels, the photo {size[1]}x{size[0]}{hint}")


def one_channel(array: np.ndarray, name: str) -> np.ndarray:
    """(H, W) of a grey array: one channel, or three that are the same; alpha must be opaque."""
    colours = array[..., None] if array.ndim == 2 else array
    if colours.shape[2] in (2, 4):
        if (colours[..., -1] != full(colours.dtype)).any():
            raise GivenError(f"{name} has an alpha channel that is not opaque; needs one channel")
        colours = colours[..., :-1]
    if colours.shape[2] not in (1, 3):
        raise GivenError(f"{name} has {array.shape[2]} channels; needs one")
    if colours.shape[2] == 3 and not _grey(colours):
        raise GivenError(f"{name} has three channels that differ; needs one")
    return colours[..., 0]


def _grey(colours: np.ndarray) -> bool:
    return bool((colours[..., 0] == colours[..., 1]).all() and (colours[..., 0] == colours[..., 2]).all())


def three_channels(array: np.ndarray, name: str) -> np.ndarray:
    """(H, W, 3) of a colour array; grey comes three times, an alpha channel is left out."""
    colours = array[..., None] if array.ndim == 2 else array
    if colours.shape[2] in (2, 4):
        colours = colours[..., :-1]
    if colours.shape[2] not in (1, 3):
        raise GivenError(f"{name} has {array.shape[2]} channels; needs 1 to 4")
    return np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours


def full(dtype: np.dtype) -> int:
    """The value that is 1."""
    return int(np.iinfo(dtype).max) if dtype.kind == "u" else 1


def codes(array: np.ndarray, dtype: np.dtype, name: str) -> np.ndarray:
    """Samples as codes of `dtype`, uint8 or uint16, each rounded once to the nearest.

    bool is 0 and 1, integers use their whole range, floats must be in [0, 1].
    """
    wanted = full(dtype)
    if array.dtype == dtype:
        return np.ascontiguousarray(array)
    if array.dtype == bool:
        return array.astype(dtype) * dtype.type(wanted)
    if array.dtype in (np.uint8, np.uint16):
        given = full(array.dtype)
        return ((array.astype(np.uint32) * wanted + given // 2) // given).astype(dtype)
    if array.dtype in (np.float32, np.float64):
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):
            raise GivenError(f"{name} must be in [0, 1] and finite where it is float, got {low:g} to {high:g}")
        return np.floor(array.astype(np.float64) * wanted + 0.5).astype(dtype)
    raise GivenKindError(f"{name} must be {NUMBERS}, got {array.dtype}")
