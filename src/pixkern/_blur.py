"""Sums in cells and between cells, on the CPU or on a GPU; `_blur_plan` has the matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _blur_cuda, _threads
from ._blur_plan import Band, blur, first_cells
from ._native import blur as _cpu

AS_THEY_ARE = (1.0, 0.0)  # `code`: a factor, and the largest value that is looked at, or 0 for all
_CELLS = 16  # CELLS in kernels/cpu/blur.h


@dataclass(frozen=True, eq=False)
class Runner:
    """Where the passes over one picture run."""

    arrays: Any  # numpy or cupy
    cuda: bool
    threads: int | None

    def collect(self, image: Any, mask: Any, code: tuple[float, float], band: Band) -> Any:
        """(H, W, C) down its columns: (C or with a mask C + 1, W, rows of the band)."""
        _, cols, channels = image.shape
        out = self.arrays.empty((channels + (mask is not None), cols, band.rows), np.float32)
        if self.cuda:
            _blur_cuda.collect(image, mask, code, band, out)
        elif mask is None:
            run = _cpu.collect
            self._split(band, lambda i, j: run(image, *code, band.first, band.weights, out, i, j), 1, image.size)
        else:
            masked = _cpu.collect_masked
            self._split(
                band, lambda i, j: masked(image, mask, *code, band.first, band.weights, out, i, j), 1, image.size
            )
        return out

    def filter(self, planes: Any, band: Band, out: Any = None) -> Any:
        """(P, columns of the band, n) down its columns, transposed: (P, n, rows of the band)."""
        if out is None:
            out = self.arrays.empty((len(planes), planes.shape[2], band.rows), np.float32)
        if self.cuda:
            _blur_cuda.filter(planes, band, out)
        else:
            run = _cpu.filter
            work = out.size * band.weights.shape[1] // 8
            self._split(band, lambda i, j: run(planes, band.first, band.weights, out, i, j), len(planes), work)
        return out

    def _split(self, band: Band, work: Any, planes: int, elements: int) -> None:
        _threads.split(work, planes * -(-band.rows // _CELLS), elements=elements, threads=self.threads)


@dataclass(frozen=True, eq=False)
class Cells:
    """Blurred sums in the first cells of a picture, pixel by pixel, and what reads pixels from them; base 1: pixels."""

    values: Any  # (cells down, cells across, C)
    weights: Any  # (cells down, cells across) or None: what the mask's weights sum to


def first_sums(run: Runner, image: Any, mask: Any, code: tuple[float, float], base: int) -> Any:
    """(C or C + 1, cells down, cells across): the picture's sums in first cells."""
    down, across = (first_cells(side, base)[0] for side in image.shape[:2])
    return run.filter(run.collect(image, mask, code, down), across)


def blurred_cells(run: Runner, sums: Any, shape: tuple[int, int, int], base: int, sigma: float) -> Cells:
    """One sigma over the sums in first cells."""
    rows, cols, channels = shape
    down, across = blur(rows, base, sigma), blur(cols, base, sigma)
    for first, second in zip(down.down, across.down, strict=True):
        sums = run.filter(run.filter(sums, first), second)
    sums = run.filter(sums, down.across)
    steps = [across.across, *(band for pair in zip(down.up, across.up, strict=True) for band in pair)]
    for band in steps[:-1]:
        sums = run.filter(sums, band)
    return _by_pixel(run, sums, steps[-1], channels)


def blurred_pixels(run: Runner, image: Any, mask: Any, code: tuple[float, float], sigma: float) -> Cells:
    """A sigma too small for cells."""
    down, across = (blur(side, 1, sigma).across for side in image.shape[:2])
    return _by_pixel(run, run.collect(image, mask, code, down), across, image.shape[2])


def _by_pixel(run: Runner, sums: Any, last: Band, channels: int) -> Cells:
    """The last pass, over (P, columns of the band, rows of cells): samples of a pixel come to lie together."""
    values = run.arrays.empty((sums.shape[2], last.rows, channels), np.float32)
    run.filter(sums[:channels], last, values.transpose(2, 0, 1))
    if len(sums) == channels:
        return Cells(values, None)
    weights = run.arrays.empty((1, sums.shape[2], last.rows), np.float32)
    run.filter(sums[channels:], last, weights)
    return Cells(values, weights[0])
