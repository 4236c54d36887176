"""The wavelet transforms and the 4-point Hadamard transform in float64 or int64, written from the definitions.

A line is mirrored far beyond its ends and filtered: no lifting of floats here, so that the kernels' steps are held to
the filters they claim to be. The reversible transforms are defined by their steps, one sample at a time.
"""

import numpy as np

HADAMARD = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, -1, 1], [1, -1, 1, -1]]) / 2

# Analysis filters, centre tap first, then outwards on both sides, with a sum of 1 (low) and an alternating sum of 2
# (high). 5/3: Le Gall & Tabatabai 1988. 9/7: Cohen, Daubechies & Feauveau 1992, table 6.1, with more digits.
LOW = {
    "cdf53": [6 / 8, 2 / 8, -1 / 8],
    "cdf97": [0.602949018236360, 0.266864118442875, -0.078223266528990, -0.016864118442875, 0.026748757410810],
}
HIGH = {
    "cdf53": [1, -1 / 2],
    "cdf97": [1.115087052456994, -0.591271763114247, -0.057543526228500, 0.091271763114250],
}


def mirrored(i, n):
    """Index i of a line of n whose ends are mirrors; the end samples are not repeated."""
    while not 0 <= i < n:
        i = -i if i < 0 else 2 * (n - 1) - i
    return i


def filtered(x, taps, centre):
    """The symmetric filter `taps` over axis 0 at sample `centre`."""
    total = taps[0] * x[centre]
    for distance, tap in enumerate(taps[1:], 1):
        total = total + tap * (x[mirrored(centre - distance, len(x))] + x[mirrored(centre + distance, len(x))])
    return total


def analysed(x, wavelet):
    """(low, high) of lines along axis 0."""
    n = len(x)
    if n == 1:
        return x, x[:0]
    if np.issubdtype(x.dtype, np.integer):
        return reversible(x, wavelet)
    if wavelet == "haar":
        low = [(x[i] + x[i + 1]) / 2 if i + 1 < n else x[i] for i in range(0, n, 2)]
        high = [x[i] - x[i - 1] for i in range(1, n, 2)]
    else:
        low = [filtered(x, LOW[wavelet], i) for i in range(0, n, 2)]
        high = [filtered(x, HIGH[wavelet], i) for i in range(1, n, 2)]
    return np.array(low), np.array(high)


def reversible(x, wavelet):
    """ITU-T T.800, F.4.8.1 (5/3); Said & Pearlman 1996, section II (the S-transform), one sample at a time."""
    n = len(x)
    y = x.copy()
    if wavelet == "haar":
        for i in range(1, n, 2):
            y[i] = x[i] - x[i - 1]
            y[i - 1] = (x[i] + x[i - 1]) // 2
    else:
        for i in range(1, n, 2):
            y[i] = x[i] - (x[i - 1] + x[mirrored(i + 1, n)]) // 2
        for i in range(0, n, 2):
            y[i] = x[i] + (y[mirrored(i - 1, n)] + y[mirrored(i + 1, n)] + 2) // 4
    return y[0::2], y[1::2]


def dwt2(x, wavelet, levels):
    """A plane (H, W) of float64 or int64 in the Mallat layout: columns first, then rows, then on with LL."""
    y = np.array(x)
    rows, cols = y.shape
    for _ in range(levels):
        y[:rows, :cols] = np.concatenate(analysed(y[:rows, :cols], wavelet))
        y[:rows, :cols] = np.concatenate(analysed(y[:rows, :cols].T, wavelet)).T
        rows, cols = (rows + 1) // 2, (cols + 1) // 2
    return y


def hadamard4(x, axis):
    return np.moveaxis(np.tensordot(HADAMARD, x.astype(np.float64), (1, axis)), 0, axis)
