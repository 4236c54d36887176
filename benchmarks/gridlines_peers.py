"""Comb scans, grid lines and their measures as usually written: NumPy, Numba, and an FFT in place of a comb."""

from __future__ import annotations

import numpy as np


def comb_by_matrix(profile: np.ndarray, pitches: np.ndarray, window: float = 12.0) -> tuple[np.ndarray, ...]:
    """Every phase of every pitch at once: a complex matrix of pitches by samples."""
    i, total = np.arange(len(profile)), profile.sum(dtype=np.float64)
    terms = profile * np.exp((2j * np.pi / pitches)[:, None] * i)
    whole = terms.sum(axis=1)
    sums = np.cumsum(np.pad(terms, [(0, 0), (1, 0)]), axis=1)
    windowed = np.empty(len(pitches))
    for k, pitch in enumerate(pitches):
        edges = np.append(np.arange(0, len(profile), int(window * pitch)), len(profile))
        windowed[k] = np.abs(np.diff(sums[k, edges])).sum()
    phase = np.angle(whole) * pitches / (2 * np.pi) % pitches
    return np.abs(whole) / total, windowed / total, phase


def comb_by_loops(profile: np.ndarray, pitches: np.ndarray, window: float, out: np.ndarray) -> None:
    """A rotation per sample, set right every 256; for Numba."""
    total = 0.0
    for value in profile:
        total += value
    for k in range(len(pitches)):
        angle, samples = 2 * np.pi / pitches[k], int(window * pitches[k])
        cosine, sine = np.cos(angle), np.sin(angle)
        re = im = window_re = window_im = windowed = 0.0
        z_re, z_im, end = 1.0, 0.0, samples
        for i in range(len(profile)):
            if i == end:
                windowed += np.sqrt(window_re * window_re + window_im * window_im)
                re += window_re
                im += window_im
                window_re = window_im = 0.0
                end += samples
            if i % 256 == 0:
                z_re, z_im = np.cos(angle * i), np.sin(angle * i)
            window_re += profile[i] * z_re
            window_im += profile[i] * z_im
            z_re, z_im = z_re * cosine - z_im * sine, z_re * sine + z_im * cosine
        windowed += np.sqrt(window_re * window_re + window_im * window_im)
        re += window_re
        im += window_im
        out[0, k], out[1, k] = np.sqrt(re * re + im * im) / total, windowed / total
        out[2, k] = np.arctan2(im, re) / angle % pitches[k]


def spectrum(profile: np.ndarray, size: int = 8192) -> np.ndarray:
    """Strengths at the frequencies of a padded FFT: equidistant in frequency, no windows."""
    return np.abs(np.fft.rfft(profile, size)) / profile.sum(dtype=np.float64)


def evidence(profile: np.ndarray, parts: int) -> np.ndarray:
    at = np.arange((len(profile) - 1) * parts + 1) / parts
    values = np.interp(at, np.arange(len(profile)), profile)
    ref = np.partition(values, int(0.97 * (len(at) - 1)))[int(0.97 * (len(at) - 1))]
    return np.minimum(values / ref, 1.5) - values.mean() / ref


def lines_by_arrays(profile: np.ndarray, pitch: float, stiffness: float = 60.0, parts: int = 2) -> np.ndarray:
    """A loop over positions, an array of gaps for each."""
    s, least, most = evidence(profile, parts), int(np.ceil(0.7 * pitch * parts)), int(1.3 * pitch * parts)
    gaps = np.arange(most, least - 1, -1)
    strain = stiffness * ((gaps / parts - pitch) / pitch) ** 2
    best, before = np.full(most + len(s), -np.inf), np.zeros(len(s), np.int64)
    for i in range(1, len(s) - 1):
        values = best[i : i + len(gaps)] - strain
        k = values.argmax()
        start = -np.inf
        if 0.25 * pitch <= i / parts <= 1.3 * pitch:
            start = -stiffness * (max(i / parts - pitch, 0) / pitch) ** 2
        best[most + i] = max(values[k], start) + s[i]
        before[i] = 0 if start >= values[k] else i - gaps[k]
    width = (len(s) - 1 - np.arange(len(s))) / parts
    value = best[most:] - stiffness * (np.maximum(width - pitch, 0) / pitch) ** 2
    value[(width < 0.25 * pitch) | (width > 1.3 * pitch)] = -np.inf
    lines, i = [len(s) - 1], int(value.argmax())
    while i:
        lines.append(i)
        i = int(before[i])
    return np.array([0, *reversed(lines)]) / parts


def lines_by_loops(s: np.ndarray, pitch: float, stiffness: float, parts: int, out: np.ndarray) -> int:
    """A loop over positions and one over gaps, on evidence that is there; for Numba. The number of lines."""
    steps, least, most = len(s) - 1, int(np.ceil(0.7 * pitch * parts)), int(1.3 * pitch * parts)
    best, before = np.full(len(s), -1e300), np.zeros(len(s), np.int64)
    for i in range(1, steps):
        width = i / parts
        if 0.25 * pitch <= width <= 1.3 * pitch:
            best[i] = -stiffness * (max(width - pitch, 0.0) / pitch) ** 2
        for d in range(least, min(most, i) + 1):
            value = best[i - d] - stiffness * ((d / parts - pitch) / pitch) ** 2
            if value > best[i]:
                best[i], before[i] = value, i - d
        best[i] += s[i]
    last, most_value = 0, -1e300
    for i in range(1, steps):
        width = (steps - i) / parts
        if 0.25 * pitch <= width <= 1.3 * pitch:
            value = best[i] - stiffness * (max(width - pitch, 0.0) / pitch) ** 2
            if value > most_value:
                most_value, last = value, i
    count, i = 1, last
    out[0] = steps / parts
    while i > 0:
        out[count] = i / parts
        count += 1
        i = before[i]
    out[count] = 0
    return count + 1


def measures_by_arrays(profile: np.ndarray, lines: np.ndarray, pitch: float) -> tuple[float, float, float, float]:
    """Middle, evenness, residue and strain of one grid: arrays over positions and lines, no loop over either."""
    g, reach = profile.astype(np.float64), max(1, int(0.2 * pitch))
    left, right = lines[:-1].copy(), lines[1:].copy()
    left[0], right[-1] = min(left[0], right[0] - pitch), max(right[-1], left[-1] + pitch)
    at = np.arange(1, len(g) - 1)
    cell = np.searchsorted(lines, at, "right") - 1
    inside = np.minimum(at - left[cell], right[cell] - at) * 16 >= (right - left)[cell] * 5
    middle = g[1:-1][inside].mean() / g[1:-1].mean()
    centres = np.floor(lines[1:-1] + 0.5).astype(np.int64)
    sums = np.concatenate([[0.0], np.cumsum(g)])
    energy = sums[np.minimum(centres + reach + 1, len(g))] - sums[np.maximum(centres - reach, 0)]
    residue = 1.0
    for q in range(2, 7):
        if len(energy) >= 2 * q:
            classes = np.bincount(np.arange(len(energy)) % q, energy) / np.bincount(np.arange(len(energy)) % q)
            residue = min(residue, (classes.sum() - classes.max()) / (q - 1) / classes.max())
    evenness = np.minimum(energy, energy.mean()).sum() / energy.sum()
    return middle, evenness, residue, float(np.sqrt(np.mean((np.diff(lines[1:-1]) / pitch - 1) ** 2)))
