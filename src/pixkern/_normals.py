"""Normals from heights and depths."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._lights import number
from ._masks import Mask, read_mask
from ._native import shading as _cpu
from ._shading_cuda import launch

Nearer = Literal["smaller", "larger"]
_DTYPES = (np.uint8, np.uint16, np.float32, np.float64)


def normals_from_height(
    height: Any, *, mask: Any = None, backend: str | None = None, threads: int | None = None, out: Any = None
) -> Any:
    """Unit normals of a height field.

    Parameters
    ----------
    height : (H, W), float32, float64, uint8 or uint16
        Height towards the viewer, in pixels. NumPy, CuPy or torch. Copied if not in C order.
    mask : (H, W), bool, uint8 (255 = inside) or float32 in [0, 1], optional
        What belongs to the surface: everything above 0.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `height` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : (H, W, 3) float32, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    (H, W, 3) float32, kind of `height`
        ``N = (-dz/dx, -dz/dy, 1) / |...|``: x to the right, y up, z to the viewer. (0, 0, 1) outside the mask.

    Raises
    ------
    TypeError, ValueError
        A kind, dtype, shape or `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Slopes are central differences; at the edges of image and mask one-sided ones, and 0 where neither neighbour is
    inside: nothing outside the mask is looked at. Computed in double and rounded once, so a normal is within 6e-8 of
    that of the differences. A height that is not finite makes the normals of its neighbours NaN. A quarter turn of
    height and mask turns the normals bit for bit. The same bits for every thread count and CPU level, and on CUDA.
    Memory: the result.

    Examples
    --------
    >>> ramp = np.tile(np.arange(5, dtype=np.float32), (3, 1))  # rises to the right by one pixel a pixel
    >>> normals_from_height(ramp)[1, 2]
    array([-0.70710677,  0.        ,  0.70710677], dtype=float32)
    """
    surface = _surface(height, "height", mask, backend)
    return _normals(surface, 1.0, height, threads, out)


def normals_from_depth(
    depth: Any,
    *,
    relief: float = 0.5,
    mask: Any = None,
    span: tuple[float, float] | None = None,
    nearer: Nearer = "smaller",
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Unit normals of a depth map, whatever its unit.

    Parameters
    ----------
    depth : (H, W), float32, float64, uint8 or uint16
        Distance from the viewer, or with ``nearer="larger"`` disparity or inverse depth. NumPy, CuPy or torch. Copied
        if not in C order.
    relief : float
        How far the surface reaches towards the viewer, in units of its width: the nearest point is ``relief * width``
        pixels before the farthest. 0.5 suits a sphere, of which one sees half.
    mask : (H, W), bool, uint8 (255 = inside) or float32 in [0, 1], optional
        What belongs to the surface: everything above 0. Width, near and far are measured on what is at least half
        inside.
    span : (near, far), optional
        The depths that are `relief` apart; what lies beyond them goes on. Default: the least and the largest inside
        the mask.
    nearer : {"smaller", "larger"}
        Which values are nearer to the viewer.
    backend, threads, out
        See `normals_from_height`.

    Returns
    -------
    (H, W, 3) float32, kind of `depth`
        Normals, as `normals_from_height`. (0, 0, 1) outside the mask, and everywhere if all depths are equal.

    Raises
    ------
    TypeError, ValueError
        As `normals_from_height`; `relief` not above 0; a `span` that is not near < far; without `span`, depths inside
        the mask that are not finite; a mask that is nowhere half inside.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    ``z = relief * width * (far - depth) / (far - near)``, with `width` the longer side of the mask's bounding box, or
    of the image, in pixels; for ``nearer="larger"``, ``(depth - near) / (far - near)``. So ``a * depth + b`` gives
    the same normals for any a > 0 and b, up to rounding. Disparity is taken as a height, not inverted. Exactness and
    bits as `normals_from_height`. Memory: the result and 32 bytes per row.

    Examples
    --------
    >>> y, x = np.mgrid[-1:1:101j, -1:1:101j]
    >>> metres = 5 - np.sqrt(np.maximum(0, 1 - x * x - y * y))  # a sphere of radius 1 at a distance of 5
    >>> n = normals_from_depth(metres, mask=np.hypot(x, y) < 1)
    >>> [round(float(c), 1) for c in n[50, 80]]  # to the right of the middle it faces the right
    [0.6, 0.0, 0.8]
    """
    if number(relief, "relief") <= 0:
        raise ValueError(f"relief must be above 0, got {relief!r}")
    _check.choice(nearer, "nearer", ("smaller", "larger"))
    surface = _surface(depth, "depth", mask, backend)
    measured = _measured(surface, threads)
    if span is not None:
        near, far = _span(span)
    elif np.isfinite(measured.least):
        near, far = measured.least, measured.most
    else:
        raise ValueError("depth must be finite inside the mask; mask out what is not, or pass span=(near, far)")
    towards = relief * measured.width * (1.0 if nearer == "larger" else -1.0)
    scale = towards / (far - near) if far > near else 0.0
    if not (np.isfinite(scale) and np.isfinite(far - near)):
        raise ValueError(f"depth from {near!r} to {far!r} cannot be scaled in float64")
    return _normals(surface, scale, depth, threads, out)


class _Surface(NamedTuple):
    spot: Place
    values: Any  # (H, W)
    mask: Mask


class _Measured(NamedTuple):
    least: float
    most: float
    width: int


def _surface(values: Any, name: str, mask: Any, backend: str | None) -> _Surface:
    spot = place(values, backend, name)
    field = _check.array(spot.native(values, name), name, dtypes=_DTYPES, ndim=(2,))
    if field.size == 0:
        raise ValueError(f"{name} is empty, got shape {tuple(field.shape)}")
    return _Surface(spot, field, read_mask(spot, mask, tuple(field.shape)))


def _normals(surface: _Surface, scale: float, like: Any, threads: int | None, out: Any) -> Any:
    spot, values, mask = surface
    dims = (*values.shape, 3)
    result = _check.output(spot.writable(out), dims, np.float32, (values, mask.weights), spot.arrays)
    if spot.where == "cuda":
        sizes = (np.int64(values.shape[0]), np.int64(values.shape[1]), np.float64(scale))
        launch(f"normals_{values.dtype.name}", values.size, values, *mask.on_cuda(), result, *sizes)
    else:
        weights, to = mask.either, result.reshape(-1)
        _threads.split(
            lambda begin, end: _cpu.normals(values, scale, weights, to, begin, end),
            len(values),
            elements=2 * values.size,
            threads=threads,
        )
    return out if out is not None else spot.give_back(result, like)


def _measured(surface: _Surface, threads: int | None) -> _Measured:
    """Near, far and width of what is at least half inside."""
    spot, values, mask = surface
    records = spot.arrays.empty((len(values), 4), np.float64)
    if spot.where == "cuda":
        cols = np.int64(values.shape[1])
        launch(f"extents_{values.dtype.name}", len(values), values, *mask.on_cuda(), records, cols)
        records = records.get()
    else:
        weights = mask.either
        _threads.split(
            lambda begin, end: _cpu.extents(values, weights, mask.whole, records, begin, end),
            len(values),
            elements=values.size,
            threads=threads,
        )
    inside = np.flatnonzero(records[:, 3] >= 0)
    if inside.size == 0:
        raise ValueError("mask is nowhere at least half inside; there is nothing to measure depth on")
    least, most, first, last = records[inside].T
    height = int(inside[-1] - inside[0]) + 1
    return _Measured(float(least.min()), float(most.max()), max(height, int(last.max() - first.min()) + 1))


def _span(span: Any) -> tuple[float, float]:
    given = _check.finite(span, "span")
    if given.shape != (2,) or not given[0] < given[1]:
        raise ValueError(f"span must be (near, far) with near < far, got {span!r}")
    return float(given[0]), float(given[1])
