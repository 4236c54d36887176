"""Sprite sheets: frames side by side in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._options import whole
from .restorer import picture

__all__ = ["join_sheet", "split_sheet"]


def split_sheet(image: Any, columns: int, rows: int) -> np.ndarray:
    """Cut a sheet into its frames.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
    columns, rows : int
        How many frames are side by side, and how many rows of them there are.

    Returns
    -------
    (columns * rows, H // rows, W // columns[, C]) uint8
        Row by row, each from the left to the right. Where the sides are no multiples, frame k along an axis begins at
        the nearest whole pixel to k times the exact side.

    Raises
    ------
    TypeError, ValueError
        No picture, or fewer pixels than frames along an axis.

    Examples
    --------
    >>> split_sheet(np.arange(24, dtype=np.uint8).reshape(4, 6), 3, 2)[:, 0].tolist()
    [[0, 1], [2, 3], [4, 5], [12, 13], [14, 15], [16, 17]]
    """
    sheet = picture(image)
    columns, rows = whole(columns, "columns", 1, sheet.shape[1]), whole(rows, "rows", 1, sheet.shape[0])
    (down, height), (right, width) = _starts(sheet.shape[0], rows), _starts(sheet.shape[1], columns)
    return np.stack([sheet[y : y + height, x : x + width] for y in down for x in right])


def join_sheet(frames: Sequence[np.ndarray] | np.ndarray, columns: int, rows: int) -> np.ndarray:
    """Put frames side by side.

    Parameters
    ----------
    frames : n of (h, w) or (h, w, C)
        All of one shape, columns * rows at most.
    columns, rows : int

    Returns
    -------
    (rows * h, columns * w[, C])
        Row by row, each from the left to the right; places without a frame are 0.

    Raises
    ------
    TypeError, ValueError
        No frames, of several shapes, or too many.

    Examples
    --------
    >>> join_sheet(np.arange(12, dtype=np.uint8).reshape(3, 2, 2), 2, 2).tolist()
    [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 0, 0], [10, 11, 0, 0]]
    """
    columns, rows = whole(columns, "columns", 1, 2**20), whole(rows, "rows", 1, 2**20)
    if not len(frames) or len({frame.shape for frame in frames}) > 1 or frames[0].ndim not in (2, 3):
        raise ValueError("frames must be one or more of one shape, (h, w) or (h, w, C)")
    if len(frames) > columns * rows:
        raise ValueError(f"{len(frames)} frames do not fit into a sheet of {columns} x {rows}")
    height, width = frames[0].shape[:2]
    sheet = np.zeros((rows * height, columns * width, *frames[0].shape[2:]), frames[0].dtype)
    for k, frame in enumerate(frames):
        y, x = k // columns * height, k % columns * width
        sheet[y : y + height, x : x + width] = frame
    return sheet


def _starts(length: int, count: int) -> tuple[list[int], int]:
    side = length // count
    return [min((2 * k * length + count) // (2 * count), length - side) for k in range(count)], side
