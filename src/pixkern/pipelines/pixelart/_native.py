"""Pictures without noise: exact upscales, and pixel art that is at its true resolution already."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

_FEWEST_CHANGES = 3  # places along an axis, so that their distances mean something
_SAMPLED = 2**13  # pixels of the rows that are looked at, and of the columns
_PIXELS = 64  # sampled along each axis
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


def exact_cell(image: np.ndarray, profiles: tuple[np.ndarray, np.ndarray]) -> tuple[int, int, int, int] | None:
    """The cell (x, y) and its offset (x, y) if every pixel of a cell is an exact copy of the others; else None.

    `profiles` is the evidence at single pixels: where it is 0 along a whole line of sound pictures, nothing changes.
    """
    places = [np.flatnonzero(profile) for profile in profiles]
    if any(
        len(each) < _FEWEST_CHANGES or 2 * len(each) > len(profile)
        for each, profile in zip(places, profiles, strict=True)
    ):
        return None
    x, y = (math.gcd(*np.diff(each).tolist()) for each in places)
    if math.gcd(x, y) >= 2 and (x % y == 0 or y % x == 0):
        x = y = math.gcd(x, y)  # stripes along one axis only
    if min(x, y) < 2:
        return None
    offset_x, offset_y = int(places[0][0]) % x, int(places[1][0]) % y
    columns = _sources(image.shape[1], x, offset_x)
    rows = _sources(image.shape[0], y, offset_y)
    if not np.array_equal(image[:, columns], image) or not np.array_equal(image[rows], image):
        return None
    return x, y, offset_x, offset_y


def texture(image: np.ndarray) -> Texture:
    """Of evenly spaced rows and as many columns, and of up to 64 x 64 pixels."""
    along = [_texture(view) for view in (image, image.swapaxes(0, 1))]
    rows, columns = (np.arange(min(side, _PIXELS)) * side // min(side, _PIXELS) for side in image.shape[:2])
    few = image[rows][:, columns].reshape(len(rows) * len(columns), -1).astype(np.int32)
    distinct = len(np.unique(few @ (256 ** np.arange(few.shape[1], dtype=np.int32)))) / len(few)
    return Texture(min(isolated for isolated, _ in along), max(slight for _, slight in along), distinct)


def _texture(image: np.ndarray) -> tuple[float, float]:
    step, channels = (
        max(1, image.shape[0] * image.shape[1] // _SAMPLED),
        image.size // (image.shape[0] * image.shape[1]),
    )
    rows = np.moveaxis(image[step // 2 :: step].astype(np.int16).reshape(-1, image.shape[1], channels), 2, 0)
    rows = np.ascontiguousarray(rows)
    if rows.shape[2] < 3:
        return 0.0, 0.0
    change, across = (sum(np.abs(plane[:, k:] - plane[:, :-k]) for plane in rows) for k in (1, 2))
    sharp = change > _SHARP
    peaks = sharp[:, :-1] & sharp[:, 1:] & (across < np.maximum(change[:, :-1], change[:, 1:]))
    alike = change <= _SLIGHT
    return (
        int(np.count_nonzero(peaks)) / max(1, int(np.count_nonzero(sharp))),
        int(np.count_nonzero(alike & (change > 0))) / max(1, int(np.count_nonzero(alike))),
    )


def _sources(length: int, cell: int, offset: int) -> np.ndarray:
    """For each pixel along an axis, the first pixel of its cell."""
    places = np.arange(length)
    return np.maximum(0, (places - offset) // cell * cell + offset)
