"""Light fall-off taken out of a photo: its linear light divided by the lens's gain.

Light adds up, and lenses lose it, in proportion to the number of photons; photos of 8 and 16 bits store a
curve of it, taken here to be sRGB's. Float images are taken to hold linear light already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pixkern.lenses import Vignetting

from .colour import has_alpha

_STRIP = 1 << 18  # pixels corrected at a time: their float64 copies stay within the cache
_LEAST_GAIN = 0.05  # a lens that passes less than this at a corner leaves noise to brighten, not a photo


def remove_vignetting(image: np.ndarray, vignetting: Vignetting) -> np.ndarray:
    """Divide the light of a photo by the lens's fall-off.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        uint8 and uint16: sRGB curve, full scale is 1. float32: linear light. With 2 or 4 channels the last
        one is alpha and stays as it is.
    vignetting : Vignetting
        In the photo's pixels.

    Returns
    -------
    Same shape and dtype as `image`
        uint8 and uint16 are rounded and stop at full scale; float32 is not clipped. Extra memory: the
        result and some strips of rows.

    Raises
    ------
    ValueError
        The gain falls to 0.05 or below inside the frame.

    Notes
    -----
    Source: IEC 61966-2-1:1999, the curve of sRGB; the gain is lensfun's model pa, see `Vignetting`.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((3, 3), 100, np.uint8)
    >>> remove_vignetting(grey, Vignetting(np.sqrt(2), (1, 1), (-0.5,)))
    array([[138, 115, 138],
           [115, 100, 115],
           [138, 115, 138]], dtype=uint8)
    """
    rows, cols = image.shape[:2]
    x2 = ((np.arange(cols) - vignetting.center[0]) / vignetting.unit) ** 2
    y2 = ((np.arange(rows) - vignetting.center[1]) / vignetting.unit) ** 2
    k1, k2, k3 = vignetting.coefficients
    out = np.empty_like(image)
    full = np.iinfo(image.dtype).max if image.dtype.kind == "u" else None
    light_of = _srgb_to_linear(np.arange(full + 1) / full) if full else None
    step = max(1, _STRIP // cols)
    colours: Any = ...
    if has_alpha(image):
        colours = (..., slice(-1))
        out[..., -1] = image[..., -1]
    for top in range(0, rows, step):
        strip = slice(top, min(top + step, rows))
        r2 = x2 + y2[strip, None]
        gain = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        if not gain.min() > _LEAST_GAIN:
            raise ValueError(
                f"the vignetting profile leaves {gain.min():.3g} of the light inside the frame; is it for this size?"
            )
        if image.ndim == 3:
            gain = gain[..., None]
        part = image[strip][colours]
        if light_of is None:
            out[strip][colours] = part / gain
        else:
            light = np.minimum(light_of[part] / gain, 1.0)
            out[strip][colours] = np.rint(_linear_to_srgb(light) * full)
    return out


def _srgb_to_linear(code: np.ndarray) -> np.ndarray:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def _linear_to_srgb(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
