"""A relit photo: the arrays and numbers that the stages leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ... import shading
from .lighting import Lighting


@dataclass(frozen=True, eq=False)
class Relit:
    """A relit photo and all that led to it.

    Attributes
    ----------
    image : ndarray, (H, W, 3), uint8 or uint16
        The photo as sRGB codes.
    mask : ndarray, (H, W), uint8
        255 where it is relit, 0 where the background stays.
    albedo : ndarray, as `image`
        The photo without its light; 0 outside the mask.
    normals : ndarray, (H, W, 3), float32
        Unit vectors: x to the right, y up, z to the viewer.
    lighting : Lighting
    background : ndarray, as `image`
    shadow, occlusion : ndarray, (H, W) or (H, W, 3), float32, or None
        What arrives of direct and of ambient light, 0 to 1.
    output : ndarray, as `image`
        The relit foreground over the background.
    params : dict
        Everything drawn and chosen, as JSON holds it: what `replay` takes.
    notes : tuple of str
        What a reader of the result should know, such as that normals are plausible and not measured.
    seconds : mapping of str to float
        Per stage: "mask", "albedo", "normals", "shading".
    """

    image: np.ndarray
    mask: np.ndarray
    albedo: np.ndarray
    normals: np.ndarray
    lighting: Lighting
    background: np.ndarray
    shadow: np.ndarray | None
    occlusion: np.ndarray | None
    output: np.ndarray
    params: Mapping[str, Any]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    threads: int | None = field(default=None, repr=False)

    @cached_property
    def foreground(self) -> np.ndarray:
        """What is in the mask, relit, on black."""
        return self._over(np.zeros_like(self.image))

    def _over(self, background: np.ndarray) -> np.ndarray:
        return shaded(
            self.albedo, self.normals, self.lighting, self.shadow, self.occlusion, background, self.mask, self.threads
        )


def shaded(
    albedo: np.ndarray,
    normals: np.ndarray,
    lighting: Lighting,
    shadow: np.ndarray | None,
    occlusion: np.ndarray | None,
    background: np.ndarray,
    mask: np.ndarray,
    threads: int | None,
) -> np.ndarray:
    """The one pass from albedo to picture."""
    made: np.ndarray = shading.shade(
        albedo,
        normals,
        lighting.lights,
        ambient=lighting.ambient,
        environment=None if lighting.environment is None else np.array(lighting.environment),
        specular=lighting.specular,
        shadow=shadow,
        occlusion=occlusion,
        background=background,
        mask=mask,
        threads=threads,
    )
    return made
