"""Wavelet transforms by lifting, in place of nothing: as many coefficients as samples, in the Mallat layout.

Conventions are those of JPEG 2000 (ITU-T T.800, Annex F): whole-sample symmetry at the ends, low bands of ceil(n / 2)
samples, columns before rows, a constant image keeps its value in LL. The loops are in ``kernels/cpu/lifting.h`` and
``kernels/cuda/lifting.cu``, the formulas in ``kernels/maths/{lifting,hadamard}.h``.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._native import lifting as _cpu
from ._subbands import MOST_SIDE, Subband, level_shapes, subbands

__all__ = ["Subband", "dwt2", "idwt2", "subbands"]

Wavelet = Literal["haar", "cdf53", "cdf97"]

_WAVELETS = ("haar", "cdf53", "cdf97")  # enum Wavelet in kernels/maths/lifting.h


def dwt2(x, *, wavelet="cdf53", levels=1, backend=None, threads=None, out=None):
    spot = place(x, backend, "x")
    planes, which = _planes(spot.native(x, "x"), "x", wavelet)
    shapes = level_shapes(planes.shape, levels)
    result = _check.output(spot.writable(out), x.shape, planes.dtype, (planes,), spot.arrays)
    bands = result.reshape(planes.shape)
    source, spare = planes, None
    for level, (rows, cols) in enumerate(shapes[:-1]):
        low = bands[:, : shapes[-1][0], : shapes[-1][1]]
        if level + 2 < len(shapes):
            low = spot.arrays.empty((len(planes), *shapes[level + 1]), planes.dtype) if spare is None else spare
        n = len(planes) * ((rows + 1) // 2)
        a, b, c = source, low, bands
        _threads.split(lambda begin, end: _cpu.analyse(a, b, c, which, begin, end), n, elements=source.size, threads=threads)
        source = low
    return out if out is not None else spot.give_back(result, x)


def idwt2(coeffs, *, wavelet="cdf53", levels=1, backend=None, threads=None, out=None):
    spot = place(coeffs, backend, "coeffs")
    bands, which = _planes(spot.native(coeffs, "coeffs"), "coeffs", wavelet)
    shapes = level_shapes(bands.shape, levels)
    result = _check.output(spot.writable(out), coeffs.shape, bands.dtype, (bands,), spot.arrays)
    samples = result.reshape(bands.shape)
    low = bands[:, : shapes[-1][0], : shapes[-1][1]]
    for level in range(len(shapes) - 2, -1, -1):
        rows, cols = shapes[level]
        x = samples if level == 0 else spot.arrays.empty((len(bands), rows, cols), bands.dtype)
        n = len(bands) * ((rows + 1) // 2)
        a, b = low, x
        _threads.split(lambda begin, end: _cpu.synthesise(a, bands, b, which, begin, end), n, elements=x.size, threads=threads)
        low = x
    return out if out is not None else spot.give_back(result, coeffs)


def _planes(x: Any, name: str, wavelet: str) -> tuple[Any, int]:
    """`x` as (N, H, W), and the wavelet's number."""
    _check.choice(wavelet, "wavelet", _WAVELETS)
    x = _check.array(x, name, dtypes=(np.float32, np.int32), ndim=(2, 3))
    return x.reshape(-1, *x.shape[-2:]), _WAVELETS.index(wavelet)
