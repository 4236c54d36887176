"""The metrics family against its peers: two photos of 2048 x 2048, RGB, one with noise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row, available

from pixkern.metrics import ms_ssim, mse, psnr, ssim

SIDE = 2048

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("psnr uint8", "scikit-image"): 25,
    ("ssim gaussian uint8", "scikit-image"): 12,
    ("ssim uniform uint8", "scikit-image"): 25,
}


def images(dtype: type = np.uint8, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """A smooth image, and the same with noise; uint8, or floats of 0 to 1."""
    import cv2

    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
    image = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    noisy = cv2.add(image, draw.integers(0, 20, image.shape, dtype=np.uint8))
    return (image, noisy) if dtype == np.uint8 else (image.astype(dtype) / 255, noisy.astype(dtype) / 255)


def rows() -> Iterator[Row]:
    a, b = images()
    real_a, real_b = images(np.float32)
    peers: dict = {name: {} for name in ("psnr", "gaussian", "uniform", "real")}
    if available("skimage"):
        from skimage.metrics import peak_signal_noise_ratio, structural_similarity

        published = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": -1}
        peers["psnr"]["scikit-image"] = partial(peak_signal_noise_ratio, a, b)
        peers["gaussian"]["scikit-image"] = partial(structural_similarity, a, b, **published)
        peers["uniform"]["scikit-image"] = partial(structural_similarity, a, b, channel_axis=-1)
        peers["real"]["scikit-image"] = partial(structural_similarity, real_a, real_b, data_range=1, **published)
    import cv2

    peers["psnr"]["cv2.PSNR"] = partial(cv2.PSNR, a, b)
    if hasattr(cv2, "quality"):  # of opencv-contrib
        peers["gaussian"]["cv2.quality SSIM"] = partial(cv2.quality.QualitySSIM_compute, a, b)
    yield Row("psnr uint8", partial(psnr, a, b, threads=1), peers["psnr"])
    yield Row("ssim gaussian uint8", partial(ssim, a, b, threads=1), peers["gaussian"])
    yield Row("ssim uniform uint8", partial(ssim, a, b, window="uniform", threads=1), peers["uniform"])
    yield Row("ssim gaussian float32", partial(ssim, real_a, real_b, threads=1), peers["real"])
    blurred = {"cv2, float32 maps": partial(_ms_ssim_by_filters, a, b)}
    yield Row("ms_ssim uint8", partial(ms_ssim, a, b, threads=1), blurred)
    ours = partial(mse, a, b, threads=1)
    yield Row("the same call twice", ours, {"ours": ours})


def _ms_ssim_by_filters(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Five scales of whole images filtered by OpenCV, as such programs usually go; its float32 costs digits."""
    import cv2

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    taps = cv2.getGaussianKernel(11, 1.5, cv2.CV_32F)
    inner = np.s_[5:-5, 5:-5]
    x, y = a.astype(np.float32), b.astype(np.float32)
    value = np.ones(3)
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        mx, my, xx, yy, xy = (cv2.sepFilter2D(z, -1, taps, taps)[inner] for z in (x, y, x * x, y * y, x * y))
        term = (2 * (xy - mx * my) + c2) / (xx + yy - mx * mx - my * my + c2)
        if scale == 4:
            term = term * (2 * mx * my + c1) / (mx * mx + my * my + c1)
        value *= np.maximum(term.mean((0, 1)), 0) ** weight
        x, y = (cv2.resize(z, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for z in (x, y))
    return value.mean()


def cuda_rows() -> Iterator[Row]:
    """The same on a GPU; the floor is a copy of one of the images."""
    import cupy

    for dtype in (np.uint8, np.float32):
        a, b = (cupy.asarray(image) for image in images(dtype))
        copied = cupy.empty_like(a)
        for name, call in (
            ("psnr", psnr),
            ("ssim gaussian", ssim),
            ("ssim uniform", partial(ssim, window="uniform")),
            ("ms_ssim", ms_ssim),
        ):
            yield Row(
                f"cuda {name} {np.dtype(dtype).name}",
                partial(call, a, b),
                {"device copy": partial(cupy.copyto, copied, a)},
            )


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their images alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from metrics_rows import *
a, b = (np.full((4096, 4096, 3), value, np.uint8) for value in (1, 2))
"""
    programs = {
        "nothing": start,
        "psnr": start + "psnr(a, b, threads=1)",
        "ssim": start + "ssim(a, b, threads=1)",
        "ms_ssim": start + "ms_ssim(a, b, threads=1)",
    }
    if available("skimage"):
        start = start + "from skimage.metrics import structural_similarity\n"
        programs["scikit-image ssim"] = start + "structural_similarity(a, b, channel_axis=-1)"
    return programs
