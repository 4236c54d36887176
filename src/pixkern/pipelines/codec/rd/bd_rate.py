"""The Bjontegaard delta of the rate: how many bits more or fewer one encoder takes for the same quality.

Each curve is log(rate) as a function of quality, through its points by a monotone piecewise cubic. The mean distance
of two curves over the qualities that both reach, as a ratio, is the result.
Source: G. Bjontegaard, Calculation of average PSNR differences between RD-curves, ITU-T VCEG-M33, 2001; the
piecewise cubic in place of one cubic through all points: ITU-T HSTP-VID-WPOM, Working practices using objective
metrics for evaluation of video coding efficiency experiments, 2020; its derivatives: F. N. Fritsch, J. Butland, A
method for constructing local monotone piecewise cubic interpolants, SIAM J. Sci. Stat. Comput. 5(2), 1984.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pixkern import BackendUnavailable


def bd_rate(
    anchor_rates: Sequence[float],
    anchor_qualities: Sequence[float],
    rates: Sequence[float],
    qualities: Sequence[float],
) -> float:
    """Bits that an encoder takes over those of an anchor at the same quality, in percent.

    Parameters
    ----------
    anchor_rates, rates : sequence of float
        Bits per pixel or bytes, above 0.
    anchor_qualities, qualities : sequence of float
        Decibels, one for each rate. Points that another one of the same encoder beats (no longer and at
        least as good) are left out, for a curve must rise.

    Returns
    -------
    float
        Negative: fewer bits. The integrals of the piecewise cubics are exact.

    Raises
    ------
    ValueError
        Fewer than two points that rise, no quality that both curves reach, or values out of range.
    BackendUnavailable
        scipy is not installed.

    Examples
    --------
    >>> anchor = [0.25, 0.5, 1.0, 2.0], [30.0, 33.0, 36.0, 39.0]
    >>> round(bd_rate(*anchor, [0.125, 0.25, 0.5, 1.0], [30.0, 33.0, 36.0, 39.0]), 6)
    -50.0
    """
    first, second = _curve(anchor_rates, anchor_qualities), _curve(rates, qualities)
    low, high = max(first[0][0], second[0][0]), min(first[0][-1], second[0][-1])
    if not low < high:
        raise ValueError(
            f"the curves share no quality: {first[0][0]:.2f} to {first[0][-1]:.2f} dB and "
            f"{second[0][0]:.2f} to {second[0][-1]:.2f} dB"
        )
    try:
        from scipy.interpolate import PchipInterpolator
    except ImportError:
        raise BackendUnavailable("BD-rates need scipy: pip install 'pixkern[rd]'") from None
    areas = [float(PchipInterpolator(*curve).integrate(low, high)) for curve in (first, second)]
    return 100 * math.expm1((areas[1] - areas[0]) / (high - low))


def _curve(rates: Sequence[float], qualities: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Qualities and log rates of the points that no other one beats, both strictly rising."""
    if len(rates) != len(qualities):
        raise ValueError(f"a curve needs one quality for each rate, got {len(rates)} rates, {len(qualities)} qualities")
    points = np.array([rates, qualities], np.float64).reshape(2, -1)
    if not np.isfinite(points).all() or (points[0] <= 0).any():
        raise ValueError("rates must be finite and above 0, qualities finite")
    best: list[tuple[float, float]] = []
    for rate, quality in sorted(points.T.tolist(), key=lambda point: (point[0], -point[1])):
        if not best or quality > best[-1][1]:
            best.append((rate, quality))
    if len(best) < 2:
        raise ValueError(f"a curve needs at least 2 points that rise, got {len(best)}")
    found = np.array(best)
    return found[:, 1], np.log(found[:, 0])
