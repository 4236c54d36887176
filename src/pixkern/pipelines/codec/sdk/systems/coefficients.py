"""The coder of the codec: wavelet coefficients to a layer of its bitstream, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ...layer import Layer, Number, Profile, decode_layer, encode_layer, parse_layer
from ..components import ANSBitstream, PlaneKind, PyramidLayout, WaveletPyr
from ..errors import DecodeError
from ..system import Kinds, System
from ..world import World

LAYER = "pixkern layer 1"  # the format of the ANSBitstream


class CoefficientCoder(System):
    """`WaveletPyr` to an `ANSBitstream` of format "pixkern layer 1", and back.

    Parameters
    ----------
    mode : {"forward", "inverse"}
    step : float
        Of the quantiser, in units of what was transformed: errors are as those of a step of `step` there, whichever
        subband they are in. int32 coefficients are kept exactly, whatever it is.
    profile : {"dense", "fast"}
        How contexts are made; fast is decoded about twice as fast and takes some 8 % more bytes.
    tile_bits : int
        Tiles have ``2**tile_bits`` pixels a side, 6 to 12.
    chroma : float
        YCoCg planes: by how much the steps of Co and Cg are longer, in 32nds; 1 has the least error in RGB.
    max_samples : int
        Inverse: what the planes may have in all.
    reduce : int
        Inverse: leave out so many of the finest levels.
    region : (first row, last row, first column, last column) of tiles, optional
        Inverse: only these tiles, both ends included.
    threads : int, optional
        See `pixkern.set_threads`. Tiles are spread over threads; the bytes do not depend on it.

    Raises
    ------
    DecodeError
        Inverse, when it runs: the bytes are not a layer.
    ValueError
        Forward, when it runs: coefficients that are not finite, or of 2**22 steps.

    Notes
    -----
    The bytes are described in docs/bitstream.md.
    """

    def __init__(
        self,
        mode: str = "forward",
        *,
        step: float = 1.0,
        profile: Profile = "dense",
        tile_bits: int = 10,
        chroma: float = 1.0,
        max_samples: int = 2**30,
        reduce: int = 0,
        region: tuple[int, int, int, int] | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(mode)
        self._coding: dict[str, Any] = {"step": step, "profile": profile, "tile_bits": tile_bits, "chroma": chroma}
        self._reading: dict[str, Any] = {"reduce": reduce, "region": region}
        self._max_samples = max_samples
        self._threads = threads

    def required_components(self) -> Sequence[Kinds]:
        """`WaveletPyr`; inverse: `ANSBitstream`."""
        return [WaveletPyr] if self.mode == "forward" else [ANSBitstream]

    def produced_components(self) -> Sequence[Kinds]:
        """`ANSBitstream`; inverse: `WaveletPyr`."""
        return [ANSBitstream] if self.mode == "forward" else [WaveletPyr]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        for entity in entities:
            if self.mode == "forward":
                self._forward(world, entity)
            else:
                self._inverse(world, entity)

    def _forward(self, world: World, entity: int) -> None:
        pyramid = world.get_component(entity, WaveletPyr)
        coefficients, layout = world.view(pyramid.coefficients), pyramid.layout
        planes, height, width = coefficients.shape
        colour, _, samples = layout.origin.partition(" ")
        image = layout.kind == "Planes"
        exact = coefficients.dtype == np.int32
        coding = {**self._coding, **({"step": 1.0} if exact else {}), **({} if colour == "ycocg" else {"chroma": 1.0})}
        layer = Layer(
            *(width, height, planes, cast(Number, coefficients.dtype.name), layout.wavelet, layout.levels),
            content="image" if image else "latent",
            colour=colour if image and colour in ("ycocg", "reversible") else "none",  # type: ignore[arg-type]
            shifted=exact and samples != "uint8",
            **coding,
        )
        data = encode_layer(coefficients, layer, threads=self._threads)
        world.add_component(entity, ANSBitstream(world.arena.put(np.frombuffer(data, np.uint8)), LAYER))

    def _inverse(self, world: World, entity: int) -> None:
        stream = world.get_component(entity, ANSBitstream)
        if stream.format != LAYER:
            raise DecodeError(f"this is {stream.format!r}, not {LAYER!r}")
        data = memoryview(world.view(stream.data).data)
        coded = parse_layer(data, 0, max_samples=self._max_samples)
        if coded.end != len(data):
            raise DecodeError(f"{len(data) - coded.end} bytes follow the last tile")
        layer = coded.layer
        coefficients = decode_layer(coded, threads=self._threads, **self._reading)
        kind: PlaneKind = "Latent4" if layer.content == "latent" else "Planes"
        layout = PyramidLayout(layer.wavelet, layer.levels - self._reading["reduce"], kind, origin=layer.colour)  # type: ignore[arg-type]
        world.add_component(entity, WaveletPyr(world.arena.put(coefficients), layout))
