"""What a predictor hands to the correction: a lens, what refines it, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pixkern.lenses import Chromatic, Lens, Vignetting


@dataclass(frozen=True)
class Evidence:
    """How well an estimate is supported by the photo; lengths in half diagonals of the frame.

    `straightness_before` and `straightness_after` are the weighted RMS distances, in pixels, of the line
    points from their lines without and with the estimated correction.
    """

    lines: int
    length: float
    peak_margin: float
    deviation: float  # one standard deviation of the first radial coefficient
    straightness_before: float
    straightness_after: float


@dataclass(frozen=True)
class Prediction:
    """A lens for one photo.

    `prior` is the lens to shrink towards when this one is unsafe (None: the identity). `accepted` is False
    when an estimator does not trust its own answer; `reasons` then say why.
    """

    lens: Lens | None
    source: str
    residual: np.ndarray | None = None
    chromatic: Chromatic | None = None
    vignetting: Vignetting | None = None
    prior: Lens | None = None
    evidence: Evidence | None = None
    accepted: bool = True
    reasons: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


Predictor = Callable[[np.ndarray], Prediction]
