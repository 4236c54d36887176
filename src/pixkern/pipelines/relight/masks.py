"""Stage 1: who is relit. The first way to a mask that is enabled and has an answer, and the finish of its edge."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from ._fingerprint import fingerprint
from ._guided_filter import fit_mask
from ._mask_classical import NOTE, classical_mask
from ._mask_finish import EmptyMaskError, finish, finish_record
from ._mask_trimap import solve_trimap
from ._mask_values import INSIDE, as_mask, from_unit
from .given import Given, GivenError, named_array, taken
from .models import ModelError, ask, plane, upsampled
from .settings import LiteRTModel, MaskSettings, OnnxModel

__all__ = ["EmptyMaskError", "FoundMask", "GivenError", "ModelError", "NoMaskError", "find_mask"]


class NoMaskError(ValueError):
    """No method that is enabled has an answer."""


@dataclass(frozen=True, eq=False)
class FoundMask:
    """A mask and where it comes from.

    Attributes
    ----------
    mask : (H, W) uint8
        255 inside, 0 outside, between: the share of the pixel that is inside.
    method : {"given", "file", "trimap", "alpha", "onnx", "litert", "classical"}
    record : dict
        For a sample's parameters, as JSON knows it: method, file or model with its SHA-256, parameters, finish, and
        `fingerprint` of the mask itself. A replay gets the same one or has another mask.
    notes : tuple of str
        What a reader of the sample should know.
    """

    mask: np.ndarray
    method: str
    record: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Photo:
    """What the methods see."""

    image: np.ndarray
    alpha: np.ndarray | None
    name: str | None
    root: str | os.PathLike[str] | None
    threads: int | None


_Answer = tuple[np.ndarray, dict[str, Any], tuple[str, ...]]  # mask, record, notes


def find_mask(
    image: np.ndarray,
    settings: MaskSettings | None = None,
    *,
    alpha: np.ndarray | None = None,
    given: Given | None = None,
    name: str | None = None,
    root: str | os.PathLike[str] | None = None,
    threads: int | None = None,
) -> FoundMask:
    """Find the mask of a photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 or uint16
        RGB.
    settings : MaskSettings, optional
    alpha : (H, W) uint8 or uint16, optional
        The photo's own alpha channel. Where it is opaque everywhere it says nothing.
    given : array, path or function, optional
        The mask itself, which goes before every method: (H, W) bool, uint8, uint16 or float in [0, 1]. A function gets
        `image`, read-only.
    name : str, optional
        The photo's path inside its folder without suffix, with "/": by it, files are found. Without it, the methods
        "file" and "trimap" have no answer.
    root : path, optional
        What the settings' paths are relative to.
    threads : int, optional

    Returns
    -------
    FoundMask

    Raises
    ------
    NoMaskError
        Nothing has an answer: every method is off, or no file, no alpha.
    EmptyMaskError
        Less is inside than `settings.smallest`.
    GivenError, ImageError
        A mask or a file of another size, of colours, with NaN, damaged; see `given.named_file`.
    ModelError, BackendUnavailable
        See `models.ask`.
    TypeError
        A mask of another kind of samples.
    FileNotFoundError
        A folder or a model that is not there. A file that is not there is no error: the next method is asked.

    Notes
    -----
    The order: `given`, file, trimap, alpha, onnx, litert, classical. Then threshold, erode, feather.

    Examples
    --------
    >>> photo = np.zeros((4, 6, 3), np.uint8)
    >>> found = find_mask(photo, given=np.arange(24).reshape(4, 6) < 12)
    >>> found.method, found.mask[:, 0].tolist()
    ('given', [255, 255, 0, 0])
    """
    settings = MaskSettings() if settings is None else settings
    _check_photo(image)
    photo = _Photo(image, alpha, name, root, threads)
    asked: list[str] = []
    for method, answer in _answers(photo, settings, given):
        found = answer()
        if found is None:
            asked.append(method)
            continue
        mask, record, notes = found
        mask = finish(mask, settings, threads=threads)
        record = {"method": method, **record, **finish_record(settings), "fingerprint": fingerprint(mask)}
        return FoundMask(mask, method, record, notes)
    told = f"{', '.join(asked)} have no answer" if asked else "every method is off"
    raise NoMaskError(f"no mask: {told}; give one, or enable classical, which always has an answer")


def _answers(
    photo: _Photo, settings: MaskSettings, given: Given | None
) -> Iterator[tuple[str, Callable[[], _Answer | None]]]:
    methods = settings.methods
    if given is not None:
        yield "given", lambda: _given(photo, given)
    if methods.file.enabled:
        yield "file", lambda: _file(photo, settings)
    if methods.trimap.enabled:
        yield "trimap", lambda: _trimap(photo, settings)
    if methods.alpha.enabled:
        yield "alpha", lambda: _alpha(photo)
    if methods.onnx.enabled:
        yield "onnx", lambda: _model(photo, methods.onnx, settings.refine)
    if methods.litert.enabled:
        yield "litert", lambda: _model(photo, methods.litert, settings.refine)
    if methods.classical.enabled:
        yield "classical", lambda: _classical(photo)


def _given(photo: _Photo, given: Given) -> _Answer:
    array, name = taken(given, photo.image, "mask", root=photo.root)
    return as_mask(array, photo.image.shape[:2], name), {}, ()


def _file(photo: _Photo, settings: MaskSettings) -> _Answer | None:
    found = named_array(settings.methods.file.folder, photo.name, root=photo.root)
    return None if found is None else (as_mask(found[0], photo.image.shape[:2], found[1]), found[2], ())


def _trimap(photo: _Photo, settings: MaskSettings) -> _Answer | None:
    found = named_array(settings.methods.trimap.folder, photo.name, root=photo.root)
    if found is None:
        return None
    trimap = as_mask(found[0], photo.image.shape[:2], found[1])
    mask = solve_trimap(photo.image, trimap, found[1], threads=photo.threads)
    return from_unit(mask), {**found[2], "opencv": cv2.__version__}, ()


def _alpha(photo: _Photo) -> _Answer | None:
    if photo.alpha is None:
        return None
    mask = as_mask(photo.alpha, photo.image.shape[:2], "alpha")
    return None if (mask == INSIDE).all() else (mask, {}, ())


def _model(photo: _Photo, settings: OnnxModel | LiteRTModel, refine: bool) -> _Answer:
    answer = ask(photo.image, settings, root=photo.root)
    values = plane(answer, settings)
    if refine:
        values = fit_mask(photo.image, values, threads=photo.threads)
    else:
        values = upsampled(values, photo.image)
    return from_unit(values), {**answer.record, "refine": refine, "opencv": cv2.__version__}, ()


def _classical(photo: _Photo) -> _Answer:
    mask, outline = classical_mask(photo.image, threads=photo.threads)
    return from_unit(mask), {"outline": asdict(outline), "opencv": cv2.__version__}, (NOTE,)


def _check_photo(image: np.ndarray) -> None:
    if not isinstance(image, np.ndarray) or image.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"image must be uint8 or uint16, got {getattr(image, 'dtype', type(image).__name__)}")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"image must be (H, W, 3) RGB, got shape {image.shape}")
