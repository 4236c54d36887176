"""Which candidate is right, and how sure that is.

The score of a candidate is linear in its features, and the probabilities of a picture's candidates are the softmax of
their scores: multinomial logistic regression, fitted by benchmarks/fit_pixelart.py on corrupted sprites.
"""

from __future__ import annotations

import numpy as np

WEIGHTS = np.zeros(12)


def probabilities(scores: np.ndarray) -> np.ndarray:
    """The softmax of scores."""
    odds = np.exp(scores - scores.max())
    return np.asarray(odds / odds.sum())
