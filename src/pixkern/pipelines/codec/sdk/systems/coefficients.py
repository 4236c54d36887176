"""The coder of the codec: wavelet coefficients to a layer of its bitstream, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from pixkern import _check

from ...layer import (
    CHROMA_UNITS,
    LEAST_TILE_BITS,
    MOST_PLANES,
    PROFILES,
    CodedLayer,
    Layer,
    Number,
    Profile,
    decode_layer,
    encode_layer,
    parse_layer,
)
from ...segments import MOST_TILE_BITS
from ...steps import packed_step, unpacked_step
from ..components import ANSBitstream, PlaneKind, PyramidLayout, WaveletPyr
from ..errors import DecodeError
from ..system import Kinds, System
from ..tensor_ref import checked_count
from ..world import World

LAYER = "pixkern layer 1"  # the format of the ANSBitstream


class CoefficientCoder(System):
    """`WaveletPyr` to an `ANSBitstream` of format "pixkern layer 1", and back.

    Parameters
    ----------
    mode : {"forward", "inverse"}
    step : float
        Of the quantiser, in units of what was transformed: errors are as those of a step of `step` there, whichever
        subband they are in. 2**-16 to 65520, taken to 12 bits. int32 coefficients are kept exactly, whatever it is.
    profile : {"dense", "fast"}
        How contexts are made; fast is decoded about twice as fast and takes about a tenth more bytes.
    tile_bits : int
        Tiles have ``2**tile_bits`` pixels a side, 6 to 12; not less than the levels of the transform.
    chroma : float
        YCoCg planes: by how much the steps of Co and Cg are longer, 1/32 to 255/32, taken to the nearest 32nd; 1 has
        the least error in RGB.
    max_samples : int
        Inverse: what the planes may have in all.
    reduce : int
        Inverse: leave out so many of the finest levels; one must be left.
    region : (first row, last row, first column, last column) of tiles, optional
        Inverse: only these tiles, both ends included.
    threads : int, optional
        See `pixkern.set_threads`. Tiles are spread over threads; the bytes do not depend on it.

    Raises
    ------
    DecodeError
        Inverse, when it runs: the bytes are not a layer.
    TypeError, ValueError
        An option of another kind, or out of range. When it runs: forward, coefficients that are not finite or of 2**22
        steps, more than 255 planes, or more levels than `tile_bits`; inverse, a `reduce` or `region` that this layer
        does not have.

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
        _check.choice(profile, "profile", PROFILES)
        if not LEAST_TILE_BITS <= checked_count(tile_bits, "tile_bits") <= MOST_TILE_BITS:
            raise ValueError(f"tile_bits must be {LEAST_TILE_BITS} to {MOST_TILE_BITS}, got {tile_bits}")
        if not 1 <= chroma * CHROMA_UNITS <= 255:
            raise ValueError(f"chroma must be 1/{CHROMA_UNITS} to 255/{CHROMA_UNITS}, got {chroma}")
        self._coding: dict[str, Any] = {
            "step": unpacked_step(packed_step(step)),  # what the decoder will read
            "profile": profile,
            "tile_bits": tile_bits,
            "chroma": round(chroma * CHROMA_UNITS) / CHROMA_UNITS,
        }
        self._reduce = checked_count(reduce, "reduce")
        self._region = None if region is None else _tile_range(region)
        self._max_samples = checked_count(max_samples, "max_samples")
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
        if planes > MOST_PLANES:
            raise ValueError(f"a layer has at most {MOST_PLANES} planes, got {planes}")
        if layout.levels > self._coding["tile_bits"]:
            raise ValueError(f"tiles of 2**{self._coding['tile_bits']} pixels cannot have {layout.levels} levels")
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
        self._check_part(coded)
        coefficients = decode_layer(coded, reduce=self._reduce, region=self._region, threads=self._threads)
        kind: PlaneKind = "Latent4" if layer.content == "latent" else "Planes"
        layout = PyramidLayout(layer.wavelet, layer.levels - self._reduce, kind, origin=layer.colour)  # type: ignore[arg-type]
        world.add_component(entity, WaveletPyr(world.arena.put(coefficients), layout))

    def _check_part(self, coded: CodedLayer) -> None:
        layer, tiling = coded.layer, coded.layer.tiling
        if not 0 <= self._reduce < layer.levels:
            raise ValueError(f"this layer can be reduced by 0 to {layer.levels - 1} levels, got {self._reduce}")
        if self._region is not None:
            top, bottom, left, right = self._region
            if not (0 <= top <= bottom < tiling.rows and 0 <= left <= right < tiling.cols):
                raise ValueError(f"region {self._region} is not within {tiling.rows} x {tiling.cols} tiles")


def _tile_range(region: Any) -> tuple[int, int, int, int]:
    try:
        top, bottom, left, right = region
    except (TypeError, ValueError):
        raise ValueError(f"region must be (first row, last row, first column, last column), got {region!r}") from None
    for value in (top, bottom, left, right):
        checked_count(value, "each number of a region")
    return int(top), int(bottom), int(left), int(right)
