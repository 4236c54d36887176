"""What grids under a picture are worth, from summed-area tables.

The loops are in ``kernels/cpu/grid_{tables,measures}.h``, the formulas in ``kernels/maths/gridscore.h``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import place
from ._grid_profiles import Profiles, picture, profiles
from ._native import gridscore as _cpu

_MOST_RECORDS = 2**22  # of a table; larger pictures have one for every second, fourth, ... line of pixels
_MOST_CELLS = 2**28  # of a mesh, so that its sums fit

Mesh = tuple[Any, Any]


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
        Grey, which counts as three equal channels, or colours. NumPy, or torch on the host. Copied if not in C order.
    mask : (H, W) bool, optional
        The pixels that count inside cells. Default: all.
    step : {1, 2, 4, 8, ...}, optional
        Cells begin and end at multiples of this many pixels. Default: the least for which the table has at most 2**22
        records, which is 1 for pictures of up to 4 megapixels.
    threads : int, optional
        At most this many threads, here and in the methods; see `pixkern.set_threads`.

    Attributes
    ----------
    profiles : Profiles
        Evidence for lines; see `profiles`.
    table : (ceil(H / step) + 1, ceil(W / step) + 1, 4), uint32
        Sums of the three channels and of their squares over the pixels above and left of each place, modulo 2**32.
    counts : (ceil(H / step) + 1, ceil(W / step) + 1), uint32, or None
        The same of the pixels of `mask`.
    step : int
        See above.
    size : (int, int)
        Width and height of the picture.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or on a GPU; a step that is no integer.
    ValueError
        A shape that does not fit, an empty picture, a step that is no power of two.

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

    def __init__(self, image: Any, *, mask: Any = None, step: int | None = None, threads: int | None = None) -> None:
        pixels = picture(image)
        kept = _mask(mask, pixels.shape)
        rows, cols = pixels.shape[:2]
        self.size = cols, rows
        self.step = _step(step, rows, cols)
        self.profiles: Profiles = profiles(pixels if pixels.shape[2] == 3 else pixels[..., 0], threads=threads)
        self.table, self.counts = _tables(pixels, kept, self.step, threads)
        self._threads = threads
        self._stacks = np.stack(self.profiles.x), np.stack(self.profiles.y)
        self._scales = np.array(self.profiles.scales, np.int32)

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
        count and CPU level. Memory: 44 bytes per column of the widest grid for each thread, and the lines.
        """
        sums = self._sums(_Lines.of(meshes, self.size))
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
            `subharmonic_ratio`, taken from the profile that suits the grid's pitch.

        Raises
        ------
        TypeError, ValueError
            As `measure_many`.

        Notes
        -----
        The same bits for every thread count and CPU level. Memory: as `measure_many`.

        Source of the principle: Rissanen, "Modeling by shortest data description", Automatica 14(5), 1978.
        """
        lines = _Lines.of(meshes, self.size)
        sums = self._sums(lines)
        count = len(sums)
        error, contrast, scores = np.empty(count), np.empty(count), np.empty(count)
        ratios = np.empty(count), np.empty(count)
        if count == 0:
            return scores
        _cpu.finish(sums, error, contrast, scores)
        self._ratios(0, lines.x, lines.first_x, ratios[0])
        self._ratios(1, lines.y, lines.first_y, ratios[1])
        _cpu.scores(error, sums[:, 2].astype(np.int64), *ratios, scores)
        return scores

    def _ratios(self, axis: int, lines: np.ndarray, first: np.ndarray, ratios: np.ndarray) -> None:
        """`subharmonic_ratio` of every grid along an axis."""

        def work(begin: int, end: int) -> None:
            _cpu.alike_lines(self._stacks[axis], self._scales, lines, first, ratios, begin, end)

        _threads.split(work, len(ratios), elements=8 * len(lines), threads=self._threads)

    def _sums(self, lines: _Lines) -> np.ndarray:
        """(n, 7) uint64: GridSums in kernels/maths/gridscore.h."""
        count = len(lines.first_x) - 1
        sums = np.zeros((count, 7), np.uint64)
        if count == 0:
            return sums
        widths, heights = np.diff(lines.first_x) - 1, np.diff(lines.first_y) - 1
        widest = int(widths.max())
        cols, rows = self.size

        def work(begin: int, end: int) -> None:
            scratch = np.empty((11, widest), np.int32)
            _cpu.measure_meshes(
                self.table, self.counts, rows, cols, self.step, *lines.arguments(), scratch, sums, begin, end
            )

        cells = int((widths * heights).sum())
        _threads.split(work, count, elements=16 * cells, threads=self._threads)
        return sums


def subharmonic_ratio(profile: Any, lines: Any, pitch: float) -> float:
    """How much weaker the weak lines of a grid are, if every q-th is strong.

    The energy of a line is the evidence within a fifth of the pitch, and at least a pixel, of it. For q = 2 to 6, the
    energies are averaged by the line's number modulo q, and the mean of all but the strongest of these averages is
    compared with the strongest. A grid that is q times too fine has evidence for every q-th line only.

    Parameters
    ----------
    profile : (n,) float32
        Evidence for a line at 0 to n - 1.
    lines : (k,) of float
        Increasing, from 0 to n - 1 at most; the first and the last are the borders and do not count.
    pitch : float
        The size of a cell, at least 1.

    Returns
    -------
    float
        The least over all q that the grid has 2 q lines for: 1 where all lines are alike, 0 where only every q-th has
        evidence; 1 where there are too few.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or on a GPU; numbers that are none.
    ValueError
        A shape that does not fit, lines that do not increase or leave the profile, a pitch below 1.

    Examples
    --------
    >>> profile = np.zeros(65, np.float32)
    >>> profile[8:64:8] = 1
    >>> subharmonic_ratio(profile, np.arange(0, 65, 8), 8), subharmonic_ratio(profile, np.arange(0, 65, 4), 4)
    (1.0, 0.0)
    """
    spot = place(profile, None, "profile")
    if spot.where != "cpu":
        raise TypeError("profile is on a GPU; copy it with .get() or .cpu()")
    samples = _check.array(spot.native(profile, "profile"), "profile", dtypes=(np.float32,), ndim=(1,))
    if len(samples) < 2:
        raise ValueError(f"profile needs 2 entries or more, got {len(samples)}")
    if isinstance(pitch, bool) or not isinstance(pitch, int | float | np.integer | np.floating):
        raise TypeError(f"pitch must be a number, got {pitch!r}")
    if not 1 <= pitch <= 2.0**31:
        raise ValueError(f"pitch must be 1 to 2**31 pixels, got {pitch}")
    along, _ = _joined([lines], "lines", len(samples) - 1)
    return float(_cpu.line_measures(samples, along, pitch))


@dataclass(frozen=True)
class _Lines:
    """The lines of many grids, one after another, and the place of the first of each."""

    x: np.ndarray
    first_x: np.ndarray
    y: np.ndarray
    first_y: np.ndarray

    @classmethod
    def of(cls, meshes: Iterable[Mesh], size: tuple[int, int]) -> _Lines:
        pairs = list(meshes)
        for pair in pairs:
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise ValueError(f"meshes must be pairs (lines_x, lines_y), got {pair!r}")
        x, first_x = _joined([pair[0] for pair in pairs], "lines_x", size[0])
        y, first_y = _joined([pair[1] for pair in pairs], "lines_y", size[1])
        if len(pairs) and int(((np.diff(first_x) - 1) * (np.diff(first_y) - 1)).max()) > _MOST_CELLS:
            raise ValueError("a mesh must have at most 2**28 cells")
        return cls(x, first_x, y, first_y)

    def arguments(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.x, self.first_x, self.y, self.first_y


def _joined(parts: list[Any], name: str, length: int) -> tuple[np.ndarray, np.ndarray]:
    """All lines as one array, and where each part begins and the last one ends."""
    arrays = [np.asarray(part) for part in parts]
    if any(array.ndim != 1 or len(array) < 2 for array in arrays):
        wrong = next(array.shape for array in arrays if array.ndim != 1 or len(array) < 2)
        raise ValueError(f"{name} must be two numbers or more along one axis, got shape {wrong}")
    if any(array.dtype.kind not in "iuf" for array in arrays):
        raise TypeError(f"{name} must be numbers, got {next(a.dtype for a in arrays if a.dtype.kind not in 'iuf')}")
    first = np.array(list(itertools.accumulate(map(len, arrays), initial=0)), np.int64)
    if not arrays:
        return np.empty(0), first
    joined = np.concatenate(arrays).astype(np.float64)
    rising = np.diff(joined) > 0
    rising[first[1:-1] - 1] = True
    if not (rising.all() and (joined[first[:-1]] >= 0).all() and (joined[first[1:] - 1] <= length).all()):
        raise ValueError(f"{name} must be finite and increase from 0 or more to {length} or less")
    return joined, first


def _mask(mask: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    if mask is None:
        return None
    spot = place(mask, None, "mask")
    if spot.where != "cpu":
        raise TypeError("mask is on a GPU; copy it with .get() or .cpu()")
    kept = _check.array(spot.native(mask, "mask"), "mask", dtypes=(np.bool_,), ndim=(2,))
    if kept.shape != shape[:2]:
        raise ValueError(f"mask must have the image's shape {shape[:2]}, got {kept.shape}")
    return kept.view(np.uint8)


def _step(step: int | None, rows: int, cols: int) -> int:
    if step is None:
        step = 1
        while (-(-rows // step) + 1) * (-(-cols // step) + 1) > _MOST_RECORDS:
            step *= 2
        return step
    if isinstance(step, bool) or not isinstance(step, int | np.integer):
        raise TypeError(f"step must be an integer, got {step!r}")
    if not 1 <= step <= 128 or step & (step - 1):
        raise ValueError(f"step must be a power of two, 1 to 128, got {step}")
    return int(step)


def _tables(
    pixels: np.ndarray, mask: np.ndarray | None, step: int, threads: int | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Bands of rows; what all above a band add up to is its first record row, which nobody else writes."""
    rows, cols = pixels.shape[:2]
    down, across = -(-rows // step), -(-cols // step)
    table = np.empty((down + 1, across + 1, 4), np.uint32)
    counts = None if mask is None else np.empty((down + 1, across + 1), np.uint32)
    bands = min(_threads.limit(threads), max(1, pixels.size >> 18), down)
    edges = [down * band // bands for band in range(bands + 1)]
    starts = np.zeros((bands, across, 4), np.uint32)
    start_counts = np.zeros((bands, across), np.uint32)

    def scratch() -> np.ndarray:
        return np.empty(5 * across, np.uint32)

    def total(begin: int, end: int) -> None:
        for band in range(begin, end):
            to, to_counts = starts[band + 1], start_counts[band + 1]
            _cpu.total_columns(pixels, mask, step, scratch(), to, to_counts, edges[band], edges[band + 1])

    def write(begin: int, end: int) -> None:
        for band in range(begin, end):
            end_row = edges[band + 1] - (band + 1 < bands)
            _cpu.sum_rows(pixels, mask, step, scratch(), table, counts, edges[band], end_row)

    _threads.split(total, bands - 1, elements=pixels.size, threads=threads)
    starts, start_counts = starts.cumsum(0, dtype=np.uint32), start_counts.cumsum(0, dtype=np.uint32)
    for band, row in enumerate(edges[:-1]):
        table[row, 0] = 0
        np.cumsum(starts[band], 0, dtype=np.uint32, out=table[row, 1:])
        if counts is not None:
            counts[row, 0] = 0
            np.cumsum(start_counts[band], dtype=np.uint32, out=counts[row, 1:])
    _threads.split(write, bands, elements=pixels.size, threads=threads)
    return table, counts
