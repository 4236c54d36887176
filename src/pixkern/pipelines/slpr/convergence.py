"""How fast averages converge: rms(mean of N - expectation) against sqrt(mean variance / N), whose slope is -1/2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

import numpy as np

from pixkern.metrics import mse

from .stripes import Renderer

ROUNDING = 1e-6
"""Deviations below this are float32 rounding of values near 1, not randomness: no slope is fitted to them."""


@dataclass(frozen=True)
class Convergence:
    """The error of averages at one size.

    Attributes
    ----------
    samples : tuple of int
        N: 1, 2, 4, ... and the last.
    rms : tuple of float
        Root mean square, over pixels and channels, of the mean of the first N samples less their expectation.
    predicted : tuple of float
        sqrt(mean variance / N).
    slope : float, optional
        Of log rms against log N, by least squares; None for one N, or where nothing is random.
    """

    samples: tuple[int, ...]
    rms: tuple[float, ...]
    predicted: tuple[float, ...]
    slope: float | None


def sample_counts(samples: int) -> tuple[int, ...]:
    """The N of a series.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.convergence import sample_counts
    >>> sample_counts(12)
    (1, 2, 4, 8, 12)
    """
    return (*(2**k for k in range((samples - 1).bit_length())), samples)


def converge(
    renderer: Renderer, samples: int, expectation: np.ndarray, mean_variance: float
) -> tuple[np.ndarray, np.ndarray, Convergence]:
    """Pixels of the first sample, the mean of all samples as float32, and how the means came near the expectation.

    Each sample is rendered once. Memory: the mean, and a stripe.
    """
    counts = sample_counts(samples)
    mean = np.empty(renderer.shape, np.float32)
    rms: list[float] = []
    first = 0
    for count in counts:
        for roi, rows in renderer.stripes(count - first):
            renderer.refine(mean[rows], roi, first, count - first)
        rms.append(math.sqrt(mse(mean, expectation)))
        if count == 1:
            sample = renderer.pixels(mean)
        first = count
    predicted = tuple(math.sqrt(mean_variance / count) for count in counts)
    return sample, mean, Convergence(counts, tuple(rms), predicted, log_slope(counts, rms))


def log_slope(samples: Sequence[int], rms: Sequence[float]) -> float | None:
    """Of log rms against log N, by least squares; None for one point, or for errors that are only rounding.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.convergence import log_slope
    >>> log_slope([1, 4, 16], [0.4, 0.2, 0.1])
    -0.5
    """
    if len(samples) < 2 or rms[0] < ROUNDING or min(rms) <= 0:
        return None
    x = [_ln(count) for count in samples]
    y = [_ln(error) for error in rms]
    middle, height = math.fsum(x) / len(x), math.fsum(y) / len(y)
    across = [value - middle for value in x]
    rise = math.fsum(a * (b - height) for a, b in zip(across, y, strict=True))
    return rise / math.fsum(a * a for a in across)


def _ln(value: float) -> float:
    """The same on every machine: decimal rounds correctly, the C library's logarithm depends on the CPU."""
    return float(Context(prec=40).ln(Decimal(value)))
