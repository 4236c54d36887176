"""A mask from a trimap: how much of each unknown pixel is foreground.

Closed-form matting (Levin, Lischinski, Weiss, "A closed-form solution to natural image matting", IEEE Trans. PAMI
30(2), 2008): in every window alpha is a linear function of the colour, and the alpha that fits best, with the known
pixels held, solves the matting Laplacian's L alpha = 0. L is never stored. Its product with an image is that image less
its own guided filter, times the number of windows (He, Sun, Tang, "Fast matting using large kernel matting Laplacian
matrices", CVPR 2010, equations 8 to 10), and takes a few box sums; conjugate gradients need some dozens of them.
"""

from __future__ import annotations

import cv2
import numpy as np

from ._guided_filter import guided_filter
from ._matting_laplacian import MattingLaplacian
from ._opencv import one_thread, resized
from .given import GivenError

FOREGROUND, BACKGROUND = 224, 31  # from and up to: trimaps that were stored as JPEG still are trimaps
_LONGEST = 512  # side of the picture on which the equations are solved
_ROUNDS, _RESIDUAL = 60, 1e-3  # of conjugate gradients: at most, and the share of the first residual at which they end


def solve_trimap(image: np.ndarray, trimap: np.ndarray, name: str, *, threads: int | None = None) -> np.ndarray:
    """The mask that a trimap means.

    Parameters
    ----------
    image : (H, W, 3) uint8 or uint16
    trimap : (H, W) uint8
        224 to 255: foreground, 0 to 31: background, between: unknown.
    name : str
        For messages.

    Returns
    -------
    (H, W) float32 in [0, 1]
        0 and 1 where the trimap knows.

    Raises
    ------
    GivenError
        Unknown pixels, but no foreground or no background.

    Notes
    -----
    The equations are solved in the rectangle of the unknown pixels, on at most 512 pixels of its longer side; above
    that a guided filter brings the answer to the photo's size.
    """
    fore, back = trimap >= FOREGROUND, trimap <= BACKGROUND
    unknown = ~(fore | back)
    alpha = fore.astype(np.float32)
    if not unknown.any():
        return alpha
    if not fore.any() or not back.any():
        lacks = "foreground (224 to 255)" if not fore.any() else "background (0 to 31)"
        raise GivenError(f"{name} has unknown pixels and no {lacks}")
    away = np.minimum(_distance(fore), _distance(back)).max()
    place = _around(unknown, 16 + 2 * int(np.ceil(away)))
    part = _solved(np.ascontiguousarray(image[place]), fore[place], back[place], threads)
    alpha[place] = np.where(unknown[place], part, alpha[place])
    return alpha


def _around(unknown: np.ndarray, margin: int) -> tuple[slice, slice]:
    """The rectangle of the unknown pixels, with a margin in which known ones are."""
    slices = []
    for axis in (1, 0):
        where = np.flatnonzero(unknown.any(axis=axis))
        slices.append(slice(max(0, int(where[0]) - margin), int(where[-1]) + 1 + margin))
    return slices[0], slices[1]


def _solved(image: np.ndarray, fore: np.ndarray, back: np.ndarray, threads: int | None) -> np.ndarray:
    """Alpha, (h, w) float32 in [0, 1]; exact only where it is unknown."""
    rows, cols = fore.shape
    scale = min(1.0, _LONGEST / max(rows, cols))
    size = (max(1, round(cols * scale)), max(1, round(rows * scale)))
    with one_thread():
        alpha = _by_distance(fore, back)
        for halvings in (3, 2, 1, 0):  # from coarse to fine, as what is known at one side of a wide band has far to go
            part = tuple(max(1, side >> halvings) for side in size)
            alpha = _round(image, fore, back, resized(alpha, (part[0], part[1])))
        if size != (cols, rows):
            alpha = guided_filter(image, alpha, radius=1.0, epsilon=1e-5, threads=threads)
    return alpha


def _round(image: np.ndarray, fore: np.ndarray, back: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Alpha at the size of `start`, from there on, float32 in [0, 1]."""
    size = (start.shape[1], start.shape[0])
    # a small pixel is known where all of its area is; 1e-3: of the rounding of its mean
    small_fore, small_back = (resized(one.astype(np.float32), size) > 1 - 1e-3 for one in (fore, back))
    known = small_fore | small_back
    small = resized(image, size).astype(np.float64) / np.iinfo(image.dtype).max
    first = np.where(known, small_fore, start).astype(np.float64)
    found = MattingLaplacian(small).solve(first, ~known, _ROUNDS, _RESIDUAL)
    return np.clip(found, 0, 1).astype(np.float32)


def _by_distance(fore: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Alpha as if every edge lay in the middle, (h, w) float32."""
    to_fore, to_back = _distance(fore), _distance(back)
    return to_back / np.maximum(to_fore + to_back, np.float32(1e-6))


def _distance(known: np.ndarray) -> np.ndarray:
    """To the next known pixel, float32, exact; where none is known, farther than any."""
    if not known.any():
        return np.full(known.shape, sum(known.shape), np.float32)
    return cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
