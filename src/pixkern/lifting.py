"""Wavelet transforms by lifting and the 4-point Hadamard transform.

As many coefficients as samples, with the conventions of JPEG 2000 (ITU-T T.800, Annex F): whole-sample symmetry at the
ends, low bands of ceil(n / 2) samples, columns before rows; a constant plane keeps its value in LL, an alternating
line is twice as large in a high band. The loops are in ``kernels/cpu/{lifting,hadamard}.h`` and
``kernels/cuda/lifting.cu``, the formulas in ``kernels/maths/{lifting,hadamard}.h``.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _check
from ._dispatch import place
from ._hadamard import hadamard4
from ._lifting_levels import WAVELETS, on_cpu, on_cuda
from ._subbands import Subband, from_pywt, level_shapes, subbands, to_pywt

__all__ = ["Subband", "dwt2", "from_pywt", "hadamard4", "idwt2", "subbands", "to_pywt"]

Wavelet = Literal["haar", "cdf53", "cdf97"]


def dwt2(
    x: Any,
    *,
    wavelet: Wavelet = "cdf53",
    levels: int = 1,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    r"""Transform planes into wavelet coefficients.

    Parameters
    ----------
    x : (H, W) or (N, H, W), float32 or int32
        A plane, or planes that are transformed alike. NumPy, CuPy or torch; sides of at least 1. Copied if not in C
        order. float32 is transformed irreversibly, int32 reversibly.
    wavelet : {"haar", "cdf53", "cdf97"}
        haar: means and differences of pairs, the S-transform for int32. cdf53: the 5/3 of lossless
        JPEG 2000, for float32 without its rounding. cdf97: the 9/7 of lossy JPEG 2000, float32 only.
    levels : int
        1 to 10. Sides of 1 sample pass through, so that any number of levels fits any size.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `x` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like `x`, optional
        Where to write; C order, no overlap with `x`.

    Returns
    -------
    shape, dtype and kind of `x`
        The coefficients in the Mallat layout: LL in the upper left corner, HL (high horizontally) to its right, LH
        below it, HH diagonally; `subbands` has the places.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or int32 with cdf97.
    ValueError
        Another number of axes, an empty array, an unknown wavelet, `levels` out of range, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    int32 is exact: `idwt2` gives every bit back, for any values, as sums are modulo 2**32. The coefficients are those
    of unbounded integers for \|x\| < 2**29 (haar) and \|x\| <= 2**26 (cdf53) at any number of levels. float32
    coefficients are within 5e-7 (haar, cdf53) or 4e-6 (cdf97, typically 3e-7) of the exact ones, in units of the
    largest \|x\|. NaN and infinity spread as far as the filters reach. The same bits for every thread count and CPU
    level, and on CUDA. Memory: the result; with more than one level a third of it for the low bands in between, or as
    much again where a side is 1; and 130 kB of stack per thread.

    Sources: ITU-T T.800 | ISO/IEC 15444-1, Annex F.4; Daubechies & Sweldens, "Factoring wavelet transforms into lifting
    steps", J. Fourier Analysis and Applications 4(3), 1998; Said & Pearlman, "An image multiresolution representation
    for lossless and lossy compression", IEEE Trans. Image Processing 5(9), 1996, section II.

    Examples
    --------
    >>> ramp = np.arange(6, dtype=np.float32)[None] * 2
    >>> dwt2(ramp)  # low: the ramp at half resolution; high: zero but at the end, where the mirror bends it
    array([[0. , 4. , 8.5, 0. , 0. , 2. ]], dtype=float32)
    """
    spot = place(x, backend, "x")
    samples = _planes(spot.native(x, "x"), "x", wavelet)
    shapes = level_shapes(samples.shape, levels)
    result = _check.output(spot.writable(out), x.shape, samples.dtype, (samples,), spot.arrays)
    coeffs = result.reshape(samples.shape)
    if spot.where == "cuda":
        on_cuda(False, wavelet, shapes, samples, coeffs)
    else:
        on_cpu(False, wavelet, shapes, samples, coeffs, threads)
    return out if out is not None else spot.give_back(result, x)


def idwt2(
    coeffs: Any,
    *,
    wavelet: Wavelet = "cdf53",
    levels: int = 1,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    r"""Transform wavelet coefficients back into planes: the inverse of `dwt2`.

    Parameters
    ----------
    coeffs : (H, W) or (N, H, W), float32 or int32
        As `dwt2` returns them. NumPy, CuPy or torch. Copied if not in C order.
    wavelet, levels, backend, threads
        As given to `dwt2`.
    out : like `coeffs`, optional
        Where to write; C order, no overlap with `coeffs`.

    Returns
    -------
    shape, dtype and kind of `coeffs`
        The planes.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `dwt2`.

    Notes
    -----
    int32 comes back bit by bit; float32 within 2e-6 of the largest \|x\| that was
    transformed, and 5e-7 in the mean (root of squares). The same bits for every
    thread count and CPU level, and on CUDA. Memory: as `dwt2`.

    The planes at a 2**r-th of the resolution take the coefficients of that corner alone: with
    ``low = subbands(shape, r)[0]``, they are ``idwt2(coeffs[..., low.rows, low.cols], levels=levels - r)``, and for
    ``r == levels`` the corner itself.

    Source: ITU-T T.800 | ISO/IEC 15444-1, Annex F.3.

    Examples
    --------
    >>> photo = np.random.default_rng(0).integers(0, 256, (48, 65), dtype=np.int32)
    >>> coeffs = dwt2(photo, levels=3)
    >>> bool((idwt2(coeffs, levels=3) == photo).all())
    True
    >>> low = subbands(photo.shape, 1)[0]  # half the resolution
    >>> half = idwt2(coeffs[low.rows, low.cols], levels=2)
    >>> half.shape, bool((half == dwt2(photo)[low.rows, low.cols]).all())
    ((24, 33), True)
    """
    spot = place(coeffs, backend, "coeffs")
    bands = _planes(spot.native(coeffs, "coeffs"), "coeffs", wavelet)
    shapes = level_shapes(bands.shape, levels)
    result = _check.output(spot.writable(out), coeffs.shape, bands.dtype, (bands,), spot.arrays)
    samples = result.reshape(bands.shape)
    if spot.where == "cuda":
        on_cuda(True, wavelet, shapes, samples, bands)
    else:
        on_cpu(True, wavelet, shapes, samples, bands, threads)
    return out if out is not None else spot.give_back(result, coeffs)


def _planes(x: Any, name: str, wavelet: str) -> Any:
    """`x` as (N, H, W)."""
    _check.choice(wavelet, "wavelet", WAVELETS)
    x = _check.array(x, name, dtypes=(np.float32, np.int32), ndim=(2, 3))
    if 0 in x.shape:
        raise ValueError(f"{name} is empty, got shape {x.shape}")
    if wavelet == "cdf97" and x.dtype == np.int32:
        raise TypeError(f"cdf97 is irreversible and takes float32, got {name} of int32; convert it, or use cdf53")
    return x.reshape(-1, *x.shape[-2:])
