"""The matting Laplacian as a matrix, window by window, in float64: Levin, Lischinski, Weiss 2008, equation 12."""

import numpy as np


def laplacian(picture: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """(n, n) of a picture (h, w, 3); `epsilon` is added to each variance, not divided by the window's size."""
    rows, cols = picture.shape[:2]
    index = np.arange(rows * cols).reshape(rows, cols)
    matrix = np.zeros((rows * cols, rows * cols))
    for row in range(rows):
        for col in range(cols):
            window = np.s_[max(0, row - radius) : row + radius + 1, max(0, col - radius) : col + radius + 1]
            pixels = index[window].ravel()
            colours = picture[window].reshape(-1, 3)
            away = colours - colours.mean(axis=0)
            covariance = away.T @ away / len(pixels) + epsilon * np.eye(3)
            affinity = (1 + away @ np.linalg.inv(covariance) @ away.T) / len(pixels)
            matrix[np.ix_(pixels, pixels)] += np.eye(len(pixels)) - affinity
    return matrix
