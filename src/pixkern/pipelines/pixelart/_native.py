"""Pictures without noise: exact upscales, and pixel art that is at its true resolution already."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_FEWEST_CHANGES = 3  # places along an axis, so that their distances mean something
_CHANCE = 1000  # to 1 that all changes of an axis lie on multiples of the cell because the cells are so long
_SAMPLED = 2**13  # pixels of the rows that are looked at, and of the columns
_PIXELS = 64  # sampled along each axis
_FEW = 900  # pixels of a picture: of noise, one in ten of 24 x 24 pixels has a grid that fits, none of 32 x 32
_SHARP = 48  # a difference that is no noise, summed over channels
_SLIGHT = 8


class Texture(NamedTuple):
    """What single pixels of a picture are like."""

    isolated: float
    """Of sharp edges, the share that another one follows after a pixel, where it is less: 0 in upscaled pictures."""
    slight: float
    """Of neighbours that are alike, the share that are not equal, where it is more: 0 without noise and gradients."""
    distinct: float
    """Colours over pixels, of a sample of pixels: near 1 in noise."""
    smooth: bool
    """Neighbours differ by no more than in gradients."""
    small: bool
    """So few pixels that some grid fits noise."""


class ExactCell(NamedTuple):
    """A cell whose pixels are all equal, and where the first one ends, in pixels."""

    x: int
    y: int
    offset_x: int
    offset_y: int
    guessed: bool
    """Nothing or one thing changes along one axis, whose cells are taken to be as long as those of the other."""


def exact_cell(
    images: Sequence[np.ndarray], profiles: tuple[np.ndarray, np.ndarray], square: bool | None = None
) -> ExactCell | None:
    """The largest cell for which every pixel of a cell is a copy of the others, and no single pixels; else None.

    The images, of one shape, have it in common. `profiles` is the evidence at single pixels: what has some at most
    places is not looked at again.
    """
    if any(2 * np.count_nonzero(profile) > len(profile) for profile in profiles):
        return None
    each = [_changes(image) for image in images]
    places = [np.unique(np.concatenate([one[axis] for one in each])) for axis in (0, 1)]
    counts = [len(each) for each in places]
    if max(counts) < _FEWEST_CHANGES:
        return None
    cells = [math.gcd(*np.diff(each).tolist()) for each in places]
    offsets = [int(each[0]) if len(each) else 0 for each in places]
    if min(counts) < _FEWEST_CHANGES:
        side, between = cells if counts[0] >= _FEWEST_CHANGES else reversed(cells)
        if square is False or between % side:
            return None
        cells = [side] * 2
    elif square is not False and max(cells) % min(cells) == 0:
        coarse = int(cells[1] > cells[0])
        if square or (max(cells) // min(cells)) ** (counts[coarse] - 1) < _CHANCE:
            cells = [min(cells)] * 2
    if min(cells) < 2:
        return None
    x, y = (offset % cell for offset, cell in zip(offsets, cells, strict=True))
    return ExactCell(cells[0], cells[1], x, y, min(counts) < 2)


def texture(image: np.ndarray) -> Texture:
    """Of evenly spaced rows and as many columns, and of up to 64 x 64 pixels."""
    along = [_texture(view) for view in (image, image.swapaxes(0, 1))]
    isolated, slight, smooth = zip(*along, strict=True)
    rows, columns = (np.arange(min(side, _PIXELS)) * side // min(side, _PIXELS) for side in image.shape[:2])
    few = image[rows][:, columns].reshape(len(rows) * len(columns), -1).astype(np.int32)
    distinct = len(np.unique(few @ (256 ** np.arange(few.shape[1], dtype=np.int32)))) / len(few)
    return Texture(min(isolated), max(slight), distinct, all(smooth), image.shape[0] * image.shape[1] < _FEW)


def _texture(image: np.ndarray) -> tuple[float, float, bool]:
    """Grey counts as three equal channels."""
    height, width = image.shape[:2]
    channels = image.size // (height * width)
    step = min(max(1, height * width // _SAMPLED), height)
    rows = np.moveaxis(image[step // 2 :: step].astype(np.int16).reshape(-1, width, channels), 2, 0)
    rows = np.ascontiguousarray(rows) * np.int16(3 // channels)
    change, across = (sum(np.abs(plane[:, k:] - plane[:, : width - k]) for plane in rows) for k in (1, min(2, width)))
    sharp = change > _SHARP
    peaks = sharp[:, :-1] & sharp[:, 1:] & (across < np.maximum(change[:, :-1], change[:, 1:]))
    alike = change <= _SLIGHT
    return (
        int(np.count_nonzero(peaks)) / max(1, int(np.count_nonzero(sharp))),
        int(np.count_nonzero(alike & (change > 0))) / max(1, int(np.count_nonzero(alike))),
        bool(alike.all()),
    )


def _changes(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns that differ from the one on their left, and the rows that differ from the one above."""
    height, width = image.shape[:2]
    rows = image.reshape(height, -1)
    channels = rows.shape[1] // width
    beside = np.bitwise_or.reduce(rows[:, channels:] ^ rows[:, :-channels], axis=0)
    above = (rows[1:] ^ rows[:-1]).max(axis=1, initial=0)
    return np.flatnonzero(beside.reshape(-1, channels).any(axis=1)) + 1, np.flatnonzero(above) + 1
