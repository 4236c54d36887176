"""asv: cast shadows, spatially varying blur and subsurface spread over directions, sizes and widths."""

import numpy as np

from pixkern.shadows import cast_shadow, subsurface, varying_blur


def waves(side):
    rows, cols = np.mgrid[:side, :side]
    return (20 * np.sin(rows / 40) + 30 * np.cos(cols / 50)).astype(np.float32)


class Cast:
    params = ("0 1 0.5", "0 -1 0.5", "1 0.9 0.5", "-1 0.2 0.1"), (256, 1024, 2048)
    param_names = ("direction", "side")

    def setup(self, direction, side):
        self.direction = tuple(map(float, direction.split()))
        self.height = waves(side)
        self.out = np.empty_like(self.height)

    def time_cast_shadow(self, direction, side):
        cast_shadow(self.height, self.direction, threads=1, out=self.out)


class Spread:
    params = (1.0, 3.0, 6.0, 12.0)
    param_names = ("sigma",)

    def setup(self, sigma):
        self.image = waves(1024)
        self.map = np.full(self.image.shape, sigma, np.float32)

    def time_varying_blur(self, sigma):
        varying_blur(self.image, self.map, max_sigma=12, threads=1)

    def time_subsurface(self, sigma):
        subsurface(self.image, sigma=(sigma, sigma / 2, sigma / 4), threads=1)


class Memory:
    def peakmem_cast_shadow(self):
        cast_shadow(np.ones((4096, 4096), np.float32), (1, 1, 1))
