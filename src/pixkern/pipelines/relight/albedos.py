"""Stage 2, as far as an albedo comes from elsewhere; where none does, `pixkern.retinex.albedo` makes one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ._fingerprint import fingerprint
from ._samples import NUMBERS, check_size, codes, three_channels
from .given import Given, GivenKindError, named_array, taken
from .models import ask, colours, upsampled
from .settings import AlbedoSettings

__all__ = ["FoundAlbedo", "find_albedo"]


@dataclass(frozen=True, eq=False)
class FoundAlbedo:
    """An albedo and where it comes from.

    Attributes
    ----------
    albedo : (H, W, 3) uint8 or uint16
        Codes of the photo's depth; 0 where the mask is 0.
    method : {"given", "file", "onnx"}
    record : dict
        For a sample's parameters: method, file or model with its SHA-256, parameters, `fingerprint` of the albedo.
    notes : tuple of str
    """

    albedo: np.ndarray
    method: str
    record: dict[str, Any]
    notes: tuple[str, ...] = ()


def find_albedo(
    image: np.ndarray,
    mask: np.ndarray,
    settings: AlbedoSettings | None = None,
    *,
    given: Given | None = None,
    name: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> FoundAlbedo | None:
    """Find an albedo that nobody has to compute from the photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 or uint16
        RGB.
    mask : (H, W) uint8
    settings : AlbedoSettings, optional
        Only the methods "file" and "onnx" are asked.
    given : array, path or function, optional
        The albedo itself, which goes before both: (H, W) or (H, W, 3), of uint8 or uint16 codes, or float in [0, 1]. An
        alpha channel is left out. Other depths than the photo's are rounded once.
    name, root : optional
        As in `find_mask`.

    Returns
    -------
    FoundAlbedo or None
        None where nobody has one.

    Raises
    ------
    GivenError, ImageError, ModelError, BackendUnavailable, TypeError, FileNotFoundError
        As `find_mask`.

    Examples
    --------
    >>> photo, everywhere = np.zeros((2, 2, 3), np.uint16), np.full((2, 2), 255, np.uint8)
    >>> find_albedo(photo, everywhere, given=np.full((2, 2), 0.5, np.float32)).albedo[0, 0].tolist()
    [32768, 32768, 32768]
    >>> find_albedo(photo, everywhere) is None
    True
    """
    settings = AlbedoSettings() if settings is None else settings
    methods = settings.methods
    check_size(mask, image.shape[:2], "mask")
    if given is not None:
        array, told = taken(given, image, "albedo", root=root)
        return _found(array, image, mask, "given", told, {})
    if methods.file.enabled:
        found = named_array(methods.file.folder, name, root=root)
        if found is not None:
            array, told, record = found
            return _found(array, image, mask, "file", told, record)
    if methods.onnx.enabled:
        answer = ask(image, methods.onnx, root=root)
        array = upsampled(colours(answer, methods.onnx), image)
        return _found(array, image, mask, "onnx", answer.name, {**answer.record, "opencv": cv2.__version__})
    return None


def _found(
    array: np.ndarray, image: np.ndarray, mask: np.ndarray, method: str, name: str, record: dict[str, Any]
) -> FoundAlbedo:
    if array.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise GivenKindError(f"{name} must be {NUMBERS.removeprefix('bool, ')}, got {array.dtype}")
    check_size(array, image.shape[:2], name)
    albedo = codes(three_channels(array, name), image.dtype, name)
    albedo = np.where(mask[..., None] > 0, albedo, albedo.dtype.type(0))
    return FoundAlbedo(albedo, method, {"method": method, **record, "fingerprint": fingerprint(albedo)})
