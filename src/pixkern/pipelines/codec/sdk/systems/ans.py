"""Symbols to bytes and back, without loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..components import ANSBitstream, QuantParams, SymbolsU8
from ..errors import DecodeError
from ..system import Kinds, System
from ..tensor_ref import checked_count
from ..world import World
from .symbol_stream import FORMAT, MOST_SYMBOLS, SymbolStream, pack, unpack


class ANSEncode(System):
    """`SymbolsU8` and `QuantParams` to an `ANSBitstream` that has both; the format is `symbol_stream`'s.

    Parameters
    ----------
    threads : int, optional
        See `pixkern.set_threads`; the bytes do not depend on it.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads

    def required_components(self) -> Sequence[Kinds]:
        """`SymbolsU8` and `QuantParams`."""
        return [SymbolsU8, QuantParams]

    def produced_components(self) -> Sequence[Kinds]:
        """`ANSBitstream`."""
        return [ANSBitstream]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        for entity in entities:
            symbols = world.get_component(entity, SymbolsU8)
            params = world.get_component(entity, QuantParams)
            scales, offsets = world.view(params.scales), world.view(params.offsets)
            stream = SymbolStream(world.view(symbols.symbols), scales, offsets, params.quality, symbols.layout)
            data = np.frombuffer(pack(stream, threads=self.threads), np.uint8)
            world.add_component(entity, ANSBitstream(world.arena.put(data), FORMAT))


class ANSDecode(System):
    """`ANSBitstream` of `ANSEncode` to `SymbolsU8` and `QuantParams`, from the bytes alone.

    Parameters
    ----------
    max_symbols : int
        More are refused before memory is taken for them.
    threads : int, optional
        See `pixkern.set_threads`.

    Raises
    ------
    DecodeError
        When it runs: bytes of another format, damaged, truncated, or of too many symbols.
    """

    def __init__(self, *, max_symbols: int = MOST_SYMBOLS, threads: int | None = None) -> None:
        super().__init__()
        if not 1 <= checked_count(max_symbols, "max_symbols") <= 2**40:
            raise ValueError(f"max_symbols must be 1 to 2**40, got {max_symbols}")
        self.max_symbols = max_symbols
        self.threads = threads

    def required_components(self) -> Sequence[Kinds]:
        """`ANSBitstream`."""
        return [ANSBitstream]

    def produced_components(self) -> Sequence[Kinds]:
        """`SymbolsU8` and `QuantParams`."""
        return [SymbolsU8, QuantParams]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        for entity in entities:
            given = world.get_component(entity, ANSBitstream)
            if given.format != FORMAT:
                raise DecodeError(f"ANSDecode reads {FORMAT!r}; entity {entity} has {given.format!r}")
            found = unpack(world.view(given.data).tobytes(), max_symbols=self.max_symbols, threads=self.threads)
            put = world.arena.put
            world.add_component(entity, SymbolsU8(put(found.symbols), found.layout))
            world.add_component(entity, QuantParams(put(found.scales), put(found.offsets), found.quality))
