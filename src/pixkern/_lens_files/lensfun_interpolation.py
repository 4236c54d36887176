"""Between the calibrations of a lens: lensfun's interpolation over focal length, aperture and distance.

Distortion and colour fringes are splines over the focal length (cubic Hermite, tangents from the neighbours'
differences, no extrapolation): polynomial terms go in as term x focal length, magnifications as they are.
Where a focal length was calibrated several times, we take the mean; lensfun takes one of them.
Light fall-off is the mean of all calibrations, weighted by 1 / d^3.5 with d the distance in (focal length
over the lens's range, 4 / aperture, 0.1 / distance in metres).

Sources: Catmull & Rom, "A class of local interpolating splines", Computer Aided Geometric Design, 1974;
Shepard, "A two-dimensional interpolation function for irregularly-spaced data", ACM 1968.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .lensfun_database import Calibration

_POWER = 3.5
_SAME_POINT = 1e-4  # distances below: the calibration itself
_FARTHEST = 1.0  # of the nearest calibration, in the space of the weights: beyond, nothing is known
FOCAL_TOLERANCE = 0.05  # photos say 18 mm for 17.7: this far outside, the nearest calibration serves


def at_focal(
    points: Sequence[Calibration], focal: float, unscaled: frozenset[str] = frozenset()
) -> tuple[dict[str, float], str] | None:
    """The terms at `focal` (mm) and how they were found; None where that is outside what was calibrated.

    `unscaled` names the terms that are magnifications.
    """
    by_focal = _by_focal(points)
    if focal in by_focal:
        return by_focal[focal], f"calibrated at {focal:g} mm"
    grid = sorted(by_focal)
    below, above = [f for f in grid if f < focal][-2:], [f for f in grid if f > focal][:2]
    if not below or not above:
        nearest = grid[0] if not below else grid[-1]
        if abs(focal - nearest) > FOCAL_TOLERANCE * nearest:
            return None
        return by_focal[nearest], f"of the nearest calibration, at {nearest:g} mm"
    around = [below[-2] if len(below) == 2 else None, below[-1], above[0], above[1] if len(above) == 2 else None]
    t = (focal - below[-1]) / (above[0] - below[-1])
    terms = {}
    for name in points[0].terms:
        scaled = name not in unscaled
        values = [None if f is None else by_focal[f][name] * (f if scaled else 1) for f in around]
        terms[name] = _hermite(values, t) / (focal if scaled else 1)
    return terms, f"interpolated between {below[-1]:g} and {above[0]:g} mm"


def _by_focal(points: Sequence[Calibration]) -> dict[float, dict[str, float]]:
    """The terms at each focal length: the mean where it was calibrated several times."""
    repeats: dict[float, list[dict[str, float]]] = {}
    for point in points:
        repeats.setdefault(point.focal, []).append(point.terms)
    return {
        focal: {name: sum(terms[name] for terms in same) / len(same) for name in same[0]}
        for focal, same in repeats.items()
    }


def _hermite(values: Sequence[float | None], t: float) -> float:
    """The cubic through the two middle values; an outer value that is missing makes its tangent the chord."""
    before, start, end, after = values
    assert start is not None
    assert end is not None
    leaving = end - start if before is None else (end - before) / 2
    arriving = end - start if after is None else (after - start) / 2
    s = 1 - t
    return (1 + 2 * t) * s * s * start + t * s * s * leaving + t * t * (3 - 2 * t) * end - t * t * s * arriving


def at_exposure(
    points: Sequence[Calibration], focal_range: tuple[float, float], focal: float, aperture: float, distance: float
) -> tuple[dict[str, float], str] | None:
    """The terms of light fall-off and how they were found; None far from everything that was calibrated."""
    span = (focal_range[1] - focal_range[0]) or 1.0
    total, nearest = 0.0, math.inf
    sums = dict.fromkeys(("k1", "k2", "k3"), 0.0)
    for point in points:
        apart = math.hypot(
            (point.focal - focal) / span,
            4 / point.terms["aperture"] - 4 / aperture,
            0.1 / point.terms["distance"] - 0.1 / distance,
        )
        if apart < _SAME_POINT:
            return point.terms, f"calibrated at {focal:g} mm, f/{aperture:g}, {point.terms['distance']:g} m"
        weight = apart**-_POWER
        total, nearest = total + weight, min(nearest, apart)
        for name in sums:
            sums[name] += weight * point.terms[name]
    if nearest > _FARTHEST:
        return None
    return {name: value / total for name, value in sums.items()}, f"weighted mean of {len(points)} calibrations"
