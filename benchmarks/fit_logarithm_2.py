"""The polynomials of kernels/maths/logarithm_2.h: minimax fits by weighted least squares (Lawson's iteration).

The last digits depend on how long one goes on; the errors do not.
"""

import numpy as np


def fit(x: np.ndarray, wanted: np.ndarray, scale: np.ndarray, degree: int) -> tuple[np.ndarray, float]:
    """Coefficients from the lowest, and the largest of |polynomial - wanted| scale."""
    weights, powers = np.ones_like(x), np.vander(x, degree + 1, increasing=True)
    for _ in range(60):
        rows = (weights * scale)[:, None]
        found, *_ = np.linalg.lstsq(powers * rows, wanted * rows[:, 0], rcond=None)
        off = np.abs(powers @ found - wanted) * scale
        weights = weights * np.sqrt(off / off.max() + 1e-3)
        weights /= weights.max()
    return found, off.max()


def main() -> None:
    nodes = np.cos(np.pi * (np.arange(400) + 0.5) / 400)
    low, high = np.sqrt(0.5) - 1, np.sqrt(2) - 1
    f = (low + high) / 2 + (high - low) / 2 * nodes
    for name, result in (
        ("log2(1 + f) / f", fit(f, np.log2(1 + f) / f, np.abs(f), 8)),
        ("2^r", fit(nodes / 2, 2 ** (nodes / 2), 2 ** (-nodes / 2), 6)),
    ):
        print(name, [f"{x:.9g}" for x in result[0]], f"off by {result[1]:.1e}")


if __name__ == "__main__":
    main()
