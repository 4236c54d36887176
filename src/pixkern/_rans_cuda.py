"""The launches of kernels/cuda/rans.cu: a warp per chunk, a lane per thread."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._rans_stream import LANES, Header
from ._rans_tables import Tables

_WARPS = 4  # of a thread block
_MOST_BLOCKS = 2**31 - 1  # of a grid; the kernel goes round again for more


def encode(symbols: Any, contexts: Any, tables: Tables, chunk: int) -> list[bytes] | None:
    """The words of each chunk, or None if a symbol has no token."""
    import cupy

    chunks = -(-symbols.size // chunk)
    if not chunks:
        return []
    capacity = min(chunk, symbols.size) * (1 + tables.has_bits) + 2 * LANES
    words, begins = cupy.empty((chunks, capacity), np.uint16), cupy.empty(chunks, np.int64)
    arrays = [*map(cupy.asarray, (*tables.encoder, *tables.arrays))]
    codes, reciprocals, intervals, values = arrays
    _launch(
        f"encode_{symbols.dtype.name}",
        chunks,
        (codes, intervals, values, reciprocals, np.int32(tables.has_bits), symbols, np.int64(symbols.size), contexts),
        (np.int64(contexts.size), np.int64(chunk), words, np.int64(capacity), begins),
    )
    found = begins.get()
    if (found < 0).any():
        return None
    return [words[index, begin:].get().tobytes() for index, begin in enumerate(found.tolist())]


def decode(payload: np.ndarray, header: Header, contexts: Any, out: Any) -> list[int]:
    """What each chunk's decoder says."""
    import cupy

    chunks = len(header.words)
    if not chunks:
        return []
    words = cupy.asarray(np.frombuffer(payload.tobytes(), np.uint16))
    edges = cupy.asarray(np.cumsum((0, *header.words), dtype=np.int64))
    slots, intervals, values = map(cupy.asarray, (header.tables.decoder, *header.tables.arrays))
    verdicts = cupy.empty(chunks, np.int32)
    _launch(
        f"decode_{out.dtype.name}",
        chunks,
        (slots, intervals, values, np.int32(header.tables.has_bits), words, edges, out, np.int64(out.size), contexts),
        (np.int64(contexts.size), np.int64(header.chunk), verdicts),
    )
    return verdicts.get().tolist()


def _launch(name: str, chunks: int, *arguments: tuple[Any, ...]) -> None:
    from ._cuda import kernel

    blocks = min(-(-chunks // _WARPS), _MOST_BLOCKS)
    kernel("rans", name)((blocks,), (_WARPS * LANES,), sum(arguments, ()))
