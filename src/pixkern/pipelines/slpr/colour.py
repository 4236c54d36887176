"""What of a colour image is rendered: its grey, its three colours, or its luma beside a chroma that stays as it is.

The transform is full-range ITU-R BT.601, as JPEG files have it (Recommendation ITU-T T.871, 2011, section 7):

    Y  = 0.299 R + 0.587 G + 0.114 B,    Cb = (B - Y) / 1.772,    Cr = (R - Y) / 1.402

with R, G, B and Y in [0, 1] and both chromas in [-1/2, 1/2], 0 for greys. It works on coded values: no light is
linearised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixkern import _check

__all__ = ["COLOR_MODES", "Planes", "join", "split"]

COLOR_MODES = ("gray", "rgb", "luma")

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
_CB_SPAN, _CR_SPAN = 2 * (1 - _BLUE), 2 * (1 - _RED)  # 1.772 and 1.402
_GREEN_CB, _GREEN_CR = _BLUE * _CB_SPAN / _GREEN, _RED * _CR_SPAN / _GREEN
_BLOCK = 2**15  # pixels that are converted at a time: their planes stay in the cache


@dataclass(frozen=True, eq=False)
class Planes:
    """An image as it is rendered.

    Attributes
    ----------
    rendered : ndarray, (H, W) or (H, W, 3), float32
        Grey, luma, or R, G, B; nominally in [0, 1].
    chroma : ndarray, (H, W, 2), float32, optional
        Cb and Cr, nominally in [-1/2, 1/2]: mode "luma" of an image with colours.
    """

    rendered: np.ndarray
    chroma: np.ndarray | None = None


def split(image: np.ndarray, mode: str) -> Planes:
    """The planes of an image in a colour mode.

    Parameters
    ----------
    image : (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA; uint8, uint16 or float32
        Integers are divided by 255 or 65535. What is not opaque is laid over white, as coded values, which is how
        browsers show it on a white page. Copied if not in C order.
    mode : {"gray", "rgb", "luma"}
        "gray": the luma alone. "rgb": three colours, equal ones for grey images. "luma": luma, and chroma for images
        that have colours.

    Returns
    -------
    Planes

    Raises
    ------
    TypeError
        Another dtype.
    ValueError
        Another shape or mode, or a float image with NaN or infinities.

    Notes
    -----
    Greys are exact: where R = G = B, the luma is that value and the chroma 0. Memory: the planes, and 2 MB.

    Examples
    --------
    >>> planes = split(np.array([[[255, 0, 0], [7, 7, 7]]], np.uint8), "luma")
    >>> planes.rendered.round(4), planes.chroma[0, 1]
    (array([[0.299 , 0.0275]], dtype=float32), array([0., 0.], dtype=float32))
    """
    _check.choice(mode, "mode", COLOR_MODES)
    pixels = _check.image(image, "image")[0] if np.ndim(image) in (2, 3) else None
    if pixels is None or pixels.shape[2] not in (1, 3, 4):
        raise ValueError(f"image needs shape (H, W), or 1, 3 or 4 channels in its last axis, got {np.shape(image)}")
    rows, cols, channels = pixels.shape
    rendered = np.empty((rows, cols, 3) if mode == "rgb" else (rows, cols), np.float32)
    chroma = np.empty((rows, cols, 2), np.float32) if mode == "luma" and channels > 1 else None
    for part in _blocks(rows, cols):
        colours = _over_white(pixels[part])
        if mode == "rgb":
            rendered[part] = colours
        elif channels == 1:
            rendered[part] = colours[..., 0]
        else:
            red, green, blue = np.moveaxis(colours, -1, 0)
            luma = green + (red - green) * np.float32(_RED) + (blue - green) * np.float32(_BLUE)
            rendered[part] = luma
            if chroma is not None:
                chroma[part][..., 0] = (blue - luma) * np.float32(1 / _CB_SPAN)
                chroma[part][..., 1] = (red - luma) * np.float32(1 / _CR_SPAN)
    return Planes(rendered, chroma)


def join(rendered: np.ndarray, chroma: np.ndarray | None = None, *, dtype: Any = np.uint8) -> np.ndarray:
    """The pixels of planes: `split` undone, clipped to [0, 1], scaled, and rounded once.

    Parameters
    ----------
    rendered : (H, W) or (H, W, 3), float32
        Grey, luma, or R, G, B.
    chroma : (H, W, 2), float32, optional
        Makes `rendered` (H, W) the luma of a colour image.
    dtype : {uint8, uint16}

    Returns
    -------
    ndarray, (H, W) or (H, W, 3) RGB

    Raises
    ------
    TypeError
        Planes that are not float32, or another `dtype`.
    ValueError
        Shapes that do not fit.

    Notes
    -----
    ``join(split(image))`` has the bits of every opaque uint8 and uint16 image in modes "rgb" and "luma", and of grey
    ones in mode "gray". Memory: the pixels, and 2 MB.

    Examples
    --------
    >>> image = np.array([[[255, 128, 1]]], np.uint8)
    >>> planes = split(image, "luma")
    >>> join(planes.rendered, planes.chroma)
    array([[[255, 128,   1]]], dtype=uint8)
    """
    if np.dtype(dtype) not in (np.uint8, np.uint16):
        raise TypeError(f"dtype must be uint8 or uint16, got {np.dtype(dtype).name}")
    given = _check.image(rendered, "rendered", dtypes=[np.float32])
    colour = None if chroma is None else _check.image(chroma, "chroma", dtypes=[np.float32])
    if rendered.ndim > 3 or (rendered.ndim == 3 and rendered.shape[2] != 3):
        raise ValueError(f"rendered needs shape (H, W) or (H, W, 3), got {rendered.shape}")
    if colour is not None and (rendered.ndim != 2 or colour.shape != (*given.shape[:3], 2)):
        raise ValueError(f"chroma {colour.shape[1:]} needs a luma of its height and width, got {rendered.shape}")
    rows, cols = rendered.shape[:2]
    pixels = np.empty((rows, cols, 3) if colour is not None else rendered.shape, dtype)
    full = np.float32(np.iinfo(pixels.dtype).max)
    for part in _blocks(rows, cols):
        values = rendered[part] if colour is None else _colours(rendered[part], colour[0][part])
        pixels[part] = np.rint(np.clip(values, 0, 1) * full)
    return pixels


def _blocks(rows: int, cols: int) -> Iterator[slice]:
    step = max(1, _BLOCK // cols)
    return (slice(top, min(top + step, rows)) for top in range(0, rows, step))


def _over_white(pixels: np.ndarray) -> np.ndarray:
    """The channels but for alpha, as float32."""
    if pixels.dtype == np.float32:
        if not np.isfinite(pixels).all():
            raise ValueError("image holds NaN or infinities; replace them, for instance with np.nan_to_num")
        values = pixels
    else:
        values = pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    if pixels.shape[2] < 4:
        return values
    alpha = values[..., 3:]
    return values[..., :3] * alpha + (1 - alpha)


def _colours(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    blue_difference, red_difference = chroma[..., 0], chroma[..., 1]
    values = np.empty((*luma.shape, 3), np.float32)
    values[..., 0] = luma + red_difference * np.float32(_CR_SPAN)
    values[..., 1] = luma - blue_difference * np.float32(_GREEN_CB) - red_difference * np.float32(_GREEN_CR)
    values[..., 2] = luma + blue_difference * np.float32(_CB_SPAN)
    return values
