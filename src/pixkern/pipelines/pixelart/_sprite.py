"""What the tools of this package take for a sprite: uint8, grey (h, w), RGB (h, w, 3) or RGBA (h, w, 4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixkern import _check


def checked(sprite: Any, name: str = "sprite") -> np.ndarray:
    """`sprite` in C order, if it is one."""
    sprite = _check.array(np.asanyarray(sprite), name, dtypes=(np.uint8,), ndim=(2, 3))
    if 0 in sprite.shape or (sprite.ndim == 3 and sprite.shape[2] not in (3, 4)):
        raise ValueError(f"{name} must be (h, w), (h, w, 3) or (h, w, 4) and not empty, got shape {sprite.shape}")
    return sprite


def rgb(sprite: np.ndarray) -> np.ndarray:
    """The colour of each pixel, (pixels, 3); grey as three equal codes."""
    if sprite.ndim == 2:
        return np.repeat(sprite.reshape(-1, 1), 3, axis=1)
    return sprite[..., :3].reshape(-1, 3)


def visible(sprite: np.ndarray) -> np.ndarray:
    """Which pixels show anything, (pixels,) bool: all but those of alpha 0."""
    if sprite.ndim == 3 and sprite.shape[2] == 4:
        return sprite[..., 3].reshape(-1) > 0
    return np.ones(sprite.shape[0] * sprite.shape[1], bool)


def with_rgb(sprite: np.ndarray, shown: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """A copy of `sprite` whose `shown` pixels have `colours` (shown, 3); alpha stays. Grey takes the first code."""
    result = sprite.copy()
    channels = 1 if sprite.ndim == 2 else 3
    result.reshape(len(shown), -1)[shown, :channels] = colours[:, :channels]
    return result


def distinct(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct rows of `colours` (n, 3) uint8 in the order of their codes, the row of each, and their counts."""
    codes = colours.astype(np.uint32)
    keys = codes[:, 0] << 16 | codes[:, 1] << 8 | codes[:, 2]
    found, place, count = np.unique(keys, return_inverse=True, return_counts=True)
    rows = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.uint8)
    return rows, place.ravel(), count


def medians(colours: np.ndarray, labels: np.ndarray, size: int) -> np.ndarray:
    """The median code of each channel of each of `size` clusters, none empty; halves are rounded up."""
    number = np.bincount(labels, minlength=size)
    start = np.cumsum(number) - number
    result = np.empty((size, colours.shape[1]), np.uint8)
    for channel, codes in enumerate(colours.T):
        ordered = codes[np.lexsort((codes, labels))].astype(np.int64)
        result[:, channel] = (ordered[start + (number - 1) // 2] + ordered[start + number // 2] + 1) // 2
    return result
