"""asv: comb scans over lengths and numbers of pitches, grid lines over pitches and steps."""

import numpy as np

from pixkern.gridscore import comb_scan, grid_lines, many_grid_lines


class Comb:
    params = ([300, 1000, 4000], [64, 900, 10_000])
    param_names = ("length", "pitches")

    def setup(self, length, pitches):
        self.profile = np.random.default_rng(0).random(length + 1, np.float32)
        self.pitches = np.linspace(3.5, 40, pitches)

    def time_comb_scan(self, length, pitches):
        comb_scan(self.profile, self.pitches, threads=1)


class Lines:
    params = ([300, 1000, 4000], [3, 20, 64], [1, 0.5, 0.25])
    param_names = ("length", "pitch", "step")

    def setup(self, length, pitch, step):
        self.profile = np.random.default_rng(0).random(length + 1, np.float32)

    def time_grid_lines(self, length, pitch, step):
        grid_lines(self.profile, pitch, step=step)

    def time_forty_pitches(self, length, pitch, step):
        many_grid_lines(self.profile, np.linspace(pitch, 2 * pitch, 40), step=step, threads=1)
