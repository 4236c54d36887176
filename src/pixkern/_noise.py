"""Fractal noise; kernels/maths/noise.h has the formula."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._native import noise as _cpu

Noise = Literal["perlin", "value"]
KINDS = ("perlin", "value")
MOST_OCTAVES = 16  # of kernels/maths/noise.h
_MOST_SIDE = 2.0**31  # pixels: of a cell, and from the origin
_THREADS = 128  # of a block on GPUs: __launch_bounds__ in kernels/cuda/noise.cu
_WHOLE = 1 - 2.0**-20  # the sum of the shares: leaves room for roundings below 1


def fbm(
    shape: tuple[int, int],
    *,
    seed: int,
    kind: Noise = "perlin",
    octaves: int = 6,
    cell: float = 128.0,
    persistence: float = 0.5,
    lacunarity: float = 2.0,
    origin: tuple[int, int] = (0, 0),
    out: Any = None,
    backend: str | None = None,
    threads: int | None = None,
) -> Any:
    """Fractal noise (fractional Brownian motion): a sum of octaves of gradient or value noise.

    Octave k has cells of ``cell / lacunarity**k`` pixels and the share ``persistence**k`` in the sum. The plane of
    noise has no end: any region of it is computed alone, and equals that part of a larger one bit by bit.

    Parameters
    ----------
    shape : (height, width)
        Of the result, in pixels.
    seed : int
        0 to 2**64 - 1. Two seeds have nothing in common.
    kind : {"perlin", "value"}
        Gradients (in all directions) at the nodes of the cells, or values. Perlin's noise is zero at the nodes, has no
        mean and little below its cells' frequency; value noise has blotches of all sizes.
    octaves : int
        1 to 16. The cells of the last one must be at least a pixel wide.
    cell : float
        Side of the cells of the first octave in pixels.
    persistence : float
        0 to 2: how much an octave counts of the one before.
    lacunarity : float
        1 to 16: how much finer an octave is than the one before.
    origin : (x, y)
        Which column and row of the plane the first pixel is; integers below 2**31 in size.
    out : (height, width) float32, optional
        Where to write; C order.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `out` lives, else the CPU.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    (height, width) float32
        Within [-1, 1], about 0 in the mean; for six octaves of gradient noise with the standard deviation 0.2 or so. An
        array like `out`; without it a NumPy array, or for ``backend="cuda"`` a CuPy array.

    Raises
    ------
    TypeError
        A number of another kind than listed.
    ValueError
        A number out of range, cells of less than a pixel, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Within 2e-6 of the exact sum of the same gradients for cells of up to 2**16 pixels; larger ones add the rounding of
    a fraction of a cell, 6e-8, times the slope. The same bits for every thread count, region and CPU level, and on
    CUDA. Memory: the result and 35 kB of stack per thread.

    The noise has, like every noise on a grid, slightly more power along the axes than across them.

    Sources: K. Perlin, "An image synthesizer", SIGGRAPH 1985; "Improving noise", ACM Trans. Graphics 21(3), 2002 (the
    blend); F. K. Musgrave in Ebert et al., "Texturing and modeling", 3rd ed. 2003, chapter 16 (octaves).

    Examples
    --------
    >>> clouds = fbm((480, 640), seed=7)
    >>> corner = fbm((100, 200), seed=7, origin=(440, 380))
    >>> bool((corner == clouds[380:, 440:]).all())
    True
    """
    spot = place(np.empty(0) if out is None else out, backend, "out")
    dims = picture_shape(shape)
    sides, shares = octaves_of(octaves, cell, persistence, lacunarity)
    which = KINDS.index(_check.choice(kind, "kind", KINDS))
    first = _origin(origin)
    word = seed_of(seed)
    result = _check.output(spot.writable(out), dims, np.float32, (), spot.arrays)
    fill(word, which, sides, shares, first, result, spot, threads)
    return result if out is None else out


def fill(
    seed: int,
    kind: int,
    sides: np.ndarray,
    shares: np.ndarray,
    first: tuple[int, int],
    result: Any,
    spot: Place,
    threads: int | None = None,
    *,
    offset: tuple[float, float] = (0.5, 0.5),
) -> None:
    """Write the noise whose arguments are checked into `result`, taken at `offset` (x, y) from the start of pixels."""
    if spot.where == "cuda":
        _on_cuda(seed, kind, sides, shares, first, result, offset)
        return

    def part(begin: int, end: int) -> None:
        _cpu.fractal(seed, kind, sides, shares, *offset, first[1], first[0], result, begin, end)

    _threads.split(part, len(result), elements=result.size * len(sides), threads=threads)


def octaves_of(count: int, cell: float, persistence: float, lacunarity: float) -> tuple[np.ndarray, np.ndarray]:
    """The sides of the octaves' cells (float64) and the octaves' shares (float32)."""
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"octaves must be an integer, got {type(count).__name__}")
    number = operator.index(count)
    if not 1 <= number <= MOST_OCTAVES:
        raise ValueError(f"octaves must be 1 to {MOST_OCTAVES}, got {number}")
    sides = [within(cell, "cell", 1, _MOST_SIDE)]
    shares = [1.0]
    finer, weaker = within(lacunarity, "lacunarity", 1, 16), within(persistence, "persistence", 0, 2)
    for _ in range(number - 1):
        sides.append(sides[-1] / finer)
        shares.append(shares[-1] * weaker)
    if sides[-1] < 1:
        raise ValueError(
            f"octave {number} has cells of {sides[-1]:.3g} pixels, not at least 1; take fewer octaves or larger cells"
        )
    total = 0.0
    for share in shares:
        total += share
    return np.array(sides), np.array([_WHOLE * share / total for share in shares], np.float32)


def seed_of(seed: Any) -> int:
    """A seed of 64 bits."""
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"seed must be an integer, got {type(seed).__name__}")
    number = operator.index(seed)
    if not 0 <= number < 2**64:
        raise ValueError(f"seed must be 0 to 2**64 - 1, got {number}")
    return number


def within(value: Any, name: str, least: float, most: float) -> float:
    """A number in a range."""
    number = _check.finite(value, name)
    if number.ndim or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not least <= float(number) <= most:
        raise ValueError(f"{name} must be {least:g} to {most:g}, got {value!r}")
    return float(number)


def picture_shape(shape: Sequence[int]) -> tuple[int, int]:
    """(height, width), checked."""
    try:
        height, width = shape
    except (TypeError, ValueError):
        raise ValueError(f"shape must be (height, width), got {shape!r}") from None
    width, height = _check.size((width, height), "shape")
    return height, width


def _origin(origin: Any) -> tuple[int, int]:
    try:
        x, y = (operator.index(value) for value in origin)
    except (TypeError, ValueError):
        raise TypeError(f"origin must be two integers (x, y), got {origin!r}") from None
    if max(abs(x), abs(y)) >= 2**31:
        raise ValueError(f"origin must be less than 2**31 pixels away, got {origin!r}")
    return x, y


def _on_cuda(
    seed: int,
    kind: int,
    sides: np.ndarray,
    shares: np.ndarray,
    first: tuple[int, int],
    result: Any,
    offset: tuple[float, float],
) -> None:
    import cupy

    from ._cuda import kernel

    octaves = (np.int32(len(sides)), cupy.asarray(sides), cupy.asarray(shares))
    where = (*map(np.float64, offset), *map(np.int64, (first[1], first[0], *result.shape)))
    blocks = min(math.ceil(result.size / _THREADS), 2**31 - 1)
    kernel("noise", f"fractal_{KINDS[kind]}")((blocks,), (_THREADS,), (np.uint64(seed), *octaves, *where, result))
