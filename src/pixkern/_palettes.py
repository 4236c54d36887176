"""Colours and palettes: Oklab, the nearest entry, error diffusion, trees of colours.

The loops are in ``kernels/cpu/palettes.h`` and ``kernels/cpu/agglomeration.h``. Not public: what these functions take
was checked by `pixkern.pipelines.pixelart`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from . import _threads
from ._native import palettes as _cpu


@cache
def _light() -> np.ndarray:
    table = np.empty(511)
    _cpu.light_of_codes(table)
    table.setflags(write=False)
    return table


def linear(codes: np.ndarray) -> np.ndarray:
    """sRGB codes (uint8, any shape) as linear light in [0, 1], float64."""
    return _light()[::2][codes]


def srgb(light: np.ndarray) -> np.ndarray:
    """The sRGB code (uint8) whose interval of half a code to each side holds linear light; clipped to 0..255."""
    return np.searchsorted(_light()[1::2], light).astype(np.uint8)


def oklab(light: np.ndarray, *, threads: int | None = None) -> np.ndarray:
    """Linear light (n, 3) as Oklab (n, 3), float64; error under 2e-15."""
    planes = np.ascontiguousarray(light.T)
    result = np.empty_like(planes)
    if planes.size:
        _threads.split(
            lambda begin, end: _cpu.oklab(planes, result, begin, end),
            planes.shape[1],
            elements=20 * planes.size,
            threads=threads,
        )
    return result.T


def from_oklab(colours: np.ndarray) -> np.ndarray:
    """Oklab (n, 3) as linear light (n, 3): the inverse matrices of Ottosson, 2020. Out of gamut: beyond [0, 1]."""
    lightness, a, b = colours[:, 0], colours[:, 1], colours[:, 2]
    roots = (
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    )
    long, medium, short = (root * root * root for root in roots)
    return np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=1,
    )


def nearest(
    points: np.ndarray, entries: np.ndarray, *, handicap: np.ndarray | None = None, threads: int | None = None
) -> np.ndarray:
    """For each of `points` (n, 3) the index of the entry (k, 3) with the least squared distance plus handicap (k,).

    Ties go to the lowest index. int32 (n,). Memory: the planes of the points, 24 bytes each.
    """
    index = np.empty(len(points), np.int32)
    if len(points):
        planes = np.ascontiguousarray(points.T)
        entries = np.ascontiguousarray(entries)
        handicap = np.zeros(len(entries)) if handicap is None else handicap
        _threads.split(
            lambda begin, end: _cpu.nearest(planes, entries, handicap, index, begin, end),
            len(points),
            elements=len(points) * len(entries),
            threads=threads,
        )
    return index


def floyd_steinberg(light: np.ndarray, solid: np.ndarray, entries: np.ndarray, index: np.ndarray) -> None:
    """Fill `index` (h, w) int32 where `solid`, diffusing errors of `light` (h, w, 3); `entries` (k, 3) linear."""
    error = np.empty(6 * (light.shape[1] + 2))
    _cpu.floyd_steinberg(light, solid.view(np.uint8), entries, np.ascontiguousarray(oklab(entries)), error, index)


@dataclass(frozen=True, eq=False)
class Tree:
    """Ward's tree of points; see kernels/cpu/agglomeration.h.

    Attributes
    ----------
    left, right : ndarray, (points - 1,), int32
        Children of each merge. Leaves are 0 .. points - 1, merge k makes node points + k.
    added : ndarray, (points - 1,), float64
        What each merge adds to the weighted sum of squared distances from centres.
    """

    left: np.ndarray
    right: np.ndarray
    added: np.ndarray

    def totals(self, of_leaves: np.ndarray, *, of_merges: np.ndarray | None = None) -> np.ndarray:
        """A quantity summed over the leaves of every node, plus that of the merges below it; float64 (nodes,)."""
        points = len(of_leaves)
        total = np.concatenate([of_leaves, np.zeros(points - 1) if of_merges is None else of_merges]).tolist()
        for k, (a, b) in enumerate(zip(self.left.tolist(), self.right.tolist(), strict=True), points):
            total[k] += total[a] + total[b]
        return np.array(total, np.float64)

    def cheapest(self, own: np.ndarray) -> np.ndarray:
        """The least cost of every subtree, from the cost `own` of every node as one cluster; the root is last."""
        cost = np.empty_like(own)
        _cpu.cut(self.left, self.right, own, cost)
        return cost

    def leaves(self, split: np.ndarray) -> np.ndarray:
        """The cluster of each leaf, numbered from 0 in no order of meaning, when the nodes `split` are split; int32."""
        nodes = len(split)
        owner = np.empty(nodes, np.int32)
        _cpu.owners(self.left, self.right, split.view(np.uint8), owner)
        return np.unique(owner[: (nodes + 1) // 2], return_inverse=True)[1].ravel().astype(np.int32)


def ward(points: np.ndarray, weights: np.ndarray) -> Tree:
    """Ward's tree of `points` (n, 3), n >= 1, with positive `weights` (n,). Time: n**2, 4 ms for 1,024 points."""
    count = len(points)
    left, right, added = np.empty(count - 1, np.int32), np.empty(count - 1, np.int32), np.empty(count - 1)
    clusters = np.ascontiguousarray(np.column_stack([weights, points]).T, dtype=np.float64)
    _cpu.ward(clusters, np.empty(4 * count, np.int32), np.empty(count), left, right, added)
    return Tree(left, right, added)
