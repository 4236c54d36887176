"""Pixels to the planes of a colour transform and back; the loops are in ``kernels/cpu/colour.h``.

Not public: what these functions take was checked by `pixkern.pipelines.codec`.
"""

from __future__ import annotations

import numpy as np

from . import _threads
from ._native import colour as _cpu


def split(pixels: np.ndarray, planes: np.ndarray, *, threads: int | None = None) -> None:
    """Fill `planes` (C, H, W) from `pixels` (H, W, C): three or four channels become a luma and two chromas.

    float32 planes take YCoCg, int32 planes the reversible transform. Middle grey is zero in luma, grey and alpha.
    """
    middle = 1 << (8 * pixels.itemsize - 1)
    for first, colours in _groups(pixels.shape[2]):
        to = planes[first : first + colours]

        def work(begin: int, end: int, first: int = first, colours: int = colours, to: np.ndarray = to) -> None:
            _cpu.split(pixels, first, colours, middle, to, begin, end)

        _threads.split(work, len(pixels), elements=to.size, threads=threads)


def join(planes: np.ndarray, pixels: np.ndarray, *, threads: int | None = None) -> None:
    """Fill `pixels` from `planes`: `split` undone, rounded to nearest and clipped to the range of the dtype."""
    middle = 1 << (8 * pixels.itemsize - 1)
    for first, colours in _groups(pixels.shape[2]):
        source = planes[first : first + colours]

        def work(begin: int, end: int, first: int = first, colours: int = colours, source: np.ndarray = source) -> None:
            _cpu.join(source, first, colours, middle, 2 * middle - 1, pixels, begin, end)

        _threads.split(work, len(pixels), elements=source.size, threads=threads)


def _groups(channels: int) -> list[tuple[int, int]]:
    """(first channel, how many are transformed together)."""
    return [(0, 3), (3, 1)][: channels - 2] if channels >= 3 else [(k, 1) for k in range(channels)]
