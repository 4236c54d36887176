"""Fractal noise in float64, from the definition: at every pixel, four corners of its cell, in every octave."""

import numpy as np

from . import render

STREAMS = {"perlin": 0, "value": 1}


def node_words(seed, octave, kind, rows, cols):
    """The words of the nodes (rows[i], cols[j])."""
    found = np.empty((len(rows), len(cols)), np.uint32)
    for at, row in enumerate(rows):
        found[at] = render.row_words(seed, octave, 0, STREAMS[kind], int(row), cols)
    return found


def octave(kind, seed, number, side, rows, cols):
    """One octave at the pixels (rows, cols): 1 is the most it can be."""
    y, x = (np.asarray(rows) + 0.5) / side, (np.asarray(cols) + 0.5) / side
    row, col = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    t, s = (y - row)[:, None], (x - col)[None, :]
    corners = {}
    for down in (0, 1):
        for across in (0, 1):
            words = node_words(seed, number, kind, row + down, col + across).astype(np.float64)
            if kind == "perlin":
                angle = 2 * np.pi * words / 2**32
                size = np.sqrt(2) * (np.cos(angle) * (s - across) + np.sin(angle) * (t - down))
            else:
                size = np.where(words < 2**31, words, words - 2**32) / 2**31
            corners[down, across] = size
    upper = corners[0, 0] + blend(s) * (corners[0, 1] - corners[0, 0])
    lower = corners[1, 0] + blend(s) * (corners[1, 1] - corners[1, 0])
    return upper + blend(t) * (lower - upper)


def blend(t):
    return 6 * t**5 - 15 * t**4 + 10 * t**3


def fbm(shape, *, seed, kind="perlin", octaves=6, cell=128.0, persistence=0.5, lacunarity=2.0, origin=(0, 0)):
    rows, cols = np.arange(shape[0]) + origin[1], np.arange(shape[1]) + origin[0]
    shares = np.array([float(persistence) ** k for k in range(octaves)])
    total = np.zeros(shape)
    for k, share in enumerate(shares / shares.sum()):
        total += share * octave(kind, seed, k, cell / lacunarity**k, rows, cols)
    return total
