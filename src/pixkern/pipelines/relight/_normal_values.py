"""Normals from elsewhere: decoded, of unit length, in our frame, and facing the viewer where nothing is known.

The frame: x to the right, y up, z to the viewer. Files that call themselves OpenGL's have it; in DirectX's files y
points down, and their second channel is to be inverted before they come here.
"""

from __future__ import annotations

import numpy as np

from ._samples import check_size, full
from .given import GivenError

_SHORTEST = 1e-3  # length below which a vector is no direction: a code of 16 bits is 3e-5, half of one of 8 bits 4e-3
_FACING = np.array([0, 0, 1], np.float32)


def as_normals(array: np.ndarray, mask: np.ndarray, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Normals from elsewhere, checked.

    Parameters
    ----------
    array : (H, W, 3) or (H, W, 4)
        float32 or float64: vectors of any length above 0.001. uint8 or uint16: codes (n + 1) / 2 of the whole range.
        An alpha channel is left out.
    mask : (H, W) uint8
        Where it is 0, the answer is (0, 0, 1), whatever the array has there.
    name : str
        For messages.

    Returns
    -------
    normals : (H, W, 3) float32
        Of unit length, to rounding.
    notes : tuple of str
        How many vectors inside had no length, and became (0, 0, 1); how many face away from the viewer.

    Raises
    ------
    GivenError
        Another size or number of channels, NaN or infinity inside the mask, or no vector with a length there.
    TypeError
        Another kind of samples.

    Examples
    --------
    >>> from pixkern.pipelines.relight._normal_values import as_normals
    >>> codes = np.array([[[65535, 32768, 32768], [0, 0, 0]]], np.uint16)
    >>> as_normals(codes, np.array([[255, 0]], np.uint8), "normals")[0].round(3).tolist()
    [[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]
    """
    if array.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise TypeError(f"{name} must be uint8, uint16, float32 or float64, got {array.dtype}")
    check_size(array, mask.shape, name)
    if array.ndim != 3 or array.shape[2] not in (3, 4):
        raise GivenError(f"{name} needs three channels, got shape {array.shape}")
    inside = mask > 0
    vectors = array[..., :3][inside].astype(np.float64)  # (n, 3)
    if array.dtype.kind == "u":
        vectors = vectors * (2 / full(array.dtype)) - 1
    if not np.isfinite(vectors).all():
        bad = int((~np.isfinite(vectors)).any(axis=1).sum())
        raise GivenError(f"{name} has {bad} vectors inside the mask that are not finite")
    with np.errstate(over="ignore", invalid="ignore"):  # of vectors that are too long to be squared
        squares = (vectors[:, 0] ** 2 + vectors[:, 1] ** 2) + vectors[:, 2] ** 2
    length = np.sqrt(squares)
    if np.isinf(length).any():
        raise GivenError(f"{name} has vectors inside the mask that are longer than 1e154")
    known = length > _SHORTEST
    if not known.any():
        raise GivenError(f"{name} has no vector inside the mask that is longer than {_SHORTEST}")
    vectors[known] /= length[known, None]
    vectors[~known] = _FACING
    normals = np.empty((*mask.shape, 3), np.float32)
    normals[:] = _FACING
    normals[inside] = vectors
    return normals, _notes(name, vectors, known)


def _notes(name: str, vectors: np.ndarray, known: np.ndarray) -> tuple[str, ...]:
    notes = []
    if not known.all():
        notes.append(f"{name}: {int((~known).sum())} vectors had no length and face the viewer now")
    away = float((vectors[:, 2] < 0).mean())
    if away > 0.01:
        notes.append(f"{name}: {away:.0%} of the vectors face away from the viewer; z must point to the viewer")
    return tuple(notes)
