"""asv: restorations over sizes, colour estimators and drifts, and overrides that re-score a restoration."""

import numpy as np
from pixelart_rows import picture, scene

from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart import restore


class Restore:
    params = ([250, 500, 1000, 2000], ["37 x 37", "128 x 128"])
    param_names = ("width", "cells")

    def setup(self, width, cells):
        sprite = scene() if cells == "128 x 128" else demo_sprites()["crawl_013"]
        if width < 4 * sprite.shape[1]:
            raise NotImplementedError("cells under 4 pixels")
        self.image = picture(sprite, width)

    def time_restore(self, width, cells):
        restore(self.image, threads=1)

    def peakmem_restore(self, width, cells):
        restore(self.image, threads=1)


class Options:
    params = (["inlier", "median", "mode", "centre"], ["none", "mild", "free"])
    param_names = ("colour", "drift")

    def setup(self, colour, drift):
        self.image = picture(demo_sprites()["crawl_013"], 500)
        self.how = {"colour": colour, "drift": drift, "threads": 1}

    def time_restore(self, colour, drift):
        restore(self.image, **self.how)


class Again:
    """What follows from the tables of a restoration that is there."""

    def setup(self):
        self.found = restore(picture(scene(), 1000), threads=1)

    def time_half(self):
        self.found.half()

    def time_nudge(self):
        self.found.nudge(0.5, 0.0)

    def time_another_colour(self):
        self.found.again(colour="median")


class Unlike:
    """Pictures that hold no sprite: how long an answer takes."""

    params = ("flat", "noise", "native")
    param_names = ("picture",)

    def setup(self, picture):
        self.image = {
            "flat": np.full((1000, 1000, 3), 90, np.uint8),
            "noise": np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8),
            "native": demo_sprites()["crawl_013"],
        }[picture]

    def time_restore(self, picture):
        restore(self.image, threads=1)
