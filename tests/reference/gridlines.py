"""Combs and grid lines in float64, written from the definitions: whole sums, and a search over every position."""

import math

import numpy as np


def comb_scan(profile, pitches, window=12.0):
    """(strength, windowed, phase) of every pitch."""
    g = np.asarray(profile, np.float64)
    i, total = np.arange(len(g)), g.sum()
    found = []
    for pitch in pitches:
        if total == 0:
            found.append((0.0, 0.0, 0.0))
            continue
        terms = g * np.exp(2j * np.pi * (i / pitch % 1))
        whole, samples = terms.sum(), int(min(window * pitch, len(g)))
        parts = [abs(terms[k : k + samples].sum()) for k in range(0, len(g), samples)]
        phase = np.angle(whole) / (2 * np.pi) * pitch % pitch
        found.append((abs(whole) / total, sum(parts) / total, phase))
    return tuple(np.array(found).reshape(-1, 3).T)


def evidence(profile, step):
    """What a line at each position is worth: the profile over its 97th percentile, less the mean."""
    n = len(profile)
    at = np.arange((n - 1) * round(1 / step) + 1) * step
    values = np.interp(at, np.arange(n), np.asarray(profile, np.float64))
    largest, ordered = values.max(), np.sort(values)
    if largest == 0:
        return np.zeros(len(values))
    ref = ordered[int(0.97 * (len(values) - 1))] or largest
    return np.minimum(values / ref, 1.5) - values.mean() / ref


def strain(width, pitch, stiffness):
    return stiffness * ((width - pitch) / pitch) ** 2


def value_of(lines, profile, pitch, *, stiffness=60.0, step=0.5):
    """What `grid_lines` maximises, of any lines that lie on steps."""
    s, gaps = evidence(profile, step), np.diff(lines)
    ends = [gaps[0], gaps[-1]] if len(gaps) > 1 else [gaps[0]]
    gain = sum(s[round(x / step)] for x in lines[1:-1])
    return gain - sum(strain(w, pitch, stiffness) for w in [*gaps[1:-1], *(w for w in ends if w > pitch)])


def grid_lines(profile, pitch, *, stiffness=60.0, step=0.5, tolerance=0.3, smallest_part=0.25):
    """(lines, score), or None where no grid fits: every position, every earlier one that may come before it."""
    length, eps = len(profile) - 1, 1e-9
    if length < pitch:
        return np.array([0.0, length]), 0.0
    s = evidence(profile, step)
    most = (1 + tolerance) * pitch + eps
    allowed = [max(smallest_part * pitch - eps, eps), max((1 - tolerance) * pitch - eps, eps)]
    best = {}  # position: (value, position before)
    for i in range(1, len(s) - 1):
        x, options = i * step, []
        if allowed[0] <= x <= most:
            options.append((-(max(x - pitch, 0) ** 2) / pitch**2 * stiffness, 0))
        for j in range(1, i):
            if allowed[1] <= x - j * step <= most and j in best:
                options.append((best[j][0] - strain(x - j * step, pitch, stiffness), j))
        if options:
            value, before = max(options, key=lambda option: (option[0], -option[1]))
            best[i] = value + s[i], before
    ends = []
    if length <= most:
        ends.append((-(max(length - pitch, 0) ** 2) / pitch**2 * stiffness, 0))
    for i, (value, _) in best.items():
        width = length - i * step
        if allowed[0] <= width <= most:
            ends.append((value - max(width - pitch, 0) ** 2 / pitch**2 * stiffness, i))
    if not ends:
        return None
    score, i = max(ends, key=lambda option: (option[0], -option[1]))
    lines = [float(length)]
    while i:
        lines.append(i * step)
        i = best[i][1]
    return np.array([0.0, *reversed(lines)]), score


def percentile_rank(positions):
    """Which order statistic `evidence` divides by."""
    return math.floor(0.97 * (positions - 1))
