"""Summed-area tables of a picture.

The loop is in ``kernels/cpu/grid_tables.h``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import Place
from ._native import gridscore as _cpu

_MOST_RECORDS = 2**22  # of a table; larger pictures have one for every second, fourth, ... line of pixels
_MOST_STEP = 128  # so that the squares of a part, the least that cells are added up from, fit 32 bits


def checked_mask(mask: Any, spot: Place, shape: tuple[int, ...]) -> Any:
    """The mask as bytes, or None."""
    if mask is None:
        return None
    kept = _check.array(spot.native(mask, "mask"), "mask", dtypes=(np.bool_,), ndim=(2,))
    if kept.shape != shape[:2]:
        raise ValueError(f"mask must have the image's shape {shape[:2]}, got {kept.shape}")
    return kept.view(np.uint8)


def checked_step(step: int | None, rows: int, cols: int) -> int:
    if step is None:
        step = 1
        while step < _MOST_STEP and (-(-rows // step) + 1) * (-(-cols // step) + 1) > _MOST_RECORDS:
            step *= 2
        return step
    if isinstance(step, bool) or not isinstance(step, int | np.integer):
        raise TypeError(f"step must be an integer, got {step!r}")
    if not 1 <= step <= _MOST_STEP or step & (step - 1):
        raise ValueError(f"step must be a power of two, 1 to {_MOST_STEP}, got {step}")
    return int(step)


def on_cpu(
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
