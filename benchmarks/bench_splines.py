"""asv: spline pyramids over dtypes, shapes and levels."""

import numpy as np

from pixkern.pyramid import spline_pyramid

SHAPES = ["256 x 256", "2048 x 2048", "2047 x 2049", "1024 x 1024 x 2", "1024 x 1024 x 3", "1024 x 1024 x 4"]


def noise(shape, dtype):
    codes = np.random.default_rng(0).integers(0, 256, tuple(map(int, shape.split(" x "))), np.uint8)
    return codes / np.float32(255) if dtype == "float32" else codes.astype(dtype)


class Images:
    params = (["uint8", "uint16", "float32"], SHAPES, [0, 5])
    param_names = ("dtype", "shape", "levels")

    def setup(self, dtype, shape, levels):
        self.image = noise(shape, dtype)

    def time_spline_pyramid(self, dtype, shape, levels):
        spline_pyramid(self.image, levels, threads=1)


class Lines:
    """The same number of samples as one row, one column, and rows shorter than a group of them is high."""

    params = ("1 x 1048576", "1048576 x 1", "8 x 131072", "131072 x 8")
    param_names = ("shape",)

    def setup(self, shape):
        self.image = noise(shape, "float32")

    def time_spline_pyramid(self, shape):
        spline_pyramid(self.image, 5, threads=1)


class Memory:
    def peakmem_spline_pyramid(self):
        spline_pyramid(np.ones((4096, 4096), np.float32), 5)
