"""Gaussian blur and Retinex in float64, written from the definitions: dense matrices over the mirrored picture."""

import numpy as np


def blur_matrix(pixels, sigma):
    """(n, n): weights exp(-d^2 / 2 sigma^2) of the picture mirrored about its edges, and mirrored again, and so on."""
    if sigma == 0:
        return np.eye(pixels)
    reach = int(np.ceil(9 * sigma)) + 1  # beyond lies 3e-19
    steps = np.arange(-reach, reach + 1)
    gaussian = np.exp(-0.5 * (steps / sigma) ** 2)
    matrix = np.zeros((pixels, pixels))
    for row in range(pixels):
        place = (row + steps) % (2 * pixels)
        np.add.at(matrix[row], np.minimum(place, 2 * pixels - 1 - place), gaussian / gaussian.sum())
    return matrix


def gaussian_blur(image, sigma, mask=None):
    """Float64; with a mask (weights of pixels) G*(m I) / G*m, and 0 where G*m is."""
    image = np.asarray(image, np.float64)
    down, across = blur_matrix(image.shape[0], sigma), blur_matrix(image.shape[1], sigma)

    def blurred(x):
        return np.moveaxis(np.tensordot(down, np.tensordot(across, x, (1, 1)), (1, 1)), 1, 1)

    if mask is None:
        return blurred(image)
    weight = mask if image.ndim == 2 else mask[..., None]
    inside = np.where(weight > 0, image, 0) * weight
    total = blurred(np.broadcast_to(weight, image.shape).astype(np.float64))
    return np.divide(blurred(inside), total, out=np.zeros_like(total), where=total > 0)
