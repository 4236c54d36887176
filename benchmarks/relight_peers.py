"""Relighting as one would write it with NumPy and OpenCV: Retinex by three blurs, Lambert, a pattern, a composite.

All of it works on gamma-encoded codes. Where an operation of OpenCV does what is wanted in one pass, it is used; work
that changes nothing (a range stretched before percentiles are) is left out; no loop runs over pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import relight_peer_patterns as patterns

SIGMAS = (15.0, 80.0, 250.0)
ORIGINAL = (0.15, 0.25)
AMBIENT = (0.6, 0.85)
ELEVATION = (10.0, 80.0)  # degrees
OPACITY = (0.35, 0.6)

Blur = Callable[[np.ndarray, float], np.ndarray]


def blur(codes: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian at full size: its cost grows with sigma."""
    return cv2.GaussianBlur(codes, (0, 0), sigma)


def coarse_blur(codes: np.ndarray, sigma: float) -> np.ndarray:
    """The usual shortcut: means of squares, blurred and resized back. Some levels off, most of all at borders."""
    step = max(1, int(sigma / 4))
    rows, cols = codes.shape[:2]
    small = cv2.resize(codes, (-(-cols // step), -(-rows // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (cols, rows), interpolation=cv2.INTER_LINEAR)


def multiscale_retinex(image: np.ndarray, sigmas: Sequence[float] = SIGMAS, blurred: Blur = blur) -> np.ndarray:
    """(1/n) sum log10((I + 1) / (G_s * I + 1)) of uint8 codes, float32: one logarithm of the product of n quotients."""
    codes = image.astype(np.float32)
    product = np.ones_like(codes)
    for sigma in sigmas:
        mean = blurred(codes, sigma)
        mean += 1
        product *= mean
    codes += 1
    cv2.divide(cv2.pow(codes, len(sigmas)), product, product)
    logarithm = cv2.log(product, product)
    logarithm *= np.float32(1 / (len(sigmas) * np.log(10)))
    return logarithm


def stretched(values: np.ndarray, percentiles: tuple[float, float] = (1, 99)) -> np.ndarray:
    """Each channel's percentiles become 0 and 255; uint8."""
    planes = []
    for plane in cv2.split(values):
        low, high = np.percentile(plane, percentiles)
        plane -= np.float32(low)
        plane *= np.float32(255 / max(high - low, 1e-6))
        planes.append(np.rint(np.clip(plane, 0, 255, out=plane), out=plane).astype(np.uint8))
    return cv2.merge(planes)


def albedo(image: np.ndarray, mask: np.ndarray, original: float, blurred: Blur = blur) -> np.ndarray:
    """The foreground on black, its Retinex stretched, a share of it mixed back in; uint8."""
    foreground = cv2.bitwise_and(image, image, mask=mask)
    return cv2.addWeighted(
        stretched(multiscale_retinex(foreground, blurred=blurred)), 1 - original, foreground, original, 0
    )


def normals_from_depth(depth: np.ndarray) -> np.ndarray:
    """normalize(-dz/dx, -dz/dy, 1) of a depth in its own units, float32; image rows go down, y does, too."""
    down, right = np.gradient(depth.astype(np.float32))
    length = np.sqrt(down * down + right * right + 1)
    return np.dstack([-right / length, -down / length, 1 / length])


def light(elevation: float, azimuth: float) -> np.ndarray:
    """The direction to a light, of angles in degrees."""
    up, around = np.deg2rad(elevation), np.deg2rad(azimuth)
    return np.float32([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])


def lambert(normals: np.ndarray, direction: np.ndarray, ambient: float) -> np.ndarray:
    """a + (1 - a) max(0, N.L), (H, W) float32."""
    shading = cv2.transform(normals, direction.reshape(1, 3))
    np.maximum(shading, 0, out=shading)
    shading *= np.float32(1 - ambient)
    shading += np.float32(ambient)
    return shading


def composite(foreground: np.ndarray, background: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """f m + b (1 - m): float32 foreground in codes, uint8 background and mask; uint8."""
    weight = cv2.merge([mask.astype(np.float32) * np.float32(1 / 255)] * 3)
    mixed = background.astype(np.float32)
    foreground -= mixed
    foreground *= weight
    mixed += foreground
    return np.rint(mixed, out=mixed).astype(np.uint8)


def relight(
    image: np.ndarray,
    mask: np.ndarray,
    normals: np.ndarray,
    seed: int,
    *,
    pattern: float = 0.5,
    blurred: Blur = blur,
) -> tuple[np.ndarray, np.ndarray]:
    """The picture under another light, and its albedo.

    Parameters
    ----------
    image : ndarray, (H, W, 3) uint8
    mask : ndarray, (H, W) uint8
    normals : ndarray, (H, W, 3) float32
    seed : int
    pattern : float
        How often there is a shadow pattern, 0..1.
    blurred : callable
        `blur` or `coarse_blur`.
    """
    draw = np.random.default_rng(seed)
    base = albedo(image, mask, draw.uniform(*ORIGINAL), blurred)
    factor = lambert(normals, light(draw.uniform(*ELEVATION), draw.uniform(0, 360)), draw.uniform(*AMBIENT))
    if draw.random() < pattern:
        shadow = patterns.drawn(image.shape[:2], draw)
        shadow *= np.float32(-draw.uniform(*OPACITY))
        shadow += 1
        factor *= shadow
    lit = cv2.multiply(base, cv2.merge([factor] * 3), dtype=cv2.CV_32F)
    return composite(lit, image, mask), base
