"""Sampling in float64, written from the definitions, one tap at a time."""

import numpy as np


def bilinear(d):
    return np.maximum(0, 1 - np.abs(d))


def bicubic(d, a=-0.75):
    """Keys 1981, eq. 15, with a free a."""
    d = np.abs(d)
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def lanczos4(d):
    return np.where(np.abs(d) < 4, np.sinc(d) * np.sinc(d / 4), 0)


KERNELS = {
    "bilinear": (bilinear, range(2)),
    "bicubic": (bicubic, range(-1, 3)),
    "lanczos4": (lanczos4, range(-3, 5)),
}


def pixel(image, row, col, border):
    """image[row, col] with the border's rule for what lies outside."""
    rows, cols = image.shape[:2]
    if border == "zeros":
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        return image[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)] * inside[..., None]
    if border == "border":
        return image[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)]
    return image[mirrored(row, rows), mirrored(col, cols)]


def mirrored(i, n):
    """... 2 1 0 1 2 ... n-1 n-2 ...: a triangle wave of period 2 (n - 1)."""
    return np.zeros_like(i) if n == 1 else n - 1 - np.abs(np.mod(i, 2 * (n - 1)) - (n - 1))


def sample(image, positions, interpolation="bilinear", border="zeros"):
    """(H, W, C) at positions (rows, cols, 2): (rows, cols, C) float64, not rounded."""
    image = np.asarray(image, np.float64)
    x, y = positions[..., 0], positions[..., 1]
    if interpolation == "nearest":
        return pixel(image, np.floor(y + 0.5).astype(int), np.floor(x + 0.5).astype(int), border)
    kernel, taps = KERNELS[interpolation]
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    wx = np.stack([kernel(x - left - k) for k in taps])
    wy = np.stack([kernel(y - top - k) for k in taps])
    wx, wy = wx / wx.sum(0), wy / wy.sum(0)
    total = 0.0
    for j, row_weight in zip(taps, wy, strict=True):
        for k, col_weight in zip(taps, wx, strict=True):
            total = total + (row_weight * col_weight)[..., None] * pixel(image, top + j, left + k, border)
    return total


def upsampled(residual, size):
    """A (h, w, 2) field at every pixel of an image of size (width, height), corners on corners, bilinear."""
    h, w = residual.shape[:2]
    x = np.arange(size[0]) * (w - 1) / max(size[0] - 1, 1)
    y = np.arange(size[1]) * (h - 1) / max(size[1] - 1, 1)
    return sample(residual, np.stack(np.meshgrid(x, y), -1), border="border")


def rounded(values, dtype):
    """To nearest, halves up, as stored."""
    if np.dtype(dtype) == np.float32:
        return values
    return np.clip(np.floor(values + 0.5), 0, np.iinfo(dtype).max)


def pixels(size):
    """The pixel centres of an image of size (width, height): (height, width, 2)."""
    return np.stack(np.meshgrid(np.arange(size[0], dtype=np.float64), np.arange(size[1], dtype=np.float64)), -1)
