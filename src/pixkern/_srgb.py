"""sRGB codes to linear light and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import place
from ._native import shading as _cpu
from ._shading_cuda import launch

_SOURCE_AXES = tuple(range(1, 9))


def srgb_to_linear(image: Any, *, backend: str | None = None, threads: int | None = None, out: Any = None) -> Any:
    """Linear light of sRGB codes.

    Parameters
    ----------
    image : any shape, uint8, uint16 or float32
        Codes; of float32, display values that are nominally 0 to 1. NumPy, CuPy or torch. Copied if not in C order.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : float32, shape of `image`, optional
        Where to write; C order, no overlap with `image`.

    Returns
    -------
    float32, shape and kind of `image`
        0 to 1 for integers. Display values above 1 go on along the curve, those below 0 are mirrored: f(-v) = -f(v).

    Raises
    ------
    TypeError, ValueError
        A kind, dtype or `out` that does not fit, an empty array.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Computed in double and rounded once. The same bits for every thread count and CPU level, and on CUDA.
    NaN stays NaN. Memory: the result.

    Source: IEC 61966-2-1:1999, 5.2.

    Examples
    --------
    >>> srgb_to_linear(np.array([0, 128, 255], np.uint8))
    array([0.       , 0.2158605, 1.       ], dtype=float32)
    """
    spot = place(image, backend)
    codes = _samples(spot.native(image, "image"), "image", _check.IMAGE_DTYPES)
    result = _check.output(spot.writable(out), image.shape, np.float32, (codes,), spot.arrays)
    if spot.where == "cuda":
        launch(f"to_linear_{codes.dtype.name}", codes.size, codes, result)
    else:
        x, to = codes.reshape(-1), result.reshape(-1)
        _split(lambda begin, end: _cpu.to_linear(x, to, begin, end), x.size, threads)
    return out if out is not None else spot.give_back(result, image)


def linear_to_srgb(
    image: Any,
    dtype: Any = np.uint8,
    *,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Codes of linear light: the inverse of `srgb_to_linear`.

    Parameters
    ----------
    image : any shape, float32
        Linear light. NumPy, CuPy or torch. Copied if not in C order.
    dtype : uint8, uint16 or float32
        Of the codes. Integers hold the light to 0..1 and are rounded once, NaN is 0; float32 display values are
        neither held nor rounded.
    backend, threads
        See `srgb_to_linear`.
    out : `dtype`, shape of `image`, optional
        Where to write; C order, no overlap with `image`.

    Returns
    -------
    `dtype`, shape and kind of `image`
        Codes.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `srgb_to_linear`; another `dtype`.

    Notes
    -----
    Every uint8 and every uint16 code comes back from `srgb_to_linear`. uint8 is computed in float: the code is off by
    one for less than 0.01 % of all light (seen: 0.0014 %), where the exact code lies within 1.2e-4 of a half. uint16
    and float32 are computed in double. The same bits for every thread count and CPU level, and on CUDA. Memory: the
    result.

    Examples
    --------
    >>> linear_to_srgb(np.array([0.0, 0.2158605, 0.5, 2.0], np.float32))
    array([  0, 128, 188, 255], dtype=uint8)
    """
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        wanted = np.dtype(object)
    if wanted not in [np.dtype(d) for d in _check.IMAGE_DTYPES]:
        raise TypeError(f"dtype must be uint8, uint16 or float32, got {dtype!r}")
    spot = place(image, backend)
    light = _samples(spot.native(image, "image"), "image", (np.float32,))
    result = _check.output(spot.writable(out), image.shape, wanted, (light,), spot.arrays)
    if spot.where == "cuda":
        launch(f"to_codes_{wanted.name}", light.size, light, result)
    else:
        x, to = light.reshape(-1), result.reshape(-1)
        _split(lambda begin, end: _cpu.to_codes(x, to, begin, end), x.size, threads)
    return out if out is not None else spot.give_back(result, image)


def _samples(x: Any, name: str, dtypes: Any) -> Any:
    x = _check.array(x, name, dtypes=dtypes, ndim=_SOURCE_AXES)
    if x.size == 0:
        raise ValueError(f"{name} is empty, got shape {tuple(x.shape)}")
    return x


def _split(work: Any, samples: int, threads: int | None) -> None:
    _threads.split(work, samples, elements=samples, threads=threads)
