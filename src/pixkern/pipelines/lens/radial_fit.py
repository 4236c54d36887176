"""Which radial lens straightens given curves: a vote over one coefficient, then a robust fit of two.

Everything is in half diagonals of the frame from its centre. The lens is r (1 + k1 r^2 + k2 r^4), from the
corrected image to the photo, and k2 = k1^2 where only one number is asked for: the checkerboard lenses and
the division model lie near that curve, and its radial map grows everywhere for every k1.

Curves that are no lines in the scene bend to all sides and scatter their votes, lines agree. So the vote
looks for the coefficient most curves agree on, not for the one that makes all of them straightest.
Source of the idea: Cucchiara et al., "A Hough transform-based method for radial lens distortion correction",
ICIAP 2003; Aleman-Flores et al., "Automatic lens distortion correction using one-parameter division models",
Image Processing On Line 4, 2014.
"""

from __future__ import annotations

import numpy as np

from pixkern.lenses import BrownConrady

from .arcs import Samples
from .line_fit import line_residuals

LOWEST, HIGHEST = -0.6, 0.5  # k1: thrice that of the strongest 1 % of the lenses in lensfun's database
K1 = np.linspace(LOWEST, HIGHEST, 1101)
STRONGEST_K2 = 0.5
_NODES = 17  # Chebyshev nodes in k1; bends are then known to 4e-5 in between, 0.03 working pixels
_LONGEST = 0.6  # half diagonals: beyond this length a line counts as one line
_VOTES = 1 << 24  # whole votes add up to the same sum in any order
_RESAMPLES = 200
_NOISE = 0.6  # working pixels: residual at which a line counts a quarter in the fit
_OUTLIER = 4.0  # working pixels
_K2_DEVIATION = 0.05  # of k2 from k1^2: the lenses measured in docs/automatic_estimation.md lie within it
_INFORMATION = 8.0  # independent measurements per half diagonal of line


def lens_of(k1: float, k2: float) -> BrownConrady:
    """The lens of the two coefficients, in half diagonals from the centre."""
    return BrownConrady((1.0, 1.0), (0.0, 0.0), (k1, k2))


def residuals(curves: Samples, k1: float, k2: float) -> np.ndarray:
    """Distances of the points of each curve from its best-fit line after correction; (S, 15).

    They are scaled back by how much the curve was stretched, so that a lens which shrinks everything gains
    nothing. Infinite where the lens cannot bring a point of the photo back.
    """
    corrected, shrink = _corrected(curves, k1, k2)
    if corrected is None:
        return np.full(curves.points.shape[:2], np.inf)
    count, samples = corrected.shape[:2]
    flat = line_residuals(corrected.reshape(-1, 2), np.arange(count) * samples)
    return flat.reshape(count, samples) * shrink[:, None]


def bends(curves: Samples, k1: float, k2: float) -> np.ndarray:
    """Signed height of each curve over its chord after correction, from the parabola through its points; (S,)."""
    corrected, shrink = _corrected(curves, k1, k2)
    if corrected is None:
        return np.full(len(curves), np.inf)
    chord = corrected[:, -1] - corrected[:, 0]
    length = np.linalg.norm(chord, axis=1)
    unit = chord / length[:, None]
    x, y = np.moveaxis(corrected - corrected.mean(axis=1, keepdims=True), -1, 0)
    along = (x * unit[:, :1] + y * unit[:, 1:]) / length[:, None]
    across = y * unit[:, :1] - x * unit[:, 1:]
    square = along**2
    square -= square.mean(axis=1, keepdims=True)
    square -= along * (np.sum(along * square, axis=1) / np.sum(along**2, axis=1))[:, None]
    return np.sum(square * across, axis=1) / np.sum(square**2, axis=1) / 4 * shrink


def ballot(curves: Samples, pixel: float, noise: float) -> np.ndarray:
    """How many votes each curve gives to each of `K1`: (S, 1101) float64, whole numbers.

    A curve gives (its length)^2 / (1 + (bend / noise)^2), `noise` in working pixels: short curves are straight
    under any lens and should not drown those that can tell.
    """
    bend = np.stack([bends(curves, k1, k1 * k1) for k1 in _CHEBYSHEV], axis=1) @ _BETWEEN.T
    strength = np.minimum(curves.weights * pixel, _LONGEST) ** 2
    return np.rint(_VOTES * strength[:, None] / (1 + (bend / (noise * pixel)) ** 2))


def deviation(votes: np.ndarray, peak: float) -> float:
    """How far the winner strays from `peak` when the curves are drawn again with replacement, RMS.

    Unlike the width of the peak it sees a few curves that carry the whole vote, and second peaks.
    Source: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1), 1979.
    """
    count = len(votes)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=_RESAMPLES)
    winners = K1[np.argmax(drawn @ votes, axis=1)]
    return float(np.sqrt(np.mean((winners - peak) ** 2)))


def fit(curves: Samples, pixel: float, k1: float) -> tuple[float, float, np.ndarray]:
    """(k1, k2) near a first guess on the curve k2 = k1^2, and the weight of each curve in the answer.

    Gauss-Newton on a redescending error: the weight of a curve falls with the fourth power of its RMS
    distance from a line (Geman & McClure, "Statistical methods for tomographic image reconstruction",
    1987), and k2 is held to k1^2 as loosely as lenses differ from it.
    """
    k2 = k1 * k1
    noise, step = _NOISE * pixel, 1e-4
    weights = np.zeros(len(curves))
    for _ in range(40):
        here = residuals(curves, k1, k2)
        rms = np.sqrt(np.mean(here**2, axis=1))
        weights = curves.weights * pixel / (1 + (rms / noise) ** 2) ** 2
        weights[~(rms < _OUTLIER * pixel)] = 0
        if not weights.any():
            break
        slopes = [(residuals(curves, k1 + step, k2) - here) / step, (residuals(curves, k1, k2 + step) - here) / step]
        if not all(np.isfinite(slope).all() for slope in slopes):
            break
        scale = _INFORMATION * weights / noise**2
        pull = np.array([-2 * k1, 1.0])
        normal = np.array([[np.sum(scale * np.mean(a * b, axis=1)) for b in slopes] for a in slopes])
        normal += np.outer(pull, pull) / _K2_DEVIATION**2 + 1e-9 * np.eye(2)
        right = -np.array([np.sum(scale * np.mean(a * here, axis=1)) for a in slopes])
        right -= pull * (k2 - k1 * k1) / _K2_DEVIATION**2
        move = np.clip(np.linalg.solve(normal, right), -0.05, 0.05)
        k1, k2 = k1 + float(move[0]), k2 + float(move[1])
        if np.abs(move).max() < 1e-6:
            break
    return k1, k2, weights


def _corrected(curves: Samples, k1: float, k2: float) -> tuple[np.ndarray | None, np.ndarray]:
    """Points of the corrected curves, or None, and by how much to shrink lengths to those of the photo."""
    corrected, valid = lens_of(k1, k2).inverse(curves.points)
    if not valid.all():
        return None, np.ones(len(curves))
    before = np.linalg.norm(curves.points[:, -1] - curves.points[:, 0], axis=1)
    after = np.linalg.norm(corrected[:, -1] - corrected[:, 0], axis=1)
    return corrected, before / after


def _chebyshev() -> tuple[np.ndarray, np.ndarray]:
    """Nodes, and the matrix that takes values there to values at `K1` (Berrut & Trefethen, SIAM Review 46(3), 2004)."""
    angle = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    nodes = (LOWEST + HIGHEST) / 2 + (HIGHEST - LOWEST) / 2 * np.cos(angle)
    away = K1[:, None] - nodes
    away[np.abs(away) < 1e-12] = 1e-12
    parts = (-1.0) ** np.arange(_NODES) * np.sin(angle) / away
    return nodes, parts / parts.sum(axis=1, keepdims=True)


_CHEBYSHEV, _BETWEEN = _chebyshev()
