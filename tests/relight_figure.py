"""Small pictures for the tests of relighting: a photo with a figure in it, its mask and its normals."""

from __future__ import annotations

import numpy as np


def figure(size: int = 96, dtype: type = np.uint8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A textured sphere before a textured wall: photo (size, size, 3), soft mask uint8, normals."""
    draw = np.random.default_rng(3)
    top = np.iinfo(dtype).max
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    radius = 0.42 * size
    r = np.hypot(x, y)
    inside = np.clip(radius - r + 0.5, 0, 1)
    photo = np.clip(0.45 + 0.3 * np.sin(x / 5)[..., None] * [1, 0.6, 0.2] + draw.normal(0, 0.05, (size, size, 3)), 0, 1)
    height = np.sqrt(np.maximum(radius**2 - r**2, 1e-6))
    normals = np.dstack([x, -y, height]) / radius
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    normals[r >= radius] = (0, 0, 1)
    return (photo * top + 0.5).astype(dtype), (inside * 255 + 0.5).astype(np.uint8), normals.astype(np.float32)


def only(kind: str, **changes: object):  # type: ignore[no-untyped-def]
    """Settings that draw one kind of degradation."""
    from dataclasses import replace

    from pixkern.pipelines.relight import Settings
    from pixkern.pipelines.relight.settings import DegradationMethods, DegradationSettings

    start = DegradationMethods()
    methods = {
        name: replace(getattr(start, name), enabled=name == kind, weight=1.0, **(changes if name == kind else {}))
        for name in ("soft_shading", "hard_shadow", "specular")
    }
    return replace(Settings(), degradation=DegradationSettings(DegradationMethods(**methods)))
