"""Image quality in float64, written from the definitions: whole images, one weighted sum per moment."""

import numpy as np

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli & Bovik 2003, section 4


def mse(a, b):
    return np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)


def psnr(a, b, data_range):
    return 10 * np.log10(data_range**2 / mse(a, b))


def gaussian(taps=11, sigma=1.5):
    weights = np.exp(-((np.arange(taps) - taps // 2) ** 2) / (2 * sigma**2))
    return np.outer(weights, weights) / weights.sum() ** 2


def uniform(taps=7):
    return np.full((taps, taps), 1 / taps**2)


def average(plane, window):
    """The weighted mean of every window that lies inside the plane."""
    inside = np.lib.stride_tricks.sliding_window_view(plane, window.shape)
    return np.einsum("rcij,ij->rc", inside, window)


def terms(x, y, window, data_range, sample_covariance=False):
    """(luminance, contrast-structure) of Wang et al. 2004, eq. 6 and 13, at every window of two planes."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    x, y = x.astype(np.float64), y.astype(np.float64)
    unbiased = window.size / (window.size - 1) if sample_covariance else 1
    mean_x, mean_y = average(x, window), average(y, window)
    var_x = unbiased * (average(x * x, window) - mean_x**2)
    var_y = unbiased * (average(y * y, window) - mean_y**2)
    covariance = unbiased * (average(x * y, window) - mean_x * mean_y)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance, (2 * covariance + c2) / (var_x + var_y + c2)


def planes(image):
    return np.moveaxis(image if image.ndim == 3 else image[..., None], -1, 0)


def ssim(a, b, window, data_range):
    """Mean over windows and channels of one image."""
    weights = gaussian() if window == "gaussian" else uniform()
    pairs = zip(planes(a), planes(b), strict=True)
    found = [terms(x, y, weights, data_range, sample_covariance=window == "uniform") for x, y in pairs]
    return np.mean([(luminance * structure).mean() for luminance, structure in found])


def halved(plane):
    """Means of 2 x 2 pixels; the last row or column of an odd plane is repeated."""
    even = np.pad(plane, [(0, side % 2) for side in plane.shape], mode="edge")
    return (even[::2, ::2] + even[::2, 1::2] + even[1::2, ::2] + even[1::2, 1::2]) / 4


def ms_ssim(a, b, data_range, weights=MS_SSIM_WEIGHTS):
    """Mean over channels of one image; a negative mean of a term counts as 0."""
    values = []
    for x, y in zip(planes(a.astype(np.float64)), planes(b.astype(np.float64)), strict=True):
        value = 1.0
        for scale, weight in enumerate(weights, 1):
            luminance, structure = terms(x, y, gaussian(), data_range)
            term = structure if scale < len(weights) else luminance * structure
            value *= max(term.mean(), 0.0) ** weight
            x, y = halved(x), halved(y)
        values.append(value)
    return np.mean(values)
