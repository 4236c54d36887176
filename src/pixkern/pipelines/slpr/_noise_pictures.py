"""Pictures that look random and are not: float64 in [0, 1], the same on every run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_GOLDEN = 0x9E3779B97F4A7C15
_CONTRAST = 0.16  # standard deviation: 3 of them fit into [0, 1] about the mean
_LEAVES = 6000  # leave less than 1 % of the page bare


def white(size: int) -> np.ndarray:
    """Independent and uniform: as much of every frequency."""
    return _uniform(size * size, 1).reshape(size, size)


def pink(size: int) -> np.ndarray:
    """Amplitude 1 / frequency: as much in every octave."""
    return _filtered(size, lambda frequency: 1 / frequency, 2)


def band(size: int) -> np.ndarray:
    """One octave, 1/16 to 1/8 cycle per pixel, with the edges of a raised cosine over log frequency."""

    def gain(frequency: np.ndarray) -> np.ndarray:
        octaves = np.clip(np.log2(frequency * 16) - 0.5, -1, 1)
        return 0.5 + 0.5 * np.cos(np.pi * octaves)

    return _filtered(size, gain, 3)


def dead_leaves(size: int) -> np.ndarray:
    """Discs of random places, colours and radii (density r^-3) that hide each other."""
    smallest, largest = size / 128, size / 4
    draws = _uniform(6 * _LEAVES, 4).reshape(_LEAVES, 6)
    radii = 1 / np.sqrt(draws[:, 0] / smallest**2 + (1 - draws[:, 0]) / largest**2)  # inverts the law of r
    page = np.full((size, size, 3), 0.5)
    for radius, draw in zip(radii, draws, strict=True):
        x, y = draw[1:3] * (size + 2 * radius) - radius
        _paint(page, x, y, radius, 0.05 + 0.9 * draw[3:])
    return page


def _paint(page: np.ndarray, x: float, y: float, radius: float, colour: np.ndarray) -> None:
    rows, cols = (slice(max(0, int(centre - radius - 1)), max(0, int(centre + radius + 2))) for centre in (y, x))
    part = page[rows, cols]
    r = np.arange(rows.start, rows.start + part.shape[0])[:, None]
    c = np.arange(cols.start, cols.start + part.shape[1])[None, :]
    inside = np.clip(radius + 0.5 - np.sqrt((r - y) ** 2 + (c - x) ** 2), 0, 1)[..., None]
    part += inside * (colour - part)


def _filtered(size: int, gain: Callable[[np.ndarray], np.ndarray], what: int) -> np.ndarray:
    spectrum = np.fft.rfft2(_uniform(size * size, what).reshape(size, size) - 0.5)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
    frequency[0, 0] = 1
    spectrum *= gain(frequency)
    spectrum[0, 0] = 0
    values = np.fft.irfft2(spectrum, s=(size, size))
    return np.clip(0.5 + values * (_CONTRAST / values.std()), 0, 1)


def _uniform(count: int, what: int) -> np.ndarray:
    """`count` numbers in [0, 1): SplitMix64 of a counter (Steele, Lea & Flood, "Fast splittable pseudorandom number
    generators", OOPSLA 2014), which no version of NumPy can change."""
    z = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(what << 40)) * np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53
