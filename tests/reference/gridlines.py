"""Combs and grid lines in float64, written from the definitions: whole sums, and every pair of positions."""

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


def evidence(profile, step, reach=0.0):
    """What a line at each position is worth: the profile over its 97th percentile, less the mean, then smoothed."""
    n = len(profile)
    at = np.arange((n - 1) * round(1 / step) + 1) * step
    values = np.interp(at, np.arange(n), np.asarray(profile, np.float64))
    if values.max() == 0:
        return np.zeros(len(values))
    ref = np.sort(values)[int(0.97 * (len(values) - 1))] or values.max()
    s = np.minimum(values / ref, 1.5) - values.mean() / ref
    box = np.ones(min(max(int(reach / step + 0.5), 1), len(s)))
    return np.convolve(np.convolve(s, box), box)[len(box) - 1 :][: len(s)] / len(box) ** 2


def strain(width, pitch, stiffness):
    error = (width - pitch) / pitch
    return stiffness * (error * error)


def end_strain(width, pitch, stiffness):
    return strain(width, pitch, stiffness) if width > pitch else 0.0


def score_of(lines, profile, pitch, *, stiffness=60.0, step=0.5, smoothing=0.0):
    """What `grid_lines` maximises, of any lines that lie on steps; two are one cell with one width to pay for."""
    s, gaps = evidence(profile, step, smoothing * pitch), np.diff(lines)
    ends = [gaps[0], gaps[-1]] if len(gaps) > 1 else [gaps[0]]
    gain = sum(s[round(x / step)] for x in lines[1:-1])
    return (
        gain - sum(strain(w, pitch, stiffness) for w in gaps[1:-1]) - sum(end_strain(w, pitch, stiffness) for w in ends)
    )


def grid_lines(profile, pitch, *, stiffness=60.0, step=0.5, tolerance=0.3, smallest_part=0.25, smoothing=0.0):
    """(lines, score), or None where no grid fits: for every position, every earlier one that may come before it."""
    length = len(profile) - 1
    if length < pitch:
        return np.array([0.0, length]), 0.0
    s, eps = evidence(profile, step, smoothing * pitch), 1e-8
    most = (1 + tolerance) * pitch + eps
    least, least_part = ((share * pitch - eps) for share in (1 - tolerance, smallest_part))
    best = {0: (0.0, 0)}  # position: (score, position before)
    for i in range(1, len(s)):
        options = []
        for j in best:
            width, end = (i - j) * step, i == len(s) - 1 or j == 0
            if (least_part if end else least) <= width <= most:
                cost = (end_strain if end else strain)(width, pitch, stiffness)
                options.append((best[j][0] - cost, j))
        if options:
            score, before = max(options, key=lambda option: (option[0], -option[1]))
            best[i] = (score if i == len(s) - 1 else score + s[i]), before
    if len(s) - 1 not in best:
        return None
    score, i = best[len(s) - 1][0], len(s) - 1
    lines = []
    while i:
        lines.append(i * step)
        i = best[i][1]
    return np.array([0.0, *reversed(lines)]), score
