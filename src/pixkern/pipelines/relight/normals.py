"""Which way the surface faces: from normals, from a depth, or made up from the mask where nothing is known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pixkern.shading import normals_from_height
from pixkern.shadows import inflate, relief_detail

from ._depths import as_depth, depth_of, surface
from ._fingerprint import fingerprint
from ._normal_values import as_normals
from ._samples import check_size
from .given import Given, named_array, taken
from .models import ask
from .settings import NormalsSettings

__all__ = ["FoundNormals", "NoNormalsError", "find_normals"]

PLAUSIBLE = "the normals are plausible, not estimated: the mask was inflated, with relief from the photo's brightness"
_HALF = 128  # of the mask: inside, for a silhouette
_DISC = 0.5  # relief of an inflated disc, which is a hemisphere: its radius over its diameter


class NoNormalsError(ValueError):
    """No method that is enabled has an answer."""


@dataclass(frozen=True, eq=False)
class FoundNormals:
    """Normals and where they come from.

    Attributes
    ----------
    normals : (H, W, 3) float32
        Of unit length; x to the right, y up, z to the viewer; (0, 0, 1) where the mask is 0.
    method : {"given", "given_depth", "file", "depth", "onnx", "inflation"}
    record : dict
        For a sample's parameters: method, file or model with its SHA-256, parameters, `fingerprint` of the normals.
    notes : tuple of str
    height : (H, W) float32, optional
        Towards the viewer, in pixels; 0 outside the mask. None where the normals were given as such.
    """

    normals: np.ndarray
    method: str
    record: dict[str, Any]
    notes: tuple[str, ...] = ()
    height: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class _Photo:
    """What the methods see."""

    image: np.ndarray
    mask: np.ndarray
    settings: NormalsSettings
    name: str | None
    root: str | os.PathLike[str] | None
    threads: int | None


_Answer = tuple[np.ndarray, np.ndarray | None, dict[str, Any], tuple[str, ...]]  # normals, height, record, notes


def find_normals(
    image: np.ndarray,
    mask: np.ndarray,
    settings: NormalsSettings | None = None,
    *,
    given: Given | None = None,
    given_depth: Given | None = None,
    name: str | None = None,
    root: str | os.PathLike[str] | None = None,
    threads: int | None = None,
) -> FoundNormals:
    """Find the normals of what is inside a mask.

    Parameters
    ----------
    image : (H, W, 3) uint8 or uint16
        RGB.
    mask : (H, W) uint8
    settings : NormalsSettings, optional
    given : array, path or function, optional
        The normals themselves: (H, W, 3) float vectors of any length, or uint8 or uint16 codes (n + 1) / 2, in the
        frame x to the right, y up, z to the viewer. A function gets `image`, read-only.
    given_depth : array, path or function, optional
        A depth: (H, W) uint8, uint16, float32 or float64, of any unit; `settings.methods.depth.nearer` says which
        values are near. `given` goes before it.
    name, root : optional
        As in `find_mask`.
    threads : int, optional

    Returns
    -------
    FoundNormals

    Raises
    ------
    NoNormalsError
        Nothing has an answer.
    GivenError, ImageError
        Normals or a depth of another size, with NaN inside the mask, without length, without relief.
    ModelError, BackendUnavailable
        See `models.ask`.
    TypeError
        Samples of another kind.
    FileNotFoundError
        A folder or a model that is not there. A file that is not there is no error: the next method is asked.

    Notes
    -----
    The order: `given`, `given_depth`, file, depth, onnx, inflation. A depth's range inside the mask becomes `relief`
    times the longer side of the mask's rectangle (`pixkern.shading.normals_from_depth`). An inflated disc is a
    hemisphere at a relief of 0.5, and flatter or steeper in proportion at others.

    Examples
    --------
    >>> photo, everywhere = np.zeros((3, 4, 3), np.uint8), np.full((3, 4), 255, np.uint8)
    >>> wall = np.full((3, 4, 3), (0.0, 0.0, 2.0))
    >>> find_normals(photo, everywhere, given=wall).normals[0, 0].tolist()
    [0.0, 0.0, 1.0]
    """
    settings = NormalsSettings() if settings is None else settings
    if mask.dtype != np.uint8 or mask.ndim != 2:
        raise TypeError(f"mask must be (H, W) uint8, got {mask.dtype} of shape {mask.shape}")
    check_size(mask, image.shape[:2], "mask")
    if not mask.any():
        raise ValueError("the mask is empty; there is nothing that has normals")
    photo = _Photo(image, mask, settings, name, root, threads)
    asked: list[str] = []
    for method, answer in _answers(photo, given, given_depth):
        found = answer()
        if found is None:
            asked.append(method)
            continue
        normals, height, record, notes = found
        record = {"method": method, **record, "fingerprint": fingerprint(normals)}
        return FoundNormals(normals, method, record, notes, height)
    told = f"{', '.join(asked)} have no answer" if asked else "every method is off"
    raise NoNormalsError(f"no normals: {told}; give them, or enable inflation, which always has an answer")


def _answers(
    photo: _Photo, given: Given | None, given_depth: Given | None
) -> Iterator[tuple[str, Callable[[], _Answer | None]]]:
    methods = photo.settings.methods
    if given is not None:
        yield "given", lambda: _given(photo, given)
    if given_depth is not None:
        yield "given_depth", lambda: _given_depth(photo, given_depth)
    if methods.file.enabled:
        yield "file", lambda: _file(photo)
    if methods.depth.enabled:
        yield "depth", lambda: _depth_file(photo)
    if methods.onnx.enabled:
        yield "onnx", lambda: _model(photo)
    if methods.inflation.enabled:
        yield "inflation", lambda: _inflation(photo)


def _given(photo: _Photo, given: Given) -> _Answer:
    array, name = taken(given, photo.image, "normals", root=photo.root)
    normals, notes = as_normals(array, photo.mask, name, threads=photo.threads)
    return normals, None, {}, notes


def _given_depth(photo: _Photo, given: Given) -> _Answer:
    array, name = taken(given, photo.image, "depth", root=photo.root)
    return _from_depth(photo, as_depth(array, photo.mask, name), photo.settings.methods.depth.nearer, name, {})


def _file(photo: _Photo) -> _Answer | None:
    found = named_array(photo.settings.methods.file.folder, photo.name, root=photo.root)
    if found is None:
        return None
    normals, notes = as_normals(found[0], photo.mask, found[1], threads=photo.threads)
    return normals, None, found[2], notes


def _depth_file(photo: _Photo) -> _Answer | None:
    settings = photo.settings.methods.depth
    found = named_array(settings.folder, photo.name, root=photo.root)
    if found is None:
        return None
    array, name, record = found
    return _from_depth(photo, as_depth(array, photo.mask, name), settings.nearer, name, record)


def _model(photo: _Photo) -> _Answer:
    settings = photo.settings.methods.onnx
    answer = ask(photo.image, settings, root=photo.root)
    depth = depth_of(answer, photo.image, photo.mask, photo.threads)
    record = {**answer.record, "opencv": cv2.__version__}
    return _from_depth(photo, depth, settings.nearer, answer.name, record)


def _from_depth(photo: _Photo, depth: np.ndarray, nearer: str, name: str, record: dict[str, Any]) -> _Answer:
    relief = photo.settings.relief
    found = surface(depth, photo.mask, relief=relief, nearer=nearer, name=name, threads=photo.threads)
    return found.normals, found.height, {**record, **found.record}, ()


def _inflation(photo: _Photo) -> _Answer:
    detail = photo.settings.methods.inflation.detail
    notes: tuple[str, ...] = (PLAUSIBLE,)
    if (photo.mask >= _HALF).all():  # nothing holds such a surface down
        height = np.zeros(photo.mask.shape, np.float32)
        notes += ("the mask covers the whole picture and was not inflated; only relief is left",)
    else:
        height = inflate(photo.mask, threads=photo.threads)
    if detail:
        height = height + relief_detail(photo.image, photo.mask, amount=detail, threads=photo.threads)
    height = np.where(photo.mask > 0, height * np.float32(photo.settings.relief / _DISC), np.float32(0))
    normals = normals_from_height(height, mask=photo.mask, threads=photo.threads)
    return normals, height, {"detail": detail, "relief": photo.settings.relief}, notes
