"""Gaussian and Laplacian pyramids of Burt and Adelson; public as `pixkern.pyramid`."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _check
from ._dispatch import Place, place
from ._laplacian_levels import halved, join, reduce, split

MOST_LEVELS = 16  # halves the longest side of any image that fits memory to a few pixels
_RESIDUALS = {"uint8": np.int16, "uint16": np.int32, "float32": np.float32}


def gaussian_pyramid(
    image: Any,
    levels: int,
    *,
    backend: str | None = None,
    threads: int | None = None,
    out: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    r"""Halve an image again and again.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (B, H, W, C), uint8, uint16 or float32
        One to four channels; NumPy, CuPy or torch; sides of at least 1. Copied if not in C order.
    levels : int
        How often, 0 to 16. A side of 1 stays 1, so that any number fits any size.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : sequence of arrays, optional
        Where to write: `levels` arrays of the shapes and the dtype of the smaller levels, C order, no overlap.

    Returns
    -------
    tuple of levels + 1 arrays
        `image` itself, not a copy, then ever smaller ones of its dtype and kind: sides of n become (n + 1) // 2.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed; `levels` that is no integer.
    ValueError
        A shape that does not fit, `levels` out of range, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    The conventions of ``cv2.pyrDown``: weights [1, 4, 6, 4, 1] / 16 along both axes, ends mirrored about their samples,
    integers rounded half up. uint8 and uint16 are equal to it bit by bit, float32 within 5e-7 of the largest
    \|sample\|. NaN and infinity spread as far as the weights reach. The same bits for every thread count and CPU level,
    and on CUDA. Memory: the result, a third of the image; and 140 kB of stack per thread.

    Source: Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 31(4), 1983,
    equations 1 and 2 with a = 3/8.

    Examples
    --------
    >>> photo = np.full((480, 641, 3), 7, np.uint8)
    >>> [level.shape for level in gaussian_pyramid(photo, 2)]
    [(480, 641, 3), (240, 321, 3), (120, 161, 3)]
    """
    spot = place(image, backend)
    x = _image(spot.native(image, "image"), "image")
    shapes = _shapes(x.shape, levels)[1:]
    dims = [_like(shape, image) for shape in shapes]
    made = _outputs(spot, out, [(shape, x.dtype) for shape in dims], [x])
    for shape, array in zip(shapes, made, strict=True):
        low = array.reshape(shape)
        reduce(x, low, spot.where, threads)
        x = low
    return (image, *_given_back(spot, out, made, image))


def laplacian_pyramid(
    image: Any,
    levels: int,
    *,
    backend: str | None = None,
    threads: int | None = None,
    out: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    r"""Take an image apart into details of ever coarser scale and a small image: `collapse` puts it together again.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (B, H, W, C), uint8, uint16 or float32
        One to four channels; NumPy, CuPy or torch; sides of at least 1. Copied if not in C order.
    levels : int
        How many levels of detail, 0 to 16. A side of 1 stays 1, so that any number fits any size.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : sequence of arrays, optional
        Where to write: `levels` + 1 arrays as they would be returned, C order, no overlap.

    Returns
    -------
    tuple of levels + 1 arrays
        The residuals, finest first, in the shape of the Gaussian level they belong to: int16 for uint8, int32
        for uint16, float32 for float32. Last the base: the Gaussian level after them, in the dtype of `image`.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `gaussian_pyramid`.

    Notes
    -----
    A residual is a Gaussian level less the next one brought to its size with the conventions of ``cv2.pyrUp``: weights
    [1, 6, 1] / 8 and [4, 4] / 8 along both axes; a line is mirrored about its first sample, and its last one repeated;
    integers rounded half up. uint8 and uint16 are equal to ``cv2.subtract(x, cv2.pyrUp(cv2.pyrDown(x)))`` bit by bit,
    float32 within 1e-6 of the largest \|sample\|. NaN and infinity spread as far as the weights reach. The same bits
    for every thread count and CPU level, and on CUDA. Memory: the result; 5/16 of the image for the Gaussian levels in
    between; and 140 kB of stack per thread.

    Source: Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 31(4), 1983,
    equations 1 to 4 with a = 3/8.

    Examples
    --------
    >>> photo = np.random.default_rng(0).integers(0, 256, (48, 65), dtype=np.uint8)
    >>> pyramid = laplacian_pyramid(photo, 3)
    >>> [(level.shape, level.dtype.name) for level in pyramid]
    [((48, 65), 'int16'), ((24, 33), 'int16'), ((12, 17), 'int16'), ((6, 9), 'uint8')]
    >>> bool((collapse(pyramid) == photo).all())
    True
    """
    spot = place(image, backend)
    x = _image(spot.native(image, "image"), "image")
    shapes = _shapes(x.shape, levels)
    residual = _RESIDUALS[x.dtype.name]
    wanted = [(_like(shape, image), residual) for shape in shapes[:-1]] + [(_like(shapes[-1], image), x.dtype)]
    made = _outputs(spot, out, wanted, [x])
    if len(shapes) == 1:
        made[0][...] = x.reshape(made[0].shape)
    for level, shape in enumerate(shapes[1:]):
        low = made[-1].reshape(shape) if shape is shapes[-1] else spot.arrays.empty(shape, x.dtype)
        split(x, low, made[level].reshape(x.shape), spot.where, threads)
        x = low
    return _given_back(spot, out, made, image)


def collapse(pyramid: Sequence[Any], *, backend: str | None = None, threads: int | None = None, out: Any = None) -> Any:
    r"""Put a Laplacian pyramid together: the inverse of `laplacian_pyramid`.

    Parameters
    ----------
    pyramid : sequence of arrays
        As `laplacian_pyramid` returns them, residuals finest first and the base last; the residuals may have been
        changed. NumPy, CuPy or torch, all of one kind. Copied if not in C order.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where the base lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like the image, optional
        Where to write; C order, no overlap with the pyramid.

    Returns
    -------
    shape of the finest residual, dtype and kind of the base
        The image. Of integers each level is clipped to the range of the dtype, so that residuals of any value are
        safe: an amplified one saturates. float32 is not clipped.

    Raises
    ------
    TypeError
        No sequence; an array of a kind or dtype that is not listed; residuals whose dtype does not go with the base's.
    ValueError
        No arrays or more than 17; shapes that are not halved from one to the next; an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    uint8 and uint16 come back bit by bit, float32 within 2.5e-7 of the largest \|sample\|. The same bits for every
    thread count and CPU level, and on CUDA. Memory: the result; 5/16 of it for the levels in between; and 140 kB of
    stack per thread.

    Source: Burt & Adelson 1983, equation 5; see `laplacian_pyramid`.

    Examples
    --------
    >>> photo = np.random.default_rng(0).integers(0, 256, (48, 65, 3), dtype=np.uint8)
    >>> fine, *coarse = laplacian_pyramid(photo, 4)
    >>> sharpened = collapse([2 * fine, *coarse])
    >>> sharpened.shape, sharpened.dtype.name
    ((48, 65, 3), 'uint8')
    """
    if not isinstance(pyramid, list | tuple):
        raise TypeError(f"pyramid must be a list or tuple of arrays, got {type(pyramid).__name__}")
    if not 1 <= len(pyramid) <= MOST_LEVELS + 1:
        raise ValueError(f"pyramid needs 1 to {MOST_LEVELS + 1} arrays, got {len(pyramid)}")
    top = pyramid[0]
    spot = place(pyramid[-1], backend, "pyramid[-1]")
    base = _image(spot.native(pyramid[-1], "pyramid[-1]"), "pyramid[-1]")
    residuals = [
        _residual(spot.native(array, f"pyramid[{level}]"), f"pyramid[{level}]", base.dtype, len(pyramid[-1].shape))
        for level, array in enumerate(pyramid[:-1])
    ]
    chain = [*residuals, base]
    for level, (fine, coarse) in enumerate(itertools.pairwise(chain)):
        if halved(fine.shape) != coarse.shape:
            raise ValueError(
                f"pyramid[{level + 1}] must have half the size of pyramid[{level}], (n + 1) // 2 a side and the same "
                f"channels, got {tuple(pyramid[level + 1].shape)} after {tuple(pyramid[level].shape)}"
            )
    result = _check.output(spot.writable(out), top.shape, base.dtype, chain, spot.arrays)
    if not residuals:
        result[...] = base.reshape(result.shape)
    x = base
    for level in reversed(range(len(residuals))):
        residual = residuals[level]
        finer = spot.arrays.empty(residual.shape, base.dtype) if level else result.reshape(residual.shape)
        join(x, residual, finer, spot.where, threads)
        x = finer
    return out if out is not None else spot.give_back(result, pyramid[-1])


def _image(x: Any, name: str) -> Any:
    x = _check.image(x, name)
    if not 1 <= x.shape[3] <= 4:
        raise ValueError(f"{name} needs 1 to 4 channels in its last axis, got {x.shape[3]}")
    return x


def _residual(x: Any, name: str, base: Any, ndim: int) -> Any:
    if x is None:
        raise TypeError(f"{name} must be an array, got None")
    if x.ndim != ndim:
        raise ValueError(f"{name} needs as many axes as the base, {ndim}, got shape {tuple(x.shape)}")
    if x.dtype != _RESIDUALS[base.name]:
        expected = np.dtype(_RESIDUALS[base.name]).name
        raise TypeError(f"{name} must be {expected} over a base of {base.name}, got {x.dtype}; convert it with .astype")
    return _check.image(x, name, dtypes=(_RESIDUALS[base.name],))


def _shapes(shape: tuple[int, ...], levels: int) -> list[tuple[int, ...]]:
    """(B, H, W, C) of every Gaussian level, of the image first."""
    if isinstance(levels, bool) or not hasattr(levels, "__index__"):
        raise TypeError(f"levels must be an integer, got {type(levels).__name__}")
    levels = operator.index(levels)
    if not 0 <= levels <= MOST_LEVELS:
        raise ValueError(f"levels must be 0 to {MOST_LEVELS}, got {levels}")
    shapes = [shape]
    for _ in range(levels):
        shapes.append(halved(shapes[-1]))
    return shapes


def _like(shape: tuple[int, ...], image: Any) -> tuple[int, ...]:
    """(B, H, W, C) with the axes that `image` has."""
    axes = len(image.shape)
    return shape if axes == 4 else shape[1 : axes + 1]


def _outputs(spot: Place, out: Sequence[Any] | None, wanted: list[tuple[Any, Any]], inputs: list[Any]) -> list[Any]:
    """Fresh arrays, or those of `out` after checking each against the inputs and the ones before it."""
    if out is not None and not isinstance(out, list | tuple):
        raise TypeError(f"out must be a list or tuple of arrays, got {type(out).__name__}")
    if out is not None and len(out) != len(wanted):
        raise ValueError(f"out needs {len(wanted)} arrays, got {len(out)}")
    made: list[Any] = []
    for level, (dims, dtype) in enumerate(wanted):
        array = None if out is None else spot.writable(out[level])
        if out is not None and array is None:
            raise TypeError(f"out[{level}] must be an array, got None")
        made.append(_check.output(array, dims, dtype, [*inputs, *made], spot.arrays))
    return made


def _given_back(spot: Place, out: Sequence[Any] | None, made: list[Any], like: Any) -> tuple[Any, ...]:
    return tuple(out) if out is not None else tuple(spot.give_back(array, like) for array in made)
