"""Coefficients to bytes, one scale and offset per band."""

from __future__ import annotations

from collections.abc import Sequence

from pixkern.quantize import dequantize_u8, quantize_u8

from ..components import QuantParams, SymbolsU8, WaveletPyr
from ..system import Kinds, System
from ..tensor_ref import checked_count
from ..world import World


class QuantizeU8(System):
    """`WaveletPyr` to `SymbolsU8` and `QuantParams`, and back from those two alone.

    See `pixkern.quantize.quantize_u8` for what `quality` does and how large the error can be.

    Parameters
    ----------
    quality : int
        1 to 100. The inverse takes what the parameters say.
    mode : {"forward", "inverse"}
        forward: `WaveletPyr` of float32 to `SymbolsU8` and `QuantParams`; inverse: back.
    per_band : bool
        One scale and offset for each band of each plane; False: for each plane.
    threads : int, optional
        See `pixkern.set_threads`.

    Raises
    ------
    TypeError, ValueError
        `quality` is no integer, or out of range. When it runs: coefficients of int32, or that are not finite.
    """

    def __init__(
        self, quality: int = 75, mode: str = "forward", *, per_band: bool = True, threads: int | None = None
    ) -> None:
        super().__init__(mode)
        if not 1 <= checked_count(quality, "quality") <= 100:
            raise ValueError(f"quality must be 1 to 100, got {quality}")
        self.quality = quality
        self.per_band = per_band
        self.threads = threads

    def required_components(self) -> Sequence[Kinds]:
        """`WaveletPyr`; inverse: `SymbolsU8` and `QuantParams`."""
        return [WaveletPyr] if self.mode == "forward" else [SymbolsU8, QuantParams]

    def produced_components(self) -> Sequence[Kinds]:
        """`SymbolsU8` and `QuantParams`; inverse: `WaveletPyr`."""
        return [SymbolsU8, QuantParams] if self.mode == "forward" else [WaveletPyr]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        for entity in entities:
            if self.mode == "forward":
                self._forward(world, entity)
            else:
                self._inverse(world, entity)

    def _forward(self, world: World, entity: int) -> None:
        pyramid = world.get_component(entity, WaveletPyr)
        symbols, scales, offsets = quantize_u8(
            world.view(pyramid.coefficients),
            quality=self.quality,
            levels=pyramid.layout.levels,
            per_band=self.per_band,
            threads=self.threads,
        )
        put = world.arena.put
        world.add_component(entity, SymbolsU8(put(symbols), pyramid.layout))
        world.add_component(entity, QuantParams(put(scales), put(offsets), self.quality))

    def _inverse(self, world: World, entity: int) -> None:
        symbols = world.get_component(entity, SymbolsU8)
        params = world.get_component(entity, QuantParams)
        coefficients = world.arena.alloc_tensor(symbols.symbols.shape, "float32")
        dequantize_u8(
            world.view(symbols.symbols),
            world.view(params.scales),
            world.view(params.offsets),
            levels=symbols.layout.levels,
            threads=self.threads,
            out=world.view(coefficients),
        )
        world.add_component(entity, WaveletPyr(coefficients, symbols.layout))

    def __repr__(self) -> str:
        return f"QuantizeU8(quality={self.quality}, mode={self.mode!r})"
