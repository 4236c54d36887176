"""asv: inflation over sizes and shapes of masks, relief from shades over dtypes."""

import numpy as np

from pixkern.shadows import inflate, relief_detail


def masks(kind, side):
    rows, cols = np.mgrid[:side, :side] - (side - 1) / 2
    if kind == "disc":
        return rows**2 + cols**2 < (0.45 * side) ** 2
    if kind == "noise":
        return np.random.default_rng(0).random((side, side)) < 0.95
    return cols % 7 < 5


class Inflate:
    params = (("disc", "noise", "comb"), (256, 1024, 2048))
    param_names = ("kind", "side")

    def setup(self, kind, side):
        self.mask = masks(kind, side)

    def time_inflate(self, kind, side):
        inflate(self.mask, free=(), threads=1)


class Relief:
    params = ("uint8", "uint16", "float32")
    param_names = ("dtype",)

    def setup(self, dtype):
        self.image = np.random.default_rng(0).integers(0, 200, (1024, 1024, 3)).astype(dtype)

    def time_relief_detail(self, dtype):
        relief_detail(self.image, threads=1)


class Memory:
    def peakmem_inflate(self):
        inflate(masks("disc", 2048))
