"""Which candidate is right, and how sure that is.

The score of a candidate is linear in its features, and the probabilities of a picture's candidates are the softmax of
their scores: multinomial logistic regression. Two more say whether the best is right, and whether the picture is at
its true resolution. All are fitted by benchmarks/fit_pixelart.py on corrupted sprites.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._candidates import FEATURES, Candidates
from ._native import Texture

WEIGHTS = np.array([0.493, 5.747, -2.108, -2.619, -1.722, -3.054, -17.104, 3.641, -8.832, 0.165, -5.902, -3.507])
NATIVE = np.array([1.786, 0.022, -8.922, 24.131, -9.359, -12.836])
EXACT = np.array([5.693, 1.0, 0.192, -4.28, -3.309, -0.533, -0.15])
SURELY_NATIVE = 0.6
_NO_PALETTE = 0.9  # of pixels with colours of their own; sprites have a tenth at most
_UNSURE = 0.25  # whether smooth and small pictures have cells at all
NATIVE_COLUMNS = (0, 2, 3, 7, 8, 9)  # of `evidence`
EXACT_COLUMNS = (0, 1, 2, 3, 4, 5, 6)


class Confidence(NamedTuple):
    """Probabilities, 0 to 1."""

    exact: float
    """That the best candidate's size is the sprite's."""
    native: float
    """That the picture is a sprite at its true resolution."""


def probabilities(scores: np.ndarray) -> np.ndarray:
    """The softmax of scores."""
    odds = np.exp(scores - scores.max())
    return np.asarray(odds / odds.sum())


def best(found: Candidates, scores: np.ndarray) -> int:
    """The best candidate of the size that all its candidates together make the likeliest."""
    chance: dict[tuple[int, int], float] = {}
    for size, share in zip(found.sizes, probabilities(scores).tolist(), strict=True):
        chance[size] = chance.get(size, 0.0) + share
    likeliest = max(chance, key=chance.__getitem__)
    return int(np.where([size == likeliest for size in found.sizes], scores, -np.inf).argmax())


def evidence(found: Candidates, scores: np.ndarray, texture: Texture) -> np.ndarray:
    """What the two regressions of `confidence` look at: of the best candidate, and of single pixels."""
    chosen = best(found, scores)
    same = np.array([size == found.sizes[chosen] for size in found.sizes])
    share = min(max(float(probabilities(scores)[same].sum()), 1e-4), 1 - 1e-4)
    error, contrast = float(found.error[chosen]), float(found.contrast[chosen])
    features = dict(zip(FEATURES, found.features[chosen].tolist(), strict=True))
    return np.array(
        [
            1.0,
            np.log(share / (1 - share)),
            np.log((contrast + 8) / (error + 6)),
            features["strength"],
            features["middle"],
            np.log(min(found.sizes[chosen])),
            np.log(error + 6),
            texture.isolated,
            texture.slight,
            texture.distinct,
        ]
    )


def confidence(found: Candidates, scores: np.ndarray, texture: Texture) -> Confidence:
    """How sure the best candidate is."""
    given = evidence(found, scores, texture)
    native = _logistic(given[list(NATIVE_COLUMNS)] @ NATIVE) if texture.distinct < _NO_PALETTE else 0.0
    exact = _logistic(given[list(EXACT_COLUMNS)] @ EXACT)
    return Confidence((min(exact, _UNSURE) if texture.smooth or texture.small else exact) * (1 - native), native)


def _logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))
