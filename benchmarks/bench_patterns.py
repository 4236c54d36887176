"""asv: shadow patterns over kinds, sizes and softness; silhouettes."""

from dataclasses import replace

import numpy as np

from pixkern.shadows import PATTERN_WEIGHTS, draw_pattern, draw_silhouette, pattern_mask, silhouette_mask


class Patterns:
    params = ([*PATTERN_WEIGHTS, "perlin"], [256, 1024, 2048], [0.0, 0.003, 0.008])
    param_names = ("kind", "side", "softness")

    def setup(self, kind, side, softness):
        self.pattern = replace(draw_pattern(kind, seed=0), softness=softness)
        self.out = np.empty((side, side), np.float32)

    def time_pattern_mask(self, kind, side, softness):
        pattern_mask(self.pattern, self.out.shape, out=self.out, threads=1)


class Silhouettes:
    params = (0.0, 0.005, 0.1)
    param_names = ("softness",)

    def setup(self, softness):
        self.outline = draw_silhouette("frond", seed=0)
        self.out = np.empty((1024, 1024), np.float32)

    def time_silhouette_mask(self, softness):
        silhouette_mask(self.outline, self.out.shape, angle=30, softness=softness, out=self.out, threads=1)

    def time_draw_silhouette(self, softness):
        draw_silhouette("frond", seed=0)
