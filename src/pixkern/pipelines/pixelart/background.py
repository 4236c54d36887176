"""Flat backgrounds of sprites: finding one, making it transparent; flat colours behind transparent pictures."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from pixkern import _check, _palettes

from ._sprite import checked, medians, rgb, visible

__all__ = ["composite_for_detection", "find_background", "remove_background"]

TOLERANCE = 0.03
"""Oklab distance within which a pixel has the background's colour: some eight codes in bright colours."""

_CODES_PER_TOLERANCE = 128  # Near black Oklab stretches codes tenfold; so few codes always count as the same colour.
_MOST_SEEDS = 256  # pixels of the border, evenly spread, among which its colour is looked for
_LEAST_BORDER = 0.5  # of the border in the background's colour
_LEAST_CORNERS = 3  # so that neither the sky nor the ground of a scene is one
_FLAT = 0.005  # mean Oklab distance from the colour along the border; textures have 0.008 to 0.02
_LEAST_HOLE = 6  # pixels: what is smaller is an eye or a highlight
_MOST_HOLE = 0.125  # of what encloses it: what is larger is a body that has the background's colour


def find_background(sprite: np.ndarray) -> np.ndarray | None:
    """The flat colour that a sprite stands on, if it stands on one.

    Parameters
    ----------
    sprite : ndarray, (h, w), (h, w, 3) or (h, w, 4), uint8
        At its true resolution; a noisy one after `pool_colours`.

    Returns
    -------
    ndarray, (C,), uint8, or None
        The median of the border's pixels that have the colour, alpha 255. None unless at least half of the border and
        three corners are within `TOLERANCE` of it, these are flat (not a texture of many shades), and something stands
        in front; None as well if anything on the border is transparent already. A scene whose sky is at the top and
        whose ground is below has none.

    Raises
    ------
    TypeError, ValueError
        `sprite` is not what it should be.

    Examples
    --------
    >>> sprite = np.full((8, 8, 3), 250, np.uint8)
    >>> sprite[3:, 2:6] = 90, 40, 10
    >>> find_background(sprite)
    array([250, 250, 250], dtype=uint8)
    """
    sprite = checked(sprite)
    rows, cols = sprite.shape[:2]
    codes = rgb(sprite).reshape(rows, cols, 3)
    border = _border(rows, cols)
    if not visible(sprite).reshape(rows, cols)[border].all():
        return None
    edge = codes[border]
    few = edge[np.arange(min(len(edge), _MOST_SEEDS)) * len(edge) // min(len(edge), _MOST_SEEDS)]
    seed = few[_alike(few[:, None], few[None, :]).sum(axis=0).argmax()]
    near = edge[_alike(edge, seed)]
    colour = medians(near, np.zeros(len(near), np.int64), 1)[0]
    match = _alike(codes, colour)
    corners = int(match[0, 0]) + int(match[0, -1]) + int(match[-1, 0]) + int(match[-1, -1])
    enough = match[border].mean() >= _LEAST_BORDER and corners >= _LEAST_CORNERS
    flat = _mean(_distance(codes[border & match], colour)) <= _FLAT
    if not enough or not flat or match.all():
        return None
    return colour[:1] if sprite.ndim == 2 else np.append(colour, [255] * (sprite.shape[2] - 3)).astype(np.uint8)


def remove_background(
    sprite: np.ndarray, colour: Any, *, tolerance: float = TOLERANCE, holes: bool = True
) -> np.ndarray:
    """Make the background of a sprite transparent.

    Parameters
    ----------
    sprite : ndarray, (h, w), (h, w, 3) or (h, w, 4), uint8
    colour : array_like of int
        The background: one number for grey, or (r, g, b) or (r, g, b, a), 0 to 255; a is ignored.
    tolerance : float
        Oklab distance within which a pixel has that colour, 0 to 1. Pixels none of whose codes is more than 128 *
        tolerance off have it, too.
    holes : bool
        Whether background that the sprite encloses goes as well; see Notes.

    Returns
    -------
    ndarray, (h, w, 4), uint8
        Removed pixels are (0, 0, 0, 0); others keep their colour, and their alpha if they had one.

    Raises
    ------
    TypeError, ValueError
        An argument is not what it should be.

    Notes
    -----
    Background is what the colour connects to the border, step by step along rows and columns: a diagonal outline holds
    it back. An enclosed region of the colour is a hole if it

    - has 6 pixels or more (fewer are an eye or a highlight),
    - is no more than an eighth of the filled shape that encloses it (more is a body of the background's colour), and
    - has the colour within half the tolerance on average (a hole shows the very background).

    Examples
    --------
    >>> sprite = np.full((12, 12, 3), 250, np.uint8)
    >>> sprite[2:11, 1:11] = 90, 40, 10
    >>> sprite[5:7, 4:7] = 250  # six pixels, enclosed
    >>> [int((remove_background(sprite, (250, 250, 250), holes=holes)[..., 3] == 0).sum()) for holes in (True, False)]
    [60, 54]
    """
    sprite = checked(sprite)
    wanted = _colour(colour)
    tolerance = _tolerance(tolerance)
    if not isinstance(holes, bool | np.bool_):
        raise TypeError(f"holes must be True or False, got {holes!r}")
    rows, cols = sprite.shape[:2]
    codes = rgb(sprite).reshape(rows, cols, 3)
    seen = visible(sprite).reshape(rows, cols)
    match = _alike(codes, wanted, tolerance) | ~seen
    ring = np.pad(match, 1, constant_values=True).astype(np.uint8)
    count, component = cv2.connectedComponents(ring, connectivity=4)
    outside = component == component[0, 0]
    gone = outside[1:-1, 1:-1].copy()
    if holes and count > 2:
        gone |= _holes(codes, wanted, tolerance, component[1:-1, 1:-1], count, outside)
    alpha = sprite[..., 3] if sprite.ndim == 3 and sprite.shape[2] == 4 else np.full((rows, cols), 255, np.uint8)
    result = np.dstack([codes, alpha])
    result[gone | ~seen] = 0
    return result


def _holes(
    codes: np.ndarray, wanted: np.ndarray, tolerance: float, component: np.ndarray, count: int, outside: np.ndarray
) -> np.ndarray:
    """Which pixels are in holes, of components 1 .. count - 1 of background; those that are outside are no holes."""
    area = np.bincount(component.reshape(-1), minlength=count)
    distance = np.zeros(component.shape)
    inside = (component > 0) & ~outside[1:-1, 1:-1]
    distance[inside] = _distance(codes[inside], wanted)
    off = np.bincount(component.reshape(-1), distance.reshape(-1), minlength=count)
    # A shape with what it encloses: whatever is not outside, connected along rows and columns.
    _, shape = cv2.connectedComponents((~outside[1:-1, 1:-1]).astype(np.uint8), connectivity=4)
    filled = np.bincount(shape.reshape(-1))
    around = np.zeros(count, np.int64)
    around[component[inside]] = filled[shape[inside]]
    hole = (area >= _LEAST_HOLE) & (area <= _MOST_HOLE * around) & (off <= 0.5 * tolerance * area)
    return inside & hole[component]


def composite_for_detection(image: np.ndarray) -> np.ndarray:
    """A picture without transparency whose grid is that of a transparent one.

    Parameters
    ----------
    image : ndarray, (H, W, 4), uint8
        RGBA, not premultiplied.

    Returns
    -------
    ndarray, (H, W, 3), uint8
        `image` over a flat colour. What colours stand under alpha 0 does not matter.

    Raises
    ------
    TypeError, ValueError
        `image` is not RGBA.

    Notes
    -----
    Of the 27 colours with codes 0, 128 and 255 the flat one is farthest, in Oklab, from the nearest colour of the
    visible pixels (16 levels a channel); the first such, in the order of codes. Outlines against it are edges, whatever
    the colours.

    Examples
    --------
    >>> image = np.zeros((1, 2, 4), np.uint8)
    >>> image[0, 0] = 0, 0, 0, 255
    >>> composite_for_detection(image)
    array([[[  0,   0,   0],
            [255, 255, 255]]], dtype=uint8)
    """
    image = checked(image, "image")
    if image.ndim != 3 or image.shape[2] != 4:
        raise ValueError(f"image must be RGBA, (H, W, 4), got shape {image.shape}")
    codes, alpha = image[..., :3], image[..., 3:]
    if alpha.min() == 255:
        return np.ascontiguousarray(codes)
    coarse = (codes >> 4).astype(np.int32)
    keys = (coarse[..., 0] << 8 | coarse[..., 1] << 4 | coarse[..., 2])[alpha[..., 0] > 0]
    used = np.flatnonzero(np.bincount(keys, minlength=4096))
    levels = np.array([0, 128, 255], np.uint8)
    flats = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    flat = flats[-1]
    if len(used):
        shown = np.stack([used >> 8, used >> 4 & 15, used & 15], axis=1).astype(np.uint8) * np.uint8(17)
        flat = flats[_distance(flats[:, None], shown[None]).min(axis=1).argmax()]
    over = codes.astype(np.uint16) * alpha + flat.astype(np.uint16) * (255 - alpha).astype(np.uint16)
    return ((over + 127) // 255).astype(np.uint8)


def _border(rows: int, cols: int) -> np.ndarray:
    border = np.zeros((rows, cols), bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    return border


def _mean(values: np.ndarray) -> float:
    """Added in the order of the array, so that every machine rounds alike; 0 of nothing."""
    return float(np.cumsum(values)[-1]) / len(values) if len(values) else 0.0


def _distance(codes: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Oklab distance of colours that broadcast."""
    away = _oklab(codes) - _oklab(other)
    return np.sqrt(away[..., 0] * away[..., 0] + away[..., 1] * away[..., 1] + away[..., 2] * away[..., 2])


def _oklab(codes: np.ndarray) -> np.ndarray:
    return _palettes.oklab(_palettes.linear(codes.reshape(-1, 3))).reshape(codes.shape)


def _alike(codes: np.ndarray, other: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
    steps = np.abs(codes.astype(np.int16) - other.astype(np.int16)).max(axis=-1)
    return (steps <= _CODES_PER_TOLERANCE * tolerance) | (_distance(codes, other) <= tolerance)


def _colour(value: Any) -> np.ndarray:
    codes = _check.finite(value, "colour").reshape(-1)
    if len(codes) not in (1, 3, 4) or ((codes < 0) | (codes > 255) | (codes % 1 != 0)).any():
        raise ValueError(f"colour must be a grey, (r, g, b) or (r, g, b, a) of whole codes 0 to 255, got {value!r}")
    return np.broadcast_to(codes[:3], 3).astype(np.uint8)


def _tolerance(value: Any) -> float:
    number = _check.finite(value, "tolerance")
    if number.ndim or not 0 <= number <= 1:
        raise ValueError(f"tolerance must be an Oklab distance from 0 to 1, got {value!r}")
    return float(number)
