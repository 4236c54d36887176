"""asv: relit photos over sizes and kinds of light, ways to an albedo, and what a stage costs where it is not given."""

import numpy as np
from relight_rows import given, ours, portrait, soft_shading

from pixkern.cli._relight_options import only
from pixkern.pipelines.relight import Settings, relight, replay
from pixkern.retinex import albedo


class Relight:
    params = ([512, 1024, 2048], ["soft_shading", "hard_shadow", "specular"])
    param_names = ("side", "kind")

    def setup(self, side, kind):
        self.image, self.found, self.how = portrait(side), given(side), only(Settings(), kind)

    def time_relight(self, side, kind):
        ours(self.image, self.found, self.how)

    def peakmem_relight(self, side, kind):
        ours(self.image, self.found, self.how)


class Albedo:
    params = ("retinex", "luminance", "msrcr", "lab", "division")
    param_names = ("method",)

    def setup(self, method):
        self.image, self.mask = portrait(), given()["mask"]

    def time_albedo(self, method):
        albedo(self.image, method=method, mask=self.mask, original=0.2, threads=1)


class Stages:
    """What is found when nothing is given, and what is not drawn again."""

    def setup(self):
        self.image, self.found = portrait(), given()
        self.mask = self.found["mask"]
        self.params = relight(self.image, seed=0, **self.found, threads=1).params

    def time_inflated_normals(self):
        relight(self.image, seed=0, mask=self.mask, settings=soft_shading(0.0), threads=1)

    def time_found_mask(self):
        relight(self.image, seed=0, normals=self.found["normals"], settings=soft_shading(0.0), threads=1)

    def time_replay(self):
        replay(self.params, self.image, **self.found, threads=1)


class Depths:
    """Photos of 8 and of 16 bits."""

    params = ("uint8", "uint16")
    param_names = ("dtype",)

    def setup(self, dtype):
        self.image, self.found = portrait(), given()
        if dtype == "uint16":
            self.image = self.image.astype(np.uint16) * 257

    def time_relight(self, dtype):
        ours(self.image, self.found, soft_shading(0.0))
