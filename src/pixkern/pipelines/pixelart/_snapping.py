"""Sprites in the colours of a palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pixkern import _check, _palettes

from ._sprite import checked, distinct, rgb, visible, with_rgb

_BAYER = {"bayer2": 1, "bayer4": 2, "bayer8": 3}

DITHERS = ("none", *_BAYER, "floyd-steinberg")
"""What `snap` takes as `dither`."""

MOST_COLOURS = 65_536
_CONTRAST = 0.1  # what the contrast of a pattern costs: of t below 1 / 11 none is made
_PAIRS = 2**17  # of colours and entries at a time, 3 MB a plane


@dataclass(frozen=True, eq=False)
class Indexed:
    """A sprite in the colours of a palette.

    Attributes
    ----------
    pixels : ndarray, like the sprite that was snapped
        Its colours are entries of the palette; alpha is that of the sprite, and pixels of alpha 0 are as they were.
    indices : ndarray, (h, w), int32
        The entry of each pixel. `palette[indices]` is `pixels` where those are opaque.
    palette : ndarray, (n, C), uint8
        The palette with the sprite's channels. If an RGBA sprite has pixels of alpha 0 and the palette no entry of
        alpha 0, (0, 0, 0, 0) is added at its end.
    transparent : int, optional
        The entry of the pixels of alpha 0: the first entry of alpha 0. None if there is none.
    """

    pixels: np.ndarray
    indices: np.ndarray
    palette: np.ndarray
    transparent: int | None


def snap(sprite: np.ndarray, palette: np.ndarray, *, dither: str = "none") -> Indexed:
    """Give every pixel the colour of the palette that looks nearest.

    Parameters
    ----------
    sprite : ndarray, (h, w), (h, w, 3) or (h, w, 4), uint8
    palette : ndarray, (n, 1), (n, 3) or (n, 4), uint8
        1 to 65,536 entries. Those of alpha 0 stand for transparent pixels only; the alpha of others is ignored. A grey
        sprite needs grey entries.
    dither : "none", "bayer2", "bayer4", "bayer8" or "floyd-steinberg"
        How colours between two entries are shown; see Notes.

    Returns
    -------
    Indexed
        A new array in `pixels`. Pixels of alpha 0 are left as they are.

    Raises
    ------
    TypeError
        The sprite or the palette is not uint8.
    ValueError
        A shape or an option is wrong; the palette is empty, or has colours where the sprite is grey.

    Notes
    -----
    Nearest in Oklab (Ottosson 2020), by squared distance; ties go to the lowest index. A colour of the palette is
    snapped to itself under "none" and the ordered dithers.

    Ordered dithers mix two entries: the nearest, a, and the b for which the mixture (1 - t) a + t b of linear light
    with the best t comes nearest to the colour c: least |c - mixture|^2 + t (1 - t) |b - a|^2 / 10, whose second term
    keeps coarse patterns away from colours that are almost a's. b is shown where t exceeds the threshold of Bayer's
    matrix ("An optimum method for two-level rendition of continuous-tone pictures", ICC 1973) of 2, 4 or 8 pixels a
    side. "floyd-steinberg" diffuses errors of linear light in rows from left to right (Proc. SID 17(2), 1976);
    transparent pixels take no error.

    The same bits on every machine. Memory: up to 120 bytes per pixel.

    Examples
    --------
    >>> ramp = np.linspace(0, 255, 5).round().astype(np.uint8)[None, :, None].repeat(3, axis=2)
    >>> snap(ramp, np.array([[0, 0, 0], [255, 255, 255]], np.uint8)).indices
    array([[0, 0, 1, 1, 1]], dtype=int32)
    """
    sprite = checked(sprite)
    dither = _check.choice(dither, "dither", DITHERS)
    entries, usable = _for_sprite(palette, sprite)
    colours = entries[:, :3] if entries.shape[1] > 1 else np.repeat(entries, 3, axis=1)
    clear = np.flatnonzero(entries[:, 3] == 0) if entries.shape[1] == 4 else usable[:0]
    transparent = int(clear[0]) if len(clear) else None
    shown = visible(sprite)
    indices = np.full(shown.shape, 0 if transparent is None else transparent, np.int32)
    if shown.any():
        if not len(usable):
            raise ValueError("the palette has only transparent entries, but the sprite has visible pixels")
        indices[shown] = usable[_chosen(sprite, shown, colours[usable], dither)]
    pixels = with_rgb(sprite, shown, colours[indices[shown]])
    return Indexed(pixels, indices.reshape(sprite.shape[:2]), entries, transparent)


def _for_sprite(palette: Any, sprite: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The palette with the sprite's channels, and which of its entries visible pixels can have."""
    given = _check.array(np.asanyarray(palette), "palette", dtypes=(np.uint8,), ndim=(2,))
    if given.shape[1] not in (1, 3, 4) or not 1 <= len(given) <= MOST_COLOURS:
        raise ValueError(f"palette must be (n, 1), (n, 3) or (n, 4) with 1 to {MOST_COLOURS} rows, got {given.shape}")
    colours = given[:, :3] if given.shape[1] > 1 else np.repeat(given, 3, axis=1)
    alpha = given[:, 3:] if given.shape[1] == 4 else np.full((len(given), 1), 255, np.uint8)
    usable = np.flatnonzero(alpha)
    if sprite.ndim == 2:
        if len(usable) < len(given) or (colours != colours[:, :1]).any():
            raise ValueError("a grey sprite needs a palette of opaque greys; convert the sprite to RGB first")
        return np.ascontiguousarray(colours[:, :1]), usable
    if sprite.shape[2] == 3:
        return np.ascontiguousarray(colours), usable
    entries = np.concatenate([colours, alpha], axis=1)
    if len(usable) == len(given) and not visible(sprite).all():
        entries = np.concatenate([entries, np.zeros((1, 4), np.uint8)])
    return entries, usable


def _chosen(sprite: np.ndarray, shown: np.ndarray, colours: np.ndarray, dither: str) -> np.ndarray:
    """The index of each shown pixel in `colours` (n, 3)."""
    entries = _palettes.linear(colours)
    if dither == "floyd-steinberg":
        shape = sprite.shape[:2]
        index = np.zeros(shape, np.int32)
        light = _palettes.linear(rgb(sprite)).reshape(*shape, 3)
        _palettes.floyd_steinberg(light, shown.reshape(shape), entries, index)
        return index.reshape(-1)[shown]
    rows, place, _ = distinct(rgb(sprite)[shown])
    light = _palettes.linear(rows)
    where = _palettes.oklab(entries)
    first = _palettes.nearest(_palettes.oklab(light), where)
    if dither == "none":
        return first[place]
    second, share = _mixtures(light, entries, first)
    threshold = _threshold(_BAYER[dither], sprite.shape[:2]).reshape(-1)[shown]
    return np.where(share[place] > threshold, second[place], first[place])


def _mixtures(light: np.ndarray, entries: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The entry to mix with the `first` one for each colour of linear `light` (n, 3), and its share in 0..1."""
    second, share = np.empty(len(light), np.int64), np.empty(len(light))
    chunk = max(1, _PAIRS // len(entries))
    for begin in range(0, len(light), chunk):
        part = slice(begin, begin + chunk)
        start = entries[first[part], None]
        along = entries[None] - start
        to = light[part, None] - start
        length = _dot(along, along)
        t = np.clip(_dot(to, along) / np.where(length > 0, length, 1), 0, 1)
        cost = _dot(to, to) - 2 * t * _dot(to, along) + t * (t + _CONTRAST * (1 - t)) * length
        second[part] = best = cost.argmin(axis=1)
        share[part] = t[np.arange(len(best)), best]
    return second, share


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def _threshold(doublings: int, shape: tuple[int, ...]) -> np.ndarray:
    """Bayer's matrix of 2^doublings a side repeated over `shape`: the odd multiples of 1 / (2 side^2), each once."""
    matrix = np.zeros((1, 1), np.int64)
    for _ in range(doublings):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    side = len(matrix)
    rows, cols = np.arange(shape[0]) % side, np.arange(shape[1]) % side
    return (matrix[rows[:, None], cols[None, :]] + 0.5) / side**2
