"""Edge chains cut into smooth arcs: pieces that one parabola explains, each a candidate for a straight line.

A straight line photographed through a lens of moderate distortion is close to a parabola, so a parabola
keeps bent lines whole while it cuts at corners, junctions and wiggles. All pieces are tested at once, level
by level: a piece that fails is cut where it deviates most, and its parts are tested on the next level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .edges import Chains

_CORNER = 2  # pixels dropped at either end: the blur bends edges towards the corner they end at
_SAMPLES = 15  # points an arc is averaged down to: enough to see its bend, few enough to vote quickly
_WIDEST_BEND = 0.2  # of the chord: more than any lens does to a line, so this is a corner
_LOOSEST_CHORD = 0.68  # of the number of points: less means a curve that turns back or is all wiggles
_ROBUST = 0.5  # pixels: a point this far off counts half in the fit of the parabola


@dataclass(frozen=True, eq=False)
class Samples:
    """Curves of equal numbers of points: `points` (S, 15, 2) float64, and the `weights` (S,), points they stand for."""

    points: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)


def smooth_arcs(chains: Chains, *, shortest: float, tolerance: float = 0.8) -> Chains:
    """The longest pieces of chains that are parabolas within `tolerance`.

    Parameters
    ----------
    chains : Chains
    shortest : float
        Pieces of fewer points are dropped; more than 4.
    tolerance : float
        Largest deviation from the parabola, pixels, of the mean of five neighbouring points.

    Returns
    -------
    Chains
        Without their two outermost points at either end.
    """
    begins, ends = chains.starts, chains.starts + chains.lengths
    found: list[np.ndarray] = []
    while len(begins):
        long_enough = ends - begins >= shortest
        begins, ends = begins[long_enough], ends[long_enough]
        if not len(begins):
            break
        cut = _worst_point(chains.points, begins, ends, tolerance)
        smooth = cut < 0
        found.append(np.stack([begins[smooth], ends[smooth]], axis=1))
        begins, ends, cut = begins[~smooth], ends[~smooth], cut[~smooth]
        begins, ends = np.concatenate([begins, cut]), np.concatenate([cut, ends])
    pieces = np.concatenate(found) if found else np.empty((0, 2), np.intp)
    pieces = pieces[np.argsort(pieces[:, 0], kind="stable")] + (_CORNER, -_CORNER)
    return Chains(chains.points[_ranges(pieces[:, 0], pieces[:, 1])], _starts(pieces[:, 1] - pieces[:, 0]))


def inside(chains: Chains, size: tuple[int, int]) -> Chains:
    """Without the arcs that are the frame itself: along a side of the photo, within 2 % of it and 4 pixels.

    Black bars of scans and sensors are perfectly straight in the photo and would vote for no distortion.
    """
    points, starts = chains.points, chains.starts
    if not len(starts):
        return chains
    low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    side = np.array(size)
    margin = 0.02 * side + 4
    flat = high - low < 3
    framing = (flat & ((high < margin) | (low > side - 1 - margin))).any(axis=1)
    lengths = chains.lengths
    return Chains(points[np.repeat(~framing, lengths)], _starts(lengths[~framing]))


def sampled(chains: Chains) -> Samples:
    """Every curve as 15 points, each the mean of a fifteenth of its points; curves need at least 15.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.stack([np.arange(30.0), np.zeros(30)], axis=1)
    >>> sampled(Chains(line, np.array([0]))).points[0, :3]
    array([[0.5, 0. ],
           [2.5, 0. ],
           [4.5, 0. ]])
    """
    lengths = chains.lengths
    edges = chains.starts[:, None] + (lengths[:, None] * np.arange(_SAMPLES + 1)) // _SAMPLES
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(chains.points, axis=0)])
    points = np.diff(sums[edges], axis=1) / np.diff(edges, axis=1)[..., None]
    return Samples(points, lengths.astype(np.float64))


def _worst_point(points: np.ndarray, begins: np.ndarray, ends: np.ndarray, tolerance: float) -> np.ndarray:
    """For each piece where to cut it, or -1 if it is smooth."""
    counts = ends - begins
    where = _ranges(begins, ends)
    starts = _starts(counts)

    def spread(per_piece: np.ndarray) -> np.ndarray:
        return np.repeat(per_piece, counts)

    first, last = points[begins], points[ends - 1]
    chord = last - first
    length = np.linalg.norm(chord, axis=1)
    unit = chord / np.maximum(length, 1e-9)[:, None]
    ux, uy = spread(unit[:, 0]), spread(unit[:, 1])
    x, y = (points[where] - np.repeat(first, counts, axis=0)).T
    along = (x * ux + y * uy) / spread(np.maximum(length, 1e-9)) - 0.5
    across = y * ux - x * uy

    bent = np.abs(across)
    residual = _smoothed(_parabola_residual(along, across, starts, counts), starts, counts)
    turning = length < _LOOSEST_CHORD * counts
    corner = ~turning & (np.maximum.reduceat(bent, starts) > _WIDEST_BEND * length)
    wiggly = ~turning & ~corner & (np.maximum.reduceat(np.abs(residual), starts) > tolerance)

    deviation = np.where(spread(corner), bent, np.abs(residual))
    worst = _first_largest(deviation, starts, counts)
    end = np.maximum(counts // 10 + 1, 4)  # never cut off slivers
    offset = np.where(turning, counts // 2, np.clip(worst, end, counts - end))
    return np.where(turning | corner | wiggly, begins + offset, -1)


def _parabola_residual(along: np.ndarray, across: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Deviation from the parabola of every piece, fitted by three rounds of reweighted least squares."""
    basis = np.stack([np.ones_like(along), along, along**2])
    weight = np.ones_like(along)
    for _ in range(3):
        weighted = basis * weight
        normal = np.array([[np.add.reduceat(a * b, starts) for b in basis] for a in weighted])
        right = np.array([np.add.reduceat(a * across, starts) for a in weighted])
        normal = np.moveaxis(normal, -1, 0) + 1e-9 * np.eye(3)  # pieces whose points all project to one
        coefficients = np.linalg.solve(normal, right.T[..., None])[..., 0]
        residual = across - np.einsum("jn,nj->n", basis, np.repeat(coefficients, counts, axis=0))
        weight = 1 / (1 + (residual / _ROBUST) ** 2)
    return residual


def _smoothed(values: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean of five neighbours within a piece; beyond its ends there are zeros."""
    piece = np.repeat(np.arange(len(starts)), counts)
    total = values.copy()
    for step in (1, 2):
        together = piece[step:] == piece[:-step]
        total[step:] += np.where(together, values[:-step], 0)
        total[:-step] += np.where(together, values[step:], 0)
    return total / 5


def _first_largest(values: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Position within each piece of its largest value, the first of equals."""
    largest = np.repeat(np.maximum.reduceat(values, starts), counts)
    position = np.arange(len(values)) - np.repeat(starts, counts)
    return np.minimum.reduceat(np.where(values == largest, position, len(values)), starts)


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.cumsum(np.append(0, counts), dtype=np.intp)[:-1]


def _ranges(begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The integers of [begin, end) of every piece, one after the other."""
    counts = ends - begins
    return np.arange(counts.sum()) + np.repeat(begins - _starts(counts), counts)
