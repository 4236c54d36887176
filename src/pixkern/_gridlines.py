"""The lines of the grid that fits a profile best.

The loop is in ``kernels/cpu/gridlines.h``, the formulas in ``kernels/maths/gridlines.h``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from . import _check, _threads
from . import _gridline_arguments as _arguments
from ._dispatch import place
from ._native import gridlines as _cpu

_PARTS = {1.0: 1, 0.5: 2, 0.25: 4}  # positions per pixel
_MOST_TOLERANCE = 0.9
_MOST_STIFFNESS = 1e30


class GridLines(NamedTuple):
    """What `grid_lines` finds."""

    lines: np.ndarray
    """(cells + 1,) float64, increasing, from 0 to the length."""
    score: float
    """The sum that these lines maximise."""


def grid_lines(
    profile: Any,
    pitch: float,
    *,
    stiffness: float = 60.0,
    step: float = 0.5,
    tolerance: float = 0.3,
    smallest_part: float = 0.25,
    smoothing: float = 0.0,
) -> GridLines:
    """The lines of the grid of about one pitch that fits a profile best.

    Parameters
    ----------
    profile : (n,) float32
        Evidence for a line at positions 0 to n - 1, at least 0: the picture has n - 1 pixels along this axis. NumPy, or
        torch on the host. Copied if not in C order.
    pitch : float
        The size of a cell in pixels, 1 to 2**31.
    stiffness : float
        What a gap off the pitch costs per squared relative error, in lines of full evidence; 0 to 1e30. 60 is nearly
        rigid, 8 follows a drift.
    step : {1, 0.5, 0.25}
        Distance of the positions that lines may have, in pixels.
    tolerance : float
        Gaps are (1 - `tolerance`) to (1 + `tolerance`) pitches; 0 to 0.9.
    smallest_part : float
        The two end cells, which the border may have cut, are `smallest_part` to (1 + `tolerance`) pitches; 0 to 1.
    smoothing : float
        Evidence is averaged with a triangle that reaches this many pitches to either side; 0 to 0.5. Edges that are
        soft, jittered or bent want about 0.2, and a stiffness of about 30.

    Returns
    -------
    GridLines
        `lines` from 0 to the length, and their `score`: over the lines inside, the sum of
        ``min(v / ref, 1.5) - mean(v) / ref``, less ``stiffness * ((gap - pitch) / pitch)**2`` for every gap but end
        cells narrower than the pitch. v is the profile, linearly interpolated to steps, and ref its 97th percentile
        (the lower order statistic; where that is 0, the largest v). With `smoothing`, the term of a line is averaged
        over the positions around it. Between equals the smaller position is taken, from the end backwards. A picture
        smaller than the pitch is one cell, of score 0.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or on a GPU; a number that is none.
    ValueError
        Another number of axes, fewer than 2 entries or more than 2**28, a value that is negative or not finite; a
        parameter out of range; parameters that no grid meets, such as a tolerance of 0 and a pitch between steps.

    Notes
    -----
    The maximum is exact but for the rounding of v to float32 and of the float64 sums. The same bits at every CPU level.
    One thread; on the CPU only. Memory: 20 bytes per step, 36 with smoothing; 16 per step of the largest gap,
    24 with smoothing; and 8 per line that would fit.

    Source: Bellman, "Dynamic Programming", Princeton University Press, 1957.

    Examples
    --------
    >>> profile = np.zeros(41, np.float32)
    >>> profile[[3, 13, 24, 33]] = 1  # about 10 pixels apart; the borders cut the first cell and the last
    >>> grid_lines(profile, 10, stiffness=8).lines.tolist()
    [0.0, 3.0, 13.0, 24.0, 33.0, 40.0]
    """
    wanted = _arguments.number(pitch, "pitch", 1, _arguments.MOST_PITCH)
    stiff = _arguments.number(stiffness, "stiffness", 0, _MOST_STIFFNESS)
    found = _find(
        profile,
        np.array([wanted]),
        np.array([stiff]),
        (wanted, wanted),
        step,
        tolerance,
        smallest_part,
        smoothing,
        threads=1,
    )
    return found[0]


def many_grid_lines(
    profile: Any,
    pitches: Any,
    stiffnesses: Any = 60.0,
    *,
    step: float = 0.5,
    tolerance: float = 0.3,
    smallest_part: float = 0.25,
    smoothing: float = 0.0,
    threads: int | None = None,
) -> list[GridLines]:
    """`grid_lines` for several pitches and stiffnesses of one profile, which is prepared once.

    Parameters
    ----------
    profile, step, tolerance, smallest_part, smoothing
        As `grid_lines`.
    pitches : (k,) of float
        As `pitch` there.
    stiffnesses : float or (k,) of float
        As `stiffness` there: one for all, or one for each pitch.
    threads : int, optional
        At most this many threads; see `pixkern.set_threads`.

    Returns
    -------
    list of GridLines
        One for each pitch, with the bits that `grid_lines` gives.

    Raises
    ------
    TypeError, ValueError
        As `grid_lines`.

    Notes
    -----
    Memory: 12 bytes per step; for each thread the others that `grid_lines` takes; for each pitch 8 per line that would
    fit the smallest.

    Examples
    --------
    >>> profile = np.zeros(41, np.float32)
    >>> profile[[3, 13, 24, 33]] = 1
    >>> [len(found.lines) - 1 for found in many_grid_lines(profile, [5, 10, 20], 8)]
    [9, 5, 3]
    """
    wanted = _arguments.pitches(pitches)
    given = _check.finite(stiffnesses, "stiffnesses")
    if np.shape(stiffnesses) not in ((), wanted.shape):
        raise ValueError(
            f"stiffnesses must be 1 number, or {len(wanted)} as pitches, got shape {np.shape(stiffnesses)}"
        )
    if given.size and not (given.min() >= 0 and given.max() <= _MOST_STIFFNESS):
        raise ValueError(f"stiffnesses must be 0 to {_MOST_STIFFNESS:g}, got {stiffnesses!r}")
    stiff = np.ascontiguousarray(np.broadcast_to(given, wanted.shape))
    extremes = (float(wanted.min()), float(wanted.max())) if len(wanted) else (1.0, 1.0)
    return _find(profile, wanted, stiff, extremes, step, tolerance, smallest_part, smoothing, threads)


def _find(
    profile: Any,
    pitches: np.ndarray,
    stiffnesses: np.ndarray,
    extremes: tuple[float, float],
    step: float,
    tolerance: float,
    smallest_part: float,
    smoothing: float,
    threads: int | None,
) -> list[GridLines]:
    spot = place(profile, None, "profile")
    if spot.where != "cpu":
        raise TypeError("profile is on a GPU, where no grid lines are found; copy it with .get() or .cpu()")
    samples = _arguments.profile(spot.native(profile, "profile"), least=2)
    parts = _PARTS.get(_arguments.number(step, "step", -math.inf, math.inf))
    if parts is None:
        raise ValueError(f"step must be 1, 0.5 or 0.25 pixels, got {step!r}")
    slack = _arguments.number(tolerance, "tolerance", 0, _MOST_TOLERANCE)
    part = _arguments.number(smallest_part, "smallest_part", 0, 1)
    soft = _arguments.number(smoothing, "smoothing", 0, 0.5)
    length, count = len(samples) - 1, len(pitches)
    positions = length * parts + 1

    reach = min(positions, int(soft * extremes[1] * parts + 0.5))  # of the smoothing, in steps
    s, bits = (np.zeros if reach else np.empty)(positions + 2 * reach), np.empty(positions, np.int32)
    if not _cpu.evidence(samples, parts, bits, s, reach):
        raise ValueError(_arguments.UNSOUND)
    least_gap = max(1 / parts, (1 - slack) * extremes[0] - 1e-6)
    largest_gap = min(length * parts, int((1 + slack) * extremes[1] * parts) + 1)  # in steps
    lines, found = np.empty((count, int(length / least_gap) + 4)), np.empty((count, 2))

    def work(begin: int, end: int) -> None:
        scratch = np.empty(2 * largest_gap + 1 + positions + (2 * positions + reach if reach else 0))
        _cpu.grid_lines(
            s, reach, length, parts, pitches, stiffnesses, slack, part, soft, scratch, lines, found, begin, end
        )

    if count:
        _threads.split(work, count, elements=count * positions, threads=threads)
    results = []
    for pitch, row, (size, score) in zip(pitches, lines, found.tolist(), strict=True):
        if size == 0:
            raise ValueError(
                f"no grid of pitch {pitch} has gaps of whole steps and fits {length} pixels with tolerance {slack}, "
                f"smallest_part {part} and step {step}; raise the first, or lower one of the others"
            )
        results.append(GridLines(row[: int(size)].copy(), score))
    return results


def uniform_lines(length: int, pitch: float, offset: float, *, smallest_part: float = 0.25) -> np.ndarray:
    """The lines of a rigid grid.

    Parameters
    ----------
    length : int
        Pixels along the axis, 1 to 2**28.
    pitch : float
        The size of a cell in pixels, 1 to 2**31.
    offset : float
        Where one of the lines is, any one, in pixels; -2**31 to 2**31.
    smallest_part : float
        A border cell narrower than this many pitches goes to its neighbour; 0 to 1.

    Returns
    -------
    (cells + 1,) float64
        0, the lines at ``offset + k * pitch`` that leave border cells wide enough, and the length.

    Raises
    ------
    TypeError
        A number that is none.
    ValueError
        A number out of range.

    Examples
    --------
    >>> uniform_lines(40, 10, 3).tolist()
    [0.0, 3.0, 13.0, 23.0, 33.0, 40.0]
    >>> uniform_lines(40, 10, 39).tolist()  # a line at 39 would leave a pixel
    [0.0, 9.0, 19.0, 29.0, 40.0]
    """
    if isinstance(length, bool) or not isinstance(length, int | np.integer):
        raise TypeError(f"length must be an integer, got {length!r}")
    if not 1 <= length <= _arguments.MOST_ENTRIES:
        raise ValueError(f"length must be 1 to 2**28 pixels, got {length}")
    size = _arguments.number(pitch, "pitch", 1, _arguments.MOST_PITCH)
    start = _arguments.number(offset, "offset", -_arguments.MOST_PITCH, _arguments.MOST_PITCH) % size
    margin = _arguments.number(smallest_part, "smallest_part", 0, 1) * size
    inner = start + np.arange(int(length / size) + 2) * size
    inside = (inner > 0) & (inner >= margin) & (inner < length) & (length - inner >= margin)
    return np.concatenate([[0.0], inner[inside], [float(length)]])
