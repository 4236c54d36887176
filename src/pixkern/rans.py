"""Entropy coding: arrays of small integers to bytes and back, at the entropy of their tables.

Asymmetric numeral systems with 32 interleaved lanes, states of 32 bits, words of 16 and integer frequencies out of
2**14. The same bytes on every machine. The loops are in ``kernels/cpu/rans.h`` and ``kernels/cuda/rans.cu``, the
formulas in ``kernels/maths/rans.h``, the format is in docs/rans.md.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from . import _check, _rans_cuda, _threads
from ._dispatch import Place, place
from ._native import rans as _cpu
from ._rans_stream import CHUNK_BITS, LANES, Header, pack, sealed, unpack
from ._rans_tables import RansError, Tables, checked, checked_contexts, tables_from_counts

__all__ = ["RansError", "Tables", "decode", "encode", "tables_from_counts"]

_VERDICTS = ("", "ends early", "has words left over", "does not end in the state it began with")  # enum Verdict


def encode(
    symbols: Any,
    *,
    tables: Tables | None = None,
    contexts: Any = None,
    chunk: int = 2**18,
    backend: str | None = None,
    threads: int | None = None,
) -> bytes:
    """Encode symbols into bytes that `decode` reads.

    Parameters
    ----------
    symbols : array of uint8 or uint16, any shape
        NumPy, CuPy or torch. Copied if not in C order.
    tables : Tables, optional
        Kept out of the stream, which only has their checksum: `decode` needs them. Default: tables fitted to `symbols`,
        in the stream.
    contexts : array of uint8, shape of `symbols`, optional
        Which table codes each symbol. Not in the stream: `decode` needs it, too. Default: table 0.
    chunk : int
        Symbols that are coded independently of others, by one thread or one warp of a GPU: a power of two, 2**10 to
        2**30. Each chunk costs some 110 bytes.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `symbols` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    bytes
        The same from every backend, CPU level and number of threads.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or not that of the tables.
    ValueError
        A shape that does not fit, a context without table, a symbol without token, or a chunk out of range.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Size: `Tables.bits` / 8, within 0.02 %, some 110 bytes per chunk, and tables: 10 to 250 bytes each, to 400 for
    uint16.
    Memory: the result twice, 2 to 4 bytes per symbol of a chunk and thread, and for uint16 128 kB per table; on a GPU 2
    to 4 bytes per symbol.

    Sources: Duda, arXiv:1311.2540, 2013; Giesen, "Interleaved entropy coders", arXiv:1402.3392, 2014.

    Examples
    --------
    >>> symbols = np.random.default_rng(0).geometric(0.5, (100, 100)).astype(np.uint8)  # 2 bits each: 2500 bytes
    >>> data = encode(symbols)
    >>> len(data) < 2700
    True
    >>> np.array_equal(decode(data), symbols)
    True
    """
    spot = place(symbols, backend, "symbols")
    given = spot.native(symbols, "symbols")
    size = _chunk(chunk)
    if tables is not None and not isinstance(tables, Tables):
        raise TypeError(f"tables must be Tables, got {type(tables).__name__}; see Tables.fit")
    flat, rows = checked(given, spot.native(contexts, "contexts"), tables)
    used = tables if tables is not None else Tables.fit(symbols, contexts, backend=backend, threads=threads)
    if spot.where == "cuda":
        pieces = _rans_cuda.encode(flat, rows, used, size)
    else:
        pieces = _encoded(flat, rows, used, size, threads)
    if pieces is None:
        raise ValueError(_without_token(spot, flat, rows, used))
    header = Header(used.dtype, tuple(given.shape), size, used, tuple(len(piece) // 2 for piece in pieces))
    return sealed([pack(header, supplied=tables is not None), *pieces])


def decode(
    data: Any,
    *,
    tables: Tables | None = None,
    contexts: Any = None,
    max_symbols: int = 2**28,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Decode what `encode` made.

    Parameters
    ----------
    data : bytes-like
        All of a stream, and no more.
    tables : Tables, optional
        If `encode` was given them.
    contexts : array of uint8, optional
        If `encode` was given them: the same, shape of the symbols.
    max_symbols : int
        A stream that claims more is refused before anything is allocated for it.
    backend : {"cpu", "cuda"}, optional
        Where to run, and with "cuda" to return a CuPy array. Default: where `contexts` lives, else the CPU.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like the result, optional
        Where to write; C order, no overlap with the inputs. If the stream is refused, what it holds is undefined.

    Returns
    -------
    array of uint8 or uint16, of the shape that was encoded
        NumPy, or of the kind of `contexts`.

    Raises
    ------
    RansError
        The stream is damaged, forged, too large, of another version, or of other tables or contexts. `data` that was
        changed anywhere raises, unless its checksum of 32 bits was forged, too; every field of the header, each chunk's
        number of words and its last states are checked even then, and nothing but `data` and the result is touched.
    TypeError
        `data` is not bytes-like, or `contexts` of a kind that is not listed.
    ValueError
        `out` does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Memory: the result, and 16 kB per table; on a GPU the stream, too.

    Examples
    --------
    >>> symbols = np.arange(6, dtype=np.uint16).reshape(2, 3)
    >>> tables = tables_from_counts(np.ones(16, int), dtype=np.uint16)
    >>> decode(encode(symbols, tables=tables), tables=tables)
    array([[0, 1, 2],
           [3, 4, 5]], dtype=uint16)
    """
    if tables is not None and not isinstance(tables, Tables):
        raise TypeError(f"tables must be Tables, got {type(tables).__name__}; see Tables.fit")
    if isinstance(max_symbols, bool) or not hasattr(max_symbols, "__index__"):
        raise TypeError(f"max_symbols must be an integer, got {type(max_symbols).__name__}")
    view = _bytes(data)
    header, begin = unpack(view, tables, operator.index(max_symbols))
    spot = _spot(contexts, backend)
    rows = checked_contexts(
        spot.native(contexts, "contexts"), header.shape, header.tables, spot.arrays.empty(0, np.uint8), RansError
    )
    stream = np.frombuffer(view, np.uint8)
    inputs = (rows,) if spot.where == "cuda" else (rows, stream)
    result = _check.output(spot.writable(out), header.shape, header.dtype, inputs, spot.arrays)
    flat = result.reshape(-1)
    if spot.where == "cuda":
        verdicts = _rans_cuda.decode(stream[begin:-4], header, rows, flat)
    else:
        verdicts = _decoded(stream, begin, header, rows, flat, threads)
    for index, verdict in enumerate(verdicts):
        if verdict:
            raise RansError(f"chunk {index} of {len(verdicts)} {_VERDICTS[verdict]}: damaged, or other contexts")
    if out is not None:
        return out
    return result if contexts is None else spot.give_back(result, contexts)


def _chunk(chunk: int) -> int:
    if isinstance(chunk, bool) or not hasattr(chunk, "__index__"):
        raise TypeError(f"chunk must be an integer, got {type(chunk).__name__}")
    size = operator.index(chunk)
    if size.bit_count() != 1 or size.bit_length() - 1 not in CHUNK_BITS:
        raise ValueError(f"chunk must be a power of two from 2**10 to 2**30, got {chunk}")
    return size


def _bytes(data: Any) -> memoryview:
    try:
        return memoryview(data).cast("B")
    except TypeError as error:
        raise TypeError(f"data must be contiguous bytes, got {type(data).__name__}: {error}") from None


def _spot(contexts: Any, backend: str | None) -> Place:
    if contexts is not None:
        return place(contexts, backend, "contexts")
    found = place(np.empty(0, np.uint8), backend)
    return Place("cuda", "cupy", asked=True) if found.where == "cuda" else found


def _encoded(symbols: Any, contexts: Any, tables: Tables, chunk: int, threads: int | None) -> list[bytes] | None:
    """The words of each chunk, or None if a symbol has no token."""
    intervals, values = tables.arrays
    codes, reciprocals = tables.encoder
    pieces = [b""] * -(-symbols.size // chunk)
    # a word per put, two per lane's state, and 8 that vectors write in vain
    capacity = min(chunk, symbols.size) * (1 + tables.has_bits) + 2 * LANES + 8

    def work(first: int, last: int) -> None:
        words = np.empty(capacity, np.uint16)
        for index in range(first, last):
            begin, end = index * chunk, min((index + 1) * chunk, symbols.size)
            at = _cpu.encode(
                codes, intervals, values, reciprocals, tables.has_bits, symbols, contexts, begin, end, words
            )
            if at >= 0:
                pieces[index] = words[at:].tobytes()

    _threads.split(work, len(pieces), elements=symbols.size, threads=threads)
    return None if b"" in pieces else pieces


def _decoded(stream: Any, begin: int, header: Header, contexts: Any, out: Any, threads: int | None) -> list[int]:
    """What each chunk's decoder says."""
    intervals, values = header.tables.arrays
    slots = header.tables.decoder
    edges = begin + 2 * np.cumsum((0, *header.words))
    verdicts = [0] * len(header.words)

    def work(first: int, last: int) -> None:
        for index in range(first, last):
            span = index * header.chunk, min((index + 1) * header.chunk, out.size)
            bytes_ = 2 * header.words[index]
            verdicts[index] = _cpu.decode(
                slots, intervals, values, header.tables.has_bits, stream, edges[index], bytes_, out, contexts, *span
            )

    _threads.split(work, len(verdicts), elements=out.size, threads=threads)
    return verdicts


def _without_token(spot: Place, symbols: Any, contexts: Any, tables: Tables) -> str:
    codes, _ = tables.encoder
    host = symbols if spot.where == "cpu" else symbols.get()
    rows = contexts if spot.where == "cpu" else contexts.get()
    found = codes[rows if rows.size else 0, host] > 255
    index = int(np.flatnonzero(found)[0])
    table = int(rows[index]) if rows.size else 0
    return f"table {table} has no token for symbol {host[index]}; fit it with escape=True, or to symbols that have it"
