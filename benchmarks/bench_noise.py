"""asv: fractal noise over kinds, sizes, octaves and cells."""

import numpy as np

from pixkern.shading import fbm


class Noise:
    params = (["perlin", "value"], [256, 1024, 2048], [1, 4, 6])
    param_names = ("kind", "side", "octaves")

    def setup(self, kind, side, octaves):
        self.out = np.empty((side, side), np.float32)

    def time_fbm(self, kind, side, octaves):
        fbm(self.out.shape, seed=0, kind=kind, octaves=octaves, out=self.out, threads=1)


class Cells:
    params = (1.0, 2.0, 3.7, 8.0, 100.3, 4096.0)
    param_names = ("cell",)

    def setup(self, cell):
        self.out = np.empty((1024, 1024), np.float32)

    def time_one_octave(self, cell):
        fbm(self.out.shape, seed=0, octaves=1, cell=cell, out=self.out, threads=1)
