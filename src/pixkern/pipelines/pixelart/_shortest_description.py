"""Which cells of a restored sprite show one colour: the clustering with the shortest description.

Cells of one colour come out of a picture a few codes apart. How far is not known, and neither is how many colours there
are; both follow from one criterion. To tell somebody the N colours of a sprite, code by code, with K clusters of n_k
cells around centres c_k and one standard deviation s for all of them, takes (in nats)

    sum_k n_k log(N / n_k)                                  which cluster each cell is in
    + d N log(s sqrt(2 pi)) + sum |x - c_k|^2 / (2 s^2)     how far from its centre
    + d sum_k log(256 sqrt(n_k) / s)                        the centres, as fine as n_k cells can tell them

with d channels. Two clouds closer than about 2.4 s are one cluster, and a cloud of noise is never split. For each s on
a ladder the shortest description among all cuts of Ward's tree of the colours is found exactly, and the shortest of
those is taken. A sprite without noise is told by its list of colours alone (s = 0), and is then left as it is.

Sources: Rissanen, "Modeling by shortest data description", Automatica 14, 1978 (the criterion); Ward, J. Am. Stat.
Assoc. 58, 1963 (the tree).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pixkern import _palettes

MOST_LEAVES = 1024  # of the tree: 1 ms
SPREADS = tuple(0.5 * 1.15**k for k in range(20))  # of s: half a code, what rounding leaves, to 7 codes


@dataclass(frozen=True, eq=False)
class Pool:
    """Clusters of colours.

    Attributes
    ----------
    labels : ndarray, (n,), int32
        The cluster of each colour that was given.
    size : int
        Number of clusters.
    spread : float
        Standard deviation of one cell's code from its cluster's, in codes; 0 where colours are exact.
    length : float
        Of the description, in nats.
    """

    labels: np.ndarray
    size: int
    spread: float
    length: float


def shortest(colours: np.ndarray, counts: np.ndarray, *, channels: int = 3) -> Pool:
    """The clusters of distinct `colours` (n, 3) float64, n >= 1, seen `counts` (n,) times, told in fewest nats."""
    if channels == 1:
        colours = colours * (1.0, 0.0, 0.0)  # grey comes as three equal codes, of which one counts
    leaf, weight, mean, within = leaves(colours, counts, MOST_LEAVES, finest=1.0)
    tree = _palettes.ward(mean, weight)
    number = tree.totals(weight)
    squares = tree.totals(within, of_merges=tree.added)
    total = number[-1]
    told = number * (log(np.array(total)) - log(number)) + channels * (log(np.array(256.0)) + 0.5 * log(number))
    exact = _sum(counts * (log(np.array(total)) - log(counts))) + len(colours) * channels * log(np.array(256.0))
    best, spread, split = exact, 0.0, np.zeros(0, bool)
    for s, log_s in zip(SPREADS, log(np.array(SPREADS)), strict=True):
        own = squares * (0.5 / (s * s)) + told - channels * log_s
        cost = tree.cheapest(own)
        length = cost[-1] + channels * total * (log_s + _HALF_LOG_TWO_PI)
        if length < best:
            best, spread, split = length, s, cost < own
    if spread == 0:
        return Pool(np.arange(len(colours), dtype=np.int32), len(colours), 0.0, float(best))
    labels = tree.leaves(split)[leaf]
    return Pool(labels, int(labels.max()) + 1, float(spread), float(best))


def leaves(
    points: np.ndarray, weights: np.ndarray, most: int, *, finest: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points (n, 3) in cubes just wide enough that there are at most `most`, beginning above `finest`.

    Returns the cube of each point, and of each cube its weight, its mean and its weighted sum of squares about it. No
    more than `most` points are a cube each.
    """
    cube = np.arange(len(points))
    width = finest
    while cube.max() >= most:
        width *= 1.25
        x, y, z = np.floor(points / width).astype(np.int64).T
        cube = np.unique((x << 40) + (y << 20) + z, return_inverse=True)[1].ravel()
    weight = np.bincount(cube, weights)
    mean = np.stack([np.bincount(cube, weights * plane) / weight for plane in points.T], axis=1)
    x, y, z = (points - mean[cube]).T
    return cube, weight, mean, np.bincount(cube, weights * (x * x + y * y + z * z))


def _sum(values: np.ndarray) -> float:
    """In the order of the array, so that every machine adds alike."""
    return float(np.cumsum(values)[-1])


def log(x: np.ndarray) -> np.ndarray:
    """The natural logarithm of x > 0 from sums, products and quotients: the same bits on every machine; error 1e-15.

    x = m 2^e with 0.7 < m < 1.42, log m = 2 atanh(t) for t = (m - 1) / (m + 1), |t| < 0.175, by its series.
    """
    m, e = np.frexp(x)
    low = m < 0.7071067811865476
    m, e = np.where(low, 2 * m, m), e - low
    t = (m - 1) / (m + 1)
    square = t * t
    series = np.full_like(t, 1 / 25)
    for odd in range(23, 0, -2):
        series = series * square + 1 / odd
    return 2 * t * series + e * 0.6931471805599453


_HALF_LOG_TWO_PI = 0.9189385332046727
