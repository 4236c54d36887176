"""Backward warps: where each output pixel comes from, and its value there, in one pass.

Positions are (x, y) in pixels of the input with integers at pixel centres. They are made a few at a time in
the kernel and never written out. The loops are in ``kernels/cpu/warp.h`` and ``kernels/cuda/warp.cu``, the
formulas in ``kernels/maths/{lens,path,interpolation}.h``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._jacobian import JacobianStats, jacobian_stats
from ._native import warp as _cpu
from .lenses import Chromatic, Lens

__all__ = ["JacobianStats", "coordinate_map", "grid_sample", "jacobian_stats", "warp"]

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos4"]
Border = Literal["zeros", "border", "reflection"]
CoordinateFunction = Callable[[float, float], tuple[float, float]]

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos4")  # enum Interpolation in kernels/maths/interpolation.h
_BORDERS = ("zeros", "border", "reflection")  # enum Border there
_MOST_SIDE = 2**28  # FARTHEST there
_CUDA_BLOCK = 256  # BLOCK in kernels/maths/path.h
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernel goes round again for more


def grid_sample(
    image: Any,
    grid: Any,
    *,
    interpolation: Interpolation = "bilinear",
    border: Border = "zeros",
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Sample an image at the positions of a grid.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (B, H, W, C), uint8, uint16 or float32
        NumPy, CuPy or torch. Copied if not in C order.
    grid : (rows, cols, 2), or (B, rows, cols, 2) for a batch; float32 or float64
        (x, y) with -1 and 1 at the centres of the first and last pixel (torch's ``align_corners=True``).
        float32 itself rounds positions by up to 1.2e-7 of half the image's side. Where a grid is not finite the
        result is zero.
    interpolation : {"nearest", "bilinear", "bicubic", "lanczos4"}
        See `warp`.
    border : {"zeros", "border", "reflection"}
        See `warp`.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like the result, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    (rows, cols), (rows, cols, C) or (B, rows, cols, C), dtype and kind of `image`

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed.
    ValueError
        A shape that does not fit, or an unknown interpolation or border.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Exact as `warp`. No memory beyond the result.

    Examples
    --------
    >>> image = np.array([[0, 100], [200, 50]], np.uint8)
    >>> grid = np.array([[[-1, -1], [0, -1], [1, 1]]], np.float32)
    >>> grid_sample(image, grid)
    array([[ 0, 50, 50]], dtype=uint8)
    """
    spot = place(image, backend)
    pixels = _image(spot.native(image, "image"))
    wanted = 4 if image.ndim == 4 else 3
    field = _check.array(spot.native(grid, "grid"), "grid", dtypes=(np.float32, np.float64), ndim=(wanted,))
    if field.shape[-1] != 2 or 0 in field.shape or (wanted == 4 and len(field) != len(pixels)):
        batch = f"{len(pixels)}, " if wanted == 4 else ""
        raise ValueError(f"grid needs shape ({batch}rows, cols, 2), got {field.shape}")
    field = field.reshape(len(pixels), *field.shape[-3:])
    how = _method(interpolation, border)
    result, samples = _result(spot, image, pixels, field.shape[1:3], out, (pixels, field))
    if spot.where == "cuda":
        _on_cuda(f"grid_sample_{field.dtype.name}", samples, pixels, how, field)
    else:
        lines = samples.shape[0] * samples.shape[1]
        _threads.split(
            lambda begin, end: _cpu.grid_sample(pixels, field, samples, *how, begin, end),
            lines,
            elements=samples.size,
            threads=threads,
        )
    return out if out is not None else spot.give_back(result, image)


def warp(
    image: Any,
    lens: Lens | CoordinateFunction,
    *,
    residual: Any = None,
    chromatic: Chromatic | None = None,
    size: tuple[int, int] | None = None,
    interpolation: Interpolation = "bilinear",
    border: Border = "zeros",
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Warp an image by a lens: each output pixel shows the input at ``lens.map(pixel) + residual(pixel)``.

    With a calibrated lens this removes its distortion; with ``lens.inverted()`` it puts it back.

    Parameters
    ----------
    image : (H, W), (H, W, C) or (B, H, W, C), uint8, uint16 or float32
        NumPy, CuPy or torch. Copied if not in C order. All images of a batch are warped alike.
    lens : Lens or function
        From pixels of the output to pixels of the input. A function ``f(x, y) -> (x, y)`` of two floats is
        compiled by Numba (extra ``numba``) into the loop and evaluated at every pixel, on the CPU only; it must not
        raise. Keep the function object: each new one is compiled anew.
    residual : (h, w, 2) float32, optional
        Displacement (x, y) in pixels of the input, added to the lens's; bilinear in between, corners aligned
        with the output's.
    chromatic : Chromatic, optional
        Moves the red and the blue of an RGB or RGBA image to where the lens drew them.
    size : (width, height), optional
        Of the output. Default: of the input.
    interpolation : {"nearest", "bilinear", "bicubic", "lanczos4"}
        bicubic: Keys's kernel with a = -0.75. lanczos4: 8 taps, weights normalised.
    border : {"zeros", "border", "reflection"}
        What lies outside the image: zeros, the nearest edge pixel, or the image mirrored about the
        centres of its edge pixels.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like the result, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    (height, width), (height, width, C) or (B, height, width, C), dtype and kind of `image`
        uint8 and uint16 are rounded to nearest, halves up; float32 is not clipped. Zero where the lens has no
        position.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or a function that Numba cannot compile.
    ValueError
        A shape that does not fit, or an unknown interpolation or border.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Positions are within 1e-6 pixels of `Lens.map` plus a residual of a few pixels (typically 2e-7), for lenses
    without features narrower than some 30 pixels. They are kept as integer and fraction; sums are float32. The
    same bits for every thread count and CPU level, and on CUDA. A position on a pixel returns the bits of that
    pixel; elsewhere NaN stays NaN, its payload may change. Memory: the result and 20 kB per thread.

    Sources: Keys, "Cubic convolution interpolation for digital image processing", IEEE ASSP 29(6), 1981; Duchon,
    "Lanczos filtering in one and two dimensions", J. Applied Meteorology 18, 1979.

    Examples
    --------
    >>> from pixkern.lenses import BrownConrady
    >>> photo = np.arange(12, dtype=np.uint8).reshape(3, 4)
    >>> shift = BrownConrady(1, (0, 0)).with_view(1, (1, 0))  # the view's centre shows the photo's
    >>> warp(photo, shift)
    array([[ 0,  0,  1,  2],
           [ 0,  4,  5,  6],
           [ 0,  8,  9, 10]], dtype=uint8)
    """
    spot = place(image, backend)
    pixels = _image(spot.native(image, "image"))
    how = _method(interpolation, border)
    channels = pixels.shape[3]
    if chromatic is not None and not isinstance(chromatic, Chromatic):
        raise TypeError(f"chromatic must be a Chromatic, got {type(chromatic).__name__}")
    if chromatic is not None and channels not in (3, 4):
        raise ValueError(f"chromatic needs an RGB or RGBA image, got {channels} channels")
    colours = np.empty((0, 6)) if chromatic is None else chromatic.packed()[[0, 1, 2, 1][:channels]]
    packed, callback = _packed(lens, spot)
    field = _residual(residual, spot)
    width, height = (pixels.shape[2], pixels.shape[1]) if size is None else _size(size)
    result, samples = _result(spot, image, pixels, (height, width), out, (pixels, field))
    if spot.where == "cuda":
        _on_cuda("warp", samples, pixels, how, packed, colours, field)
    else:
        lines = samples.shape[0] * height
        _threads.split(
            lambda begin, end: _cpu.warp(pixels, samples, packed, callback, colours, field, *how, begin, end),
            lines,
            elements=samples.size,
            threads=threads,
        )
    return out if out is not None else spot.give_back(result, image)


def coordinate_map(
    lens: Lens | CoordinateFunction, size: tuple[int, int], *, residual: Any = None, threads: int | None = None
) -> np.ndarray:
    """The positions that `warp` samples, bit for bit.

    Parameters
    ----------
    lens, residual
        See `warp`.
    size : (width, height)
        Of the output of the warp.
    threads : int, optional
        At most this many threads.

    Returns
    -------
    (height, width, 2) float64
        (x, y) in pixels of the input; NaN where there is none. Positions further than 2**28 pixels from the
        origin are moved to about that distance.

    Raises
    ------
    TypeError, ValueError
        As `warp`.

    Examples
    --------
    >>> from pixkern.lenses import BrownConrady
    >>> coordinate_map(BrownConrady(100, (1, 0), radial=(50,)), (3, 1)).round(6)
    array([[[-0.005,  0.   ],
            [ 1.   ,  0.   ],
            [ 2.005,  0.   ]]])
    """
    spot = Place("cpu", "numpy")
    packed, callback = _packed(lens, spot)
    field = _residual(residual, spot)
    width, height = _size(size)
    out = np.empty(_check.shape((height, width, 2), 8, "the map"))
    _threads.split(
        lambda begin, end: _cpu.positions(out, packed, callback, field, begin, end),
        height,
        elements=out.size,
        threads=threads,
    )
    return out


def _image(image: Any) -> Any:
    pixels = _check.image(image)
    if max(pixels.shape[1:3]) > _MOST_SIDE:
        raise ValueError(f"image is larger than 2**28 pixels a side, got shape {image.shape}")
    return pixels


def _size(size: tuple[int, int]) -> tuple[int, int]:
    width, height = _check.size(size)
    if max(width, height) > _MOST_SIDE:
        raise ValueError(f"size must be at most 2**28 pixels a side, got {size!r}")
    return width, height


def _method(interpolation: str, border: str) -> tuple[int, int]:
    _check.choice(interpolation, "interpolation", _INTERPOLATIONS)
    _check.choice(border, "border", _BORDERS)
    return _INTERPOLATIONS.index(interpolation), _BORDERS.index(border)


def _packed(lens: Any, spot: Place) -> tuple[np.ndarray, int]:
    """The lens as struct Lens, and the address of a user's function that takes its place (0: none)."""
    if isinstance(lens, Lens):
        return lens.packed(), 0
    if not callable(lens):
        raise TypeError(f"lens must be a Lens or a function f(x, y) -> (x, y), got {type(lens).__name__}")
    if spot.where == "cuda":
        raise ValueError('a coordinate function runs on the CPU only; use backend="cpu"')
    from ._coordinate_function import address

    return np.zeros(24), address(lens)


def _residual(residual: Any, spot: Place) -> Any:
    if residual is None:
        return spot.arrays.empty((0, 0, 2), np.float32)
    field = _check.array(spot.native(residual, "residual"), "residual", dtypes=(np.float32,), ndim=(3,))
    if field.shape[2] != 2 or 0 in field.shape or max(field.shape) > 2**20:
        raise ValueError(f"residual needs shape (h, w, 2) with 1 to 2**20 nodes a side, got {field.shape}")
    return field


def _result(spot: Place, image: Any, pixels: Any, shape: tuple[int, int], out: Any, inputs: Any) -> tuple[Any, Any]:
    """The result as its caller sees it, and as (B, rows, cols, C)."""
    batch, channels = pixels.shape[0], pixels.shape[3]
    dims = {2: shape, 3: (*shape, channels), 4: (batch, *shape, channels)}[image.ndim]
    result = _check.output(spot.writable(out), dims, pixels.dtype, inputs, spot.arrays)
    return result, result.reshape(batch, *shape, channels)


def _on_cuda(name: str, samples: Any, pixels: Any, how: tuple[int, int], *rest: Any) -> None:
    """One CUDA thread block per block of pixels of a row, as the CPU's loop is cut; see kernels/cuda/warp.cu."""
    import cupy

    from ._cuda import kernel

    lines = samples.shape[0] * samples.shape[1]
    blocks = lines * -(-samples.shape[2] // _CUDA_BLOCK)
    arguments: list[Any] = [pixels, *map(np.int64, pixels.shape[1:]), samples, *map(np.int64, samples.shape[:3])]
    for array in rest:
        moved = cupy.asarray(array)
        arguments += [moved, *map(np.int64, moved.shape[:-1])]
    run = kernel("warp", f"{name}_{pixels.dtype.name}")
    run((min(blocks, _MOST_BLOCKS),), (_CUDA_BLOCK,), (*arguments, *map(np.int32, how)))
