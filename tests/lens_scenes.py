"""Scenes whose geometry is known exactly, drawn through a lens: every pixel is the mean of 4 x 4 samples."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from pathlib import Path

import numpy as np

from pixkern.lenses import BrownConrady, Lens

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_SUB = (np.arange(4) - 1.5) / 4


def centred(size: tuple[int, int], k1: float, k2: float) -> BrownConrady:
    """A lens in half diagonals, its axis at the centre of the frame."""
    unit = hypot(*size) / 2
    return BrownConrady((unit, unit), ((size[0] - 1) / 2, (size[1] - 1) / 2), (k1, k2), size=size)


def drawn(scene: Callable[[np.ndarray, np.ndarray], np.ndarray], size: tuple[int, int], lens: Lens) -> np.ndarray:
    """Photo (rows, cols) uint8 of a scene, brightness in [0, 1] as a function of x and y of the corrected image."""
    width, height = size
    total = np.zeros((height, width))
    for dy in _SUB:
        for dx in _SUB:
            grid = np.stack(np.meshgrid(np.arange(width) + dx, np.arange(height) + dy), axis=-1)
            points, _ = lens.inverse(grid)
            total += scene(points[..., 0], points[..., 1])
    return np.rint(total / 16 * 255).astype(np.uint8)


def facade(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Stripes of many widths in two directions that are not the image's axes: lines on all sides."""
    across = np.sin((0.97 * x + 0.24 * y) / 31) > 0.3
    along = np.sin((0.98 * y - 0.17 * x) / 43) > 0.2
    return 0.2 + 0.3 * across + 0.4 * along


def lanes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A bent road: parallel parabolas below the centre, the same everywhere else."""
    bent = y - 0.00025 * (x - 320) ** 2
    return 0.3 + 0.4 * ((bent > 280) & (np.sin(bent / 9) > 0))


def bubbles(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Circles of many sizes: smooth curves, none of them straight."""
    places = np.random.default_rng(3).uniform((40, 40, 25), (600, 440, 110), (24, 3))
    inside = [(x - cx) ** 2 + (y - cy) ** 2 < radius**2 for cx, cy, radius in places]
    return 0.2 + 0.6 * (np.sum(inside, axis=0) % 2)


def board(columns: int, rows: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A checkerboard in its own plane with (columns, rows) inner corners at the integers from 0, on white paper."""

    def scene(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        on = (u > -1) & (u < columns) & (v > -1) & (v < rows)
        return np.where(on & ((np.floor(u) + np.floor(v)) % 2 == 0), 0.1, 0.9)

    return scene


def posed(
    scene: Callable[[np.ndarray, np.ndarray], np.ndarray],
    lens: BrownConrady,
    turn: tuple[float, float, float],
    place: tuple[float, float, float],
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A plane seen by a pinhole camera at `lens`'s focal length: rotated about x, y and z, then moved to `place`."""
    a, b, c = turn
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    rotation = about_z @ about_y @ about_x
    back = np.linalg.inv(np.column_stack([rotation[:, 0], rotation[:, 1], place]))

    def seen(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        rays = np.stack([(x - lens.center[0]) / lens.focal[0], (y - lens.center[1]) / lens.focal[1], np.ones_like(x)])
        u, v, w = np.tensordot(back, rays, axes=1)
        return scene(u / w, v / w)

    return seen
