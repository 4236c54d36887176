"""asv: pooling over sides and noise, palettes over sizes, snapping over dithers."""

import numpy as np
from palettes_rows import sprite

from pixkern.pipelines.pixelart.palette import DITHERS, extract_palette, pool_colours, snap


class Pooling:
    params = ([32, 64, 160], [0.0, 2.0, 5.0])
    param_names = ("side", "noise")

    def setup(self, side, noise):
        self.sprite = sprite(side, noise=noise)

    def time_pool_colours(self, side, noise):
        pool_colours(self.sprite)


class Extraction:
    params = ([64, 256], ["auto", 16, 256])
    param_names = ("side", "size")

    def setup(self, side, size):
        self.sprite = sprite(side)

    def time_extract_palette(self, side, size):
        extract_palette(self.sprite, size=size if size == "auto" else int(size))


class Snapping:
    params = ([64, 512], [16, 256], list(DITHERS))
    param_names = ("side", "entries", "dither")

    def setup(self, side, entries, dither):
        self.sprite = sprite(side)
        self.palette = np.random.default_rng(0).integers(0, 256, (entries, 3)).astype(np.uint8)

    def time_snap(self, side, entries, dither):
        snap(self.sprite, self.palette, dither=dither)
