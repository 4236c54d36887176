"""Normals from vectors of any length, and from the codes that files hold."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import _check, _threads
from ._dispatch import Place, place
from ._masks import Mask, read_mask
from ._native import unit_normals as _cpu

_DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
_CUDA_THREADS, _MOST_BLOCKS = 256, 2**31 - 1


class UnitNormals(NamedTuple):
    """Normals, and what became of the vectors inside the mask.

    Parameters
    ----------
    normals : (H, W, 3) float32
        Of unit length.
    lost : int
        How many vectors had no length; their normals are (0, 0, 1).
    away : int
        How many normals have z < 0.
    """

    normals: Any
    lost: int
    away: int


def normals_from_vectors(
    vectors: Any, *, mask: Any = None, backend: str | None = None, threads: int | None = None, out: Any = None
) -> UnitNormals:
    """Unit normals of vectors of any length, or of codes.

    Parameters
    ----------
    vectors : (H, W, 3), float32, float64, uint8 or uint16
        Vectors; or codes (n + 1) / 2 of the whole range, as normal maps in files have them. x to the right, y up, z to
        the viewer. NumPy, CuPy or torch. Copied if not in C order.
    mask : (H, W), bool, uint8 or float32 in [0, 1], optional
        What belongs to the surface: everything above 0. Outside, the result is (0, 0, 1).
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `vectors` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : (H, W, 3) float32, optional
        Where to write the normals; C order, no overlap with the inputs.

    Returns
    -------
    UnitNormals
        Normals in the kind of array that `vectors` is, and counts. Vectors no longer than 0.001 have no direction.

    Raises
    ------
    TypeError
        A kind or dtype that is not listed.
    ValueError
        Another shape, an empty array, vectors inside the mask that are not finite or longer than 1e154, an `out`
        that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Computed in double and rounded once: each component is within 6e-8. A quarter turn about the viewing direction
    turns the normals bit for bit. The same bits for every thread count and CPU level, and on CUDA. Memory: the result.

    Examples
    --------
    >>> pixkern.shading.normals_from_vectors(np.array([[[0, 3, 4]]], np.float32)).normals
    array([[[0. , 0.6, 0.8]]], dtype=float32)
    """
    spot = place(vectors, backend, "vectors")
    given = _check.array(spot.native(vectors, "vectors"), "vectors", dtypes=_DTYPES, ndim=(3,))
    if given.shape[2] != 3 or given.size == 0:
        raise ValueError(f"vectors must have shape (H, W, 3) with pixels in it, got {tuple(given.shape)}")
    weights = read_mask(spot, mask, tuple(given.shape[:2]))
    normals = _check.output(spot.writable(out), given.shape, np.float32, (given, weights.weights), spot.arrays)
    strange, lost, away = _filled(spot, given, weights, normals, threads)
    if strange:
        raise ValueError(f"vectors must be finite inside the mask and shorter than 1e154; {strange} of them are not")
    return UnitNormals(out if out is not None else spot.give_back(normals, vectors), lost, away)


def _filled(spot: Place, vectors: Any, mask: Mask, normals: Any, threads: int | None) -> tuple[int, int, int]:
    """Write the normals; how many vectors were strange, lost, and away."""
    count = normals.size // 3
    if spot.where == "cuda":
        from ._cuda import kernel

        counts = spot.arrays.zeros(3, np.uint64)
        weights, floats, _ = mask.on_cuda()
        blocks = min(-(-count // _CUDA_THREADS), _MOST_BLOCKS)
        run = kernel("unit_normals", f"unit_normals_{vectors.dtype.name}")
        run((blocks,), (_CUDA_THREADS,), (vectors, weights, floats, normals, counts, np.int64(count)))
        strange, lost, away = counts.get()
    else:
        parts: list[np.ndarray] = []

        def part(begin: int, end: int) -> None:
            counted = np.zeros(3, np.int64)
            _cpu.unit_normals(vectors.reshape(-1), mask.either, normals.reshape(-1), counted, begin, end)
            parts.append(counted)

        _threads.split(part, count, elements=2 * count, threads=threads)
        strange, lost, away = np.sum(parts, axis=0)
    return int(strange), int(lost), int(away)
