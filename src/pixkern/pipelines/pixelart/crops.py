"""What a learned ranker sees of a picture: it is cut out along each candidate's own lines.

Under the true grid all cells of a crop are flat squares of 10 pixels; under a wrong one edges run through them. So one
small network serves cells of every size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pixkern.warp import grid_sample

if TYPE_CHECKING:
    from .grid import Grid

CELL = 10
"""Pixels of a crop per cell."""
CELLS = 16
"""Cells per side of a crop."""
CROP_SHAPE = (4, CELL * CELLS, CELL * CELLS)
"""Red, green, blue and edges, of 160 x 160 pixels."""
_CANNY = (100, 200)  # thresholds of hysteresis, in grey levels of the Sobel sum of absolute values


def crops(image: np.ndarray, grids: Sequence[Grid]) -> np.ndarray:
    """The middle 16 x 16 cells of each candidate, every cell stretched to 10 x 10 pixels.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
        Alpha is left out; grey has three equal channels.
    grids : sequence of Grid
        The n candidates, all of this picture.

    Returns
    -------
    (n, 4, 160, 160) float32
        Red, green, blue in [0, 1], and edges (Canny's, thresholds 100 and 200, of the grey picture) likewise. Of more
        than 16 cells along an axis, c, the crop shows those from c // 2 - 8 on; of fewer all, and zeros after the
        last. Sampled bilinearly at the centres of the crop's pixels, which divide each cell evenly.

    Notes
    -----
    0.4 MB for each candidate, and one copy of the picture with four channels.

    References
    ----------
    J. Canny, A computational approach to edge detection, IEEE Trans. Pattern Analysis and Machine Intelligence 8(6),
    1986.
    """
    seen = _with_edges(image)
    result = np.zeros((len(grids), *CROP_SHAPE), np.float32)
    for crop, grid in zip(result, grids, strict=True):
        across, down = _positions(grid.lines_x), _positions(grid.lines_y)
        places = np.empty((len(down), len(across), 2), np.float64)
        places[..., 0] = _normalised(across, image.shape[1])
        places[..., 1] = _normalised(down, image.shape[0])[:, None]
        sampled = grid_sample(seen, places, border="border")
        crop[:, : len(down), : len(across)] = sampled.transpose(2, 0, 1) * np.float32(1 / 255)
    return result


def _with_edges(image: np.ndarray) -> np.ndarray:
    """Red, green, blue and edges, uint8."""
    rgb = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else np.ascontiguousarray(image[..., :3])
    grey = image if image.ndim == 2 else cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.dstack([rgb, cv2.Canny(np.ascontiguousarray(grey), *_CANNY)])


def _positions(lines: np.ndarray) -> np.ndarray:
    """Where the crop's pixels lie along one axis, in pixels of the picture, integers at pixel centres."""
    count = len(lines) - 1
    first = max(0, count // 2 - CELLS // 2)
    cells = first + (np.arange(CELL * min(count, CELLS)) + 0.5) / CELL
    return np.interp(cells, np.arange(count + 1), lines) - 0.5


def _normalised(positions: np.ndarray, length: int) -> np.ndarray:
    """-1 and 1 at the centres of the first and last pixel."""
    return positions * (2 / max(1, length - 1)) - 1
