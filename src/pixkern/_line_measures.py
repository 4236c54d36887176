"""How well grid lines explain a profile.

The loop is in ``kernels/cpu/line_measures.h``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _check
from . import _gridline_arguments as _arguments
from ._dispatch import place
from ._native import line_measures as _cpu


class LineMeasures(NamedTuple):
    """What `line_measures` finds for each grid; arrays (k,) float64."""

    middle: np.ndarray
    """Evidence in the middle of cells over what evenly spread evidence would leave there: 0 for the right grid, 1 for
    any grid in noise, more where lines are missing."""
    evenness: np.ndarray
    """Mean of min(energy, mean energy) over the mean energy of the lines: 1 where all are equally strong."""
    residue: np.ndarray
    """The weaker residue classes of the lines k modulo q over the strongest class, least of q = 2 to 6: 0 where only
    every q-th line has evidence, so that the grid is too fine. 1 where there are fewer than 4 lines."""
    strain: np.ndarray
    """Root mean square of the relative deviation of whole gaps from the pitch."""


def line_measures(profile: Any, grids: Sequence[Any], pitches: Any) -> LineMeasures:
    """How well the lines of several grids explain a profile.

    Parameters
    ----------
    profile : (n,) float32
        Evidence for a line at positions 0 to n - 1, at least 0. NumPy, or torch on the host.
    grids : sequence of (cells + 1,) float64
        The lines of each grid, in pixels: increasing from 0 to n - 1, as `grid_lines` gives them.
    pitches : (k,) of float
        The size of a cell of each grid in pixels, 1 to 2**31.

    Returns
    -------
    LineMeasures
        The energy of a line is the evidence within a fifth of a pitch (at least a pixel) of it; the middle of a cell is
        what is 5/16 of the cell or further from its lines. A border cell of less than a pitch counts as a whole one,
        and the borders are no places for evidence.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or on a GPU; numbers that are none.
    ValueError
        A shape that does not fit, evidence below 0 or not finite, lines that do not increase from 0 to n - 1, pitches
        out of range or not as many as grids.

    Notes
    -----
    Sums in double in a fixed order: the same bits at every CPU level; one thread. Memory: a byte per entry of the
    profile and 40 per line.

    Examples
    --------
    >>> profile = np.zeros(41, np.float32)
    >>> profile[10:40:10] = 1
    >>> found = line_measures(profile, [np.arange(0, 41, 10.0), np.arange(0, 41, 5.0)], [10, 5])
    >>> found.residue.tolist(), found.middle.tolist()
    ([1.0, 0.0], [0.0, 0.0])
    """
    spot = place(profile, None, "profile")
    if spot.where != "cpu":
        raise TypeError("profile is on a GPU, where lines are not measured; copy it with .get() or .cpu()")
    samples = _arguments.profile(spot.native(profile, "profile"), least=2)
    if not (np.isfinite(samples).all() and samples.min() >= 0):
        raise ValueError(_arguments.UNSOUND)
    wanted = _arguments.pitches(pitches)
    if len(grids) != len(wanted):
        raise ValueError(f"{len(grids)} grids need as many pitches, got {len(wanted)}")
    return LineMeasures(*measured(samples, [_grid(lines, len(samples) - 1) for lines in grids], wanted).T.copy())


def measured(samples: np.ndarray, grids: list[np.ndarray], pitches: np.ndarray) -> np.ndarray:
    """(k, 4): the fields of `LineMeasures` for grids that are known to be sound."""
    out = np.empty((len(grids), 4))
    if grids:
        offsets = np.zeros(len(grids) + 1, np.int64)
        np.cumsum([len(lines) for lines in grids], out=offsets[1:])
        scratch = np.empty(max(len(lines) for lines in grids))
        _cpu.measure_lines(samples, np.concatenate(grids), offsets, pitches, scratch, out)
    return out


def _grid(lines: Any, length: int) -> np.ndarray:
    found = np.ascontiguousarray(_check.finite(lines, "lines"))
    if found.ndim != 1 or len(found) < 2:
        raise ValueError(f"lines need 1 axis and at least both borders, got shape {found.shape}")
    if found[0] != 0 or found[-1] != length or not (found[1:] > found[:-1]).all():
        raise ValueError(f"lines must increase from 0 to {length}, got {found[0]} to {found[-1]}")
    return found
