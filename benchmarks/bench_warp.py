"""asv: the warp family over interpolations, dtypes, channels and lenses."""

import numpy as np

from pixkern.lenses import BrownConrady, Chromatic, Division, KannalaBrandt
from pixkern.warp import coordinate_map, grid_sample, jacobian_stats, warp

SIZE = (2000, 1500)
LENS = BrownConrady(1800, (999.5, 749.5), radial=(-0.12, 0.03), tangential=(0.0005, -0.0005))


def noise(dtype, channels, size=SIZE):
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels))
    return (values / 255).astype(dtype) if dtype == "float32" else values.astype(dtype)


class Warp:
    params = (["nearest", "bilinear", "bicubic", "lanczos4"], ["uint8", "uint16", "float32"], [1, 3, 4])
    param_names = ("interpolation", "dtype", "channels")

    def setup(self, interpolation, dtype, channels):
        self.image = noise(dtype, channels)
        self.out = np.empty_like(self.image)

    def time_warp(self, interpolation, dtype, channels):
        warp(self.image, LENS, interpolation=interpolation, out=self.out, threads=1)


class Lenses:
    params = ("brown_conrady", "kannala_brandt", "division", "inverted", "residual", "chromatic", "fisheye")
    param_names = ("lens",)

    def setup(self, lens):
        center = LENS.center
        self.lens = {
            "kannala_brandt": KannalaBrandt(1800, center, (0.01, -0.003)),
            "division": Division(1800, center, (-0.1,)),
            "inverted": LENS.inverted(),
            "fisheye": KannalaBrandt(250, center, (0.01, -0.003)),  # bends too fast for the cubic path
        }.get(lens, LENS)
        self.options = {
            "residual": {"residual": np.ones((24, 32, 2), np.float32)},
            "chromatic": {"chromatic": Chromatic(1250, center, red=(1.0003, 0, 0.0002), blue=(0.9998, 0, 0))},
        }.get(lens, {})
        self.image = noise("uint8", 3)
        self.out = np.empty_like(self.image)

    def time_warp(self, lens):
        warp(self.image, self.lens, out=self.out, threads=1, **self.options)


class Points:
    def setup(self):
        self.points = np.random.default_rng(0).uniform([0, 0], SIZE, (100_000, 2))

    def time_map(self):
        LENS.map(self.points)

    def time_inverse(self):
        LENS.inverse(self.points)

    def time_coordinate_map(self):
        coordinate_map(LENS, SIZE, threads=1)

    def time_jacobian_stats(self):
        jacobian_stats(LENS, SIZE, threads=1)


class GridSample:
    params = (["bilinear", "bicubic"], ["float32", "float64"])
    param_names = ("interpolation", "grid")

    def setup(self, interpolation, grid):
        self.image = noise("uint8", 3)
        self.grid = (2 * coordinate_map(LENS, SIZE) / (np.array(SIZE) - 1) - 1).astype(grid)
        self.out = np.empty_like(self.image)

    def time_grid_sample(self, interpolation, grid):
        grid_sample(self.image, self.grid, interpolation=interpolation, out=self.out, threads=1)


class Memory:
    def peakmem_warp(self):
        warp(np.ones((3000, 4000, 3), np.uint8), LENS, threads=1)
