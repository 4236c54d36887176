"""Pitches that an axis may have: the peaks of comb scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pixkern.gridscore import comb_scan

PER_AXIS, PER_SCALE = 5, 2  # peaks taken of all scales together and of each scale, by either strength
_LEAST, _MOST = 3.5, 9.0  # a profile of scale s serves pitches of 3.5 s to 9 s; the first serves 1 to 9, the last any
FEWEST_CELLS = 5
_COARSER = 0.1  # among equal peaks, the pitch to this power: pitch / 2, / 3, ... fit a clean picture just as well
_DISTINCT = 0.008


class Comb(NamedTuple):
    """What an axis says of one pitch."""

    pitch: float
    strength: float
    windowed: float


class Pitches(NamedTuple):
    """Comb scans of one axis over all pitches that it may have, arrays (n,)."""

    pitch: np.ndarray
    strength: np.ndarray
    windowed: np.ndarray
    scale: np.ndarray
    """Index of the profile that was scanned."""

    def near(self, pitches: Sequence[float], ratio: float) -> list[list[Comb]]:
        """The strongest combs within `ratio` of each pitch: of all, and of those that are nearly it."""
        if len(pitches) == 0 or len(self.pitch) == 0:
            return [[] for _ in pitches]
        apart = np.abs(self.pitch / np.array(pitches)[:, None] - 1)
        strength = np.where(apart <= ratio, self.strength + self.windowed, -np.inf)
        best = np.stack([strength.argmax(1), (strength - 6 * apart).argmax(1)], axis=1).tolist()
        return [
            [self._comb(k) for k in dict.fromkeys(found)] if row[found[0]] >= 0 else []
            for found, row in zip(best, strength, strict=True)
        ]

    def peaks(self) -> list[Comb]:
        """The most promising pitches of the axis."""
        chosen: list[int] = []
        for strength in (self.strength, self.windowed):
            inner = (strength[1:-1] >= strength[:-2]) & (strength[1:-1] > strength[2:])
            inner &= (self.scale[1:-1] == self.scale[:-2]) & (self.scale[1:-1] == self.scale[2:])
            peaks = np.flatnonzero(inner) + 1
            peaks = peaks[np.argsort(-strength[peaks] * self.pitch[peaks] ** _COARSER, kind="stable")]
            scales = self.scale[peaks]
            best = [
                peaks[:PER_AXIS],
                *(peaks[scales == scale][:PER_SCALE] for scale in range(scales.max(initial=0) + 1)),
            ]
            chosen += [int(k) for k in np.concatenate(best)]
        distinct: list[Comb] = []
        for comb in map(self._comb, dict.fromkeys(chosen)):
            if all(abs(comb.pitch / other.pitch - 1) > _DISTINCT for other in distinct):
                distinct.append(comb)
        return distinct

    def _comb(self, k: int) -> Comb:
        return Comb(float(self.pitch[k]), float(self.strength[k]), float(self.windowed[k]))


def scan(
    profiles: Sequence[np.ndarray], scales: Sequence[int], least: float, most: float | None, threads: int | None
) -> Pitches:
    """The combs of all pitches from `least` to `most`, each in the profiles whose scale suits it."""
    length = len(profiles[0]) - 1
    largest = length / FEWEST_CELLS if most is None else min(most, length / 2)
    found: list[tuple[np.ndarray, ...]] = []
    for index, (profile, scale) in enumerate(zip(profiles, scales, strict=True)):
        low = max(least, _LEAST * scale if index else 1.0)
        high = min(largest, _MOST * scale if index + 1 < len(scales) else largest)
        pitches = _steps(low, high, length)
        if len(pitches):
            combs = comb_scan(profile, pitches, threads=threads)
            found.append((pitches, combs.strength, combs.windowed, np.full(len(pitches), index)))
    if not found:
        return Pitches(np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int64))
    return Pitches(*map(np.concatenate, zip(*found, strict=True)))


def scale_of(pitch: float, scales: Sequence[int]) -> int:
    """Index of the coarsest profile that serves a pitch."""
    index = 0
    while index + 1 < len(scales) and pitch >= 4 * scales[index + 1]:
        index += 1
    return index


def _steps(low: float, high: float, length: int) -> np.ndarray:
    """Pitches 0.01 apart, or as much as moves a comb by a tenth of a cell over the axis; one more at each end, so that
    the ends may be peaks."""
    if not high >= low:
        return np.empty(0)
    turn = min(max((0.05 * length) ** 0.5, low), high)
    fine = np.arange(max(low - 0.01, 1.0), turn, 0.01)
    coarse = 1 / np.arange(1 / turn, 1 / high - 1.5 / (5 * length), -1 / (5 * length))
    return np.concatenate([fine, coarse])
