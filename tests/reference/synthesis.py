"""Inverse wavelet transforms by the steps of docs/lifting.md in the order of docs/bitstream.md, in the dtype given.

The other reference transforms (`lifting.py`) filter in float64. Here each sum and product is rounded as in the
kernels, so that whole images can be compared bit by bit.
"""

import numpy as np

K = 1.230174104914001
STEPS = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)


def amount(wavelet, step, left, right):
    """What a sample gained in that step."""
    if np.issubdtype(left.dtype, np.integer):
        if wavelet == "haar":
            return -left if step == 0 else right // 2
        return -((left + right) // 2) if step == 0 else (left + right + 2) // 4
    half, quarter = np.float32(0.5), np.float32(0.25)
    if wavelet == "haar":
        return -left if step == 0 else half * right
    if wavelet == "cdf53":
        return -half * (left + right) if step == 0 else quarter * (left + right)
    return np.float32(STEPS[step]) * (left + right)


def line(low, high, wavelet):
    """Lines along axis 0 from their two bands."""
    evens, odds = low.copy(), high.copy()
    if not len(odds):
        return evens
    for step in reversed(range(4 if wavelet == "cdf97" else 2)):
        if step % 2 == 0:  # an odd gained what the evens on both sides say; beyond the end is the one on this side
            right = np.minimum(np.arange(len(odds)) + 1, len(evens) - 1)
            odds -= amount(wavelet, step, evens[: len(odds)], evens[right])
        else:
            left, right = np.arange(len(evens)) - 1, np.minimum(np.arange(len(evens)), len(odds) - 1)
            gained = amount(wavelet, step, odds[np.maximum(left, 0)], odds[right])
            if wavelet == "haar" and len(evens) > len(odds):
                gained[-1] = 0
            evens -= gained
    out = np.empty((len(evens) + len(odds), *evens.shape[1:]), evens.dtype)
    out[0::2], out[1::2] = evens, odds
    return out


def gains(rows, cols):
    """Of LL, HL, LH and HH of cdf97: that of each direction is rounded to float32, and their product again."""
    low, high = np.float32(K), np.float32(1 / K)
    if rows > 1 and cols > 1:
        return low * low, np.float32(1), np.float32(1), high * high
    return {(True, False): (low, 1, high, 1), (False, True): (low, high, 1, 1)}.get((rows > 1, cols > 1), (1, 1, 1, 1))


def idwt2(coefficients, wavelet, levels):
    """A plane (H, W) from its Mallat layout: level by level gains first, then rows, then columns."""
    plane = coefficients.copy()
    sides = [plane.shape]
    for _ in range(levels - 1):
        sides.append(tuple((side + 1) // 2 for side in sides[-1]))
    for rows, cols in reversed(sides):
        part, (down, across) = plane[:rows, :cols].copy(), ((rows + 1) // 2, (cols + 1) // 2)
        if wavelet == "cdf97":
            ll, hl, lh, hh = (plane.dtype.type(gain) for gain in gains(rows, cols))
            part[:down, :across] *= ll
            part[:down, across:] *= hl
            part[down:, :across] *= lh
            part[down:, across:] *= hh
        part = line(part[:, :across].T, part[:, across:].T, wavelet).T
        plane[:rows, :cols] = line(part[:down], part[down:], wavelet)
    return plane
