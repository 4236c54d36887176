"""asv: profiles, tables and measures of grids over sizes, scales, cells and masks."""

import numpy as np

from pixkern.gridscore import GridScorer, profiles


def noise(shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


class Pictures:
    params = ("64 x 64 x 3", "400 x 400 x 3", "1000 x 1000 x 3", "1000 x 1000", "100 x 10000 x 3", "10000 x 100 x 3")
    param_names = ("shape",)

    def setup(self, shape):
        self.image = noise(tuple(map(int, shape.split(" x "))))
        self.mask = noise(self.image.shape[:2]) < 200

    def time_profiles(self, shape):
        profiles(self.image, threads=1)

    def time_profiles_of_scale_1(self, shape):
        profiles(self.image, scales=(1,), threads=1)

    def time_scorer(self, shape):
        GridScorer(self.image, threads=1)

    def time_scorer_with_a_mask(self, shape):
        GridScorer(self.image, mask=self.mask, threads=1)

    def time_scorer_in_steps_of_4(self, shape):
        GridScorer(self.image, step=4, threads=1)


class Grids:
    params = ([8, 32, 200], [1, 100], ["all", "mask"])
    param_names = ("cells", "grids", "pixels")

    def setup(self, cells, grids, pixels):
        image = noise((1000, 1000, 3))
        self.scorer = GridScorer(image, mask=None if pixels == "all" else noise((1000, 1000)) < 200, threads=1)
        lines = np.linspace(0, 1000, cells + 1)
        self.meshes = [(lines, lines)] * grids

    def time_measure(self, cells, grids, pixels):
        self.scorer.measure_many(self.meshes)

    def time_score(self, cells, grids, pixels):
        self.scorer.score_many(self.meshes)


class Memory:
    def peakmem_scorer(self):
        GridScorer(noise((2000, 2000, 3)), threads=1)
