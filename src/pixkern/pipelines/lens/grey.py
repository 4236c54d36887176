"""The brightness of a photo in one plane, which is all that edges and corners are looked for in."""

from __future__ import annotations

import numpy as np

from pixkern import _check

_REC601 = np.array([0.299, 0.587, 0.114], np.float32)  # weights of coded (not linear) red, green and blue


def luma(image: np.ndarray) -> np.ndarray:
    """Brightness of a photo as float32, full scale 1.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        1 channel grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha is ignored. float32 is nominally
        in [0, 1]; values that are not finite count as 0.

    Returns
    -------
    (H, W) float32

    Raises
    ------
    TypeError
        Another dtype.
    ValueError
        Another number of axes or channels, or no pixels.

    Notes
    -----
    Source of the weights: Rec. ITU-R BT.601.

    Examples
    --------
    >>> import numpy as np
    >>> luma(np.full((2, 3, 3), 255, np.uint8))
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    """
    image = _check.array(np.asarray(image), "image", dtypes=_check.IMAGE_DTYPES, ndim=(2, 3))
    if 0 in image.shape:
        raise ValueError(f"image is empty, got shape {image.shape}")
    channels = image.shape[2] if image.ndim == 3 else 1
    if channels > 4:
        raise ValueError(f"image needs 1 to 4 channels in its last axis, got shape {image.shape}")
    if channels < 3:
        plane = image.reshape(*image.shape[:2], channels)[..., 0].astype(np.float32)
    else:
        plane = np.tensordot(image[..., :3].astype(np.float32), _REC601, axes=1)
    if image.dtype == np.float32:
        return np.nan_to_num(plane, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return plane * np.float32(1 / np.iinfo(image.dtype).max)
