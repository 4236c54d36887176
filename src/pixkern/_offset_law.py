"""Offsets of stochastic lookups: a law on integers with weights that are integers over 65536."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from . import _check

MOST_PATCH, MOST_JITTER = 255, 128.0  # a reach of at most 651; kernels hold 1024


def offset_law(patch_size: int = 1, jitter: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    r"""How `render` displaces its lookups along each axis of a level.

    The offset is a rounded normal number of standard deviation `jitter` plus an integer from a window
    of `patch_size`, drawn evenly. Its law is rounded to what a sign and 15 random bits can draw.

    Parameters
    ----------
    patch_size : int
        1 to 255. The window is ``-r .. r`` with ``r = patch_size // 2``, so an even size is as the next odd one.
    jitter : float
        0 to 128, in coefficients of the level.

    Returns
    -------
    offsets : (2 R + 1,) int64
        ``-R .. R``.
    weights : (2 R + 1,) int64
        How many of 65536 words of 16 bits draw each offset. Symmetric; their sum is 65536.

    Raises
    ------
    TypeError
        `patch_size` is no integer, or `jitter` no number.
    ValueError
        One of them is out of range.

    Notes
    -----
    With ``P`` the law of the sum, ``T[m] = round(32768 P(|D| < m))``: a word's low 15 bits ``v`` have
    ``|D| = #{m >= 1: v >= T[m]}``, its top bit is the sign. No weight is further than 1 from ``65536 P``; offsets less
    likely than about 1 in 65536 do not occur.

    Examples
    --------
    >>> offsets, weights = offset_law(patch_size=3)
    >>> offsets.tolist(), weights.tolist()
    ([-1, 0, 1], [21845, 21846, 21845])
    """
    thresholds = law_thresholds(*_checked(patch_size, jitter))
    edges = [0, *thresholds, 32768]
    one_side = [after - before for before, after in pairwise(edges[1:])]
    weights = [*reversed(one_side), 2 * edges[1], *one_side]
    reach = len(one_side)
    return np.arange(-reach, reach + 1), np.array(weights)


def _checked(patch_size: int, jitter: float) -> tuple[int, float]:
    if isinstance(patch_size, bool) or not isinstance(patch_size, int | np.integer):
        raise TypeError(f"patch_size must be an integer, got {type(patch_size).__name__}")
    if not 1 <= patch_size <= MOST_PATCH:
        raise ValueError(f"patch_size must be 1 to {MOST_PATCH}, got {patch_size}")
    width = _check.finite(jitter, "jitter")
    if width.ndim:
        raise TypeError(f"jitter must be a number, got {jitter!r}")
    if not 0 <= width <= MOST_JITTER:
        raise ValueError(f"jitter must be 0 to {MOST_JITTER:.0f}, got {jitter}")
    return int(patch_size), float(width)


@lru_cache(maxsize=64)
def law_thresholds(patch_size: int, jitter: float) -> tuple[int, ...]:
    """T[1], ..., T[R] of `offset_law`: 0 to 32767, not falling."""
    half = patch_size // 2
    most = half + math.ceil(9 * jitter) + 1  # beyond it there is nothing that double precision can tell from 0

    def rounded_normal_at_most(n: int) -> float:
        if jitter == 0:
            return 1.0 if n >= 0 else 0.0
        return math.erfc(-(n + 0.5) / (jitter * math.sqrt(2))) / 2

    # The law of the sum is even, so P(|D| < m) = 2 P(D <= m - 1) - 1, and P(D <= n) is a mean over the window.
    first = -2 * half
    sums = [0.0, *accumulate(rounded_normal_at_most(n) for n in range(first, most + half))]
    thresholds = []
    for m in range(1, most):
        inside = (sums[m + half - first] - sums[m - 1 - half - first]) / (2 * half + 1)
        threshold = math.floor(32768 * (2 * inside - 1) + 0.5)
        if threshold >= 32768:
            break
        thresholds.append(threshold)
    return tuple(thresholds)
