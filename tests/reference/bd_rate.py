"""The Bjontegaard delta from its definition: monotone cubics after Fritsch and Butland, integrated by many steps."""

import numpy as np


def slopes(x, y):
    """Derivatives of the interpolant: weighted harmonic means inside, one-sided three-point formulas at the ends."""
    h, d = np.diff(x), np.diff(y) / np.diff(x)
    if len(d) == 1:
        return np.array([d[0], d[0]])
    m = np.zeros(len(x))
    for k in range(1, len(x) - 1):
        if d[k - 1] * d[k] > 0:
            before, after = 2 * h[k] + h[k - 1], h[k] + 2 * h[k - 1]
            m[k] = (before + after) / (before / d[k - 1] + after / d[k])
    m[0] = _end(h[0], h[1], d[0], d[1])
    m[-1] = _end(h[-1], h[-2], d[-1], d[-2])
    return m


def _end(h0, h1, d0, d1):
    m = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if np.sign(m) != np.sign(d0):
        return 0.0
    if np.sign(d0) != np.sign(d1) and abs(m) > 3 * abs(d0):
        return 3 * d0
    return m


def interpolate(x, y, at):
    """The cubic Hermite pieces at the positions `at`, which are inside."""
    m = slopes(x, y)
    k = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(x) - 2)
    h = x[k + 1] - x[k]
    t = (at - x[k]) / h
    return (
        (1 + 2 * t) * (1 - t) ** 2 * y[k]
        + t * (1 - t) ** 2 * h * m[k]
        + t**2 * (3 - 2 * t) * y[k + 1]
        + t**2 * (t - 1) * h * m[k + 1]
    )


def bd_rate(anchor_rates, anchor_qualities, rates, qualities, steps=200_000):
    """Percent; both curves rise."""
    low, high = max(anchor_qualities[0], qualities[0]), min(anchor_qualities[-1], qualities[-1])
    at = low + (np.arange(steps) + 0.5) * (high - low) / steps
    logs = [
        interpolate(np.array(q, float), np.log(np.array(r, float)), at)
        for r, q in ((anchor_rates, anchor_qualities), (rates, qualities))
    ]
    return 100 * (np.exp(np.mean(logs[1] - logs[0])) - 1)
