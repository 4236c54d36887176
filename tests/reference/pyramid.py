"""Gaussian and Laplacian pyramids in int64 or float64, written from the definition with explicit indices.

Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 31(4), 1983, equations 1 to
4, with the weights 1 4 6 4 1 (a = 3/8). Ends: reduction mirrors about the end samples; expansion mirrors about the
first low sample and repeats the last one, which is what cv2.pyrDown and cv2.pyrUp do.
"""

import itertools

import numpy as np

WEIGHTS = (1, 4, 6, 4, 1)


def reduction(n):
    """The matrix (ceil(n / 2), n) of 16 times REDUCE along one axis."""
    matrix = np.zeros(((n + 1) // 2, n), np.int64)
    for k in range(len(matrix)):
        for j, weight in zip(range(-2, 3), WEIGHTS, strict=True):
            i = 2 * k + j
            while not 0 <= i < n:
                i = 0 if n == 1 else -i if i < 0 else 2 * (n - 1) - i
            matrix[k, i] += weight
    return matrix


def expansion(n):
    """The matrix (n, ceil(n / 2)) of 8 times EXPAND along one axis: from low sample k, sample i takes weight i - 2k."""
    low = (n + 1) // 2
    matrix = np.zeros((n, low), np.int64)
    for i in range(n):
        for k in range(i // 2 - 1, i // 2 + 2):
            if abs(i - 2 * k) <= 2:
                matrix[i, min(abs(k), low - 1)] += WEIGHTS[2 + i - 2 * k]
    return matrix


def along_both(rows, cols, image):
    """Axis 0 through the matrix `rows`, axis 1 through `cols`."""
    return np.moveaxis(np.tensordot(cols, np.tensordot(rows, image, (1, 0)), (1, 1)), 0, 1)


def rounded(sums, divisor, dtype):
    if np.dtype(dtype).kind == "u":
        return (sums + divisor // 2) // divisor
    return sums / divisor


def reduced(image, dtype):
    """The next Gaussian level of (H, W, ...), as int64 or float64."""
    return rounded(along_both(reduction(image.shape[0]), reduction(image.shape[1]), exact(image, dtype)), 256, dtype)


def expanded(low, shape, dtype):
    """`low` at twice the size: (H, W, ...) with the H and W of `shape`."""
    return rounded(along_both(expansion(shape[0]), expansion(shape[1]), exact(low, dtype)), 64, dtype)


def exact(array, dtype):
    return array.astype(np.int64 if np.dtype(dtype).kind == "u" else np.float64)


def gaussian_pyramid(image, levels):
    pyramid = [exact(image, image.dtype)]
    for _ in range(levels):
        pyramid.append(reduced(pyramid[-1], image.dtype))
    return pyramid


def laplacian_pyramid(image, levels):
    gaussian = gaussian_pyramid(image, levels)
    residuals = [fine - expanded(coarse, fine.shape, image.dtype) for fine, coarse in itertools.pairwise(gaussian)]
    return [*residuals, gaussian[-1]]


def collapse(pyramid, dtype):
    """Sums of integers are held to the range of `dtype`, level by level."""
    image = exact(pyramid[-1], dtype)
    for residual in reversed(pyramid[:-1]):
        image = expanded(image, residual.shape, dtype) + exact(residual, dtype)
        if np.dtype(dtype).kind == "u":
            image = image.clip(0, np.iinfo(dtype).max)
    return image
