"""Blurs, Retinex and albedos as one would write them with OpenCV, NumPy, SciPy or torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np


def box_blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Three boxes of the Gaussian's variance: not a Gaussian at borders, where cv2 mirrors about pixels."""
    side = round(np.sqrt(4 * sigma**2 + 1)) | 1
    for _ in range(3):
        image = cv2.blur(image, (side, side), borderType=cv2.BORDER_REFLECT)
    return image


def torch_blur(image: np.ndarray, sigma: float) -> Callable[[], object]:
    import torch

    reach = int(4 * sigma + 0.5)
    taps = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    taps = (taps / taps.sum()).repeat(3, 1, 1)
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].contiguous()

    def blur() -> object:
        padded = torch.nn.functional.pad(planes, (reach,) * 4, mode="reflect")
        down = torch.nn.functional.conv2d(padded, taps[..., None], groups=3)
        return torch.nn.functional.conv2d(down, taps[:, :, None], groups=3)

    return blur


def _logarithms(image: np.ndarray, blurs: Sequence[np.ndarray]) -> np.ndarray:
    own = np.log10(image + 1)
    return sum(own - np.log10(blur + 1) for blur in blurs) / len(blurs)


def opencv_retinex(image: np.ndarray, sigmas: Sequence[float]) -> np.ndarray:
    codes = image.astype(np.float32) if image.dtype == np.uint8 else image * np.float32(255)
    return _logarithms(codes, [cv2.GaussianBlur(codes, (0, 0), sigma) for sigma in sigmas])


def dct_retinex(image: np.ndarray, sigmas: Sequence[float]) -> np.ndarray:
    """Exact Gaussians over the mirrored picture: one transform, one inverse per sigma, in float32."""
    from scipy.fft import dctn, idctn

    codes = image * np.float32(255)
    coefficients = dctn(codes, axes=(0, 1), workers=1)
    blurs = []
    for sigma in sigmas:
        rows, cols = (
            np.exp(-0.5 * (sigma * np.pi * np.arange(side) / side) ** 2).astype(np.float32) for side in codes.shape[:2]
        )
        blurs.append(idctn(coefficients * rows[:, None, None] * cols[:, None], axes=(0, 1), workers=1))
    return _logarithms(codes, blurs)


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, (1, 99), axis=(0, 1))
    return np.clip((values - low) / (high - low), 0, 1)


def _codes(values: np.ndarray) -> np.ndarray:
    return np.rint(values * 255).astype(np.uint8)


def numpy_retinex(image: np.ndarray, sigmas: Sequence[float]) -> np.ndarray:
    return _codes(_stretched(opencv_retinex(image, sigmas)))


def numpy_msrcr(image: np.ndarray, sigmas: Sequence[float]) -> np.ndarray:
    codes = image.astype(np.float32) + 1
    colour = 46 * (np.log10(125 * codes) - np.log10(codes.sum(axis=2, keepdims=True)))
    return _codes(_stretched(colour * opencv_retinex(image, sigmas)))


def numpy_luminance(image: np.ndarray, sigmas: Sequence[float]) -> np.ndarray:
    codes = image.astype(np.float32)
    grey = codes.mean(axis=2)
    bright = 255 * _stretched(opencv_retinex(grey / 255, sigmas))
    factor = np.minimum(bright / np.maximum(grey, 1e-6), 255 / np.maximum(codes.max(axis=2), 1e-6))
    return np.rint(codes * factor[..., None]).astype(np.uint8)


def numpy_lab(image: np.ndarray, sigmas: Sequence[float]) -> np.ndarray:
    """L over a bilateral filter of it, as one finds it: OpenCV's guided filter is not in the main package."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lightness = lab[..., 0].astype(np.float32)
    base = cv2.bilateralFilter(lab[..., 0], 9, 75, 75).astype(np.float32)
    lab[..., 0] = np.clip(lightness / (base + 1) * lightness.mean(), 0, 255)
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def numpy_division(image: np.ndarray, sigmas: Sequence[float]) -> np.ndarray:
    codes = image.astype(np.float32)
    blur = cv2.GaussianBlur(codes, (0, 0), sorted(sigmas)[len(sigmas) // 2])
    return np.clip(np.rint(codes / np.maximum(blur, 1e-6) * codes.mean(axis=(0, 1))), 0, 255).astype(np.uint8)
