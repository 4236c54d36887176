"""Colour transforms in float64 or int64, written from the definitions: matrices, and floors of fractions."""

import numpy as np

# Malvar and Sullivan, JVT-I014, 2003
YCOCG = np.array([[1 / 4, 1 / 2, 1 / 4], [1 / 2, 0, -1 / 2], [-1 / 4, 1 / 2, -1 / 4]])


def to_ycocg(r, g, b):
    return np.tensordot(YCOCG, np.array([r, g, b], np.float64), 1)


def from_ycocg(y, co, cg):
    return np.tensordot(np.linalg.inv(YCOCG).round(12), np.array([y, co, cg], np.float64), 1)  # ones, zeros, minus ones


def to_reversible(r, g, b):
    """ISO/IEC 15444-1, G.2.1."""
    r, g, b = (np.asarray(c, np.int64) for c in (r, g, b))
    return np.array([(r + 2 * g + b) // 4, b - g, r - g])


def from_reversible(y, u, v):
    """ISO/IEC 15444-1, G.2.2."""
    y, u, v = (np.asarray(c, np.int64) for c in (y, u, v))
    green = y - (u + v) // 4
    return np.array([v + green, green, u + green])


def split(pixels, exact):
    """(C, H, W) planes of (H, W, C) pixels."""
    middle = 2 ** (8 * pixels.itemsize - 1)
    channels = np.moveaxis(pixels, 2, 0).astype(np.int64 if exact else np.float64)
    if len(channels) < 3:
        return channels - middle
    planes = (to_reversible if exact else to_ycocg)(*channels[:3])
    planes[0] -= middle
    return np.concatenate([planes, channels[3:] - middle])


def join(planes, dtype):
    """(H, W, C) pixels of (C, H, W) planes."""
    bits = 8 * np.dtype(dtype).itemsize
    exact = np.issubdtype(planes.dtype, np.integer)
    channels = planes.astype(np.int64 if exact else np.float64)
    if len(channels) >= 3:
        first = channels[0] + 2 ** (bits - 1)
        channels[:3] = (from_reversible if exact else from_ycocg)(first, *channels[1:3])
        channels[3:] += 2 ** (bits - 1)
    else:
        channels += 2 ** (bits - 1)
    return np.moveaxis(np.clip(np.floor(channels + (0 if exact else 0.5)), 0, 2**bits - 1), 0, 2).astype(dtype)
