"""The middle of a photo: what tables of different photos are made on."""

from __future__ import annotations

import numpy as np


def centre_crop(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of an image.

    Parameters
    ----------
    image : ndarray, (H, W) or (H, W, C)
    size : (int, int)
        Width and height for an image that is at least as wide as high; turned for others. An image that is smaller
        on a side keeps that side.

    Returns
    -------
    ndarray
        A copy in C order.

    Examples
    --------
    >>> centre_crop(np.zeros((900, 600, 3)), (768, 512)).shape
    (768, 512, 3)
    """
    rows, cols = image.shape[:2]
    across, down = size if cols >= rows else size[::-1]
    across, down = min(across, cols), min(down, rows)
    top, left = (rows - down) // 2, (cols - across) // 2
    return image[top : top + down, left : left + across].copy()
