"""Arcs joined into longer lines: pieces of one line of the scene that shadows and objects have cut apart.

Long lines decide: the bend that a lens gives to a line grows with the square of its length. Whether two arcs
lie on one line is asked after a first correction, since distortion turns the pieces of a line apart.
"""

from __future__ import annotations

import numpy as np

from pixkern.lenses import Lens

from .edges import Chains

_ANGLE = np.sin(np.deg2rad(0.8))  # between two pieces: what is left of the bend after a first correction
_SPREAD = np.sin(np.deg2rad(0.25))  # the same seen from the middle of the longer piece, per length
_OFFSET = 1.2  # working pixels between the piece's middle and the line; edges of one thin object are further
_STRAY = 3.0  # working pixels that any point of the piece may be off
_GAP = 0.6  # of the longer piece: further on, its direction says too little
_OVERLAP = 0.02  # half diagonals that two pieces of one line may overlap


def joined(arcs: Chains, lens: Lens, pixel: float) -> Chains:
    """Join the arcs that lie on one line after correction.

    The longest arc takes in all that continue it, then the longest of the rest, and so on.

    Parameters
    ----------
    arcs : Chains
        In half diagonals from the centre.
    lens : Lens
        The correction, in the same unit.
    pixel : float
        A working pixel in half diagonals.

    Returns
    -------
    Chains
        Points of the photo (not corrected), ordered along each line.
    """
    count = len(arcs)
    if count < 2:
        return arcs
    lengths = arcs.lengths
    corrected, _ = lens.inverse(arcs.points)
    last = arcs.starts + lengths - 1
    chord = corrected[last] - corrected[arcs.starts]
    extent = np.linalg.norm(chord, axis=1)
    direction = chord / extent[:, None]
    middle = np.add.reduceat(corrected, arcs.starts) / lengths[:, None]
    probes = corrected[np.stack([arcs.starts, arcs.starts + lengths // 2, last], axis=1)]  # (count, 3, 2)

    line = np.full(count, -1)
    for longest in np.argsort(-extent, kind="stable"):
        if line[longest] >= 0:
            continue
        line[longest] = longest
        along, normal = direction[longest], direction[longest] @ np.array([[0, 1], [-1, 0]])
        away = middle - middle[longest]
        reach = np.abs(away @ along)
        gap = reach - 0.5 * (extent + extent[longest])
        continues = (
            (line < 0)
            & (np.abs(direction @ normal) < _ANGLE + 0.5 * pixel / extent)
            & (np.abs(away @ normal) < _OFFSET * pixel + _SPREAD * reach)
            & (gap < _GAP * extent[longest])
            & (gap > -_OVERLAP)
        )
        candidates = np.flatnonzero(continues)
        stray = np.abs((probes[candidates] - middle[longest]) @ normal).max(axis=1, initial=0.0)
        line[candidates[stray < _STRAY * pixel + _SPREAD * reach[candidates]]] = longest

    owner = np.repeat(line, lengths)
    position = np.einsum("ij,ij->i", corrected, direction[owner])
    order = np.lexsort((position, owner))
    starts = np.flatnonzero(np.diff(owner[order], prepend=-1))
    return Chains(arcs.points[order], starts)
