"""Pictures that show what a restoration found: the sprite enlarged, its grid, and where it disagrees with the picture.

All of them are uint8. Transparent pictures are shown on a middle grey.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixkern import _check

from ._painting import OUTSIDE, along, paint

if TYPE_CHECKING:
    from .grid import Grid
    from .restoration import Restoration

MAX_SIDE = 4096
"""Pixels of the longest side that `overlay` enlarges to by itself."""
MOST_PIXELS = 2**28
"""Of an enlarged sprite."""
THRESHOLD = 32
"""A pixel differs where a channel is further off than this, as in `Restoration.difference`."""
_CLEAR_CELL = 12  # pixels of a cell beside which a line of one pixel hides little
_CLEAR_SIDE = 1024  # a smaller picture is enlarged about to this, so that its pixels can be told apart
_BRIGHT, _DARK, _MIDDLE = (255, 128, 255), (112, 0, 112), 113  # luma 180 and 46, and halfway: at least 66 apart
_PALE = np.arange(256)[:, None] // 2 + 80 + np.zeros((1, 3))
_REDDENED = np.rint([share * np.array([255, 0, 0]) + (1 - share) * _PALE for share in (0, 0.45, 1)]).astype(np.uint8)
"""What a grey becomes where nothing differs, where the halo does, and where the core does."""


def preview(sprite: np.ndarray, scale: int) -> np.ndarray:
    """The sprite enlarged by a whole number, every pixel a square.

    Parameters
    ----------
    sprite : (h, w) or (h, w, C) uint8
    scale : int
        Pixels of the result per pixel of the sprite, at least 1.

    Returns
    -------
    (h scale, w scale[, C]) uint8
        A new array, alpha included.

    Raises
    ------
    TypeError, ValueError
        A sprite of another dtype or shape, or a scale that is no whole number of at least 1, or makes more than
        `MOST_PIXELS`.

    Examples
    --------
    >>> preview(np.array([[1, 2]], np.uint8), 2)
    array([[1, 1, 2, 2],
           [1, 1, 2, 2]], dtype=uint8)
    """
    sprite = _pixels(sprite, "sprite")
    scale, (width, height) = _whole(scale), _size(sprite)
    if scale > 1 and width * height * scale * scale > MOST_PIXELS:
        most = max(1, math.isqrt(MOST_PIXELS // (width * height)))
        raise ValueError(
            f"{width} x {height} pixels enlarged {scale} times are more than 2^28 pixels; scale may be {most} at most"
        )
    return sprite.repeat(scale, axis=0).repeat(scale, axis=1)


def paint_back(cells: np.ndarray, grid: Grid, size: tuple[int, int]) -> np.ndarray:
    """Each cell's value on all pixels of the cell: a sprite as the picture that it was read from.

    Parameters
    ----------
    cells : (h, w) or (h, w, C), any dtype
        A value for each cell of the grid, such as a sprite.
    grid : Grid
        A pixel belongs to the cell that its centre lies in, and on a line to the cell after it; a cell that has no
        pixel's centre gets one of its neighbour's, as `pixkern.gridscore.cell_colours` has it.
    size : (int, int)
        (width, height) of the picture.

    Returns
    -------
    (H, W) or (H, W, C), dtype of `cells`
        Zeros where cells that the border cuts were dropped.

    Raises
    ------
    ValueError
        `cells` is not of the grid's size, or the grid of another picture.
    """
    cols, rows = len(grid.lines_x) - 1, len(grid.lines_y) - 1
    if cells.shape[:2] != (rows, cols):
        raise ValueError(f"the grid has {cols} x {rows} cells, the sprite has shape {cells.shape}")
    return paint(cells, *along(grid, size))


def overlay(image: np.ndarray, grid: Grid, *, scale: int | None = None) -> np.ndarray:
    """The picture with the lines of its grid, one pixel wide, light on dark pixels and dark on light ones.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
    grid : Grid
        Of this picture. Lines between pixels are rounded to the next pixel of the result.
    scale : int, optional
        The picture is enlarged so many times, by whole pixels. Default: enough for cells of 12 pixels and for
        about 1024 pixels on the longer side, but for no more than `MAX_SIDE`.

    Returns
    -------
    (H scale, W scale, 3) uint8

    Raises
    ------
    TypeError, ValueError
        A picture of another dtype or shape, a grid of another size, or a scale that is no whole number of at least 1.
    """
    image = _pixels(image, "image")
    along(grid, _size(image))
    scale = _clear_scale(image, grid) if scale is None else _whole(scale)
    shown = preview(_rgb(image), scale)
    grey = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    on_line = np.zeros(grey.shape, bool)
    on_line[_line_pixels(grid.lines_y, len(image), scale)] = True
    on_line[:, _line_pixels(grid.lines_x, image.shape[1], scale)] = True
    shown[on_line & (grey <= _MIDDLE)] = _BRIGHT
    shown[on_line & (grey > _MIDDLE)] = _DARK
    return shown


def difference_picture(image: np.ndarray, restoration: Restoration, *, threshold: int = THRESHOLD) -> np.ndarray:
    """The picture in pale grey, and red where the sprite painted back on its grid differs from it.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
        The picture that was restored.
    restoration : Restoration
    threshold : int
        A pixel differs where any channel is further off than this; two transparent pixels do not.

    Returns
    -------
    (H, W, 3) uint8
        Full red for pixels in the core of a cell, where a difference tells of a wrong grid or colour; pale red in the
        halo, where soft edges differ anyway. Pixels are red that `pixkern.gridscore.cell_difference` counts; those of
        dropped cells are not, and a background that was made transparent is compared by its colour.

    Raises
    ------
    TypeError, ValueError
        A picture of another dtype or shape, or one that the restoration is not of.
    """
    image = _pixels(image, "image")
    grid = restoration.grid
    down, across = along(grid, _size(image))
    differs = np.ones(image.shape[:2], bool)
    for sprite in _readings(restoration, image):
        differs &= _differs(image, paint_back(sprite, grid, _size(image)), threshold)
    differs &= (down.cell != OUTSIDE)[:, None] & (across.cell != OUTSIDE)
    redness = differs + (differs & down.core[:, None] & across.core).astype(np.uint8)  # none, halo, core
    return _REDDENED[redness, cv2.cvtColor(_rgb(image), cv2.COLOR_RGB2GRAY)]


def heat_map(restoration: Restoration) -> np.ndarray:
    """How much each cell disagrees with the picture, in colours from black (nowhere) to pale yellow (everywhere).

    Parameters
    ----------
    restoration : Restoration
        `restoration.difference.cells` has the shares: pixels in a cell's core that differ from the sprite.

    Returns
    -------
    (H, W, 3) uint8
        Of the size of the picture. The colours are those of the map "inferno", whose lightness grows evenly;
        its place on the map is the square root of the share, so that single pixels show. Dropped cells are black.
    """
    shares = np.clip(np.nan_to_num(restoration.difference.cells), 0, 1)
    levels = np.rint(255 * np.sqrt(shares)).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return paint_back(colours, restoration.grid, _size(restoration.image))


def _line_pixels(lines: np.ndarray, length: int, scale: int) -> np.ndarray:
    """The pixel after each line, and for one at the picture's end the one before it."""
    return np.clip(np.rint(lines * scale).astype(np.int64), 0, length * scale - 1)


def _readings(restoration: Restoration, image: np.ndarray) -> list[np.ndarray]:
    """The sprites that a pixel may agree with: what is transparent was so before, or had the background's colour."""
    sprite = restoration.sprite
    if restoration.background is None:
        return [sprite]
    colour = np.broadcast_to(restoration.background[:3], 3)
    filled = np.where(sprite[..., 3:] == 0, [*colour, 255], sprite).astype(np.uint8)
    return [sprite, filled] if image.ndim == 3 and image.shape[2] == 4 else [filled]


def _clear_scale(image: np.ndarray, grid: Grid) -> int:
    longest = max(image.shape[:2])
    cell = max(1e-3, min(float(np.diff(lines).mean()) for lines in (grid.lines_x, grid.lines_y)))
    return max(1, min(max(math.ceil(_CLEAR_CELL / cell), _CLEAR_SIDE // longest), MAX_SIDE // longest))


def _differs(image: np.ndarray, painted: np.ndarray, threshold: int) -> np.ndarray:
    one, other = np.atleast_3d(image), np.atleast_3d(painted)
    if one.shape[2] != other.shape[2]:  # a sprite with alpha, or in colour, of a picture without
        one, other = _rgb(image), _rgb(painted)
    differs = np.any(cv2.absdiff(one, other).reshape(one.shape) > threshold, axis=2)
    if one.shape[2] == 4:
        differs &= (one[..., 3] | other[..., 3]) != 0
    return differs


def _rgb(image: np.ndarray) -> np.ndarray:
    """Three channels; what is transparent is seen on a middle grey."""
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    if image.shape[2] == 3:
        return image
    alpha = image[..., 3:].astype(np.float32) / 255
    return np.rint(image[..., :3] * alpha + 128 * (1 - alpha)).astype(np.uint8)


def _pixels(image: np.ndarray, name: str) -> np.ndarray:
    if not isinstance(image, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, got {type(image).__name__}")
    checked: np.ndarray = _check.array(image, name, dtypes=(np.uint8,), ndim=(2, 3))
    if checked.size == 0 or (checked.ndim == 3 and checked.shape[2] not in (3, 4)):
        raise ValueError(f"{name} needs shape (H, W), (H, W, 3) or (H, W, 4) and pixels, got {checked.shape}")
    return checked


def _size(image: np.ndarray) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _whole(scale: int) -> int:
    if isinstance(scale, bool) or not isinstance(scale, int | np.integer):
        raise TypeError(f"scale must be a whole number, got {scale!r}")
    if scale < 1:
        raise ValueError(f"scale must be at least 1, got {scale}")
    return int(scale)
