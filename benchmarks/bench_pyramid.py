"""asv: Gaussian and Laplacian pyramids over dtypes, sizes, channels and levels."""

import numpy as np

from pixkern.pyramid import collapse, gaussian_pyramid, laplacian_pyramid

DTYPES = ("uint8", "uint16", "float32")


def noise(shape, dtype):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8).astype(dtype)


class Levels:
    params = (DTYPES, [1, 2, 3, 4], [64, 512, 2048, 2047], [1, 6])
    param_names = ("dtype", "channels", "side", "levels")

    def setup(self, dtype, channels, side, levels):
        self.x = noise((side, side, channels), dtype)
        self.pyramid = laplacian_pyramid(self.x, levels)
        self.out = np.empty_like(self.x)

    def time_gaussian_pyramid(self, dtype, channels, side, levels):
        gaussian_pyramid(self.x, levels, threads=1)

    def time_laplacian_pyramid(self, dtype, channels, side, levels):
        laplacian_pyramid(self.x, levels, threads=1, out=self.pyramid)

    def time_collapse(self, dtype, channels, side, levels):
        collapse(self.pyramid, threads=1, out=self.out)


class Shapes:
    """The same number of samples as batches, as one row and as one column."""

    params = ("1 x 1024 x 1024 x 1", "256 x 64 x 64 x 1", "1 x 1 x 1048576 x 1", "1 x 1048576 x 1 x 1")
    param_names = ("shape",)

    def setup(self, shape):
        self.x = noise(tuple(map(int, shape.split(" x "))), "uint8")
        self.pyramid = laplacian_pyramid(self.x, 4)

    def time_laplacian_pyramid(self, shape):
        laplacian_pyramid(self.x, 4, threads=1, out=self.pyramid)

    def time_collapse(self, shape):
        collapse(self.pyramid, threads=1)


class Memory:
    def peakmem_laplacian_pyramid(self):
        laplacian_pyramid(np.ones((4096, 4096, 3), np.uint8), 6)
