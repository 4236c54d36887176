"""Heights that a mask's outline suggests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import numpy as np

from . import _check, _inflation, _threads
from ._dispatch import place
from ._masks import inside

Side = Literal["top", "bottom", "left", "right"]
_SIDES = {"top": 1, "bottom": 2, "left": 4, "right": 8}  # enum Side in kernels/maths/inflation.h


def inflate(
    mask: Any,
    *,
    free: Collection[Side] = ("top", "bottom", "left", "right"),
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    r"""Inflate a silhouette to a rounded height field: a disc becomes a hemisphere.

    Parameters
    ----------
    mask : (H, W) bool, uint8 or float32
        Inside where True, 128 and more, 0.5 and more. NumPy, CuPy or torch. Copied if not in C order.
    free : collection of {"top", "bottom", "left", "right"}
        Sides of the image that cut the figure off: where the mask touches them, the surface runs on level instead of
        coming down to 0. Empty: the mask ends at all sides.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `mask` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : (H, W) float32, optional
        Where to write; C order, no overlap with `mask`.

    Returns
    -------
    (H, W) float32
        Height in pixels towards the viewer, 0 outside.

    Raises
    ------
    TypeError
        A mask of a kind or dtype that is not listed, or `free` that is no collection of names.
    ValueError
        Another number of axes, an empty array, an unknown side, an `out` that does not fit; a mask that covers all of
        an image whose four sides are free, as nothing holds its surface down.
    BackendUnavailable
        The backend asked for cannot run here.
    ArithmeticError
        The solver did not reach its bound; no mask is known for which it does not.

    Notes
    -----
    The height is sqrt(u), where each pixel inside has 4 + (sum over its four neighbours of u' - u) = 0 and each one
    outside u = 0, at its centre. A disc of radius R has u = (R + d)**2 - r**2 with 0 <= d <= 1 px, because of its
    stairs: the hemisphere of a disc that is up to a pixel larger. A strip's section is half an ellipse, sqrt(2) times
    as high as half the strip is wide. The height is plausible, not measured: nothing is known of a figure but its
    outline.

    Multigrid cycles go on until no residual is above 0.008 + u_max / 2**20; the second part is what float32 leaves of
    an exact solution. A residual of 0.008 is an error of the height below 0.1 % (maximum principle); the rounding of
    u to float32 moves it by less than 1e-4 px. Smooth shapes take 4 cycles. The same bits for every thread count and
    CPU level, and on CUDA. Turning the mask by 90 degrees turns the height within that error, and bit by bit if a power
    of two that is not below either side of its bounding box divides both: coarse cells begin at the upper left. Memory:
    the result, and within the bounding box 8 bytes a pixel for u and 11 for coarse levels, 11 more while they are made.

    Sources: Trottenberg, Oosterlee & Schueller, "Multigrid", Academic Press, 2001; Johnston, "Lumo: illumination for
    cel animation", NPAR 2002, for rounded surfaces from outlines.

    Examples
    --------
    >>> y, x = np.mgrid[-50:51, -50:51]
    >>> height = inflate(x * x + y * y < 40 * 40)
    >>> bool(abs(height[50, 50] - 40) < 1), bool(abs(height[50, 50 + 24] - 32) < 1)  # 40, and sqrt(40^2 - 24^2)
    (True, True)
    """
    spot = place(mask, backend, "mask")
    shape = tuple(mask.shape)
    within = inside(spot, mask, shape)
    if 0 in shape:
        raise ValueError(f"mask is empty, got shape {shape}")
    sides = _free(free)
    _threads.limit(threads)  # refuses what is no number also where nothing is to be done
    result = _check.output(spot.writable(out), shape, np.float32, (within, spot.native(mask, "mask")), spot.arrays)
    rows, cols = (_span(spot.arrays, within.any(axis=axis)) for axis in (1, 0))
    result[...] = 0
    if rows is not None and cols is not None:
        box = within[rows, cols]
        if sides == sum(_SIDES.values()) and box.shape == shape and bool(box.all()):
            raise ValueError("mask covers the whole image, so that nothing holds it down; name fewer sides in free=")
        touching = _touching(rows, cols, shape)
        _solve(spot.where, box, sides & touching, result[rows, cols], threads)
    return out if out is not None else spot.give_back(result, mask)


def _solve(where: str, box: Any, free: int, height: Any, threads: int | None) -> None:
    if where == "cuda":
        from ._inflation_cuda import OnCuda

        _inflation.heights(height, OnCuda(box, free))
    else:
        _inflation.heights(height, _inflation.OnCpu(box, free, threads))


def _span(arrays: Any, used: Any) -> slice | None:
    """From the first to the last True."""
    found = arrays.flatnonzero(used)
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else None


def _touching(rows: slice, cols: slice, shape: tuple[int, ...]) -> int:
    """Sides of the image that a box touches."""
    at = {
        "top": rows.start == 0,
        "bottom": rows.stop == shape[0],
        "left": cols.start == 0,
        "right": cols.stop == shape[1],
    }
    return sum(_SIDES[side] for side, touches in at.items() if touches)


def _free(free: Collection[Side]) -> int:
    if isinstance(free, str) or not isinstance(free, Collection) or not all(isinstance(side, str) for side in free):
        raise TypeError(f'free must be a collection of side names, such as ("bottom",), got {free!r}')
    for side in free:
        _check.choice(side, "free", tuple(_SIDES))
    return sum(_SIDES[side] for side in set(free))
