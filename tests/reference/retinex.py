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


def multiscale_retinex(codes, sigmas, mask=None):
    """Raw, of codes in 0..255; 0 where the mask is 0."""
    codes = np.asarray(codes, np.float64)
    value = np.mean([np.log10(codes + 1) - np.log10(gaussian_blur(codes, s, mask) + 1) for s in sigmas], axis=0)
    return value if mask is None else np.where((mask > 0)[..., None] if codes.ndim == 3 else mask > 0, value, 0)


def percentile(values, weights, percent):
    """Below which lies that share of the weight."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[order])
    return values[order][np.searchsorted(upto, percent / 100 * upto[-1], side="left").clip(max=len(values) - 1)]


def stretch(value, percentiles, mask=None):
    """Each channel's percentiles to 0 and 1."""
    planes = value if value.ndim == 3 else value[..., None]
    weights = np.ones(planes.shape[:2]) if mask is None else mask
    result = np.empty_like(planes)
    for c in range(planes.shape[2]):
        low, high = (percentile(planes[..., c].ravel(), weights.ravel(), p) for p in percentiles)
        result[..., c] = np.clip((planes[..., c] - low) / (high - low), 0, 1)
    return result.reshape(value.shape) * ((weights > 0)[..., None] if value.ndim == 3 else weights > 0)


def srgb_to_linear(v):
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(x):
    x = np.clip(x, 0, 1)
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)


TO_XYZ = np.array(  # IEC 61966-2-1, then over white
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
TO_XYZ /= TO_XYZ.sum(axis=1, keepdims=True)


def lab_roots(rgb):
    t = srgb_to_linear(rgb) @ TO_XYZ.T
    return np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)


def albedo(codes, method, sigmas, percentiles, mask=None):
    """0..1, of codes (H, W, 3) in 0..255, before mixing and rounding."""
    codes = np.asarray(codes, np.float64)
    weights = np.ones(codes.shape[:2]) if mask is None else mask
    middle = sorted(sigmas)[len(sigmas) // 2]
    inside = (weights > 0)[..., None]

    def mean(x):
        return (x * weights[..., None]).sum(axis=(0, 1)) / weights.sum()

    if method == "retinex":
        return stretch(multiscale_retinex(codes, sigmas, mask), percentiles, mask)
    if method == "msrcr":
        colour = 46 * (np.log10(125 * (codes + 1)) - np.log10((codes + 1).sum(axis=2, keepdims=True)))
        return stretch(colour * multiscale_retinex(codes, sigmas, mask), percentiles, mask)
    if method == "luminance":
        grey = codes.mean(axis=2)
        bright = stretch(multiscale_retinex(grey, sigmas, mask), percentiles, mask)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.minimum(bright / (grey / 255), 1 / (codes.max(axis=2) / 255))
        return np.where(inside & (grey > 0)[..., None], np.nan_to_num(factor)[..., None] * codes / 255, 0)
    if method == "division":
        blur = gaussian_blur(codes, middle, mask)
        quotient = np.divide(codes, blur, out=np.zeros_like(codes), where=blur > 0)
        return np.where(inside, np.clip(quotient * mean(codes / 255), 0, 1), 0)
    roots = lab_roots(codes / 255)
    lightness = 1.16 * roots[..., 1] - 0.16
    average = gaussian_blur(lightness, middle, mask)
    variance = np.clip(gaussian_blur(lightness**2, middle, mask) - average**2, 0, 1)
    slope = variance / (variance + 0.01)
    base = gaussian_blur(slope, middle, mask) * lightness + gaussian_blur(average * (1 - slope), middle, mask)
    ratio = np.divide(lightness, base, out=np.zeros_like(base), where=base > 0)
    new = np.clip(ratio * mean(lightness[..., None])[0], 0, 1)
    moved = roots + ((new - lightness) / 1.16)[..., None]
    cubes = np.where(moved > 6 / 29, moved**3, (moved - 4 / 29) * 3 * (6 / 29) ** 2)
    return np.where(inside, linear_to_srgb(cubes @ np.linalg.inv(TO_XYZ).T), 0)
