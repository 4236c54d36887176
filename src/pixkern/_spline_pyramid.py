"""The refinable spline pyramid: an image as cubic B-splines of octave scales, whose sum interpolates it everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check
from ._dispatch import place
from ._spline_levels import allocate, level_shape, on_cpu, on_cuda

_MOST_LEVELS = 16
_MOST_SAMPLES = 2**31 - 8  # of a side: kernels keep the places of outputs in 32 bits


@dataclass(frozen=True, eq=False, repr=False)
class SplinePyramid:
    r"""The cubic B-spline coefficients of an image, level by level.

    With b3 the centred cubic B-spline, the image at a real position x of a line of n samples, 0 <= x <= n - 1, is
    ``sum_k base[k] b3(x / 2**levels - k) + sum_l sum_k details[l][k] b3(x / 2**l - k)``, and in two dimensions the
    same along rows and columns. Level l stores k = -1 .. floor((n - 1) / 2**l) + 2, k = -1 first: all that such a
    position needs.

    Parameters
    ----------
    details : sequence of arrays
        0 to 16 levels, finest first: float32 in C order, ``(rows, cols)`` or ``(rows, cols, C)`` as the image, of
        ``floor((n - 1) / 2**l) + 4`` rows and columns. NumPy, CuPy or torch, all of one kind. They may be edited in
        place: scaled, thresholded, or replaced by those of another image.
    base : array
        The level after the last, likewise.
    shape : tuple of int
        Of the image: ``(H, W)`` or ``(H, W, C)``, C 1 to 4.

    Raises
    ------
    TypeError
        An array of another kind or dtype, or arrays of different kinds.
    ValueError
        An array of another shape or memory order, more than 16 levels, or a `shape` that is none of an image.

    Notes
    -----
    Coefficients are in units of white = 1, and not confined to [0, 1]: for an image in [0, 1] those of the base lie
    between -4 and 5, those of details between -9 and 9.
    Source: Unser, Aldroubi & Eden, "The L2 polynomial spline pyramid", IEEE Trans. Pattern Analysis and Machine
    Intelligence 15(4), 1993, whose two-scale relation this is; what goes to the next level is Burt & Adelson's.

    Examples
    --------
    >>> ramp = np.tile(np.linspace(0, 1, 9, dtype=np.float32), (5, 1))
    >>> pyramid = spline_pyramid(ramp, 2)
    >>> pyramid
    SplinePyramid(shape=(5, 9), levels=2)
    >>> [detail.shape for detail in pyramid.details], pyramid.base.shape
    ([(8, 12), (6, 8)], (5, 6))
    >>> bolder = SplinePyramid([2 * pyramid.details[0], pyramid.details[1]], pyramid.base, pyramid.shape)
    """

    details: tuple[Any, ...]
    base: Any
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        shape = _image_shape(self.shape, "shape")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "details", tuple(self.details))
        if self.levels > _MOST_LEVELS:
            raise ValueError(f"details must be at most {_MOST_LEVELS} arrays, got {self.levels}")
        kind = place(self.base, name="base")
        for level, array in enumerate((*self.details, self.base)):
            name = f"details[{level}]" if level < self.levels else "base"
            spot = place(array, name=name)
            if spot != kind:
                raise TypeError(
                    f"details and base must be of one kind: base is {kind.kind} ({kind.where}), "
                    f"{name} is {spot.kind} ({spot.where}); convert one"
                )
            given = spot.native(array, name)
            checked = _check.array(given, name, dtypes=(np.float32,), ndim=(len(shape),))
            wanted = level_shape(shape, level)
            if checked.shape != wanted:
                raise ValueError(f"{name} needs shape {wanted} for an image of shape {shape}, got {checked.shape}")
            if not given.flags.c_contiguous or (spot.where == "cpu" and not given.flags.aligned):
                raise ValueError(f"{name} must be C-contiguous and aligned; pass numpy.ascontiguousarray or a copy")

    @property
    def levels(self) -> int:
        """The number of detail levels."""
        return len(self.details)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the image."""
        return self.shape[1], self.shape[0]

    @property
    def channels(self) -> int:
        """Channels of the image; 1 without an axis for them."""
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def nbytes(self) -> int:
        """Bytes of all levels."""
        return sum(int(array.nbytes) for array in (*self.details, self.base))

    def __repr__(self) -> str:
        return f"SplinePyramid(shape={self.shape}, levels={self.levels})"


def spline_pyramid(image: Any, levels: int, *, backend: str | None = None, threads: int | None = None) -> SplinePyramid:
    r"""Split an image into cubic B-splines of octave scales whose sum is its cubic-spline interpolant at any position.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        C 1 to 4, sides of at least 1. NumPy, CuPy or torch. Integers are scaled to [0, 1], by 1 / 255 and 1 / 65535.
        Copied if not in C order.
    levels : int
        Detail levels, 0 to 16. With 0 the base has all: the spline coefficients of the image.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    SplinePyramid
        Details and base in the kind of array that `image` is.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or `levels` that are no integer.
    ValueError
        Another number of axes or channels, an empty image, `levels` out of range.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    For an image in [0, 1], any number of levels and any zoom, the sum of all levels is the image at its samples within
    7e-7 (2.4e-7 at most in noise of zeros and ones), and between them the cubic spline through the image, mirrored
    about its end samples (``scipy.ndimage.spline_filter(order=3, mode="mirror")``), within 1e-6 (5e-7). Recursions and
    residuals are computed in double and rounded to float32; errors do not add up over levels, as each detail is the
    difference to the next level as it was rounded.
    The next level is [1 4 6 4 1] / 16 along both axes at every other coefficient; any other choice would have the same
    sum. A sample that is not finite makes all coefficients of its channel so whose row or column has to do with it.

    The same bits for every thread count and CPU level, and on CUDA. Memory: the result alone, and 160 kB of stack per
    thread: level 0 is filtered, and becomes a detail, in place.

    Sources: Unser, Aldroubi & Eden, "B-spline signal processing: part II", IEEE Trans. Signal Processing 41(2), 1993,
    box 1 (prefilter); the same, "The L2 polynomial spline pyramid", IEEE Trans. PAMI 15(4), 1993 (two-scale
    relation); Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 31(4), 1983.

    Examples
    --------
    >>> photo = np.random.default_rng(0).integers(0, 256, (48, 65, 3), dtype=np.uint8)
    >>> pyramid = spline_pyramid(photo, 3)
    >>> pyramid.levels, pyramid.size, pyramid.channels, pyramid.base.dtype
    (3, (65, 48), 3, dtype('float32'))
    >>> flat = spline_pyramid(np.full((4, 4), 255, np.uint8), 2)
    >>> float(flat.base.min()), float(abs(flat.details[0]).max())
    (1.0, 0.0)
    """
    spot = place(image, backend)
    pixels = _check.array(spot.native(image, "image"), "image", dtypes=_check.IMAGE_DTYPES, ndim=(2, 3))
    shape = _image_shape(pixels.shape, "image")
    levels = _levels(levels)
    native = [allocate(spot.arrays, level_shape(shape, level)) for level in range(levels + 1)]
    planes = [array.reshape(*array.shape[:2], -1) for array in native]
    pixels = pixels.reshape(*shape[:2], -1)
    if spot.where == "cuda":
        on_cuda(pixels, planes)
    else:
        on_cpu(pixels, planes, threads)
    *details, base = (spot.give_back(array, image) for array in native)
    return SplinePyramid(tuple(details), base, shape)


def _levels(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"levels must be an integer, got {type(value).__name__}")
    if not 0 <= value <= _MOST_LEVELS:
        raise ValueError(f"levels must be 0 to {_MOST_LEVELS}, got {value}")
    return int(value)


def _image_shape(dims: Any, name: str) -> tuple[int, ...]:
    if not isinstance(dims, tuple | list) or any(
        isinstance(n, bool) or not isinstance(n, int | np.integer) for n in dims
    ):
        raise TypeError(f"{name} must be a tuple of integers, got {dims!r}")
    dims = tuple(int(n) for n in dims)
    if len(dims) not in (2, 3) or min(dims) < 1 or (len(dims) == 3 and dims[2] > 4):
        raise ValueError(f"{name} must be (H, W) or (H, W, C), none of them 0, with 1 to 4 channels, got {dims}")
    if max(dims) > _MOST_SAMPLES:
        raise ValueError(f"{name} must be at most {_MOST_SAMPLES} samples a side, got {dims}")
    return dims
