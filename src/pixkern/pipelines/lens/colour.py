"""The colours of a photo apart from its alpha."""

from __future__ import annotations

import numpy as np


def has_alpha(image: np.ndarray) -> bool:
    """Whether the last channel is alpha: grey with alpha or RGBA."""
    return image.ndim == 3 and image.shape[2] in (2, 4)


def as_rgb(image: np.ndarray) -> np.ndarray:
    """The colours as (H, W, 3), grey ones three times, without alpha; a view where nothing has to be copied."""
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] in (2, 4):
        image = image[..., :-1]
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
