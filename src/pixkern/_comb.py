"""Combs that fit a profile.

The loops are in ``kernels/cpu/comb.h`` and ``kernels/cuda/gridlines.cu``, the formulas in
``kernels/maths/{comb,turns}.h``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from . import _gridline_arguments as _arguments
from . import _threads
from ._dispatch import place
from ._native import gridlines as _cpu

_CUDA_BLOCK = 64
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernel goes round again for more


class CombScan(NamedTuple):
    """What `comb_scan` finds at each pitch; arrays (k,) float64 of the profile's kind."""

    strength: Any
    """0 to 1: how much of the profile lies on the teeth of one comb."""
    windowed: Any
    """0 to 1, at least `strength`: the same of windows that have a phase of their own each."""
    phase: Any
    """Where a tooth of that one comb is, in pixels, in [0, pitch)."""


def comb_scan(
    profile: Any,
    pitches: Any,
    *,
    window: float = 12.0,
    backend: str | None = None,
    threads: int | None = None,
) -> CombScan:
    r"""How well combs of many pitches fit a profile, and where their teeth lie.

    Parameters
    ----------
    profile : (n,) float32
        Evidence for a line at positions 0 to n - 1, at least 0. NumPy, CuPy or torch. Copied if not in C order.
    pitches : (k,) of float
        Distances of teeth in pixels, 1 to 2**31, in any order; fastest in increasing order.
    window : float
        Teeth in a window, at least 1: it has ``int(window * pitch)`` samples. ``math.inf``: all of them.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `profile` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    CombScan
        With C the sum of ``profile[i] * exp(2j * pi * i / pitch)``: `strength` is \|C\| over the sum of the profile,
        and `phase` is arg C as a position. `windowed` adds \|C\| of consecutive windows, the last of which may be
        shorter: it tolerates a pitch that drifts. All 0 for a profile of zeros.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed; a number that is none.
    ValueError
        Another number of axes, an empty profile or one of more than 2**28 entries, a value that is negative or not
        finite; a pitch or window out of range.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    float64: `strength` and `windowed` within 1e-11 of the definition for profiles of up to 100,000 entries, `phase`
    within 1e-11 / `strength` pitches. The same bits for every thread count and CPU level, and on CUDA. Memory: the
    result, and 8 kB of stack per thread.

    Source: Goertzel, "An algorithm for the evaluation of finite trigonometric series", Amer. Math. Monthly 65(1), 1958.

    Examples
    --------
    >>> profile = np.zeros(100, np.float32)
    >>> profile[3::8] = 5  # a line every 8 pixels, the first at 3
    >>> found = comb_scan(profile, [4, 7, 8, 9])
    >>> found.strength.round(2).tolist(), round(float(found.phase[2]), 9)
    ([1.0, 0.08, 1.0, 0.22], 3.0)
    """
    spot = place(profile, backend, "profile")
    samples = _arguments.profile(spot.native(profile, "profile"), least=1)
    wanted = _arguments.pitches(pitches)
    width = _arguments.number(window, "window", 1, math.inf)
    if not (samples.min() >= 0 and samples.max() < np.inf):
        raise ValueError(_arguments.UNSOUND)
    out = spot.arrays.empty((3, len(wanted)), np.float64)
    if len(wanted) == 0:
        pass
    elif spot.where == "cuda":
        _on_cuda(samples, spot.arrays.asarray(wanted), width, out)
    else:
        _threads.split(
            lambda begin, end: _cpu.comb_scan(samples, wanted, width, out, begin, end),
            len(wanted),
            elements=len(wanted) * len(samples) // 16,  # a step takes a 16th of what the measure of `split` assumes
            threads=threads,
        )
    return CombScan(*(spot.give_back(values, profile) for values in out))


def _on_cuda(samples: Any, wanted: Any, width: float, out: Any) -> None:
    from ._cuda import kernel

    count = len(wanted)
    blocks = min(-(-count // _CUDA_BLOCK), _MOST_BLOCKS)
    given = (samples, np.int64(len(samples)), wanted, np.int64(count), np.float64(width), out)
    kernel("gridlines", "comb_scan")((blocks,), (_CUDA_BLOCK,), given)
