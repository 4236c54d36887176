"""Comparisons of every kind: what must not change with CPU level, threads or backend."""

import itertools

import numpy as np

from pixkern import _threads
from pixkern.metrics import ms_ssim, mse, psnr, ssim

DTYPES = (np.uint8, np.uint16, np.float32)
CHANNELS = (1, 2, 3, 4, 5, 9)  # more than four come in several tiles


def full(dtype):
    return 1 if dtype == np.float32 else np.iinfo(dtype).max


def scaled(values, dtype):
    """Values of 0 to 1 over the range of a dtype."""
    return (np.clip(values, 0, 1) * full(dtype)).round(0 if dtype != np.float32 else 7).astype(dtype)


def pair(dtype, shape=(45, 70, 3), noise=0.1, seed=0):
    """A smooth image with an edge, and the same with noise."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = 0.5 + 0.4 * np.sin(x / 9 + draw.uniform(0, 6)) * np.cos(y / 7) * np.where(x > shape[1] // 2, 1, -1)
    image = np.broadcast_to(wave.reshape(*wave.shape, *[1] * (len(shape) - 2)), shape)
    return scaled(image, dtype), scaled(image + draw.normal(0, noise, shape), dtype)


def results(backend=None):
    """(name, value) of every case."""
    for dtype, channels in itertools.product(DTYPES, CHANNELS):
        name = f"{np.dtype(dtype).name} {channels}"
        a, b = pair(dtype, (45, 70, channels))
        yield f"mse {name}", mse(a, b, backend=backend)
        yield f"psnr {name}", psnr(a, b, backend=backend)
        for window in ("gaussian", "uniform"):
            yield f"ssim {window} {name}", ssim(a, b, window=window, backend=backend)
        yield f"ms_ssim {name}", ms_ssim(*pair(dtype, (45, 51, channels)), weights=(0.3, 0.3, 0.4), backend=backend)
    a, b = pair(np.float32, (163, 177, 3))
    yield "ms_ssim of five scales", ms_ssim(a, b, backend=backend)
    yield "wide", ssim(*pair(np.uint8, (11, 700)), backend=backend)
    pairs = [pair(np.uint8, (50, 41, 3), seed=seed) for seed in range(3)]
    a, b = (np.stack(side) for side in zip(*pairs, strict=True))
    for call in (mse, psnr, ssim):
        yield f"batch {call.__name__}", call(a, b, backend=backend).tolist()
    yield "batch ms_ssim", ms_ssim(a, b, weights=(0.5, 0.5), backend=backend).tolist()


def print_results():
    _threads._WORTH_SPLITTING = 64  # so that these small images are split at all
    for name, value in results():
        print(name, repr(value))
