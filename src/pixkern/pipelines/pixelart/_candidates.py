"""Grids that a picture may have, and what is measured of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from pixkern._line_measures import measured as measured_lines
from pixkern.gridscore import GridMeasures, Profiles, many_grid_lines, uniform_lines

from . import _pitches
from ._pitches import Comb

STEP = 0.5  # of lines, in pixels
RIGID = 0.0  # marks lines that are evenly spaced
STIFFNESSES = {"mild": (60.0, 8.0), "free": (8.0, 2.0), "none": (RIGID,)}
FEWEST, HOPELESS = 12, 6.0  # grids whose cells are measured, and scores below the best that no cells make up for
_FIRM = 30.0  # lines stiffer than this count as rigid in the features
_PAIRED, _SQUARE, _UNEQUAL = 0.12, 0.015, 0.5  # pitches of the two axes may differ by this ratio

FEATURES = (
    "error",
    "strength",
    "unequal_axes",
    "too_fine",
    "rigid",
    "middle",
    "strain",
    "evenness",
    "narrow_ends",
    "wide_ends",
    "small_cells",
    "few_cells",
)


class Scorer(Protocol):
    """What a detection asks of a picture, or of frames together: evidence for lines, and what grids are worth."""

    @property
    def profiles(self) -> Profiles: ...

    def measure_many(self, meshes: Iterable[tuple[np.ndarray, np.ndarray]], /) -> GridMeasures: ...


class Lines(NamedTuple):
    """The lines of one axis and what is measured of them."""

    lines: np.ndarray
    pitch: float
    stiffness: float
    middle: float
    evenness: float
    residue: float
    strain: float

    @property
    def ends(self) -> tuple[float, float]:
        """Widths of the first and the last cell, in pixels."""
        return float(self.lines[1] - self.lines[0]), float(self.lines[-1] - self.lines[-2])


class Pair(NamedTuple):
    """A pitch for each axis."""

    x: Comb
    y: Comb


@dataclass(frozen=True, eq=False)
class Candidates:
    """n grids and their features."""

    meshes: list[tuple[Lines, Lines]]
    features: np.ndarray
    """(n, len(FEATURES)) float64."""
    error: np.ndarray
    contrast: np.ndarray

    def joined(self, other: Candidates) -> Candidates:
        """These and others."""
        return Candidates(
            [*self.meshes, *other.meshes],
            np.concatenate([self.features, other.features]),
            np.concatenate([self.error, other.error]),
            np.concatenate([self.contrast, other.contrast]),
        )

    @cached_property
    def sizes(self) -> list[tuple[int, int]]:
        """Columns and rows of each."""
        return [(len(x.lines) - 1, len(y.lines) - 1) for x, y in self.meshes]


@dataclass(eq=False)
class Axis:
    """One axis of a picture: its combs, and its lines once they have been asked for."""

    length: int
    profiles: Sequence[np.ndarray]
    scales: Sequence[int]
    threads: int | None

    def __post_init__(self) -> None:
        self._found: dict[tuple[float, float], Lines] = {}
        self._scans: dict[tuple[float, float | None], _pitches.Pitches] = {}

    def scan(self, least: float, most: float | None) -> _pitches.Pitches:
        """The combs of all pitches in a range."""
        if (least, most) not in self._scans:
            self._scans[least, most] = _pitches.scan(self.profiles, self.scales, least, most, self.threads)
        return self._scans[least, most]

    def comb(self, pitch: float) -> Comb:
        """What the axis says of exactly this pitch."""
        found = self._combs(np.array([pitch]))
        return Comb(pitch, float(found[0][0]), float(found[1][0]))

    def phase(self, pitch: float) -> float:
        """Where a line is if all are evenly spaced."""
        return float(self._combs(np.array([pitch]))[2][0])

    def _combs(self, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        profile = self.profiles[_pitches.scale_of(float(pitch[0]), self.scales)]
        found = _pitches.comb_scan(profile, pitch, threads=1)
        return found.strength, found.windowed, found.phase

    def lines(self, wanted: Iterable[tuple[float, float]]) -> list[Lines]:
        """Lines for pairs of pitch and stiffness."""
        keys = list(wanted)
        missing = [key for key in dict.fromkeys(keys) if key not in self._found]
        by_scale: dict[int, list[tuple[float, float]]] = {}
        for key in missing:
            by_scale.setdefault(_pitches.scale_of(key[0], self.scales), []).append(key)
        for scale, each in by_scale.items():
            self._place(self.profiles[scale], each)
        return [self._found[key] for key in keys]

    def _place(self, profile: np.ndarray, keys: list[tuple[float, float]]) -> None:
        free = [key for key in keys if key[1] != RIGID]
        even = [key for key in keys if key[1] == RIGID]
        pitches, stiffnesses = np.array(free).reshape(-1, 2).T
        found = many_grid_lines(profile, pitches, np.ascontiguousarray(stiffnesses), step=STEP, threads=self.threads)
        grids = [lines for lines, _ in found]
        grids += [self._even(pitch) for pitch, _ in even]
        self.measure(profile, grids, free + even)

    def _even(self, pitch: float) -> np.ndarray:
        """Evenly spaced lines; at most as many cells as pixels."""
        lines = uniform_lines(self.length, pitch, self.phase(pitch))
        return lines if len(lines) - 1 <= self.length else uniform_lines(self.length, pitch, 0.0)

    def measure(self, profile: np.ndarray, grids: list[np.ndarray], keys: list[tuple[float, float]]) -> list[Lines]:
        """Measure lines and keep them under their keys."""
        rows = measured_lines(profile, grids, np.array([pitch for pitch, _ in keys])).tolist()
        each = [Lines(lines, *key, *row) for lines, key, row in zip(grids, keys, rows, strict=True)]
        self._found.update(zip(keys, each, strict=True))
        return each

    def of_size(self, cells: int, stiffnesses: Sequence[float], tries: int) -> list[Lines]:
        """Lines with so many cells: what pitches that may have them give, or evenly spaced ones."""
        least = max(1.0, 0.97 * self.length / cells)
        most = min(max(self.length / max(cells - 1.2, 0.5), least), float(self.length))
        pitches = np.linspace(least, most, tries).round(2)
        found = self.lines((pitch, each) for pitch in pitches.tolist() for each in stiffnesses) if cells > 1 else []
        fitting = [lines for lines in found if len(lines.lines) == cells + 1]
        even = self.given(np.linspace(0, self.length, cells + 1), self.length / cells)
        return [*sorted(fitting, key=lambda lines: lines.middle)[:4], even]

    def given(self, lines: np.ndarray, pitch: float) -> Lines:
        """Lines that are not this axis's choice, measured."""
        return self.measure(self.profiles[_pitches.scale_of(pitch, self.scales)], [lines], [(pitch, -1.0)])[0]


def pairs(x: _pitches.Pitches, y: _pitches.Pitches, square: bool | None) -> list[Pair]:
    """Pitches for both axes: the peaks of each with what the other has nearby."""
    ratio = {None: _PAIRED, True: _SQUARE, False: _UNEQUAL}[square]
    peaks_x, peaks_y = x.peaks(), y.peaks()
    near_x = y.near([comb.pitch for comb in peaks_x], ratio)
    near_y = x.near([comb.pitch for comb in peaks_y], ratio)
    found = [Pair(comb, other) for comb, others in zip(peaks_x, near_x, strict=True) for other in others]
    found += [Pair(other, comb) for comb, others in zip(peaks_y, near_y, strict=True) for other in others]
    distinct: dict[tuple[float, float], Pair] = {}
    for pair in found:
        distinct.setdefault((round(pair.x.pitch, 2), round(pair.y.pitch, 2)), pair)
    return [Pair(_rounded(pair.x), _rounded(pair.y)) for pair in distinct.values()]


def candidates(
    scorer: Scorer,
    axes: tuple[Axis, Axis],
    chosen: Sequence[Pair],
    drift: str,
    *,
    square: bool | None = None,
    weights: np.ndarray | None = None,
) -> Candidates:
    """The grids of pairs of pitches, at each stiffness.

    With `weights` of the features, cells are only measured of grids whose lines leave them a chance: those whose other
    features score within `HOPELESS` of the best, and the best dozen.
    """
    stiffnesses = STIFFNESSES[drift]
    keys = [(pair, stiffness) for pair in chosen for stiffness in stiffnesses]
    x = axes[0].lines((pair.x.pitch, stiffness) for pair, stiffness in keys)
    y = axes[1].lines((pair.y.pitch, stiffness) for pair, stiffness in keys)
    meshes = list(zip(x, y, strict=True))
    strengths = np.array([min(pair.x.strength, pair.y.strength) for pair, _ in keys])
    if weights is not None and len(meshes) > FEWEST:
        score = _of_lines(meshes, strengths, square) @ weights[1:]
        order = np.argsort(-score, kind="stable")
        kept = order[: max(FEWEST, np.count_nonzero(score >= score.max() - HOPELESS))]
        meshes, strengths = [meshes[k] for k in kept], strengths[kept]
    return measured(scorer, meshes, strengths, square=square)


def measured(
    scorer: Scorer, meshes: list[tuple[Lines, Lines]], strength: np.ndarray, *, square: bool | None = None
) -> Candidates:
    """Grids with their features."""
    found = scorer.measure_many((x.lines, y.lines) for x, y in meshes)
    features = np.column_stack([-np.log(found.error + 6), _of_lines(meshes, strength, square)])
    return Candidates(meshes, features, found.error, (found.contrast_x + found.contrast_y) / 2)


def _of_lines(meshes: list[tuple[Lines, Lines]], strength: np.ndarray, square: bool | None) -> np.ndarray:
    """The features but the first."""
    x, y = (np.array([mesh[axis][1:] for mesh in meshes]).reshape(-1, 6) for axis in (0, 1))
    ends = np.array([_ends(mesh) for mesh in meshes]).reshape(-1, 4)
    cells = np.array([min(len(a.lines), len(b.lines)) - 1 for a, b in meshes], np.float64)
    pitch, stiffness, middle, evenness, residue, strain = range(6)
    unequal = np.abs(np.log(x[:, pitch] / y[:, pitch])) if square is not False else np.zeros(len(x))
    columns = (
        strength,
        np.minimum(1, 10 * unequal),
        np.maximum(0, 1 - 5 * np.minimum(x[:, residue], y[:, residue])),
        (x[:, stiffness] > _FIRM) | (x[:, stiffness] == RIGID),
        x[:, middle] + y[:, middle],
        x[:, strain] + y[:, strain],
        x[:, evenness] + y[:, evenness],
        np.maximum(0, 0.55 - ends).sum(1),
        np.maximum(0, ends - 0.93).sum(1),
        np.maximum(0, np.log(5) - 0.5 * np.log(x[:, pitch] * y[:, pitch])),
        np.maximum(0, np.log(12) - np.log(np.maximum(cells, 1))),
    )
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


def _ends(mesh: tuple[Lines, Lines]) -> list[float]:
    """Widths of the four border cells in cells."""
    return [width / axis.pitch for axis in mesh for width in axis.ends]


def _rounded(comb: Comb) -> Comb:
    return comb._replace(pitch=round(comb.pitch, 2))
