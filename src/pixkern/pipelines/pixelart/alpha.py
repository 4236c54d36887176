"""Transparency of restored sprites."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._sprite import checked

__all__ = ["prepare_alpha"]

_HALF = 128  # the first alpha that is nearer to 255 than to 0


def prepare_alpha(sprite: np.ndarray, mode: str | int = "keep") -> np.ndarray:
    """Keep the alpha of a sprite, or make every pixel opaque or transparent.

    Parameters
    ----------
    sprite : ndarray, (h, w), (h, w, 3) or (h, w, 4), uint8
    mode : "keep", "binarise" or int
        "keep": alpha as it is. "binarise": the nearer of 0 and 255. An integer t from 0 to 255: opaque from alpha t on;
        0 makes everything opaque.

    Returns
    -------
    ndarray, like `sprite`
        A new array. Pixels of alpha 0 are (0, 0, 0, 0) in every mode: what nobody sees has one value, so that files are
        small and equal sprites equal. Without alpha, a copy.

    Raises
    ------
    TypeError
        The sprite is not uint8, or `mode` is neither a word nor an integer.
    ValueError
        A shape or `mode` is wrong.

    Examples
    --------
    >>> sprite = np.array([[[9, 9, 9, 127], [9, 9, 9, 128]]], np.uint8)
    >>> prepare_alpha(sprite, "binarise").tolist()
    [[[0, 0, 0, 0], [9, 9, 9, 255]]]
    """
    sprite = checked(sprite)
    threshold = _threshold(mode)
    result = sprite.copy()
    if sprite.ndim == 3 and sprite.shape[2] == 4:
        if threshold is not None:
            result[..., 3] = np.where(sprite[..., 3] >= threshold, 255, 0)
        result[result[..., 3] == 0] = 0
    return result


def _threshold(mode: Any) -> int | None:
    if isinstance(mode, str):
        if mode not in ("keep", "binarise"):
            raise ValueError(f"alpha must be 'keep', 'binarise' or a threshold from 0 to 255, got {mode!r}")
        return _HALF if mode == "binarise" else None
    if isinstance(mode, bool) or not isinstance(mode, int | np.integer):
        raise TypeError(f"alpha must be 'keep', 'binarise' or an integer from 0 to 255, got {mode!r}")
    if not 0 <= mode <= 255:
        raise ValueError(f"alpha must be 'keep', 'binarise' or a threshold from 0 to 255, got {mode!r}")
    return int(mode)
