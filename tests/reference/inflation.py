"""Inflation by a direct solution of its linear equations in float64; band-passed luma from exact Gaussians."""

import numpy as np
from scipy import sparse
from scipy.ndimage import gaussian_filter
from scipy.sparse.linalg import spsolve

SIDES = ("top", "bottom", "left", "right")


def inflate(mask, free=SIDES):
    """4 + (sum over neighbours of u' - u) = 0 inside, u = 0 outside, nothing flows through free sides; sqrt(u)."""
    mask = np.asarray(mask, bool)
    rows, cols = mask.shape
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(mask.sum())
    places, others = [], []
    diagonal = np.zeros(mask.sum())
    for row, col in zip(*np.nonzero(mask), strict=True):
        own = number[row, col]
        for r, c, side in (
            (row - 1, col, "top"),
            (row + 1, col, "bottom"),
            (row, col - 1, "left"),
            (row, col + 1, "right"),
        ):
            beyond = not (0 <= r < rows and 0 <= c < cols)
            if beyond and side in free:
                continue
            diagonal[own] += 1
            if not beyond and mask[r, c]:
                places.append(own)
                others.append(number[r, c])
    weights = sparse.coo_matrix((-np.ones(len(places)), (places, others)), shape=(len(diagonal),) * 2)
    u = np.zeros(mask.shape)
    if len(diagonal):
        u[mask] = spsolve((weights + sparse.diags(diagonal)).tocsc(), np.full(len(diagonal), 4.0))
    return np.sqrt(u)


def relief_detail(image, inside, small, large, amount, scale):
    """The difference of two normalised Gaussian blurs of the luma, in units of `large` pixels."""
    codes = image.astype(np.float64) / scale
    luma = codes @ (0.2126, 0.7152, 0.0722) if codes.ndim == 3 else codes
    luma = np.where(inside, luma, 0)

    def blur(sigma):
        if sigma == 0:
            return luma
        sums, weights = (gaussian_filter(x.astype(np.float64), sigma, truncate=10) for x in (luma, inside))
        return sums / np.where(inside, weights, 1)

    return np.where(inside, amount * large * (blur(small) - blur(large)), 0)
