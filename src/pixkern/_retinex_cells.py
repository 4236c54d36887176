"""The cells of all scales of a Retinex, and what kernels are given of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._blur import Cells, Runner, blurred_cells, blurred_pixels, first_sums
from ._blur_plan import Reading, base_of, factor, reading

BRIGHTEST = 2.0**20  # BRIGHTEST in kernels/maths/retinex.h
_CODES = {"uint8": 1.0, "uint16": 1 / 257, "float32": 255.0}


def codes(dtype: Any) -> tuple[float, float]:
    """What makes codes of 0..255 of pixels, and the largest that is looked at."""
    return float(np.float32(_CODES[dtype.name])), BRIGHTEST


@dataclass(frozen=True, eq=False)
class Scales:
    """Blurs of one picture in cells, each with how pixels read them; None: its cells are pixels."""

    cells: list[Cells]
    readings: list[Reading | None]

    def table(self) -> np.ndarray:
        """As kernels/cpu/retinex.cpp takes them; valid as long as this lives."""
        rows = []
        for cells, way in zip(self.cells, self.readings, strict=True):
            weights = 0 if cells.weights is None else cells.weights.ctypes.data
            row = [cells.values.ctypes.data, weights, cells.values.shape[1]]
            if way is None:
                row += [0] * 5
            else:
                row += [way.down.first.ctypes.data, way.down.weights.ctypes.data, way.down.weights.shape[1]]
                row += [way.at.ctypes.data, way.taps.ctypes.data]
            rows.append(row)
        return np.array(rows, np.int64)


def mask_table(mask: Any) -> np.ndarray:
    """Address and kind of a mask; valid as long as the mask lives."""
    if mask is None:
        return np.zeros(2, np.int64)
    return np.array([mask.ctypes.data, 1 if mask.dtype == np.uint8 else 2], np.int64)


def scales_of(run: Runner, image: Any, mask: Any, sigmas: tuple[float, ...]) -> Scales:
    """Down to the first cells once, for all sigmas that have cells; those below 7 pixels have none."""
    code = codes(image.dtype)
    wide = tuple(sigma for sigma in sigmas if factor(sigma) > 1)
    base = base_of(wide) if wide else 1
    sums = first_sums(run, image, mask, code, base) if wide else None
    cells: list[Cells] = []
    readings: list[Reading | None] = []
    for sigma in sigmas:
        if factor(sigma) > 1:
            cells.append(blurred_cells(run, sums, image.shape, base, sigma))
            readings.append(reading(image.shape, base))
        else:
            cells.append(blurred_pixels(run, image, mask, code, sigma))
            readings.append(None)
    return Scales(cells, readings)
