"""Normals from elsewhere: decoded, of unit length, in our frame, and facing the viewer where nothing is known.

The frame: x to the right, y up, z to the viewer. Files that call themselves OpenGL's have it; in DirectX's files y
points down, and their second channel is to be inverted before they come here.
"""

from __future__ import annotations

import numpy as np

from pixkern.shading import UnitNormals, normals_from_vectors

from ._samples import check_size
from .given import GivenError, GivenKindError


def as_normals(
    array: np.ndarray, mask: np.ndarray, name: str, *, threads: int | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
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
    threads : int, optional

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
    GivenKindError
        Another kind of samples.

    Examples
    --------
    >>> from pixkern.pipelines.relight._normal_values import as_normals
    >>> codes = np.array([[[65535, 32768, 32768], [0, 0, 0]]], np.uint16)
    >>> as_normals(codes, np.array([[255, 0]], np.uint8), "normals")[0].round(3).tolist()
    [[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]
    """
    if array.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise GivenKindError(f"{name} must be uint8, uint16, float32 or float64, got {array.dtype}")
    check_size(array, mask.shape, name)
    if array.ndim != 3 or array.shape[2] not in (3, 4):
        raise GivenError(f"{name} needs three channels, got shape {array.shape}")
    try:
        found = normals_from_vectors(np.ascontiguousarray(array[..., :3]), mask=mask, threads=threads)
    except ValueError as error:
        raise GivenError(f"{name}: {error}") from None
    inside = int(np.count_nonzero(mask))
    if found.lost == inside:
        raise GivenError(f"{name} has no vector inside the mask that is longer than 0.001")
    return found.normals, _notes(inside, found)


def _notes(inside: int, found: UnitNormals) -> tuple[str, ...]:
    notes = []
    if found.lost:
        notes.append(f"{found.lost} normals had no length and face the viewer now")
    away = found.away / inside
    if away > 0.01:
        notes.append(f"{away:.0%} of the normals face away from the viewer; z must point to the viewer")
    return tuple(notes)
