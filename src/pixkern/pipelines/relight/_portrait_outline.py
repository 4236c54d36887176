"""Where in a photo a head and shoulders are, from colours alone: the outline that tells the two sides best apart.

An outline is an ellipse on a neck on shoulders, placed by its head: centre and half width. Of all outlines the one is
taken whose inside and outside share the least colour, measured by the mutual information of "is inside" and "which of
216 colours", times a prior of where photographers put heads. Counts are integers; equal scores go to the first outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from ._opencv import resized

_SMALL = 64  # side of the picture in which outlines are compared
_COLOURS = 6  # steps of each of red, green, blue
_TALL = 1.35  # a head's height over its width
_NECK = 0.75  # half width of a neck, in half widths of the head
# what is tried: the head's centre in shares of the picture's sides, its half width in shares of the shorter side
_ACROSS = tuple(0.30 + 0.05 * n for n in range(9))
_DOWN = tuple(0.18 + 0.04 * n for n in range(10))
_WIDTHS = (0.10, 0.125, 0.155, 0.19, 0.235)
# the prior: mean and standard deviation of each, of the width's logarithm
_MEAN_ACROSS, _SPREAD_ACROSS = 0.5, 0.2
_MEAN_DOWN, _SPREAD_DOWN = 0.33, 0.15
_MEAN_WIDTH, _SPREAD_WIDTH = 0.16, 0.5
_WEIGHT = 0.1  # of the prior: one standard deviation costs a tenth of the score


@dataclass(frozen=True)
class Outline:
    """A head's centre and half width, in shares: of the width, of the height, of the shorter side."""

    across: float
    down: float
    width: float

    def depth(self, rows: int, cols: int) -> np.ndarray:
        """(rows, cols): how deep inside each pixel is, in half widths of the head; negative outside."""
        radius = self.width * min(rows, cols)
        x = (np.arange(cols) + 0.5 - self.across * cols) / radius
        y = ((np.arange(rows) + 0.5 - self.down * rows) / radius)[:, None]
        head = 1 - np.sqrt(x * x + (y / _TALL) ** 2)
        below = y - _TALL  # the chin
        shoulder = _NECK + 2 * np.sqrt(np.clip((below - 0.3) / 1.5, 0, 1)) + 0.25 * np.clip(below - 1.8, 0, 2)
        body = np.where(below < -0.2, -np.inf, shoulder) - np.abs(x)
        return np.maximum(head, body)

    def prior(self) -> float:
        """How probable the place is, 1 for the most probable."""
        across = (self.across - _MEAN_ACROSS) / _SPREAD_ACROSS
        down = (self.down - _MEAN_DOWN) / _SPREAD_DOWN
        width = float(np.log(self.width / _MEAN_WIDTH)) / _SPREAD_WIDTH
        return float(np.exp(-_WEIGHT * (across**2 + down**2 + width**2)))


def find_outline(image: np.ndarray) -> Outline:
    """The outline that fits best, of (H, W, 3) uint8.

    Examples
    --------
    >>> from pixkern.pipelines.relight._portrait_outline import Outline, find_outline
    >>> picture = np.full((80, 60, 3), 200, np.uint8)
    >>> picture[Outline(0.4, 0.3, 0.19).depth(80, 60) > 0] = (150, 60, 40)
    >>> find_outline(picture)
    Outline(across=0.4, down=0.3, width=0.19)
    """
    rows, cols = image.shape[:2]
    scale = _SMALL / max(rows, cols)
    small = resized(image, (max(8, round(cols * scale)), max(8, round(rows * scale))))
    rows, cols = small.shape[:2]
    steps = (small.astype(np.int64) * _COLOURS) >> 8
    colour = (steps[..., 0] * _COLOURS + steps[..., 1]) * _COLOURS + steps[..., 2]
    found = [
        Outline(round(across, 3), round(down, 3), width)
        for width, across, down in product(_WIDTHS, _ACROSS, _DOWN)
        if down * rows + 0.1 * width * min(rows, cols) >= _TALL * width * min(rows, cols)  # next to all of it is seen
    ]
    scores = [_mutual_information(one.depth(rows, cols) > 0, colour) * one.prior() for one in found]
    return found[int(np.argmax(scores))]


def _mutual_information(inside: np.ndarray, colour: np.ndarray) -> float:
    """Of a pixel's side and its colour, in nats."""
    counts = np.bincount(colour.ravel(), minlength=_COLOURS**3)
    within = np.bincount(colour[inside], minlength=_COLOURS**3)
    total = 0.0
    for side in (within, counts - within):
        seen = side > 0
        part = side[seen].astype(np.float64)
        if part.size:
            total += float((part * np.log(part * colour.size / (counts[seen] * part.sum()))).sum())
    return total / colour.size
