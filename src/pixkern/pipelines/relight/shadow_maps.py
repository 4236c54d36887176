"""The shadow of a lighting as pixels: what arrives of direct and of ambient light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import shading, shadows
from .lighting import Lighting, Shadow
from .normals import FoundNormals

_PENUMBRA_CELL = 0.5  # of the longer side: how fast the blur of an edge varies over the picture


def shadow_maps(
    lighting: Lighting, surface: FoundNormals, mask: np.ndarray, *, threads: int | None = None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """What a lighting's shadow lets through.

    Parameters
    ----------
    lighting : Lighting
    surface : FoundNormals
        Its height casts the shadow of kind "cast"; where it has none, the inflated mask does.
    mask : (H, W) uint8
    threads : int, optional

    Returns
    -------
    shadow, occlusion : (H, W) or (H, W, 3) float32, or None
        Transmittance of direct light and of ambient light, 0 to 1; None where all of it arrives. One array where the
        shadow covers both.
    """
    shadow = lighting.shadow
    if shadow is None:
        return None, None
    dark = _dark(shadow, lighting, surface, mask, threads)
    side = max(mask.shape)
    if shadow.penumbra[1] > 0:
        widths = _widths(shadow, mask.shape, side, threads)
        dark = shadows.varying_blur(dark, widths, max_sigma=shadow.penumbra[1] * side, threads=threads)
    if max(shadow.subsurface) > 0:
        red, green, blue = (spread * side for spread in shadow.subsurface)
        dark = shadows.subsurface(dark, sigma=(red, green, blue), threads=threads)
    # in place: the map is nobody else's
    np.multiply(dark, np.float32(-shadow.opacity), out=dark)
    np.add(dark, np.float32(1), out=dark)
    return dark, dark if shadow.covers == "all" else None


def _dark(
    shadow: Shadow, lighting: Lighting, surface: FoundNormals, mask: np.ndarray, threads: int | None
) -> np.ndarray:
    """1 in the shadow, 0 in the light, with the edge that it has by itself."""
    if shadow.kind == "cast":
        height = shadows.inflate(mask, threads=threads) if surface.height is None else surface.height
        lit = shadows.cast_shadow(height, lighting.lights[0].direction, mask=mask, threads=threads)
        return np.subtract(np.float32(1), lit, out=lit)
    assert shadow.pattern is not None
    if shadow.kind == "silhouette":
        return _silhouette(shadow.pattern, mask.shape, threads)
    made: np.ndarray = shadows.pattern_mask(shadows.Pattern(**shadow.pattern), mask.shape, threads=threads)
    return made


def _silhouette(pattern: Mapping[str, Any], shape: tuple[int, int], threads: int | None) -> np.ndarray:
    outline = shadows.draw_silhouette(pattern["kind"], seed=pattern["seed"])
    x, y = pattern["center"]
    made: np.ndarray = shadows.silhouette_mask(
        outline, shape, center=(x, y), angle=pattern["angle"], scale=pattern["scale"], softness=0.0, threads=threads
    )
    return made


def _widths(shadow: Shadow, shape: tuple[int, int], side: int, threads: int | None) -> np.ndarray:
    """The standard deviation of the blur of each pixel, from smooth noise."""
    low, high = shadow.penumbra
    noise = shading.fbm(shape, seed=shadow.penumbra_seed, octaves=2, cell=_PENUMBRA_CELL * side, threads=threads)
    widths = (noise + 1) * np.float32(0.5 * (high - low) * side) + np.float32(low * side)
    made: np.ndarray = np.clip(widths, np.float32(low * side), np.float32(high * side), dtype=np.float32)
    return made
