"""Evidence for grid lines at every place of both axes.

The loops are in ``kernels/cpu/grid_{profiles,differences}.h`` and ``kernels/cuda/gridscore.cu``, the formulas in
``kernels/maths/gridscore.h``.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check, _grid_cuda, _threads
from ._dispatch import Place, place
from ._grid_cuda import VALUES
from ._native import gridscore as _cpu

SCALES = (1, 2, 4, 8)
_LEAST_SIDE = 14  # times the scale
_SAMPLED = 32  # blocks at least, where there are as many, that thresholds are taken from
_COMB_SCALES = (1, 2, 4)  # at which places where blocks of JPEG meet have a threshold of their own
_COMB_SIDE = 64  # of an axis at least
_GROUP = 8  # in kernels/cpu/grid_profiles.h
_MOST_SIDE = 2**28


@dataclass(frozen=True)
class Profiles:
    """What `profiles` finds."""

    x: tuple[Any, ...]
    """For each scale (W + 1,) float32, at least 0: evidence for a vertical line at every x."""
    y: tuple[Any, ...]
    """For each scale (H + 1,) float32: evidence for a horizontal line at every y."""
    scales: tuple[int, ...]
    """The scales, ascending."""

    def suited(self, pitch: float) -> int:
        """The place in `scales` of the one that suits a pitch: the largest that fits into a cell about four times.

        Examples
        --------
        >>> found = profiles(np.zeros((64, 64), np.uint8))
        >>> [found.scales[found.suited(pitch)] for pitch in (3, 8, 20, 50)]
        [1, 2, 4, 4]
        """
        return max(k for k, scale in enumerate(self.scales) if k == 0 or pitch >= 3.99 * scale)

    @classmethod
    def of(cls, made: tuple[Any, Any], used: tuple[int, ...], spot: Place, like: Any) -> Profiles:
        x, y = (tuple(spot.give_back(profile, like) for profile in stack) for stack in made)
        return cls(x, y, used)


def profiles(
    image: Any, *, scales: Sequence[int] = SCALES, backend: str | None = None, threads: int | None = None
) -> Profiles:
    """Evidence for grid lines at every place of both axes, at several scales.

    At scale s the rows of a picture are added in blocks of s (those left over at the bottom are left out), and in each
    block the s columns right of x are compared with the s columns left of it: D, the sum over channels of the
    difference's magnitude. In units of s**2 it is a mean over pixels, 0 to 765. What exceeds its median is evidence
    for a line, up to 120 of it::

        profile[x] = s * sum over blocks of min(max(D / s**2 - median, 0), 120)

    Fine scales place lines exactly, coarse ones see them through noise and soft edges.

    Parameters
    ----------
    image : (H, W) or (H, W, 3), uint8
        Grey, which counts as three equal channels, or colours. NumPy, CuPy or torch. Copied if not in C order.
    scales : sequence of {1, 2, 4, 8}
        Ascending. One above 1 is left out where a side is below 14 times it.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    Profiles
        `x`, `y`, and the `scales` that were used. 0 at either end of an axis, where the border is.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed.
    ValueError
        A shape or scales that are not listed, or an empty picture.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Within s of the border x has ``e = min(s, x, W - x)`` columns on either side, and ``D * s // e`` is taken. The
    median is the lower one of D // s**2 over every k-th block, ``k = max(1, blocks // 32)``. Blocks of JPEG meet at
    multiples of 8. Along an axis of 64 pixels or more, at scales 1, 2 and 4, the threshold there is higher by as much
    as the median, or the 70th percentile, exceeds that of places at 3 and 5 of 8, whichever is more; by 24 at most.
    The y axis is the x axis of the transposed picture.

    Exact: integers, rounded to float32 in the end. The same bits for every thread count and CPU level, and on CUDA.
    Memory: 56 bytes per row and column, and 162 (grey: 86) bytes per column for each thread.

    Examples
    --------
    >>> sprite = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    >>> found = profiles(sprite.repeat(5, 0).repeat(5, 1))
    >>> np.flatnonzero(found.x[0]).tolist(), found.scales
    ([5, 10, 15, 20, 25, 30, 35, 40], (1, 2))
    """
    spot = place(image, backend)
    made, used = stacks(picture(image, spot), spot, scales, threads)
    return Profiles.of(made, used, spot, image)


def picture(image: Any, spot: Place) -> Any:
    """`image` as (H, W, 1) or (H, W, 3) in C order."""
    pixels = _check.array(spot.native(image, "image"), "image", dtypes=(np.uint8,), ndim=(2, 3))
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise ValueError(
            f"image must be (H, W) or (H, W, 3), got shape {pixels.shape}; composite alpha over a colour first"
        )
    if 0 in pixels.shape or max(pixels.shape) > _MOST_SIDE:
        raise ValueError(f"image needs sides of 1 to 2**28 pixels, got shape {pixels.shape}")
    return pixels.reshape(*pixels.shape[:2], -1)


def stacks(
    pixels: Any, spot: Place, scales: Sequence[int] = SCALES, threads: int | None = None
) -> tuple[tuple[Any, Any], tuple[int, ...]]:
    """((scales, W + 1), (scales, H + 1)) of float32, and the scales."""
    used = _scales(scales, pixels.shape)
    if spot.where == "cuda":
        limits = _thresholds(lambda *which: _grid_cuda.counts(pixels, *which), pixels.shape, used)
        return _grid_cuda.evidence(pixels, limits, [SCALES.index(scale) for scale in used]), used
    limits = _thresholds(lambda *which: _counts(pixels, which, threads), pixels.shape, used)
    sums_x, sums_y = _gather(pixels, limits, threads)
    return (_finished(sums_x, used), _finished(sums_y, used)), used


def _scales(scales: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    wanted = tuple(scales)
    if not wanted or any(s not in SCALES for s in wanted) or list(wanted) != sorted(set(wanted)):
        raise ValueError(f"scales must be ascending, of 1, 2, 4 and 8, got {scales!r}")
    used = tuple(int(s) for s in wanted if s == 1 or min(shape[:2]) >= _LEAST_SIDE * s)
    if not used:
        raise ValueError(
            f"image of shape {shape[:2]} is below {_LEAST_SIDE} x {wanted[0]} pixels; add scale 1, which fits any size"
        )
    return used


def _thresholds(
    count: Callable[[int, int, int, int], np.ndarray], shape: tuple[int, ...], used: tuple[int, ...]
) -> np.ndarray:
    """(2, 4, 2) int32: by axis, x first, and scale: at most places, and at multiples of 8; -1 where not used."""
    limits = np.full((2, len(SCALES), 2), -1, np.int32)
    for axis, scale in itertools.product((0, 1), used):
        k, blocks = SCALES.index(scale), shape[axis] // scale
        every = max(1, blocks // _SAMPLED)
        has_comb = scale in _COMB_SCALES and shape[1 - axis] >= _COMB_SIDE
        _cpu.thresholds(count(axis, k, every, -(-blocks // every)), has_comb, limits[axis, k])
    return limits


def _counts(pixels: np.ndarray, which: tuple[int, int, int, int], threads: int | None) -> np.ndarray:
    """(3, 766): how often each difference occurs, by place_class in kernels/maths/gridscore.h."""
    axis, k, every, sampled = which
    length = pixels.shape[1 - axis]
    counts = np.zeros((3, VALUES), np.uint64)
    lock = threading.Lock()

    def work(begin: int, end: int) -> None:
        scratch = np.empty((pixels.shape[2] + 1) * _padded(length), np.uint16)
        part = np.zeros_like(counts)
        _cpu.count_differences(pixels, axis, k, every, scratch, part, begin, end)
        with lock:
            np.add(counts, part, out=counts)

    _threads.split(work, sampled, elements=sampled * length << k, threads=threads)
    return counts


def _gather(pixels: np.ndarray, limits: np.ndarray, threads: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Evidence as integers, (4, W + 1) and (4, H + 1), in units of 1 / scale."""
    rows, cols, channels = pixels.shape
    sums_x, sums_y = (np.zeros((len(SCALES), length + 1), np.int64) for length in (cols, rows))
    lock = threading.Lock()

    def work(begin: int, end: int) -> None:
        scratch = np.empty(_padded(cols) * (19 * channels + 8), np.uint16)
        part = np.zeros_like(sums_x)
        _cpu.gather_evidence(pixels, limits, scratch, part, sums_y, begin * _GROUP, min(end * _GROUP, rows))
        with lock:
            np.add(sums_x, part, out=sums_x)

    _threads.split(work, -(-rows // _GROUP), elements=pixels.size, threads=threads)
    return sums_x, sums_y


def _padded(length: int) -> int:
    return -(-length // 64) * 64


def _finished(sums: np.ndarray, used: tuple[int, ...]) -> np.ndarray:
    made = np.empty((len(used), sums.shape[1]), np.float32)
    for profile, scale in zip(made, used, strict=True):
        profile[:] = sums[SCALES.index(scale)] / scale
    return made
