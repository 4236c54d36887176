"""asv: the metrics family over dtypes, channels and windows."""

import numpy as np

from pixkern.metrics import ms_ssim, psnr, ssim

SIDE = 1024


class Metrics:
    params = (["psnr", "ssim gaussian", "ssim uniform", "ms_ssim"], ["uint8", "uint16", "float32"], [1, 3, 4, 6])
    param_names = ("metric", "dtype", "channels")

    def setup(self, metric, dtype, channels):
        full = 1 if dtype == "float32" else np.iinfo(dtype).max
        draw = np.random.default_rng(0)
        self.pair = [(draw.random((SIDE, SIDE, channels)) * full).astype(dtype) for _ in range(2)]
        name, *window = metric.split()
        self.call = {"psnr": psnr, "ssim": ssim, "ms_ssim": ms_ssim}[name]
        self.options = {"window": window[0]} if window else {}

    def time_metric(self, metric, dtype, channels):
        self.call(*self.pair, threads=1, **self.options)


class Memory:
    def setup(self):
        self.pair = [np.full((4096, 4096, 3), value, np.uint8) for value in (1, 2)]

    def peakmem_ssim(self):
        ssim(*self.pair, threads=1)

    def peakmem_ms_ssim(self):
        ms_ssim(*self.pair, threads=1)
