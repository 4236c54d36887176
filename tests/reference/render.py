"""The stochastic renderer in float64 and exact integers, written from its definition, one whole picture per sample.

Sample s of a pixel at (y, x) is  B(y, x) + sum_l gains[l] L_l[clamp(K_l + D_l)] + noise_strength Z_s  per axis, where
K_l falls on one of four coefficients with the weights of the cubic B-spline, D_l is an offset of a symmetric integer
law, B the base evaluated with all its weights and Z_s a standard normal number. A pyramid is given as plain arrays:
`details`, finest first, `base`, and the `shape` of the image; index i of an array is coefficient k = i - 1.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
TAPS, OFFSETS = 0, 1  # words of a level


@dataclass(frozen=True)
class Pyramid:
    details: tuple
    base: np.ndarray
    shape: tuple

    @property
    def levels(self):
        return len(self.details)


@dataclass(frozen=True)
class View:
    """Where output pixels lie: absolute rows and columns, their positions in the image, the cells that share draws."""

    rows: np.ndarray
    cols: np.ndarray
    y: np.ndarray
    x: np.ndarray
    draw_cells: tuple
    noise_cells: tuple


# Random words


def scrambled(z):
    """SplitMix64's finaliser (Steele, Lea & Flood 2014) of a Python integer."""
    z ^= z >> 30
    z = z * 0xBF58476D1CE4E5B9 % 2**64
    z ^= z >> 27
    z = z * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def key(seed, sample, level, word, row_cell):
    z = scrambled((seed + GOLDEN * (sample + 1)) % 2**64)
    z = scrambled((z + GOLDEN * (8 * level + word + 1)) % 2**64)
    return scrambled((z + GOLDEN * (row_cell + 1)) % 2**64)


def row_words(seed, sample, level, word, row_cell, column_cells):
    """The words of the cells of one row, uint32."""
    k = key(seed, sample, level, word, row_cell)
    h = (np.asarray(column_cells, np.uint64) & np.uint64(0xFFFFFFFF)).astype(np.uint32) * np.uint32(0x9E3779B9)
    h += np.uint32(k % 2**32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15)
    h ^= np.uint32(k >> 32)
    h *= np.uint32(0x846CA68B)
    return h ^ h >> np.uint32(16)


def words(seed, sample, level, word, cells):
    """The words of all pixels of a picture, (rows, cols) uint32; `cells` are (of its rows, of its columns)."""
    row_cells, column_cells = cells
    different, where = np.unique(row_cells, return_inverse=True)
    return np.stack([row_words(seed, sample, level, word, int(row), column_cells) for row in different])[where]


# One draw per axis


def cubic(distance):
    """The centred cubic B-spline."""
    d = np.abs(distance)
    return np.where(d < 1, 2 / 3 - d * d + d**3 / 2, np.where(d < 2, (2 - d) ** 3 / 6, 0))


def first_and_weights(at, level):
    """Coefficient index (not k) of the first of the four taps of each position, and their weights, (n, 4)."""
    t = np.asarray(at, np.float64) / 2.0**level
    nearest_below = np.floor(t)
    return nearest_below.astype(np.int64), cubic(t[:, None] - nearest_below[:, None] - np.arange(-1, 3))


def half_up(x):
    return np.floor(np.asarray(x) + 0.5).astype(np.int64)


def taps(u, weights, axis):
    """0 to 3 for 16-bit numbers u of shape (rows, cols), with the weights of the positions along `axis`."""
    edges = half_up(65536 * np.stack([weights[:, 0], weights[:, 0] + weights[:, 1], 1 - weights[:, 3]]))
    edges = edges[:, :, None] if axis == 0 else edges[:, None, :]
    return (u.astype(np.int64) >= edges).sum(axis=0)


def thresholds(patch_size, jitter):
    """T_1, T_2, ... up to the last below 32768: |D| counts those that a 15-bit number reaches."""
    reach = patch_size // 2

    def within(m):  # the chance of |D| < m
        if jitter == 0:
            return min(2 * m - 1, 2 * reach + 1) / (2 * reach + 1)
        edges = [(m - 0.5 - shift) / (jitter * math.sqrt(2)) for shift in range(-reach, reach + 1)]
        return math.fsum(map(math.erf, edges)) / len(edges)

    found = []
    while (edge := math.floor(32768 * within(len(found) + 1) + 0.5)) < 32768:
        found.append(edge)
    return np.array(found, np.int64)


def offsets(u, table):
    """Signed integers for 16-bit numbers."""
    magnitude = np.searchsorted(table, u & np.uint32(0x7FFF), side="right")
    return np.where(u & np.uint32(0x8000), -magnitude, magnitude)


def offset_law(patch_size, jitter):
    """All offsets -R .. R and how many of the 65536 numbers give each."""
    table = thresholds(patch_size, jitter)
    drawn = offsets(np.arange(65536, dtype=np.uint32), table)
    return np.arange(-len(table), len(table) + 1), np.bincount(drawn + len(table), minlength=2 * len(table) + 1)


def normal(word):
    """The low 31 bits say how far out in a tail, the top bit whether in the lower one."""
    below = np.vectorize(lambda m: NormalDist().inv_cdf((int(m) + 0.5) / 2**32), otypes=[np.float64])
    z = below(word & np.uint32(0x7FFFFFFF))
    return np.where(word & np.uint32(0x80000000), z, -z)


# Pictures


def view(shape, size=None, *, block=1, cell=None, window=None, roi=None):
    height, width = shape[:2]
    cols, rows = size or (width, height)
    x0, y0, x1, y1 = window or (0, 0, width - 1, height - 1)
    left, top, across, down = roi or (0, 0, cols, rows)
    row, col = np.arange(top, top + down), np.arange(left, left + across)
    y = y0 + row * ((y1 - y0) / max(rows - 1, 1))
    x = x0 + col * ((x1 - x0) / max(cols - 1, 1))
    if cell is not None:
        cells = (np.floor(y / cell).astype(np.int64), np.floor(x / cell).astype(np.int64))
        return View(row, col, y, x, cells, cells)
    return View(row, col, y, x, (row // block, col // block), (row, col))


def matrix(at, level, stored, law):
    """How much each stored coefficient of an axis counts at each position: B-spline weights seen through the law."""
    shifts, counts = law
    first, weights = first_and_weights(at, level)
    dense = np.zeros((len(first), stored))
    for tap in range(4):
        for shift, count in zip(shifts, counts, strict=True):
            index = np.clip(first + tap + shift, 0, stored - 1)
            np.add.at(dense, (np.arange(len(first)), index), weights[:, tap] * count / 65536)
    return dense


def averaged(array, level, seen, law):
    """The mean of what a lookup in `array` gives at every pixel."""
    down, across = (
        matrix(at, level, stored, law) for at, stored in zip((seen.y, seen.x), array.shape[:2], strict=True)
    )
    return np.einsum("ri,qj,ij...->rq...", down, across, array.astype(np.float64), optimize=True)


NO_OFFSET = (np.array([0]), np.array([65536]))


def sample(pyramid, seen, number, *, patch_size=1, jitter=0.0, noise_strength=0.0, gains=None, seed=0):
    """The picture of one sample, float64."""
    table = thresholds(patch_size, jitter)
    picture = averaged(pyramid.base, pyramid.levels, seen, NO_OFFSET)
    for level, detail in enumerate(pyramid.details):
        tap, shift = (words(seed, number, level, word, seen.draw_cells) for word in (TAPS, OFFSETS))
        index = []
        for axis, (at, bits) in enumerate(((seen.y, 16), (seen.x, 0))):
            first, weights = first_and_weights(at, level)
            first = first[:, None] if axis == 0 else first
            tap_number, shift_number = ((word >> np.uint32(bits)) & np.uint32(0xFFFF) for word in (tap, shift))
            at_index = first + taps(tap_number, weights, axis) + offsets(shift_number, table)
            index.append(np.clip(at_index, 0, detail.shape[axis] - 1))
        picture += (1 if gains is None else gains[level]) * detail[index[0], index[1]].astype(np.float64)
    if noise_strength:
        channels = picture.reshape(*picture.shape[:2], -1)  # a view
        for channel in range(channels.shape[2]):
            channels[..., channel] += noise_strength * normal(
                words(seed, number, pyramid.levels, channel, seen.noise_cells)
            )
    return picture


def render(pyramid, seen, *, samples=16, first_sample=0, **law):
    """The mean of samples first_sample .. first_sample + samples - 1."""
    return sum(sample(pyramid, seen, number, **law) for number in range(first_sample, first_sample + samples)) / samples


def expectation(pyramid, seen, *, patch_size=1, jitter=0.0, gains=None, **_):
    law = offset_law(patch_size, jitter)
    picture = averaged(pyramid.base, pyramid.levels, seen, NO_OFFSET)
    for level, detail in enumerate(pyramid.details):
        picture += (1 if gains is None else gains[level]) * averaged(detail, level, seen, law)
    return picture


def variance(pyramid, seen, *, patch_size=1, jitter=0.0, noise_strength=0.0, gains=None, **_):
    """Of one sample, per pixel and channel."""
    law = offset_law(patch_size, jitter)
    total = np.full(averaged(pyramid.base, pyramid.levels, seen, NO_OFFSET).shape, float(noise_strength) ** 2)
    for level, detail in enumerate(pyramid.details):
        exact = detail.astype(np.float64)
        spread = averaged(exact**2, level, seen, law) - averaged(exact, level, seen, law) ** 2
        total += (1 if gains is None else gains[level]) ** 2 * spread
    return total
