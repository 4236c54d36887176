"""Gaussian blur along one axis as a few sparse matrices: down to few cells, blurred there, and up again.

An axis of n pixels is cut into m = ceil(n / factor) cells of width h = n / m, which need not be whole, so that cells
end where the picture does, on both sides: what is mirrored in the picture is mirrored in cells. From pixels to cells
and back go quadratic B-splines of width 3 h centred on the cells,

    up[i, j] = B((i + 1/2) / h - (j + 1/2)),      down = up^T / h,

of variance h^2 / 4 each, nowhere negative, and with threefold zeros at the frequencies that cells cannot tell from 0.
Larger factors come from cells by the same step. What the splines leave of sigma^2 is a sampled Gaussian between the
cells. A cell is at most sigma / 3.5 wide: what the splines let through wrongly is then below 1.4e-4 of an amplitude per
step (the largest of (w / (2 pi - w))^3 exp(-3.5^2 w^2 / 2)).

A matrix is a `Band`: each of its rows has a run of weights. Borders are folded in: a weight that falls on a mirrored
pixel is added to that of the pixel itself. All of it is float64 sums, products and quotients, and exponentials in
decimal arithmetic, so that the weights have the same bits on every machine.

Sources: Unser, Aldroubi & Eden, "Fast B-spline transforms for continuous image representation and interpolation", IEEE
Trans. PAMI 13(3), 1991, on B-splines; Burt, "Fast filter transforms for image processing", Computer Graphics and Image
Processing 16(1), 1981, on blurring where samples are few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache

import numpy as np

FINEST = 4  # the factor between pixels and the first cells, at most
_WIDTHS = 3.5  # a sigma has at least as many cells
_REACH = 4.5  # standard deviations; beyond lies 7e-6 of a Gaussian
_DIGITS = Context(prec=25)


@dataclass(frozen=True, eq=False)
class Band:
    """A matrix whose row r has `weights[r]` in columns first[r], first[r] + 1, ...; all of those exist."""

    first: np.ndarray  # (rows,) int32
    weights: np.ndarray  # (rows, taps) float64; float32 in what `first_cells` and `blur` return
    columns: int

    @property
    def rows(self) -> int:
        return len(self.first)

    def __matmul__(self, line: np.ndarray) -> np.ndarray:
        sums = np.zeros(self.rows)
        for tap, weights in enumerate(self.weights.T):  # one after the other: a fixed order of additions
            sums += weights * line[self.first + tap]
        return sums

    def over(self, divisors: np.ndarray | float) -> Band:
        """Each row divided by its divisor."""
        return Band(self.first, self.weights / np.broadcast_to(divisors, (self.rows,))[:, None], self.columns)

    def transposed(self) -> Band:
        """For a matrix whose `first` never falls."""
        rows, taps = self.weights.shape
        columns = np.arange(self.columns)
        begin = np.searchsorted(self.first, columns - (taps - 1), side="left")
        end = np.searchsorted(self.first, columns, side="right")
        most = int((end - begin).max())
        first = np.minimum(begin, rows - most)
        weights = np.zeros((self.columns, most))
        across = self.first[:, None] + np.arange(taps)
        weights[across, np.arange(rows)[:, None] - first[across]] = self.weights
        return Band(first.astype(np.int32), weights, rows)

    def rounded(self) -> Band:
        """As kernels take it."""
        return Band(self.first, np.ascontiguousarray(self.weights, dtype=np.float32), self.columns)


@dataclass(frozen=True, eq=False)
class Blur:
    """One sigma along one axis: from the first cells (base 1: from pixels) down, across, and up to them again."""

    down: tuple[Band, ...]
    across: Band
    up: tuple[Band, ...]


@dataclass(frozen=True, eq=False)
class Reading:
    """How samples of a picture of C channels lie between first cells."""

    down: Band
    at: np.ndarray  # (W * C,) int32: the sample of a row of cells that a sample of the picture reads first
    taps: np.ndarray  # (3, W * C) float32: its share, and those of the samples one and two cells on


def factor(sigma: float) -> int:
    """Pixels per cell, a power of two: as many as leave a sigma its cells."""
    pixels = 1
    while sigma >= 2 * _WIDTHS * pixels and pixels < 2**31:
        pixels *= 2
    return pixels


def base_of(sigmas: tuple[float, ...]) -> int:
    """Pixels to one of the first cells, for the widest that all of `sigmas` allow."""
    return min(FINEST, *map(factor, sigmas))


@lru_cache(maxsize=64)
def first_cells(pixels: int, base: int) -> tuple[Band, Band]:
    """Down from an axis of so many pixels to cells of `base`, and up again."""
    up = _spline(pixels, -(-pixels // base))
    return up.transposed().over(pixels / up.columns).rounded(), up.rounded()


@lru_cache(maxsize=64)
def reading(shape: tuple[int, int, int], base: int) -> Reading:
    rows, cols, channels = shape
    across = first_cells(cols, base)[1]
    first = across.first[:, None] * channels + np.arange(channels, dtype=np.int32)
    taps = np.zeros((3, cols, channels), np.float32)
    taps[: across.weights.shape[1]] = across.weights.T[..., None]
    return Reading(first_cells(rows, base)[1], first.astype(np.int32).ravel(), taps.reshape(3, -1))


@lru_cache(maxsize=64)
def blur(pixels: int, base: int, sigma: float) -> Blur:
    """What is between first cells of `base` pixels and the same again; base 1: between pixels."""
    cells, variance, down, up = [pixels], sigma * sigma, [], []
    constant = np.ones(pixels)  # what a constant 1 is at each stage: nearly 1
    for size in _factors(base, factor(sigma)):
        cells.append(-(-pixels // size))
        up.append(_spline(cells[-2], cells[-1]))
        down.append(up[-1].transposed().over(cells[-2] / cells[-1]))
        constant = down[-1] @ constant
        variance -= (pixels / cells[-1]) ** 2 / 2
    width = pixels / cells[-1]
    # Cells are mirrored: of any wave among them, a sigma of twice their number leaves at most exp(-2 pi^2) = 3e-9.
    across = _gaussian(cells[-1], min(math.sqrt(variance) / width, 2.0 * cells[-1]))
    between = slice(1 if base > 1 else 0, None)
    return Blur(
        tuple(band.rounded() for band in down[between]),
        across.over(across @ constant).rounded(),
        tuple(band.rounded() for band in reversed(up[between])),
    )


def _factors(base: int, last: int) -> list[int]:
    """Pixels per cell at each stage: `base`, then four times as many, or twice, until `last`."""
    if last == 1:
        return []
    sizes = [base]
    while sizes[-1] < last:
        sizes.append(min(sizes[-1] * FINEST, last))
    return sizes


def _spline(points: int, cells: int) -> Band:
    """Up from cells to points: what each cell's B-spline is at each point."""
    place = (np.arange(points) + 0.5) / (points / cells) - 0.5
    nearest = np.floor(place + 0.5)
    off = place - nearest
    taps = min(3, cells)
    first = np.clip(nearest.astype(np.int64) - 1, 0, cells - taps)
    weights = np.zeros((points, taps))
    for step, weight in ((-1, (0.5 - off) ** 2 / 2), (0, 0.75 - off * off), (1, (0.5 + off) ** 2 / 2)):
        column = np.clip(nearest.astype(np.int64) + step, 0, cells - 1)  # mirrored: at most one cell beyond
        weights[np.arange(points), column - first] += weight
    return Band(first.astype(np.int32), weights, cells)


def _gaussian(cells: int, sigma: float) -> Band:
    """A sampled Gaussian between mirrored cells."""
    reach = math.ceil(_REACH * sigma)
    ahead = (
        [float(_DIGITS.exp(-((Decimal(k) / Decimal(sigma)) ** 2) / 2)) for k in range(reach + 1)] if reach else [1.0]
    )
    total = math.fsum(ahead) + math.fsum(ahead[1:])
    taps = min(2 * reach + 1, cells)
    here = np.arange(cells)
    first = np.clip(here - reach, 0, cells - taps)
    weights = np.zeros((cells, taps))
    for step in range(-reach, reach + 1):
        column = (here + step) % (2 * cells)
        column = np.minimum(column, 2 * cells - 1 - column)
        weights[here, column - first] += ahead[abs(step)] / total
    return Band(first.astype(np.int32), weights, cells)
