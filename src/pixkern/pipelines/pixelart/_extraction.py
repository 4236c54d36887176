"""Palettes of sprites: as many colours as can be told apart, or as many as asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from pixkern import _check, _palettes

from ._shortest_description import MOST_LEAVES, leaves, shortest
from ._sprite import checked, distinct

MOST_COLOURS = 65_536
_MOST_ROUNDS = 30  # of k-means, which settles in 5 to 15
_MOST_PAIRS = 2**32  # of colours and centres in all rounds: 3 s
_FINEST = 1 / 1024  # of Oklab: a tenth of what an eye tells apart


def extract_palette(
    colours: np.ndarray, counts: np.ndarray | None = None, *, size: int | str = "auto", alpha: int = 1
) -> np.ndarray:
    """The palette of a sprite or of a list of colours.

    Parameters
    ----------
    colours : ndarray, uint8
        A sprite (h, w), (h, w, 3) or (h, w, 4), or with `counts` a list (n, C) of C = 1, 3 or 4 channels.
    counts : ndarray, (n,), optional
        How often each colour of the list comes, > 0.
    size : "auto" or int
        How many colours at most, 1 to 65,536. "auto": as many as the description length tells apart, see
        `pool_colours`.
    alpha : int
        Pixels of less alpha count as transparent, 1 to 255.

    Returns
    -------
    ndarray, (n, C), uint8
        The most frequent colour first, equals in the order of their codes. RGBA: alpha is 255, and (0, 0, 0, 0) is the
        last entry if anything is transparent (it counts in `size`).

    Raises
    ------
    TypeError
        `colours` is not uint8, `size` no integer.
    ValueError
        A shape or a number is out of range.

    Notes
    -----
    Of no more than `size` distinct colours the palette is these colours, exactly. Otherwise k-means in Oklab (Lloyd,
    "Least squares quantization in PCM", IEEE Trans. Information Theory 28, 1982), begun at the cut of Ward's tree into
    `size` clusters; a colour weighs the square root of its count, so that small accents keep an entry. No random
    numbers.

    Examples
    --------
    >>> sprite = np.zeros((8, 8, 3), np.uint8)
    >>> sprite[2:4, 2:4] = 255, 200, 0
    >>> extract_palette(sprite)
    array([[  0,   0,   0],
           [255, 200,   0]], dtype=uint8)
    """
    pixels, number = _pixels(colours, counts)
    if not (isinstance(size, str) and size == "auto"):
        size = _whole(size, "size", 1, MOST_COLOURS, "'auto' or ")
    alpha = _whole(alpha, "alpha", 1, 255)
    channels = pixels.shape[1]
    clear = pixels[:, 3] < alpha if channels == 4 else np.zeros(len(pixels), bool)
    hole = bool(clear.any())
    if hole and size == 1 and not clear.all():
        raise ValueError("size=1 leaves no entry for colours, as the transparent pixels take one; use size=2")
    entries = np.zeros((0, 3), np.uint8)
    if not clear.all():
        solid = pixels[~clear, :3] if channels > 1 else np.repeat(pixels, 3, axis=1)
        rows, place, _ = distinct(solid)
        count = np.bincount(place, number[~clear])
        if size == "auto":
            labels = shortest(rows.astype(np.float64), count, channels=min(channels, 3)).labels
            entries = _medians(rows, count, labels)
        else:
            entries, labels = _quantised(rows, count, int(size) - hole)
        used = np.bincount(labels, count, len(entries))
        entries = entries[np.lexsort([*entries.T[::-1], -used])]
    if channels == 4:
        opaque = np.column_stack([entries, np.full(len(entries), 255, np.uint8)])
        return np.concatenate([opaque, np.zeros((int(hole), 4), np.uint8)])
    return np.ascontiguousarray(entries[:, :channels])


def _quantised(rows: np.ndarray, count: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `size` colours for distinct `rows`, and which of them stands for each row."""
    if len(rows) <= size:
        return rows, np.arange(len(rows))
    weight = np.sqrt(count)
    where = _palettes.oklab(_palettes.linear(rows))
    labels = _first_clusters(where, weight, size)
    centres = _means(where, weight, labels)
    for _ in range(min(_MOST_ROUNDS, _MOST_PAIRS // (len(rows) * len(centres)))):
        nearer = np.unique(_palettes.nearest(where, centres), return_inverse=True)[1].ravel()
        if np.array_equal(nearer, labels):
            break
        labels = nearer
        centres = _means(where, weight, labels)
    entries, place, _ = distinct(_palettes.srgb(_palettes.from_oklab(centres)))
    return entries, place[labels]


def _means(where: np.ndarray, weight: np.ndarray, labels: np.ndarray) -> np.ndarray:
    total = np.bincount(labels, weight)
    return np.stack([np.bincount(labels, weight * plane) / total for plane in where.T], axis=1)


def _first_clusters(where: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    """The cut of Ward's tree into `size` clusters: the dearest size - 1 merges are undone. Very many are cubes."""
    if size > MOST_LEAVES:
        return leaves(where, weight, size, finest=_FINEST)[0]
    leaf, leaf_weight, mean, _ = leaves(where, weight, MOST_LEAVES, finest=_FINEST)
    tree = _palettes.ward(mean, leaf_weight)
    split = np.zeros(2 * len(mean) - 1, bool)
    split[len(mean) + np.argsort(-tree.added, kind="stable")[: size - 1]] = True
    return tree.leaves(split)[leaf]


def _medians(rows: np.ndarray, count: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The median code of every channel of each cluster of `rows`, each row as often as it counts."""
    result = np.empty((labels.max() + 1, 3), np.uint8)
    total = np.bincount(labels, count)
    for channel, codes in enumerate(rows.T):
        order = np.lexsort((codes, labels))
        before = np.cumsum(total) - total
        reached = np.cumsum(count[order]) - before[labels[order]]
        half = 2 * reached >= total[labels[order]]
        first = np.unique(labels[order][half], return_index=True)[1]
        result[:, channel] = codes[order][half][first]
    return result


def _pixels(colours: Any, counts: Any) -> tuple[np.ndarray, np.ndarray]:
    if counts is None:
        sprite = checked(colours, "colours")
        pixels = sprite.reshape(sprite.shape[0] * sprite.shape[1], -1)
        return pixels, np.ones(len(pixels))
    pixels = _check.array(np.asanyarray(colours), "colours", dtypes=(np.uint8,), ndim=(2,))
    if pixels.shape[1] not in (1, 3, 4) or not len(pixels):
        raise ValueError(f"colours with counts must be (n, 1), (n, 3) or (n, 4), got shape {pixels.shape}")
    number = _check.finite(counts, "counts")
    if number.shape != (len(pixels),) or (number <= 0).any():
        raise ValueError(f"counts must be {len(pixels)} numbers above 0, one per colour, got {counts!r}")
    return pixels, number


def _whole(value: Any, name: str, least: int, most: int, words: str = "") -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be {words}an integer from {least} to {most}, got {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be {words}{least} to {most}, got {value!r}")
    return int(value)
