"""Shadow patterns in float64 from their definitions: hard edges on a fine grid, an exact Gaussian over it.

Places are in units of the picture's longer side from its middle, v down. Noise is that of reference/noise.py.
"""

import numpy as np

from . import noise, render


def chance(number, seed, stream):
    """A number in [0, 1) of 24 bits for each integer."""
    number = np.asarray(number, np.int64)
    different, where = np.unique(number, return_inverse=True)
    return (render.row_words(seed, 0, 0, stream, 0, different) >> 8)[where].reshape(number.shape) / 2**24


def wobble(t, seed, stream):
    k = np.floor(t)
    at = smooth(t - k)
    return chance(k, seed, stream) * (1 - at) + chance(k + 1, seed, stream) * at - 0.5


def smooth(t):
    return t * t * (3 - 2 * t)


def frame(p, u, v):
    """(a, b): along the pattern and across it."""
    turn = np.deg2rad(p.angle)
    x, y = u - p.x, v - p.y
    return x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)


def venetian_blind(p, u, v):
    a, b = frame(p, u, v)
    slat = np.floor(b / p.size + 0.5)
    shift = 0.25 * p.irregularity * (chance(slat, p.seed, 2) - 0.5)
    uneven = 1 + 0.6 * p.irregularity * (chance(slat, p.seed, 3) - 0.5)
    half = np.clip(0.5 * (1 - p.coverage) * (uneven + p.slant * a), 0.02, 0.36)
    gap = np.abs(b / p.size - slat - shift) <= half
    cord = np.abs(a / (p.size * p.aspect) % 1 - 0.5) * p.aspect <= 0.07
    return 1.0 - (gap & ~cord)


def window(p, u, v):
    a, b = frame(p, u, v)
    a, b = (a + p.slant * b) / p.size, b / (p.size * p.aspect)
    opening = (np.abs(a) <= p.columns / 2) & (np.abs(b) <= p.rows / 2)
    bars = np.zeros(a.shape, bool)
    for k in range(1, p.columns):
        bars |= np.abs(a + p.columns / 2 - k) <= p.coverage / 2
    for k in range(1, p.rows):
        bars |= np.abs(b + p.rows / 2 - k) * p.aspect <= p.coverage / 2
    return 1.0 - (opening & ~bars)


def curtain(p, u, v):
    a, b = frame(p, u, v)
    a = a / np.maximum(1 + p.slant * b, 0.25) / p.size
    phase = a + p.irregularity * (1.6 * wobble(0.4 * a, p.seed, 2) + 0.7 * wobble(2.5 * b + 0.3 * a, p.seed, 3))
    fold = np.floor(phase)
    t = phase - fold
    wave = np.where(t < 0.35, t / 0.35, (1 - t) / 0.65)
    depth = 1 - 0.5 * p.irregularity * chance(fold, p.seed, 3)
    return smooth(np.clip(1.4 * (wave * depth - (1 - p.coverage)) + 0.5, 0, 1)) * (0.75 + 0.25 * depth)


def fence(p, u, v):
    a, b = frame(p, u, v)
    away = np.maximum(1 + p.slant * a, 0.2)
    s, t = a / away / p.size, b / away / p.size
    picket = np.floor(s + 0.5)
    shift = 0.2 * p.irregularity * (chance(picket, p.seed, 2) - 0.5)
    top = 0.6 * p.irregularity * (chance(picket, p.seed, 3) - 0.5)
    aside = np.abs(s - picket - shift)
    pickets = (aside <= p.coverage / 2) & (t - top >= aside)
    return 1.0 * (pickets | (np.abs(t - 1.4) <= 0.22) | (np.abs(t - 4.6) <= 0.22))


def bars(phase, share, irregularity, seed, stream):
    k = np.floor(phase + 0.5)
    return np.abs(phase - k - 0.3 * irregularity * (chance(k, seed, stream) - 0.5)) <= share / 2


def lattice(p, u, v):
    a, b = frame(p, u, v)
    a, b = a / p.size, b / (p.size * p.aspect)
    rising = bars(a + b, p.coverage, p.irregularity, p.seed, 2)
    return 1.0 * (rising | bars(a - b, p.coverage, p.irregularity, p.seed, 3))


def screen(p, u, v):
    a, b = frame(p, u, v)
    upright = bars(a / p.size, p.coverage, p.irregularity, p.seed, 2)
    return 1.0 * (upright | bars(b / (p.size * p.aspect), p.coverage, p.irregularity, p.seed, 3))


def voronoi(p, u, v):
    """Against the points of 5 x 5 squares."""
    x, y = np.broadcast_arrays((u - p.x) / p.size, (v - p.y) / p.size)
    col, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    squares, places = [], []
    for down in range(-2, 3):
        for across in range(-2, 3):
            number = (row + down) * 65537 + (col + across)
            different, where = np.unique(number, return_inverse=True)
            words = render.row_words(p.seed, 0, 0, 2, 0, different)[where].reshape(number.shape).astype(np.int64)
            px = col + across + 0.5 + 0.65 * p.irregularity * (words % 65536 / 65536 - 0.5)
            py = row + down + 0.5 + 0.65 * p.irregularity * (words // 65536 / 65536 - 0.5)
            squares.append((x - px) ** 2 + (y - py) ** 2)
            places.append((px, py, number))
    squares, places = np.stack(squares), np.array(places)
    first, second = np.argsort(squares, axis=0)[:2]
    nearest, next_one = (np.take_along_axis(places, at[None, None], 0)[0] for at in (first, second))
    apart = np.hypot(nearest[0] - next_one[0], nearest[1] - next_one[1])
    least, less = np.sort(squares, axis=0)[:2]
    glass = 0.85 * chance(nearest[2].astype(np.int64), p.seed, 3) ** 2
    return np.where((less - least) / (2 * apart) <= p.coverage / 2, 1, glass)


def shaded_noise(p, u, v, *, width):
    """`u` and `v` are a row and a column of places; noise counts cells, so a cell is a pixel of it."""
    places = (np.ravel(v) - p.y) / p.size, (np.ravel(u) - p.x) / p.size
    total, share = 0, 1.0
    for k in range(4):
        total = total + share * noise.octave("perlin", p.seed, k, 0.5**k, places[0] - 0.5, places[1] - 0.5)
        share *= p.irregularity
    if width == 0:
        return 1.0 * (total > p.threshold)
    return smooth(np.clip((total - p.threshold) / width + 0.5, 0, 1))


def cloud(p, u, v):
    return shaded_noise(p, u, v, width=2 * p.coverage)


def perlin(p, u, v):
    return shaded_noise(p, u, v, width=0)


def shapes(listed, u, v):
    """Strokes and leaves, over one another in order."""
    value = np.zeros(np.broadcast_shapes(np.shape(u), np.shape(v)))
    for leaf, opacity, *n in np.asarray(listed, np.float64):
        if leaf:
            x, y, cosine, sine, radius, offset = n
            a, b = (u - x) * cosine + (v - y) * sine, (v - y) * cosine - (u - x) * sine
            inside = (np.hypot(a, b + offset) <= radius) & (np.hypot(a, b - offset) <= radius)
        else:
            x0, y0, r0, x1, y1, r1 = n
            dx, dy = x1 - x0, y1 - y0
            t = np.clip(((u - x0) * dx + (v - y0) * dy) / (dx * dx + dy * dy), 0, 1)
            inside = np.hypot(u - x0 - t * dx, v - y0 - t * dy) <= r0 + t * (r1 - r0)
        value = np.where(inside, value + abs(opacity) * ((opacity > 0) - value), value)
    return value


def softened(drawn, shape, softness, *, finer=12):
    """`drawn(u, v)` on a grid `finer` than pixels, an even number, under a Gaussian, at the middles of pixels."""
    side = max(shape)
    step = 1 / (side * finer)
    reach = int(np.ceil(5 * softness / step))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / softness) ** 2)
    taps /= taps.sum()
    # samples in the middles of the fine grid's squares; a pixel's middle lies between two of them
    places = [(np.arange(-reach, n * finer + reach) + 0.5) * step - n / (2 * side) for n in shape]
    sharp = drawn(places[1][None, :], places[0][:, None])
    at = np.arange(len(taps) - 1)
    weights = (taps[:-1] + taps[1:]) / 2  # a Gaussian between samples
    weights /= weights.sum()
    rows = np.stack([weights @ sharp[at + c * finer + finer // 2] for c in range(shape[0])])
    return np.stack([rows[:, at + c * finer + finer // 2] @ weights for c in range(shape[1])], axis=1)
