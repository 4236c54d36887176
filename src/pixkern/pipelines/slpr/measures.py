"""What is measured of renders at 100 %, as JSON holds it: None stands for infinity and for what is not defined."""

from __future__ import annotations

import math

import numpy as np

from pixkern.metrics import mse, psnr, ssim

__all__ = ["compare", "summary_of"]

_SSIM_WINDOW = 11  # pixels


def compare(render: np.ndarray, image: np.ndarray) -> dict[str, float | None]:
    """MSE, PSNR in decibels and SSIM of two float32 images with range 1.

    The PSNR of equal images is None, and so is the SSIM of images with a side below 11 pixels.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.measures import compare
    >>> image = np.zeros((8, 8), np.float32)
    >>> compare(image, image)
    {'mse': 0.0, 'psnr': None, 'ssim': None}
    """
    error = mse(render, image)
    return {
        "mse": error,
        "psnr": psnr(render, image) if error > 0 else None,
        "ssim": ssim(render, image) if min(image.shape[:2]) >= _SSIM_WINDOW else None,
    }


def summary_of(variance: np.ndarray) -> dict[str, float]:
    """The mean of a float32 variance map, and mean, median and largest standard deviation.

    Sums are made row by row in float64, then exactly: they have the same bits everywhere.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.measures import summary_of
    >>> summary_of(np.float32([[0, 0.25], [0.25, 1]]))
    {'mean_variance': 0.375, 'rms_deviation': 0.6123724356957945, 'median_deviation': 0.5, 'largest_deviation': 1.0}
    """
    rows = variance.reshape(len(variance), -1)
    mean = math.fsum(row.sum(dtype=np.float64) for row in rows) / rows.size
    return {
        "mean_variance": mean,
        "rms_deviation": math.sqrt(mean),
        "median_deviation": math.sqrt(float(np.median(rows))),
        "largest_deviation": math.sqrt(float(rows.max())),
    }
