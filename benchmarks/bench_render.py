"""asv: the renderer over samples, sizes, channels, laws, blocks and zooms."""

import math

import numpy as np

from pixkern.pyramid import offset_law, render, spline_pyramid, variance

LAWS = {
    "taps": {},
    "patch 3": {"patch_size": 3},
    "patch 3, jitter 1": {"patch_size": 3, "jitter": 1.0},
    "noise": {"noise_strength": 0.1},
}


def noise(side, channels=1):
    shape = (side, side) if channels == 1 else (side, side, channels)
    return np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)


class Samples:
    params = (list(LAWS), [1, 3, 4], [1, 32], [1, 16])
    param_names = ("law", "channels", "block", "samples")

    def setup(self, law, channels, block, samples):
        image = noise(512, channels)
        self.pyramid = spline_pyramid(image, 5)
        self.how = {**LAWS[law], "block": block, "samples": samples, "threads": 1, "out": np.empty_like(image)}

    def time_render(self, law, channels, block, samples):
        render(self.pyramid, **self.how)


class Sizes:
    """What is read stays in the first cache, in the last, in none."""

    params = ([64, 512, 2048, 4096],)
    param_names = ("side",)

    def setup(self, side):
        self.pyramid = spline_pyramid(noise(side), 5)
        self.out = np.empty((side, side), np.float32)

    def time_sample(self, side):
        render(self.pyramid, samples=1, patch_size=3, jitter=1.0, threads=1, out=self.out)

    def time_expectation(self, side):
        render(self.pyramid, samples=math.inf, patch_size=3, jitter=1.0, threads=1, out=self.out)

    def time_variance(self, side):
        variance(self.pyramid, patch_size=3, jitter=1.0, threads=1, out=self.out)


class Levels:
    params = ([0, 1, 5, 10],)
    param_names = ("levels",)

    def setup(self, levels):
        self.pyramid = spline_pyramid(noise(1024), levels)
        self.out = np.empty((1024, 1024), np.float32)

    def time_sample(self, levels):
        render(self.pyramid, samples=1, threads=1, out=self.out)

    def time_expectation(self, levels):
        render(self.pyramid, samples=math.inf, threads=1, out=self.out)


class Zooms:
    """As many pixels from ever fewer coefficients, and a small part of a huge picture."""

    params = ([1, 4, 32],)
    param_names = ("zoom",)

    def setup(self, zoom):
        self.pyramid = spline_pyramid(noise(1024), 5)
        side = 1023 / zoom
        self.window = (100 / zoom, 100 / zoom, (1023 - 100) / zoom, (1023 - 100) / zoom)
        self.roi = (int(side), int(side), 1024, 1024)
        self.size = (1024 * (zoom + 1), 1024 * (zoom + 1))

    def time_window(self, zoom):
        render(self.pyramid, (1024, 1024), window=self.window, samples=1, threads=1)

    def time_cells(self, zoom):
        render(self.pyramid, (1024, 1024), window=self.window, cell=0.25, samples=1, threads=1)

    def time_roi(self, zoom):
        render(self.pyramid, self.size, roi=self.roi, samples=1, threads=1)


class OffsetLaw:
    params = ([0.0, 1.0, 8.0],)
    param_names = ("jitter",)

    def time_offset_law(self, jitter):
        offset_law(5, jitter)


class Memory:
    def peakmem_render(self):
        render(spline_pyramid(noise(2048), 5), samples=2)

    def peakmem_expectation(self):
        render(spline_pyramid(noise(2048), 5), samples=math.inf)
