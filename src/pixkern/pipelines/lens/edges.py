"""Edges of a photo as ordered chains of sub-pixel points.

An edge point is where the gradient of the slightly blurred photo is largest across the edge. It is found
along the image axis nearer to the gradient's direction, where three samples of the magnitude give the place
of the maximum by a parabola, without interpolating the gradient between pixels. Points are then linked to
the nearest point ahead and the nearest point behind that see the same side bright; links count where both
ends agree, so that every point has at most two and the links form simple curves.

Sources: Devernay, "A non-maxima suppression method for edge detection with sub-pixel accuracy", INRIA RR-2724,
1995; Grompone von Gioi & Randall, "A sub-pixel edge detector: an implementation of the Canny/Devernay
algorithm", Image Processing On Line 7, 2017, pp. 347-372 (the choice of the axis and the mutual links).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_REACH = 2  # pixels, to each side: a link crosses one missing point, not the gap between two objects


@dataclass(frozen=True, eq=False)
class Chains:
    """Curves one after the other: `points` (N, 2) float64 (x, y), the first of each at `starts` (G,)."""

    points: np.ndarray
    starts: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Number of points of each curve; (G,)."""
        return np.diff(np.append(self.starts, len(self.points)))

    def __len__(self) -> int:
        return len(self.starts)


def edge_chains(plane: np.ndarray, *, sigma: float = 1.0, contrast: float = 0.01, shortest: int = 10) -> Chains:
    """Chains of edge points.

    Parameters
    ----------
    plane : (H, W) float32
        Brightness, full scale 1.
    sigma : float
        Blur before differentiation, in pixels; more hides noise and rounds corners.
    contrast : float
        Least gradient, full scales per pixel.
    shortest : int
        Chains of fewer points are left out.

    Returns
    -------
    Chains

    Examples
    --------
    >>> import numpy as np
    >>> step = np.zeros((40, 40), np.float32)
    >>> step[:, 20:] = 1
    >>> chains = edge_chains(step)
    >>> len(chains), bool(abs(chains.points[:, 0] - 19.5).max() < 1e-3)
    (1, True)
    """
    if min(plane.shape) < 3:
        return Chains(np.empty((0, 2)), np.empty(0, np.intp))
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8, borderType=cv2.BORDER_REPLICATE)
    pixels, points = _maxima(across, down, contrast)
    if not len(points):
        return Chains(np.empty((0, 2)), np.empty(0, np.intp))
    normals = np.stack([across.reshape(-1)[pixels], down.reshape(-1)[pixels]], axis=1)
    order, starts = _ordered(_links(pixels, points, normals, plane.shape))
    lengths = np.diff(np.append(starts, len(order)))
    kept = lengths >= shortest
    order = order[np.repeat(kept, lengths)]
    starts = np.cumsum(np.append(0, lengths[kept]))[:-1]
    return Chains(points[order].astype(np.float64), starts)


def _maxima(across: np.ndarray, down: np.ndarray, contrast: float) -> tuple[np.ndarray, np.ndarray]:
    """Flat index of the pixels with an edge, and their sub-pixel positions (N, 2)."""
    cols = across.shape[1]
    magnitude = cv2.magnitude(across, down)
    strong = magnitude > contrast
    strong[[0, -1]] = strong[:, [0, -1]] = False  # a parabola needs both neighbours
    pixels = np.flatnonzero(strong)
    flat = magnitude.reshape(-1)
    along_x = np.abs(across.reshape(-1)[pixels]) >= np.abs(down.reshape(-1)[pixels])
    step = np.where(along_x, 1, cols)
    before, here, after = flat[pixels - step], flat[pixels], flat[pixels + step]
    largest = (here > before) & (here >= after)
    pixels, along_x = pixels[largest], along_x[largest]
    before, here, after = before[largest], here[largest], after[largest]
    shift = 0.5 * (before - after) / (before - 2 * here + after)
    points = np.stack([pixels % cols, pixels // cols], axis=1).astype(np.float32)
    points[:, 0] += np.where(along_x, shift, 0)
    points[:, 1] += np.where(along_x, 0, shift)
    return pixels, points


def _links(pixels: np.ndarray, points: np.ndarray, normals: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """For each point the next point of its curve; itself at the end. (N,)"""
    rows, cols = shape
    count = len(points)
    index = np.full((rows + 2 * _REACH, cols + 2 * _REACH), -1, np.int32)
    r, c = pixels // cols + _REACH, pixels % cols + _REACH
    index[r, c] = np.arange(count)
    ahead, behind = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    ahead_squared, behind_squared = np.full(count, np.inf, np.float32), np.full(count, np.inf, np.float32)
    reach = range(-_REACH, _REACH + 1)
    for dr, dc in ((dr, dc) for dr in reach for dc in reach if dr or dc):
        other = index[r + dr, c + dc]
        near = np.flatnonzero(other >= 0)
        other = other[near]
        same_side = np.einsum("ij,ij->i", normals[near], normals[other]) > 0
        near, other = near[same_side], other[same_side]
        step = points[other] - points[near]
        squared = np.einsum("ij,ij->i", step, step)
        forward = step[:, 1] * normals[near, 0] - step[:, 0] * normals[near, 1]  # bright side on the right
        for best, best_squared, sign in ((ahead, ahead_squared, 1), (behind, behind_squared, -1)):
            better = (sign * forward > 0) & (squared < best_squared[near])
            best[near[better]] = other[better]
            best_squared[near[better]] = squared[better]
    itself = np.arange(count)
    agreed = (ahead >= 0) & (behind[ahead] == itself)
    return np.where(agreed, ahead, itself)


def _ordered(successor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points of each curve from its first to its last, and where each curve starts.

    Every point learns its distance from the end by pointer jumping, which doubles the jump in each round
    (Wyllie, "The complexity of parallel computations", 1979). A closed curve has no end: it is cut before its
    smallest index.
    """
    itself = np.arange(len(successor))
    rounds = max(1, len(successor).bit_length())
    end, smallest = successor, np.minimum(itself, successor)
    for _ in range(rounds):
        smallest, end = np.minimum(smallest, smallest[end]), end[end]
    closed = successor[end] != end
    cut = closed & (smallest == successor)
    successor = np.where(cut, itself, successor)
    end, distance = successor, (successor != itself).astype(np.int64)
    for _ in range(rounds):
        distance, end = distance + distance[end], end[end]
    order = np.lexsort((-distance, end))
    starts = np.flatnonzero(np.diff(end[order], prepend=-1))
    return order, starts
