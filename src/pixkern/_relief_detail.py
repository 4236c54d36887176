"""Small relief that shades of a picture suggest."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import place
from ._gaussian_blur import gaussian_blur
from ._masks import inside
from ._native import inflation as _cpu

_RANGE = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}


def relief_detail(
    image: Any,
    mask: Any = None,
    *,
    small: float = 1.5,
    large: float = 12.0,
    amount: float = 0.3,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    r"""Read small shades as small relief: folds of cloth, strands of hair; lighter is higher.

    Parameters
    ----------
    image : (H, W) or (H, W, 3), uint8, uint16 or float32
        Grey or sRGB codes; float32 nominally 0 to 1. NumPy, CuPy or torch. Copied if not in C order.
    mask : (H, W) bool, uint8 or float32, optional
        Inside where True, 128 and more, 0.5 and more. What is outside is not looked at, and 0 in the result.
    small, large : float
        Standard deviations in pixels, 0 <= small < large <= 1e6: details between them are kept.
    amount : float
        Steepness: a shade of the whole range, black to white, is `amount` times `large` pixels high. -1e6 to 1e6;
        negative: lighter is lower.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : (H, W) float32, optional
        Where to write; C order, no overlap with `image` or `mask`.

    Returns
    -------
    (H, W) float32
        Height in pixels towards the viewer, to be added to `inflate`'s: amount large (G_small * Y - G_large * Y) with
        the luma Y = 0.2126 R + 0.7152 G + 0.0722 B of the codes over their range.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or parameters that are no numbers.
    ValueError
        A shape that does not fit, an empty array, parameters out of range, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Within 8e-4 of amount large, as both blurs are (`pixkern.retinex.gaussian_blur`, normalised by the mask). What it
    shows is plausible, not measured: a dark spot of paint becomes a dent. The same bits for every thread count and CPU
    level, and on CUDA. Memory: the result, three planes of float32, and what `gaussian_blur` takes.

    Sources: ITU-R BT.709-6, section 3 (luma); Khan, Reinhard, Fleming & Buelthoff, "Image-based material editing", ACM
    Trans. Graphics 25(3), 2006, section 3, for lighter as higher.

    Examples
    --------
    >>> ridge = np.zeros((9, 9), np.uint8)
    >>> ridge[4] = 255
    >>> height = relief_detail(ridge, small=0, large=2, amount=0.5)  # 0.5 * 2 * (1 - 1 / (2 sqrt(2 pi)))
    >>> round(float(height[4, 4]), 2), round(float(height[2, 4]), 2)
    (0.8, -0.12)
    """
    spot = place(image, backend)
    given = _check.array(spot.native(image, "image"), "image", dtypes=_check.IMAGE_DTYPES, ndim=(2, 3))
    if 0 in given.shape or (given.ndim == 3 and given.shape[2] != 3):
        raise ValueError(f"image needs 1 or more pixels, grey or of 3 channels, got shape {given.shape}")
    pixels = given.reshape(*given.shape[:2], -1)
    shape = pixels.shape[:2]
    low, high, steep = (_number(v, n) for v, n in ((small, "small"), (large, "large"), (amount, "amount")))
    if not 0 <= low < high:
        raise ValueError(f"small and large must be 0 <= small < large, got {small!r} and {large!r}")
    within = None if mask is None else inside(spot, mask, shape)
    asked = None if mask is None else spot.native(mask, "mask")
    result = _check.output(spot.writable(out), shape, np.float32, (given, within, asked), spot.arrays)
    luma = spot.arrays.empty(shape, np.float32)
    _luma(spot.where, pixels, luma, 1 / _RANGE[given.dtype.name], threads)
    weights = None if within is None else within.view(bool)
    coarse = gaussian_blur(luma, high, mask=weights, backend=spot.where, threads=threads)
    fine = gaussian_blur(luma, low, mask=weights, backend=spot.where, threads=threads)
    _relief(spot.where, (fine, coarse, within), result, steep * high, threads)
    return out if out is not None else spot.give_back(result, image)


def _luma(where: str, pixels: Any, luma: Any, scale: float, threads: int | None) -> None:
    if where == "cuda":
        arguments = (pixels, luma, np.int64(luma.size), np.int64(pixels.shape[2]), np.float32(scale))
        _launch(f"luma_{pixels.dtype.name}", luma.size, arguments)
        return
    _threads.split(
        lambda begin, end: _cpu.luma(pixels, luma, scale, begin, end), len(luma), elements=pixels.size, threads=threads
    )


def _relief(where: str, given: tuple[Any, Any, Any], result: Any, height: float, threads: int | None) -> None:
    """`height` times what a fine blur has over a coarse one, within a mask or everywhere."""
    fine, coarse, within = given
    if where == "cuda":
        masked = (fine if within is None else within, np.int32(within is not None))
        _launch("relief", fine.size, (fine, coarse, *masked, result, np.int64(fine.size), np.float32(height)))
        return
    _threads.split(
        lambda begin, end: _cpu.relief(fine, coarse, within, result, height, begin, end),
        len(fine),
        elements=fine.size,
        threads=threads,
    )


def _launch(name: str, count: int, arguments: tuple[Any, ...]) -> None:
    from ._cuda import kernel

    kernel("inflation", name)((-(-count // 256),), (256,), arguments)


def _number(value: float, name: str) -> float:
    given = _check.finite(value, name)
    if given.ndim or abs(given) > 1e6:
        raise ValueError(f"{name} must be a number up to 1e6, got {value!r}")
    return float(given)
