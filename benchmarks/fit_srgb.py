"""The quotient in kernels/maths/srgb.h that turns sqrt(light) into codes of 8 bits: python benchmarks/fit_srgb.py

255 (1.055 q^(5/6) - 0.055) on sqrt(0.0031308) <= q <= 1 by Lawson's iteration (weighted least squares whose weights
grow where the error is large) on the linearised problem of Sanathanan and Koerner, P - f Q with weights 1 / Q of the
round before. Prints the coefficients as floats and the largest errors, of the quotient and of its arithmetic in float.
"""

from __future__ import annotations

import numpy as np

DEGREE = 4  # of both
START = np.sqrt(0.0031308) * 0.9999  # where the curve begins, and a little more


def curve(q: np.ndarray) -> np.ndarray:
    return 255 * (1.055 * q ** (5 / 6) - 0.055)


def fitted(above: int, below: int, points: int = 4000, rounds: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients, constant ones first, of the best quotient seen."""
    q = (START + 1) / 2 - (1 - START) / 2 * np.cos(np.pi * (np.arange(points) + 0.5) / points)
    f, weights, q_before = curve(q), np.ones(points), np.ones(points)
    powers = q[:, None] ** np.arange(max(above, below) + 1)
    least, best = np.inf, (np.zeros(above + 1), np.ones(below + 1))
    for _ in range(rounds):
        matrix = np.hstack([powers[:, : above + 1], -f[:, None] * powers[:, 1 : below + 1]])
        scale = np.sqrt(weights) / q_before
        columns = np.linalg.norm(matrix * scale[:, None], axis=0)
        found = np.linalg.lstsq(matrix * scale[:, None] / columns, f * scale, rcond=1e-15)[0] / columns
        p, d = found[: above + 1], np.r_[1, found[above + 1 :]]
        q_before = powers[:, : below + 1] @ d
        error = np.abs(powers[:, : above + 1] @ p / q_before - f)
        if error.max() < least:
            least, best = error.max(), (p, d)
        weights *= error / error.mean() + 1e-3
        weights /= weights.mean()
    return best


def in_float(coefficients: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Horner's rule in float."""
    result = np.full_like(q, coefficients[-1])
    for c in coefficients[-2::-1].astype(np.float32):
        result = result * q + c
    return result


def main() -> None:
    p, d = fitted(DEGREE, DEGREE)
    print("above", ", ".join(f"{c:.9g}f" for c in p.astype(np.float32)))
    print("below", ", ".join(f"{c:.9g}f" for c in d.astype(np.float32)))
    x = np.linspace(0.0031308, 1, 4_000_001).astype(np.float32)
    exact = 255 * (1.055 * x.astype(np.float64) ** (5 / 12) - 0.055)
    q = np.sqrt(x.astype(np.float64))
    print("largest error of the quotient", np.abs(np.polyval(p[::-1], q) / np.polyval(d[::-1], q) - exact).max())
    q32 = np.sqrt(x)
    print("and in float", np.abs(in_float(p, q32) / in_float(d, q32) - exact).max())


if __name__ == "__main__":
    main()
