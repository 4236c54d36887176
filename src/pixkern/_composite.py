"""One image over another."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _check
from ._dispatch import place
from ._masks import read_mask
from ._native import shading as _cpu
from ._shade_arguments import picture_of, split_pixels
from ._shading_cuda import launch

Space = Literal["linear", "srgb"]


def composite(
    foreground: Any,
    background: Any,
    mask: Any,
    *,
    space: Space = "linear",
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """One image over another: ``mask foreground + (1 - mask) background``.

    Parameters
    ----------
    foreground, background : (H, W) or (H, W, 3), uint8, uint16 or float32
        Of one shape and dtype. NumPy, CuPy or torch. Copied if not in C order.
    mask : (H, W), bool, uint8 (255 = 1) or float32 in [0, 1]
        How much of a pixel is foreground.
    space : {"linear", "srgb"}
        Where integers are mixed: as linear light, as in a camera, or as the codes that they are, as many programs do.
        float32 is mixed as it is.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `foreground` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like `foreground`, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    shape, dtype and kind of `foreground`
        Rounded once. Where the mask is 0 or 1, the bytes of the one image, whatever the other holds.

    Raises
    ------
    TypeError, ValueError
        A kind, dtype, shape or `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    As exact as `shade`. The same bits for every thread count and CPU level, and on CUDA. Memory: the result.

    Source: Porter & Duff, "Compositing digital images", SIGGRAPH 1984, the operator over.

    Examples
    --------
    >>> black, white = np.zeros((1, 1), np.uint8), np.full((1, 1), 255, np.uint8)
    >>> half = np.full((1, 1), 0.5, np.float32)
    >>> int(composite(white, black, half)[0, 0]), int(composite(white, black, half, space="srgb")[0, 0])
    (188, 128)
    """
    _check.choice(space, "space", ("linear", "srgb"))
    spot = place(foreground, backend, "foreground")
    front = picture_of(spot, foreground, "foreground", _check.IMAGE_DTYPES, grey=True)
    back = picture_of(spot, background, "background", (front.dtype,), grey=True)
    if front.shape != back.shape:
        raise ValueError(f"background must have the shape of foreground, {front.shape}, got {back.shape}")
    if mask is None:
        raise TypeError("mask must be a NumPy, CuPy or torch array, got None")
    weights = read_mask(spot, mask, tuple(front.shape[:2]))
    inputs = (front, back, weights.weights)
    result = _check.output(spot.writable(out), front.shape, front.dtype, inputs, spot.arrays)
    channels = 3 if front.ndim == 3 else 1
    pixels = front.size // channels
    if spot.where == "cuda":
        how = (np.int32(channels), np.int32(space == "linear"))
        launch(f"composite_{front.dtype.name}", pixels, front, back, *weights.on_cuda(), result, *how)
    else:
        a, b, to = front.reshape(-1), back.reshape(-1), result.reshape(-1)
        cover = (weights.bytes, weights.floats, weights.whole)
        linear = space == "linear"
        split_pixels(
            lambda begin, end: _cpu.composite(a, b, *cover, channels, linear, to, begin, end),
            front.size,
            threads,
            pixels,
        )
    return out if out is not None else spot.give_back(result, foreground)
