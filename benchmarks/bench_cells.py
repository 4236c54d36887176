"""asv: colours of cells and differences from them, over methods, channels and sizes of cells."""

import numpy as np

from pixkern.gridscore import cell_colours, cell_difference

SIDE = 1024


class Cells:
    params = (["inlier", "median", "mode", "centre", "difference"], [1, 3, 4], [4, 32, 60, 256])
    param_names = ("method", "channels", "cells")

    def setup(self, method, channels, cells):
        draw = np.random.default_rng(0)
        sprite = draw.integers(0, 236, (cells, cells, channels), dtype=np.uint8)
        lines = np.linspace(0, SIDE, cells + 1)
        whose = np.searchsorted(lines, np.arange(SIDE) + 0.5) - 1
        picture = sprite[np.ix_(whose, whose)] + draw.integers(0, 20, (SIDE, SIDE, channels), dtype=np.uint8)
        self.sprite, self.picture = (x[..., 0].copy() if channels == 1 else x for x in (sprite, picture))
        self.along = (lines, lines)

    def time_cells(self, method, channels, cells):
        if method == "difference":
            cell_difference(self.picture, self.sprite, *self.along, threads=1)
        else:
            cell_colours(self.picture, *self.along, method=method, threads=1)
