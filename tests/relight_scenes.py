"""Figures of spheres and capsules whose albedo, normals, mask and light are known: what relighting is measured on.

x to the right, y up, z to the viewer; one pixel is one unit; light travels in straight lines, and no shape shades
another, so that a picture is albedo times shading and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Figure:
    """What a figure is, whatever lights it.

    Attributes
    ----------
    albedo : ndarray, (H, W, 3) float64, linear
    normals : ndarray, (H, W, 3) float64
        Unit vectors; (0, 0, 1) where there is nothing.
    height : ndarray, (H, W) float64
        Towards the viewer, in pixels; 0 where there is nothing.
    mask : ndarray, (H, W) bool
    """

    albedo: np.ndarray
    normals: np.ndarray
    height: np.ndarray
    mask: np.ndarray

    def lit(self, direction: np.ndarray, ambient: float) -> np.ndarray:
        """The linear picture under one light and an ambient one, black where there is nothing."""
        shading = ambient + (1 - ambient) * np.maximum(0, self.normals @ direction)
        return self.albedo * (shading * self.mask)[..., None]


# centre of one end, centre of the other, radius, colour; in shares of the side. A sphere has one end.
_SHAPES = (
    ((0.50, 0.66), (0.50, 0.98), 0.24, (0.55, 0.12, 0.10)),  # body
    ((0.20, 0.60), (0.10, 0.94), 0.09, (0.10, 0.22, 0.50)),  # arms
    ((0.80, 0.60), (0.90, 0.94), 0.09, (0.10, 0.22, 0.50)),
    ((0.50, 0.28), (0.50, 0.28), 0.19, (0.62, 0.40, 0.28)),  # head
)


def figure(side: int = 256, seed: int = 0) -> Figure:
    """A head, a body and arms, each of its own colour with patches of paint on it."""
    draw = np.random.default_rng(seed)
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    albedo, normals = np.zeros((side, side, 3)), np.zeros((side, side, 3))
    normals[..., 2] = 1
    height, mask = np.zeros((side, side)), np.zeros((side, side), bool)
    for one, other, radius, colour in _SHAPES:
        span = np.subtract(other, one)
        along = np.clip(((x - one[0]) * span[0] + (y - one[1]) * span[1]) / max(span @ span, 1e-12), 0, 1)
        right, down = (x - one[0] - along * span[0]) / radius, (y - one[1] - along * span[1]) / radius
        up = np.sqrt(np.maximum(0, 1 - right**2 - down**2))
        there = (right**2 + down**2 < 1) & (up * radius * side > height)
        height[there] = (up * radius * side)[there]
        normals[there] = np.dstack([right, -down, up])[there]
        albedo[there] = colour
        mask |= there
    for _ in range(60):  # paint
        row, col, radius = draw.random(), draw.random(), draw.uniform(0.01, 0.05)
        albedo[(x - col) ** 2 + (y - row) ** 2 < radius**2] = draw.uniform(0.08, 0.8, 3)
    return Figure(albedo, normals, height, mask)


def directions(count: int, elevation: float = 35.0) -> np.ndarray:
    """(count, 3) directions to lights, evenly around the viewer's axis, `elevation` degrees above the picture plane."""
    around = 2 * np.pi * np.arange(count) / count
    up = np.deg2rad(elevation)
    return np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.full(count, np.sin(up))], 1)


def codes(linear: np.ndarray) -> np.ndarray:
    """sRGB codes of linear values, uint8, after IEC 61966-2-1."""
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)


def linear(image: np.ndarray) -> np.ndarray:
    """Linear values of uint8 codes, float64."""
    values = image / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
