"""asv: blur and Retinex over sigmas, dtypes, sizes, masks and methods."""

import numpy as np
from retinex_rows import disc, picture

from pixkern.retinex import albedo, gaussian_blur, multiscale_retinex


class Blur:
    params = ([0.5, 2, 6, 8, 15, 80, 1000], ["uint8", "float32"], [256, 1023, 1024], [False, True])
    param_names = ("sigma", "dtype", "side", "mask")

    def setup(self, sigma, dtype, side, mask):
        self.image = picture((side, side), dtype)
        self.how = {"mask": disc(side) if mask else None, "out": np.empty_like(self.image), "threads": 1}

    def time_gaussian_blur(self, sigma, dtype, side, mask):
        gaussian_blur(self.image, sigma, **self.how)


class Retinex:
    sizes = ("1024 x 1024", "1023 x 1021", "3840 x 2160")
    params = (sizes, ["(15, 80, 250)", "(3, 15, 80, 250)", "(80,)"], [False, True])
    param_names = ("size", "sigmas", "percentiles")

    def setup(self, size, sigmas, percentiles):
        self.image = picture(tuple(map(int, size.split(" x "))), "float32")
        self.how = {"sigmas": tuple(map(int, sigmas.strip("(),").split(","))), "out": np.empty_like(self.image)}
        self.how |= {"percentiles": (1, 99) if percentiles else None, "threads": 1}

    def time_multiscale_retinex(self, size, sigmas, percentiles):
        multiscale_retinex(self.image, **self.how)


class Albedo:
    params = (["retinex", "luminance", "msrcr", "lab", "division"], ["uint8", "uint16", "float32"], [False, True])
    param_names = ("method", "dtype", "mask")

    def setup(self, method, dtype, mask):
        self.image = picture((1024, 1024), dtype)
        self.how = {
            "method": method,
            "mask": disc(1024) if mask else None,
            "out": np.empty_like(self.image),
            "threads": 1,
        }

    def time_albedo(self, method, dtype, mask):
        albedo(self.image, **self.how)


class Memory:
    def peakmem_multiscale_retinex(self):
        multiscale_retinex(np.ones((2160, 3840, 3), np.float32))
