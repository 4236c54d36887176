"""How the quotient of polynomials in kernels/maths/random.h was fitted, and the normal quantile it stands for.

    python tests/reference/normal_quantile.py

prints its coefficients: above, from the constant on; below, from the linear one on.
"""

import math

import numpy as np

LOWEST, HIGHEST = math.sqrt(2 * math.log(2)), math.sqrt(2 * 33 * math.log(2))  # t of the tails 1/2 and 2**-33


def upper_quantile(tail):
    """z with P(Z > z) = tail for 0 < tail <= 1/2, by Newton's method on the logarithm of the tail."""
    z = math.sqrt(-2 * math.log(tail)) if tail < 0.3 else 0.0
    for _ in range(60):
        probability = math.erfc(z / math.sqrt(2)) / 2
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        step = (math.log(probability) - math.log(tail)) * probability / density
        z += step
        if abs(step) < 1e-14 * (1 + z):
            break
    return z


def fit(above=4, below=3, points=4000, rounds=60):
    """Coefficients of the quotient nearest to the quantile as a function of t = sqrt(-2 ln tail), nearly minimax: least
    squares at Chebyshev's points, weighted anew by the errors in every round."""
    middle, half = (LOWEST + HIGHEST) / 2, (HIGHEST - LOWEST) / 2
    t = middle + half * np.cos(np.pi * (np.arange(points) + 0.5) / points)
    z = np.array([upper_quantile(math.exp(-x * x / 2)) for x in t])
    powers = t[:, None] ** np.arange(max(above, below) + 1)
    weight, under = np.ones(points), np.ones(points)
    best = (math.inf, None)
    for _ in range(rounds):
        scale = np.sqrt(weight) / np.abs(under)
        columns = np.hstack([powers[:, : above + 1], -z[:, None] * powers[:, 1 : below + 1]])
        found = np.linalg.lstsq(columns * scale[:, None], z * scale, rcond=None)[0]
        under = 1 + powers[:, 1 : below + 1] @ found[above + 1 :]
        error = np.abs(powers[:, : above + 1] @ found[: above + 1] / under - z)
        if error.max() < best[0]:
            best = (error.max(), found)
        weight *= np.sqrt(error / error.max() + 1e-3)
        weight /= weight.mean()
    return best


if __name__ == "__main__":
    error, coefficients = fit()
    print("error", error)
    print("above", coefficients[:5])
    print("below", coefficients[5:])
