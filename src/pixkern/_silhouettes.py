"""Outlines laid over a picture: a caller's own, or leaves, hands, fronds and blobs made of shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _check
from ._dispatch import Place, place
from ._noise import picture_shape, seed_of, within
from ._pattern import directions
from ._pattern_loops import run
from ._pattern_mask import Grid, shapes_filler, softened
from ._pattern_shapes import Draws, discs, leaves, strokes

_MOST_PER_SAMPLE = 2.0  # pixels of the outline that a sample may span; finer ones are averaged by twos before


def silhouette_mask(
    silhouette: Any,
    shape: tuple[int, int],
    *,
    center: tuple[float, float] = (0.0, 0.0),
    angle: float = 0.0,
    scale: float = 1.0,
    softness: float = 0.005,
    out: Any = None,
    backend: str | None = None,
    threads: int | None = None,
) -> Any:
    """Lay an outline over a picture as a shadow: moved, turned, rescaled, softened.

    Parameters
    ----------
    silhouette : (h, w) bool, uint8 or float32
        True, 255 or 1.0 where it keeps light off; NumPy, CuPy or torch. Beyond its borders there is light. float32
        within [0, 1].
    shape : (height, width)
        Of the result, in pixels.
    center : (x, y)
        Where the silhouette's middle is, from the picture's middle, x to the right and y down, in units of the
        picture's longer side; -4 to 4.
    angle : float
        By how many degrees it is turned counter-clockwise.
    scale : float
        The silhouette's longer side in units of the picture's longer side; 0.01 to 100.
    softness : float
        Standard deviation of a Gaussian, in units of the picture's longer side; 0 to 0.25.
    out : (height, width) float32, optional
        Where to write; C order, no overlap with `silhouette`.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `silhouette` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    (height, width) float32
        0 in the light to 1 in full shade, in the kind of array that `silhouette` is.

    Raises
    ------
    TypeError
        A silhouette of another kind or dtype.
    ValueError
        Another number of axes, an empty silhouette, values out of [0, 1], numbers out of their ranges, an `out` that
        does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Bilinear between the silhouette's pixels, which are first averaged by twos while a sample would span more than two
    of them. The same bits for every thread count and CPU level, and on CUDA. Memory: as `pattern_mask`, and a float32
    copy of the silhouette.

    This is how Zhang et al. throw the shadows of objects: "Portrait shadow manipulation", ACM Trans. Graphics 39(4),
    2020, section 4.1.

    Examples
    --------
    >>> hand = draw_silhouette("hand", seed=2)
    >>> shade = silhouette_mask(hand, (480, 640), center=(0.2, -0.1), angle=30, scale=0.6)
    >>> bool(shade[:, :100].max() == 0)  # light on the left
    True
    """
    spot = place(silhouette, backend, "silhouette")
    values = _values(spot.native(silhouette, "silhouette"), spot)
    dims = picture_shape(shape)
    x, y = _pair(center)
    size = within(scale, "scale", 0.01, 100)
    soft = within(softness, "softness", 0, 0.25)
    (cosine,), (sine,) = directions(within(angle, "angle", -1e6, 1e6))
    result = _check.output(spot.writable(out), dims, np.float32, (silhouette,), spot.arrays)

    def fill(grid: Grid, sharp: Any, spot: Place) -> None:
        pixels, middle, per_unit = _averaged(values, max(values.shape) / size, grid.pitch)
        to = np.array([x, y, cosine * per_unit, sine * per_unit, *middle])
        taps = max(1, math.ceil(per_unit * grid.pitch))
        run("outline", (pixels, to, taps, grid.left, grid.top, grid.pitch), sharp, spot, threads, work=40 * taps * taps)

    softened(fill, soft, result, spot, threads)
    return out if out is not None else spot.give_back(result, silhouette)


def draw_silhouette(kind: str, *, seed: int, side: int = 256) -> np.ndarray:
    """Draw an outline that throws a shadow people know.

    Parameters
    ----------
    kind : {"leaf", "hand", "frond", "blob"}
        A lobed leaf, a hand with its fingers spread, a frond of narrow leaves, a round thing of no certain shape.
    seed : int
        0 to 2**64 - 1: its proportions.
    side : int
        Height and width of the result, 8 to 4096.

    Returns
    -------
    (side, side) float32
        1 inside, 0 outside, in between along the outline.

    Raises
    ------
    TypeError, ValueError
        An unknown kind, a seed or side that is no integer in its range.

    Examples
    --------
    >>> leaf = draw_silhouette("leaf", seed=1, side=64)
    >>> leaf.shape, bool(0.1 < leaf.mean() < 0.6)
    ((64, 64), True)
    """
    draw_shapes = _DRAWN[_check.choice(kind, "kind", tuple(_DRAWN))]
    draw = Draws(seed_of(seed))
    length = within(side, "side", 8, 4096)
    if length != int(length):
        raise TypeError(f"side must be an integer, got {side!r}")
    result = np.empty((int(length),) * 2, np.float32)
    softened(shapes_filler(draw_shapes(draw), 1), 0.0, result, place(result), 1)
    return result


def _values(silhouette: Any, spot: Place) -> Any:
    pixels = _check.array(silhouette, "silhouette", dtypes=(np.bool_, np.uint8, np.float32), ndim=(2,))
    if pixels.size == 0:
        raise ValueError(f"silhouette is empty, got shape {pixels.shape}")
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) / np.float32(255)
    values = pixels.astype(np.float32)
    if not (values.min() >= 0 and values.max() <= 1):  # false for NaN, too
        raise ValueError("silhouette must be within [0, 1], as 1 is full shade")
    return values


def _pair(center: Any) -> tuple[float, float]:
    try:
        x, y = center
    except (TypeError, ValueError):
        raise ValueError(f"center must be (x, y), got {center!r}") from None
    return within(x, "center[0]", -4, 4), within(y, "center[1]", -4, 4)


def _averaged(values: Any, per_unit: float, pitch: float) -> tuple[Any, tuple[float, float], float]:
    """The outline in pixels a sample spans two of at most, its middle in them, and how many are in a unit."""
    row, col = (values.shape[0] - 1) / 2, (values.shape[1] - 1) / 2
    while per_unit * pitch > _MOST_PER_SAMPLE and max(values.shape) > 1:
        even = values[: values.shape[0] // 2 * 2, : values.shape[1] // 2 * 2]
        padded = values
        if even.shape != values.shape:
            padded = np.zeros_like(values, shape=tuple(length + length % 2 for length in values.shape))
            padded[: values.shape[0], : values.shape[1]] = values
        upper = padded[::2, ::2] + padded[::2, 1::2]
        values = (upper + (padded[1::2, ::2] + padded[1::2, 1::2])) * np.float32(0.25)
        row, col, per_unit = row / 2 - 0.25, col / 2 - 0.25, per_unit / 2
    return values, (col, row), per_unit


def _leaf(draw: Draws) -> np.ndarray:
    """Lobes that fan out from the foot of the blade, the middle one longest, and a stalk."""
    lean = np.array([0, 42, -42, 92, -92]) + draw(5, -7, 7)
    length = np.array([0.62, 0.52, 0.52, 0.36, 0.36]) * draw(5, 0.9, 1.1)
    cosine, sine = directions(90 + lean)
    width = length * draw(1, 0.44, 0.6)
    blade = leaves(0.46 * length * cosine, 0.16 - 0.46 * length * sine, 90 + lean, length, width)
    bend = float(draw(1, -0.08, 0.08)[0])
    return np.concatenate([blade, strokes(0, 0.1, 0.014, bend, 0.46, 0.009)])


def _hand(draw: Draws) -> np.ndarray:
    """A palm, a wrist, four fingers of two pieces each, and a thumb."""
    spread = draw(1, 0.7, 1.3)[0]
    lean = np.array([24, 8, -7, -22]) * spread + draw(4, -3, 3)
    foot_x, foot_y = np.array([-0.115, -0.04, 0.04, 0.11]), np.array([0.0, -0.035, -0.03, 0.01])
    length = np.array([0.25, 0.3, 0.28, 0.21]) * draw(4, 0.92, 1.08)
    palm = strokes([-0.06, 0.06], 0.09, 0.1, [-0.07, 0.07], [0.02, 0.03], 0.08)
    parts = [palm, strokes(0, 0.2, 0.1, 0, 0.5, 0.1)]
    bend = draw(4, -8, 8)
    x, y = foot_x, foot_y
    for piece, (near, far) in enumerate(((0.042, 0.038), (0.038, 0.029))):
        cosine, sine = directions(90 + lean + piece * bend)
        to_x, to_y = x + 0.55 * length * cosine, y - 0.55 * length * sine
        parts.append(strokes(x, y, near, to_x, to_y, far))
        x, y = to_x, to_y
    thumb, tip = directions(draw(1, 128, 150)), directions(draw(1, 105, 125))
    x, y = -0.1 + 0.18 * thumb[0], 0.13 - 0.18 * thumb[1]
    parts.append(strokes(-0.1, 0.13, 0.055, x, y, 0.042))
    parts.append(strokes(x, y, 0.042, x + 0.11 * tip[0], y - 0.11 * tip[1], 0.032))
    return np.concatenate(parts)


def _frond(draw: Draws) -> np.ndarray:
    """A bent stalk with narrow leaves on both sides, shorter to its end."""
    pairs = 13
    bend = draw(1, -40, 40)[0]
    x, y = np.zeros(1), np.full(1, 0.48)
    parts = []
    for pair in range(pairs):
        share = (pair + 1) / pairs
        cosine, sine = directions(90 + bend * share)
        to_x, to_y = x + 0.064 * cosine, y - 0.064 * sine
        parts.append(strokes(x, y, 0.012 - 0.008 * (share - 1 / pairs), to_x, to_y, 0.012 - 0.008 * share))
        for side in (1, -1):
            length = 0.36 * (1 - 0.75 * share * share) * draw(1, 0.85, 1.1)
            lean = 90 + bend * share + side * (64 - 34 * share + draw(1, -5, 5))
            c, s = directions(lean)
            parts.append(leaves(to_x + 0.5 * length * c, to_y - 0.5 * length * s, lean, length, 0.12 * length))
        x, y = to_x, to_y
    return np.concatenate(parts)


def _blob(draw: Draws) -> np.ndarray:
    """Overlapping discs around a middle one."""
    count = 9
    cosine, sine = directions(360 * (np.arange(count) + draw(count, -0.4, 0.4)) / count)
    away = draw(count, 0.1, 0.24)
    around = discs(away * cosine, away * sine, draw(count, 0.1, 0.2), 1.0)
    return np.concatenate([discs(0, 0, 0.2, 1.0), around])


_DRAWN: dict[str, Callable[[Draws], np.ndarray]] = {"leaf": _leaf, "hand": _hand, "frond": _frond, "blob": _blob}
