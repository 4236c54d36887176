"""What grids under a picture are worth, from summed-area tables.

The loops are in ``kernels/cpu/grid_measures.h`` and ``kernels/cuda/gridscore.cu``, the formulas in
``kernels/maths/gridscore.h``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _grid_cuda, _grid_tables, _threads
from ._dispatch import place
from ._grid_meshes import Lines, Mesh
from ._grid_profiles import Profiles, picture, stacks
from ._native import gridscore as _cpu


@dataclass(frozen=True)
class GridMeasures:
    """What the cells of each of n grids are like."""

    error: np.ndarray
    """(n,) float64: mean squared deviation from the cell's mean, per channel, over the insides of cells."""
    cells: np.ndarray
    """(n,) int64: cells that have pixels."""
    pixels: np.ndarray
    """(n,) int64: pixels inside them."""
    contrast_x: np.ndarray
    """(n,) float64: mean squared difference of horizontally neighbouring cells' means, per channel."""
    contrast_y: np.ndarray
    """(n,) float64: the same of vertically neighbouring cells."""


class GridScorer:
    """Scores grids under one picture; what they share is made once.

    Parameters
    ----------
    image : (H, W) or (H, W, 3), uint8
        Grey, which counts as three equal channels, or colours. NumPy, CuPy or torch. Copied if not in C order.
    mask : (H, W) bool, optional
        The pixels that count inside cells. Default: all.
    backend : {"cpu", "cuda"}, optional
        Where to run, here and in the methods. Default: where `image` lives.
    step : {1, 2, 4, 8, ...}, optional
        Cells begin and end at multiples of this many pixels. Default: the least for which the table has at most 2**22
        records, which is 1 for pictures of up to 4 megapixels.
    threads : int, optional
        At most this many threads (CPU), here and in the methods; see `pixkern.set_threads`.

    Attributes
    ----------
    profiles : Profiles
        Evidence for lines; see `profiles`. In the kind of array that `image` is.
    table : (ceil(H / step) + 1, ceil(W / step) + 1, 4), uint32
        Sums of the three channels and of their squares over the pixels above and left of each place, modulo 2**32.
        NumPy, or CuPy on CUDA.
    counts : (ceil(H / step) + 1, ceil(W / step) + 1), uint32, or None
        The same of the pixels of `mask`.
    step : int
        See above.
    size : (int, int)
        Width and height of the picture.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed; a step that is no integer.
    ValueError
        A shape that does not fit, an empty picture, a step that is no power of two.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Memory: 16 bytes per pixel for the table, 64 MB at most, and with a mask a quarter more; see also `profiles`.

    Source: Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984.

    Examples
    --------
    >>> sprite = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    >>> scorer = GridScorer(sprite.repeat(10, 0).repeat(10, 1))
    >>> right, fine, coarse = (np.linspace(0, 90, cells + 1) for cells in (9, 18, 3))
    >>> scorer.score_many([(right, right), (fine, fine), (coarse, coarse)]).round(1).tolist()
    [-4.9, -7.0, -10.1]
    """

    def __init__(
        self,
        image: Any,
        *,
        mask: Any = None,
        step: int | None = None,
        backend: str | None = None,
        threads: int | None = None,
    ) -> None:
        spot = place(image, backend)
        pixels = picture(image, spot)
        kept = _grid_tables.checked_mask(mask, spot, pixels.shape)
        rows, cols = pixels.shape[:2]
        self.size = cols, rows
        self.step = _grid_tables.checked_step(step, rows, cols)
        self._where, self._threads = spot.where, threads
        make = _grid_cuda.tables if spot.where == "cuda" else _grid_tables.on_cpu
        self.table: Any
        self.counts: Any
        self.table, self.counts = make(pixels, kept, self.step, threads)
        self._stacks, used = stacks(pixels, spot, threads=threads)
        self._scales = np.array(used, np.int32)
        self.profiles = Profiles.of(self._stacks, used, spot, image)

    def measure(self, lines_x: Any, lines_y: Any) -> GridMeasures:
        """`measure_many` of one grid: arrays of one number."""
        return self.measure_many([(lines_x, lines_y)])

    def measure_many(self, meshes: Iterable[Mesh]) -> GridMeasures:
        """What the cells of grids are like.

        Parameters
        ----------
        meshes : iterable of (lines_x, lines_y)
            The boundaries of the columns and of the rows of cells, in pixels: at least two numbers each, increasing,
            within the picture.

        Returns
        -------
        GridMeasures
            A cell from l to l + w has its inside from ``floor(l + w / 5 + 1/2)`` to ``floor(l + 4 w / 5 + 1/2)``, at
            least one pixel, so that soft edges and lines that are a little off do not count.

        Raises
        ------
        TypeError
            Lines that are no numbers.
        ValueError
            Lines that are fewer than two, not increasing, not finite or not within the picture.

        Notes
        -----
        Sums of squared deviations are exact up to 2**-13 per cell, means up to 2**-9. The same bits for every thread
        count and CPU level, and on CUDA. Memory: 44 bytes per column of the widest grid for each thread, and the lines.
        """
        sums = self._sums(Lines.of(meshes, self.size))
        error, contrast_x, contrast_y = (np.empty(len(sums)) for _ in range(3))
        if len(sums):
            _cpu.finish(sums, error, contrast_x, contrast_y)
        return GridMeasures(error, sums[:, 2].astype(np.int64), sums[:, 1].astype(np.int64), contrast_x, contrast_y)

    def score(self, lines_x: Any, lines_y: Any) -> float:
        """`score_many` of one grid."""
        return float(self.score_many([(lines_x, lines_y)])[0])

    def score_many(self, meshes: Iterable[Mesh]) -> np.ndarray:
        """How well grids explain the picture; the larger the better.

        Parameters
        ----------
        meshes : iterable of (lines_x, lines_y)
            See `measure_many`.

        Returns
        -------
        (n,) float64
            ``-log(error + 6) - 0.7 * log(cells) - 1.2 * max(0, 0.4 - r) / 0.4``, with r the smaller of the two axes'
            `residue` of `line_measures`, taken from the profile that suits the grid's pitch: the mean size of its
            cells without those at the borders, or of all where there are fewer than three.

        Raises
        ------
        TypeError, ValueError
            As `measure_many`.

        Notes
        -----
        The same bits for every thread count and CPU level, and on CUDA. Memory: as `measure_many`.

        Source of the principle: Rissanen, "Modeling by shortest data description", Automatica 14(5), 1978.
        """
        lines = Lines.of(meshes, self.size)
        sums = self._sums(lines)
        count = len(sums)
        error, contrast, scores = np.empty(count), np.empty(count), np.empty(count)
        ratios = np.empty(count), np.empty(count)
        if count == 0:
            return scores
        _cpu.finish(sums, error, contrast, scores)
        self._residues(0, lines.x, lines.first_x, ratios[0])
        self._residues(1, lines.y, lines.first_y, ratios[1])
        _cpu.scores(error, sums[:, 2].astype(np.int64), *ratios, scores)
        return scores

    def _residues(self, axis: int, lines: np.ndarray, first: np.ndarray, ratios: np.ndarray) -> None:
        """The residue of every grid's lines along an axis."""
        if self._where == "cuda":
            ratios[:] = _grid_cuda.residues(self._stacks[axis], self._scales, lines, first)
            return

        def work(begin: int, end: int) -> None:
            _cpu.line_residues(self._stacks[axis], self._scales, lines, first, ratios, begin, end)

        _threads.split(work, len(ratios), elements=8 * len(lines), threads=self._threads)

    def _sums(self, lines: Lines) -> np.ndarray:
        """(n, 7) uint64: GridSums in kernels/maths/gridscore.h."""
        cols, rows = self.size
        count = len(lines.first_x) - 1
        if self._where == "cuda" and count:
            return _grid_cuda.sums(self.table, self.counts, rows, cols, self.step, lines)
        sums = np.zeros((count, 7), np.uint64)
        if count == 0:
            return sums
        widest = int(lines.widths.max())

        def work(begin: int, end: int) -> None:
            scratch = np.empty((11, widest), np.int32)
            _cpu.measure_meshes(
                self.table, self.counts, rows, cols, self.step, *lines.arrays, scratch, sums, begin, end
            )

        _threads.split(work, count, elements=4 * int(lines.cells.sum()), threads=self._threads)
        return sums
