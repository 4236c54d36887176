"""The matting Laplacian of a colour picture as an operator, and the equations that it makes.

With windows w_k of n_k pixels, mu_k and Sigma_k the mean and the covariance of the colours in them, a picture p has
in window k the best linear fit a_k . I + b_k, and

    (L p)_i = sum over the windows k with pixel i of (p_i - a_k . I_i - b_k).

L is symmetric and positive semidefinite; constants, and pictures that are linear in the colour, are its null space.
"""

from __future__ import annotations

import cv2
import numpy as np

_RADIUS = 4  # of the windows, pixels: wide ones carry what is known further in one round
_EPSILON = 1e-6  # variance of colour that counts as none: about that of 8-bit rounding, 1 / (12 255^2)


class MattingLaplacian:
    """The operator of one picture, (h, w, 3) float64 in [0, 1]; float64 throughout."""

    def __init__(self, picture: np.ndarray) -> None:
        self._colours = [np.ascontiguousarray(picture[..., channel]) for channel in range(3)]
        self._count = _box(np.ones(picture.shape[:2]))
        self._means = [_box(colour) / self._count for colour in self._colours]
        rr, gg, bb = (self._covariance(c, c) + _EPSILON for c in range(3))
        rg, rb, gb = self._covariance(0, 1), self._covariance(0, 2), self._covariance(1, 2)
        cofactors = [gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg]
        cofactors += [rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg]
        determinant = rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2]
        self._inverse = [one / determinant for one in cofactors]

    def _covariance(self, one: int, other: int) -> np.ndarray:
        both = _box(self._colours[one] * self._colours[other]) / self._count
        return both - self._means[one] * self._means[other]

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """L times a picture, (h, w) float64."""
        mean = _box(picture) / self._count
        r, g, b = (
            _box(colour * picture) / self._count - colour_mean * mean
            for colour, colour_mean in zip(self._colours, self._means, strict=True)
        )
        rr, rg, rb, gg, gb, bb = self._inverse
        slopes = (rr * r + rg * g + rb * b, rg * r + gg * g + gb * b, rb * r + gb * g + bb * b)
        offset = mean
        for slope, colour_mean in zip(slopes, self._means, strict=True):
            offset = offset - slope * colour_mean
        fitted = _box(offset)
        for slope, colour in zip(slopes, self._colours, strict=True):
            fitted += _box(slope) * colour
        return self._count * picture - fitted

    def solve(self, start: np.ndarray, free: np.ndarray, rounds: int, residual: float) -> np.ndarray:
        """The picture with L p = 0 on the pixels that are `free`, and as `start` on the others.

        Conjugate gradients, preconditioned by the number of windows; they end after `rounds`, or when the residual's
        norm is that share of the first one's.
        """
        found = start.copy()
        left = np.where(free, -self(found), 0)
        direction = np.where(free, left / self._count, 0)
        size = first = float((left * direction).sum())
        for _ in range(rounds):
            if size <= residual * residual * first:
                break
            image = np.where(free, self(direction), 0)
            curvature = float((direction * image).sum())
            if curvature <= 0:  # a direction in the null space, to rounding: nothing is left to gain
                break
            found += size / curvature * direction
            left -= size / curvature * image
            scaled = left / self._count
            before, size = size, float((left * scaled).sum())
            direction = scaled + size / before * direction
        return found


def _box(picture: np.ndarray) -> np.ndarray:
    """Sums over the windows; outside the picture there is nothing."""
    side = 2 * _RADIUS + 1
    return cv2.boxFilter(picture, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
