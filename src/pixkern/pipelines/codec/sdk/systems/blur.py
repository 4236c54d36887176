"""Gaussian blurs of images."""

from __future__ import annotations

from collections.abc import Sequence

import cv2

from ..components import RGB, BlurRGB, ReconRGB
from ..system import Kinds, System
from ..world import World


class GaussianBlur(System):
    """`ReconRGB` or `RGB` to `BlurRGB`, for viewing and for metrics that forgive the finest detail.

    OpenCV's filter: the kernel is cut at 3 sigma (uint8) or 4 sigma, and images are mirrored about the centres of
    their edge pixels. Its bits are OpenCV's, and may differ between its versions and CPUs.

    Parameters
    ----------
    sigma : float
        In pixels; positive, at most 1000.
    source : {ReconRGB, RGB}
        Which image.

    Raises
    ------
    ValueError
        `sigma` is out of range, or `source` another type.
    """

    def __init__(self, sigma: float = 1.0, *, source: type[RGB] | type[ReconRGB] = ReconRGB) -> None:
        super().__init__()
        if not 0 < sigma <= 1000:
            raise ValueError(f"sigma must be above 0 and at most 1000 pixels, got {sigma!r}")
        if source not in (RGB, ReconRGB):
            raise ValueError(f"source must be RGB or ReconRGB, got {source!r}")
        self.sigma = float(sigma)
        self.source = source

    def required_components(self) -> Sequence[Kinds]:
        """The source."""
        return [self.source]

    def produced_components(self) -> Sequence[Kinds]:
        """`BlurRGB`."""
        return [BlurRGB]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        for entity in entities:
            pixels = world.get_component(entity, self.source).pixels
            blurred = world.arena.alloc_tensor(pixels.shape, pixels.dtype)
            image = cv2.GaussianBlur(world.view(pixels), (0, 0), self.sigma, borderType=cv2.BORDER_REFLECT_101)
            world.view(blurred)[...] = image.reshape(pixels.shape)  # OpenCV drops the last axis of (H, W, 1)
            world.add_component(entity, BlurRGB(blurred, self.sigma))

    def __repr__(self) -> str:
        return f"GaussianBlur({self.sigma}, source={self.source.__name__})"
