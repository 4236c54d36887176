"""Colours as luma and chromas, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pixkern import _colour

from ..components import RGB, Planes, ReconRGB
from ..system import Kinds, System
from ..world import World


class ColourTransform(System):
    """`RGB` to `Planes`, and `Planes` to `ReconRGB`.

    Parameters
    ----------
    mode : {"forward", "inverse"}
    reversible : bool
        Forward: int32 planes by the reversible transform of JPEG 2000, from which every pixel comes back. Otherwise
        float32 planes of YCoCg. The inverse sees in the planes which it was.
    dtype : {"uint8", "uint16"}
        Of the pixels that the inverse makes; they are rounded to nearest and clipped.
    threads : int, optional
        See `pixkern.set_threads`.

    Notes
    -----
    Grey stays one plane, alpha another. Middle grey is zero in luma, grey and alpha.

    Examples
    --------
    >>> from pixkern.pipelines.codec.sdk import ReconRGB, World
    >>> world = World(arena_capacity=1 << 20)
    >>> entity = world.spawn_image(np.full((2, 2, 3), (10, 200, 30), np.uint8))
    >>> done = world.pipe(entity) | ColourTransform("forward", reversible=True) | ColourTransform("inverse")
    >>> world.view(done.out(ReconRGB).pixels)[0, 0]
    array([ 10, 200,  30], dtype=uint8)
    """

    def __init__(
        self, mode: str = "forward", *, reversible: bool = False, dtype: str = "uint8", threads: int | None = None
    ) -> None:
        super().__init__(mode)
        if dtype not in ("uint8", "uint16"):
            raise ValueError(f'dtype must be "uint8" or "uint16", got {dtype!r}')
        self._reversible = reversible
        self._dtype = np.dtype(dtype)
        self._threads = threads

    def required_components(self) -> Sequence[Kinds]:
        return [RGB] if self.mode == "forward" else [Planes]

    def produced_components(self) -> Sequence[Kinds]:
        return [Planes] if self.mode == "forward" else [ReconRGB]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        for entity in entities:
            if self.mode == "forward":
                self._forward(world, entity)
            else:
                self._inverse(world, entity)

    def _forward(self, world: World, entity: int) -> None:
        pixels = world.view(world.get_component(entity, RGB).pixels)
        if pixels.dtype == np.float32:
            raise TypeError("pixels must be uint8 or uint16, got float32; scale and round them first")
        rows, cols, channels = pixels.shape
        values = world.arena.alloc_tensor((channels, rows, cols), np.int32 if self._reversible else np.float32)
        _colour.split(pixels, world.view(values), threads=self._threads)
        origin = ("none" if channels < 3 else "reversible" if self._reversible else "ycocg") + f" {pixels.dtype.name}"
        world.add_component(entity, Planes(values, origin=origin))

    def _inverse(self, world: World, entity: int) -> None:
        planes = world.view(world.get_component(entity, Planes).values)
        channels, rows, cols = planes.shape
        pixels = world.arena.alloc_tensor((rows, cols, channels), self._dtype)
        _colour.join(planes, world.view(pixels), threads=self._threads)
        world.add_component(entity, ReconRGB(pixels))
