"""A mask without any model: the best that colours and an idea of a portrait can do, and no more than that.

An outline of head and shoulders is placed (`_portrait_outline`); what is deep inside it is certain, what is far outside
too, and so is the picture's upper border; iterated graph cuts decide the rest on a small picture, by the vote of three
(Rother, Kolmogorov, Blake, "GrabCut", ACM Trans. Graphics 23(3), 2004). The largest piece is kept, holes are filled,
and a guided filter brings the edge to the photo's own.
"""

from __future__ import annotations

import cv2
import numpy as np

from ._guided_filter import fit_mask
from ._opencv import one_thread, resized
from ._portrait_outline import Outline, find_outline
from ._samples import codes

NOTE = "the mask is the classical fallback, made for portraits without any model; look at it before you trust it"

SIDE = 256  # longer side of the picture that is cut
_CERTAIN, _IMPOSSIBLE = 0.55, -1.2  # depths in the outline, in half widths of the head
_BORDER, _UPPER = 0.02, 0.4  # the upper border: share of the shorter side, and how far down it goes
_ROUNDS, _VOTES = 5, 3


def classical_mask(image: np.ndarray, *, threads: int | None = None) -> tuple[np.ndarray, Outline]:
    """The mask of a portrait, (H, W) float32 in [0, 1], and the outline from which it was found.

    Notes
    -----
    The size of the picture that is cut, the seeds and OpenCV's one thread are fixed, so the answer does not depend on
    `threads`. Another version of OpenCV may cut another edge.
    """
    rows, cols = image.shape[:2]
    scale = min(1.0, SIDE / max(rows, cols))
    size = (max(1, round(cols * scale)), max(1, round(rows * scale)))
    with one_thread() as seeded:
        small = codes(resized(image, size), np.dtype(np.uint8), "image")
        outline = find_outline(small)
        depth = outline.depth(*small.shape[:2])
        votes = np.zeros(depth.shape, int)
        for seed in range(_VOTES):  # where the colours of a cut begin is drawn, and one in ten begins badly
            seeded(seed)
            votes += _cut(small, depth)
        cut = _cleaned(2 * votes > _VOTES)
        fitted = fit_mask(image, cut.astype(np.float32), threads=threads)
    return fitted, outline


def _cut(image: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(H, W) bool: inside."""
    labels = np.where(depth > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    border = _upper_border(*depth.shape)
    labels[(border & (depth < 0)) | (depth < _IMPOSSIBLE)] = cv2.GC_BGD
    labels[depth > _CERTAIN] = cv2.GC_FGD
    inside = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    if inside.all() or not inside.any():  # a picture of a few pixels: nothing to tell apart
        return inside
    # five colours a side need that many pixels; a picture with fewer is what the outline says it is
    if min(int(inside.sum()), int((~inside).sum())) < 5:
        return inside
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(image[..., ::-1]), labels, (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _upper_border(rows: int, cols: int) -> np.ndarray:
    wide = max(1, round(_BORDER * min(rows, cols)))
    border = np.zeros((rows, cols), bool)
    border[:wide] = True
    upper = round(_UPPER * rows)
    border[:upper, :wide] = border[:upper, -wide:] = True
    return border


def _cleaned(inside: np.ndarray) -> np.ndarray:
    """The largest piece, without what is thinner than 5 pixels, and without holes."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_OPEN, disc)
    return ~_largest(~_largest(opened.astype(bool)), touching_border=True)


def _largest(inside: np.ndarray, *, touching_border: bool = False) -> np.ndarray:
    """The largest 4-connected piece; or all that touch the border."""
    count, pieces, measures, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=4)
    if count < 2:
        return inside
    if not touching_border:
        return np.asarray(pieces == 1 + int(np.argmax(measures[1:, cv2.CC_STAT_AREA])))
    edge = np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])
    return inside & np.isin(pieces, edge)
