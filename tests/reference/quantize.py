"""Scalar quantisers in float64, written from their bins."""

import numpy as np


def dead_zone(x, step, deadzone):
    """The bin of every value: 0 for |x| below deadzone / 2 steps, then bins of one step, numbered outwards."""
    size = np.abs(np.asarray(x, np.float64)) / step
    index = np.where(size < deadzone / 2, 0, np.floor(size - deadzone / 2) + 1)
    return (np.sign(x) * index).astype(np.int64)


def bins(q, step, deadzone):
    """(low, high) of the sizes |x| that a bin holds."""
    size = np.abs(np.asarray(q, np.float64))
    low = np.where(size == 0, 0, size - 1 + deadzone / 2)
    return low * step, (size + deadzone / 2) * step


def point(q, step, deadzone, reconstruction):
    """The value that stands for a bin: 0, or `reconstruction` of the way from its low to its high end."""
    low, high = bins(q, step, deadzone)
    return np.where(q == 0, 0, np.sign(q) * (low + reconstruction * (high - low)))


def bands(shape, levels):
    """(row range, column range) of each subband of a Mallat layout, coarse to fine: LL, then HL, LH, HH per level."""
    rows, cols = shape
    finer = []
    for _ in range(levels):
        low_rows, low_cols = -(-rows // 2), -(-cols // 2)
        top, bottom, left, right = (0, low_rows), (low_rows, rows), (0, low_cols), (low_cols, cols)
        finer[:0] = [(top, right), (bottom, left), (bottom, right)]
        rows, cols = low_rows, low_cols
    return [((0, rows), (0, cols)), *finer]
