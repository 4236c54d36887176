"""The subbands of a Mallat layout, and its exchange with PyWavelets' nested lists."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import _check
from ._lifting_levels import WAVELETS

Orientation = Literal["LL", "HL", "LH", "HH"]

MOST_LEVELS = 10
MOST_SIDE = 2**31 - 1


@dataclass(frozen=True)
class Subband:
    """One subband of a transform and where it lies.

    Attributes
    ----------
    level : int
        1 is the finest. The band has a 2**level-th of the samples' resolution.
    orientation : {"LL", "HL", "LH", "HH"}
        What it holds of the columns, then of the rows' direction: HL is high horizontally and low vertically.
    rows, cols : slice
        Its place: ``coeffs[..., band.rows, band.cols]``. Empty where a side had one sample only.

    Examples
    --------
    >>> Subband(1, "HL", slice(0, 2), slice(3, 5)).shape
    (2, 2)
    """

    level: int
    orientation: Orientation
    rows: slice
    cols: slice

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) of the band."""
        return self.rows.stop - self.rows.start, self.cols.stop - self.cols.start


def subbands(shape: Sequence[int], levels: int) -> tuple[Subband, ...]:
    """The subbands of a transform, from coarse to fine.

    Parameters
    ----------
    shape : (H, W) or (N, H, W)
        Of what was transformed.
    levels : int
        1 to 10.

    Returns
    -------
    tuple of Subband
        LL of the last level, then HL, LH, HH of each level from the last to the first: 1 + 3 `levels` bands that
        cover the plane without overlap. A low band has ceil(n / 2) of n samples.

    Raises
    ------
    TypeError
        A side or `levels` is no integer.
    ValueError
        A side is less than 1, or `levels` is not 1 to 10.

    Examples
    --------
    >>> for band in subbands((5, 8), 1):
    ...     print(band.orientation, band.level, band.shape)
    LL 1 (3, 4)
    HL 1 (3, 4)
    LH 1 (2, 4)
    HH 1 (2, 4)
    """
    sides = level_shapes(shape, levels)
    rows, cols = sides[-1]
    bands = [Subband(len(sides) - 1, "LL", slice(0, rows), slice(0, cols))]
    for level in range(len(sides) - 1, 0, -1):
        (low_rows, low_cols), (rows, cols) = sides[level], sides[level - 1]
        upper, lower = slice(0, low_rows), slice(low_rows, rows)
        left, right = slice(0, low_cols), slice(low_cols, cols)
        bands += [
            Subband(level, "HL", upper, right),
            Subband(level, "LH", lower, left),
            Subband(level, "HH", lower, right),
        ]
    return tuple(bands)


def to_pywt(coeffs: Any, *, wavelet: str = "cdf53", levels: int = 1) -> list[Any]:
    """The coefficients of `dwt2` as PyWavelets' nested list, in its scaling.

    Parameters
    ----------
    coeffs : (H, W) or (N, H, W) float32, NumPy
        As `dwt2` returns them.
    wavelet : {"haar", "cdf53", "cdf97"}
        PyWavelets' "haar", "bior2.2", "bior4.4". All three are scaled alike.
    levels : int
        As given to `dwt2`.

    Returns
    -------
    list
        ``[cA, (cH, cV, cD), ...]`` from coarse to fine, new arrays, as ``pywt.wavedec2(x, ..., axes=(-2, -1))`` gives
        them: LL of the last level, then per level LH, HL and HH.

    Raises
    ------
    TypeError, ValueError
        `coeffs` is no float32 array of two or three axes; an unknown wavelet; `levels` out of range.

    Notes
    -----
    PyWavelets' low-pass filter is larger by sqrt(2) and its high-pass filter by -1 / sqrt(2). So LL after n levels is
    multiplied by 2**n, and level l's LH and HL by -2**(l-1), HH by 2**(l-2): exactly, so that `from_pywt` gives every
    bit back. Compared with `pywt.wavedec2`:

    - haar, sides that 2**levels divides: all samples are equal, in every mode.
    - One level, mode="reflect" (JPEG 2000's symmetry), even sides: PyWavelets returns more, of which
      ``[k:k + n]`` along each axis with n half the side are equal to these, k = 1 for bior2.2 and 2 for bior4.4.
    - mode="periodization", sides that 2**levels divides: the shapes are the same, and all samples that depend on
      no border are equal, which are those at least 2 (bior2.2) or 4 (bior4.4) from their band's edges.

    "Equal" is to rounding, 1e-6 of the largest sample.

    Examples
    --------
    >>> from pixkern.lifting import dwt2
    >>> flat = np.ones((4, 6), np.float32)
    >>> approximation, (horizontal, vertical, diagonal) = to_pywt(dwt2(flat))
    >>> approximation
    array([[2., 2., 2.],
           [2., 2., 2.]], dtype=float32)
    """
    checked_wavelet(wavelet)
    coeffs = _float_planes(coeffs, "coeffs")
    first, *rest = [
        coeffs[..., band.rows, band.cols] * np.float32(_factor(band)) for band in subbands(coeffs.shape, levels)
    ]
    return [first, *((lh, hl, hh) for hl, lh, hh in zip(rest[0::3], rest[1::3], rest[2::3], strict=True))]


def from_pywt(nested: Sequence[Any], *, wavelet: str = "cdf53", levels: int | None = None) -> Any:
    """The nested list of `to_pywt` as coefficients for `idwt2`: its inverse, bit by bit.

    Parameters
    ----------
    nested : sequence
        ``[cA, (cH, cV, cD), ...]``, float32, of shapes that fit a Mallat layout without extra samples: as `to_pywt`
        gives them, or ``pywt.wavedec2(..., mode="periodization")`` of sides that 2**levels divides.
    wavelet : {"haar", "cdf53", "cdf97"}
        See `to_pywt`.
    levels : int, optional
        Default: all there are. Another number is refused.

    Returns
    -------
    (H, W) or (N, H, W) float32

    Raises
    ------
    TypeError, ValueError
        `nested` is no such list, or its shapes do not fit one layout.

    Examples
    --------
    >>> from pixkern.lifting import dwt2
    >>> coeffs = dwt2(np.arange(35, dtype=np.float32).reshape(5, 7), levels=2)
    >>> bool((from_pywt(to_pywt(coeffs, levels=2)) == coeffs).all())
    True
    """
    checked_wavelet(wavelet)
    if not isinstance(nested, list | tuple) or len(nested) < 2:
        raise TypeError(f"nested must be a list [cA, (cH, cV, cD), ...], got {type(nested).__name__}")
    if levels is not None and checked_levels(levels) != len(nested) - 1:
        raise ValueError(f"nested has {len(nested) - 1} levels, not {levels}")
    bands = [_float_planes(nested[0], "cA")]
    for level, details in zip(range(len(nested) - 1, 0, -1), nested[1:], strict=True):
        if not isinstance(details, list | tuple) or len(details) != 3:
            raise TypeError(f"the details of level {level} must be (cH, cV, cD), got {type(details).__name__}")
        horizontal, vertical, diagonal = (_float_planes(band, f"a detail of level {level}") for band in details)
        bands += [vertical, horizontal, diagonal]
    finest = nested[-1]
    shape = (*bands[0].shape[:-2], finest[0].shape[-2] + finest[1].shape[-2], finest[0].shape[-1] + finest[1].shape[-1])
    coeffs = np.empty(shape, np.float32)
    for place, band in zip(subbands(shape, len(nested) - 1), bands, strict=True):
        target = coeffs[..., place.rows, place.cols]
        if target.shape != band.shape:
            raise ValueError(
                f"{place.orientation} of level {place.level} needs shape {target.shape} in a layout of {shape}, "
                f'got {band.shape}; use mode="periodization" and sides that 2**levels divides'
            )
        np.multiply(band, np.float32(1 / _factor(place)), out=target)
    return coeffs


def _factor(band: Subband) -> float:
    """PyWavelets' coefficient over ours: a power of two."""
    return {"LL": 2.0, "HL": -1.0, "LH": -1.0, "HH": 0.5}[band.orientation] * 2.0 ** (band.level - 1)


def _float_planes(x: Any, name: str) -> Any:
    if not isinstance(x, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, got {type(x).__name__}")
    return _check.array(x, name, dtypes=(np.float32,), ndim=(2, 3))


def checked_wavelet(wavelet: str) -> str:
    return _check.choice(wavelet, "wavelet", WAVELETS)


def level_shapes(shape: Sequence[int], levels: int) -> list[tuple[int, int]]:
    """(rows, cols) of the plane and of LL after each level."""
    try:
        sides = [operator.index(side) for side in shape]
    except TypeError:
        raise TypeError(f"shape must be integers (H, W) or (N, H, W), got {shape!r}") from None
    if len(sides) not in (2, 3) or not all(1 <= side <= MOST_SIDE for side in sides):
        raise ValueError(f"shape must be (H, W) or (N, H, W) with sides from 1 to 2**31 - 1, got {tuple(shape)}")
    found = [(sides[-2], sides[-1])]
    for _ in range(checked_levels(levels)):
        found.append(((found[-1][0] + 1) // 2, (found[-1][1] + 1) // 2))
    return found


def checked_levels(levels: int) -> int:
    if isinstance(levels, bool) or not hasattr(levels, "__index__"):
        raise TypeError(f"levels must be an integer, got {type(levels).__name__}")
    if not 1 <= operator.index(levels) <= MOST_LEVELS:
        raise ValueError(f"levels must be 1 to {MOST_LEVELS}, got {levels}")
    return operator.index(levels)
