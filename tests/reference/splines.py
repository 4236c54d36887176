"""The spline pyramid in float64, written from the definitions: a linear system for the coefficients, sums for the rest.

Arrays are (rows, cols) or (rows, cols, channels). Level l of a line of n samples stores k from -1 to
floor((n - 1) / 2**l) + 2.
"""

import numpy as np

UNITS = {"uint8": 255, "uint16": 65535, "float32": 1}


def b3(x):
    """The centred cubic B-spline."""
    x = np.abs(x)
    return np.where(x < 1, 2 / 3 - x**2 + x**3 / 2, np.where(x < 2, (2 - x) ** 3 / 6, 0.0))


def mirrored(k, first, last):
    """k if it is in first..last, else mirrored about 0 and about last until it is."""
    while not first <= k <= last:
        k = -k if k < 0 else 2 * last - k
    return k


def along_both(matrix_of, x):
    """A linear map of rows and of columns: matrix_of(n) for a line of n samples."""
    return np.einsum("ij,jk...,lk->il...", matrix_of(x.shape[0]), x, matrix_of(x.shape[1]), optimize=True)


def prefilter(n):
    """Samples to the coefficients of the spline through them, the line mirrored about its end samples."""
    if n == 1:
        return np.ones((1, 1))
    interpolation = np.zeros((n, n))
    for x in range(n):
        for k in (x - 1, x, x + 1):
            interpolation[x, mirrored(k, 0, n - 1)] += b3(float(x - k))
    return np.linalg.inv(interpolation)


def extend(n):
    """Coefficients k = 0 .. n - 1 to k = -1 .. n + 1."""
    matrix = np.zeros((n + 3, n))
    for k in range(-1, n + 2):
        matrix[k + 1, mirrored(k, 0, n - 1) if n > 1 else 0] = 1
    return matrix


def down(n):
    """A level of a line of n samples (n counts those of this level's own grid) to the next."""
    last, next_last = n + 1, (n - 1) // 2 + 2
    matrix = np.zeros((next_last + 2, last + 2))
    for k in range(-1, next_last + 1):
        for j, h in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
            matrix[k + 1, mirrored(2 * k + j, -1, last) + 1] += h / 16
    return matrix


def up(n):
    """The level after that of n samples of its own grid, on that grid: the two-scale relation of b3."""
    last, next_last = n + 1, (n - 1) // 2 + 2
    matrix = np.zeros((last + 2, next_last + 2))
    for k in range(-1, last + 1):
        m, odd = divmod(k, 2)
        for i, h in {m: 1 / 2, m + 1: 1 / 2}.items() if odd else {m - 1: 1 / 8, m: 6 / 8, m + 1: 1 / 8}.items():
            matrix[k + 1, i + 1] += h
    return matrix


def spline_pyramid(image, levels):
    """Details, finest first, and the base."""
    g = image.astype(np.float64) / UNITS[image.dtype.name]
    g = along_both(lambda n: extend(n) @ prefilter(n), g)
    details = []
    for _ in range(levels):
        next_g = along_both(lambda stored: down(stored - 3), g)
        grid = [n - 3 for n in g.shape[:2]]
        back = np.einsum("ij,jk...,lk->il...", up(grid[0]), next_g, up(grid[1]), optimize=True)
        details.append(g - back)
        g = next_g
    return details, g


def value(details, base, rows, cols):
    """The sum of all levels at rows x cols, real positions in samples of the image."""
    total = 0
    for level, coefficients in enumerate((*details, base)):
        coefficients = np.asarray(coefficients, np.float64)
        if level == len(details):
            scale = 2.0 ** len(details)
        else:
            scale = 2.0**level
        weights = [
            b3(np.asarray(at)[:, None] / scale - (np.arange(n) - 1)[None])
            for at, n in ((rows, coefficients.shape[0]), (cols, coefficients.shape[1]))
        ]
        total = total + np.einsum("ij,jk...,lk->il...", weights[0], coefficients, weights[1], optimize=True)
    return total
