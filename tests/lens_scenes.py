"""Scenes whose geometry is known exactly, drawn through a lens."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from pathlib import Path

import numpy as np

from pixkern.lenses import BrownConrady, Lens

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
Scene = Callable[[np.ndarray, np.ndarray], np.ndarray]


def centred(size: tuple[int, int], k1: float, k2: float) -> BrownConrady:
    """A lens in half diagonals, its axis at the centre of the frame."""
    unit = hypot(*size) / 2
    return BrownConrady((unit, unit), ((size[0] - 1) / 2, (size[1] - 1) / 2), (k1, k2), size=size)


def drawn(scene: Scene, size: tuple[int, int], lens: Lens) -> np.ndarray:
    """Photo (rows, cols) uint8 of a scene, brightness in [0, 1] as a function of x and y of the corrected image."""
    points, _ = lens.inverse(np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), axis=-1))
    return np.rint(scene(points[..., 0], points[..., 1]) * 255).astype(np.uint8)


def _edge(distance: np.ndarray) -> np.ndarray:
    """0 on one side of an edge, 1 on the other; `distance` from it in pixels, blurred as a lens blurs it."""
    return 0.5 + 0.5 * np.tanh(distance / 0.8)


def facade(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Stripes in two directions that are not the image's axes: lines on all sides."""
    across = _edge(13 * (np.sin((0.97 * x + 0.24 * y) / 13) - 0.3))
    along = _edge(17 * (np.sin((0.98 * y - 0.17 * x) / 17) - 0.2))
    return 0.2 + 0.3 * across + 0.4 * along


def lanes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A bent road: parallel parabolas below the centre and nothing else."""
    bent = y - 0.00025 * (x - 320) ** 2
    return 0.3 + 0.4 * _edge(4 * np.sin(bent / 4)) * _edge(bent - 280)


def bubbles(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Circles of many sizes: smooth curves, none of them straight."""
    light = np.full_like(x, 0.2)
    for cx, cy, radius in np.random.default_rng(3).uniform((40, 40, 25), (600, 440, 110), (24, 3)):
        light += (0.8 - 1.6 * light) * _edge(radius - np.hypot(x - cx, y - cy))
    return light


def board(columns: int, rows: int) -> Scene:
    """A checkerboard in its own plane with (columns, rows) inner corners at the integers from 0, on white paper."""

    def wave(t: np.ndarray) -> np.ndarray:
        return np.tanh(12 * np.sin(np.pi * t))  # edges of about a pixel where a square has forty

    def scene(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        inside = np.tanh(40 * np.minimum.reduce([u + 1, columns - u, v + 1, rows - v]))
        return 0.5 - 0.4 * np.where(inside > 0, inside * wave(u) * wave(v), inside)

    return scene


Pose = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Angles about x, y and z of a plane, and the place of its origin, both in the camera's axes."""


def homography(lens: BrownConrady, pose: Pose) -> np.ndarray:
    """From a plane's (u, v, 1) to pixels of the corrected image; (3, 3)."""
    (a, b, c), place = pose
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    rotation = about_z @ about_y @ about_x
    camera = np.array([[lens.focal[0], 0, lens.center[0]], [0, lens.focal[1], lens.center[1]], [0, 0, 1]])
    return camera @ np.column_stack([rotation[:, 0], rotation[:, 1], place])


def posed(scene: Scene, lens: BrownConrady, pose: Pose) -> Scene:
    """A plane as a camera with the lens's focal length sees it."""
    back = np.linalg.inv(homography(lens, pose))

    def seen(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        u, v, w = np.tensordot(back, np.stack([x, y, np.ones_like(x)]), axes=1)
        return scene(u / w, v / w)

    return seen
