"""Frequency tables of the range coder: made from counts, packed to a few bytes, unpacked for the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import place
from ._native import rans as _cpu

TOKENS, ROW, TABLE_SUM = 256, 257, 2**14  # in kernels/maths/rans.h
MOST_TABLES = 256  # contexts are uint8
_MOST_COUNT = 2**40  # apportion in kernels/cpu/rans_frequencies.h
_MOST_PACKED = 2**16  # PACKED_MOST in kernels/cpu/rans_packing.h


class RansError(ValueError):
    """A stream or a string of tables that is damaged, forged, or not what it is taken for; the message says where."""


@dataclass(frozen=True)
class Tables:
    """Up to 256 frequency tables, as `encode` and `decode` take them; two with the same `data` are equal.

    A table gives each of its tokens a whole number of 1/2**14, and a token stands for one value or for an interval
    of 2**b values that b raw bits tell apart. It has at most 256 tokens. One of them may be an escape, which stands for
    all values that no other token has.

    Parameters
    ----------
    data : bytes
        What `Tables.data` was. docs/rans.md has the format.

    Raises
    ------
    TypeError
        `data` is no bytes.
    RansError
        `data` is not the data of tables.

    Examples
    --------
    >>> tables = Tables.fit(np.array([7, 7, 7, 9], np.uint8))
    >>> len(tables), len(tables.data), tables == Tables(tables.data)
    (1, 13, True)
    """

    data: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.data, bytes):
            raise TypeError(f"data must be bytes, got {type(self.data).__name__}")
        if len(self.data) < 3 or self.data[0] not in (8, 16):
            raise RansError("data is not the data of tables: it is too short, or its first byte is neither 8 nor 16")
        self.arrays  # noqa: B018  # unpacks, and refuses what is damaged

    @classmethod
    def fit(
        cls,
        symbols: Any,
        contexts: Any = None,
        *,
        escape: bool = False,
        backend: str | None = None,
        threads: int | None = None,
    ) -> Tables:
        """The tables that cost `symbols` the least.

        Parameters
        ----------
        symbols : array of uint8 or uint16, any shape
            NumPy, CuPy or torch. Counted on the host.
        contexts : array of uint8, optional
            Which table codes each symbol; shape of `symbols`. There will be as many tables as the largest says.
        escape : bool
            Whether symbols that do not occur can be coded, too, at some 14 bits and their own 8 or 16.
        backend : {"cpu", "cuda"}, optional
            Where the arrays may live; see `encode`.
        threads : int, optional
            At most this many threads; see `pixkern.set_threads`.

        Returns
        -------
        Tables

        Raises
        ------
        TypeError, ValueError
            As `encode`.

        Notes
        -----
        See `tables_from_counts`. Memory: 8 bytes per table, value (up to the largest there is) and thread.
        """
        spot = place(symbols, backend, "symbols")
        given, rows = checked(spot.native(symbols, "symbols"), spot.native(contexts, "contexts"))
        if spot.where == "cuda":
            given, rows = given.get(), rows.get()
        return tables_from_counts(_counted(given, rows, threads), dtype=given.dtype, escape=escape)

    def __len__(self) -> int:
        """How many tables there are, 1 to 256."""
        return self.data[1] + 1

    @property
    def dtype(self) -> np.dtype:
        """Of the symbols: uint8 or uint16."""
        return np.dtype(f"uint{self.data[0]}")

    def bits(self, symbols: Any, contexts: Any = None) -> float:
        """What `symbols` cost, in bits: the sum of -log2 of their tokens' probabilities and of their raw bits.

        Parameters
        ----------
        symbols, contexts
            See `encode`. NumPy arrays.

        Returns
        -------
        float
            `encode` comes to this, some 100 bytes per chunk of 2**18 symbols, and a header. Infinite if a symbol has no
            token.

        Examples
        --------
        >>> symbols = np.array([0, 0, 0, 1], np.uint8)
        >>> float(Tables.fit(symbols).bits(symbols))  # 3 log2(4 / 3) + log2(4)
        3.24511...
        """
        given, rows = checked(symbols, contexts, self)
        counts = _counted(given, rows, None)
        intervals, values = self.arrays
        codes, _ = self.encoder
        with np.errstate(divide="ignore"):
            costs = (values & 31) - np.log2((intervals >> 16) / TABLE_SUM)
        total = 0.0
        for table, row in enumerate(counts):
            used = np.flatnonzero(row)
            total += float(row[used] @ costs[table, codes[table, used]])
        return total

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """(intervals, values) as in kernels/maths/rans.h."""
        packed = np.frombuffer(self.data, np.uint8)[2:]
        intervals, values = np.zeros((2, len(self), ROW), np.uint32)
        used = _cpu.unpack(packed, self.data[0], intervals, values)
        if used != len(packed):
            raise RansError(f"data is not the data of {len(self)} tables: " + ("damaged" if used < 0 else "too long"))
        return intervals, values

    @cached_property
    def has_bits(self) -> bool:
        """Whether any token has raw bits."""
        return bool((self.arrays[1] & 31).any())

    @property
    def encoder(self) -> tuple[np.ndarray, np.ndarray]:
        """(codes, reciprocals) as in kernels/maths/rans.h."""
        codes = np.empty((len(self), 2 ** self.data[0]), np.uint16)
        reciprocals = np.empty((len(self), ROW), np.uint64)
        _cpu.fill_encoder(*self.arrays, self.data[0], codes, reciprocals)
        return codes, reciprocals

    @property
    def decoder(self) -> np.ndarray:
        """slots as in kernels/maths/rans.h."""
        slots = np.empty(len(self) * TABLE_SUM, np.uint8)
        _cpu.fill_decoder(self.arrays[0], slots)
        return slots


def tables_from_counts(counts: Any, *, dtype: Any = None, escape: bool = False) -> Tables:
    """Frequency tables for symbols that occur so often.

    Parameters
    ----------
    counts : (values,) or (tables, values) of integers
        How often each value occurs, at least 0; at most 256 tables and 65536 values, each table's sum at most 2**40.
        A table without counts codes value 0 alone.
    dtype : uint8 or uint16, optional
        Of the symbols. Default: uint8 for up to 256 values.
    escape : bool
        Whether values that are not counted can be coded, too, at some 14 bits and their own 8 or 16.

    Returns
    -------
    Tables

    Raises
    ------
    TypeError
        `counts` is not of integers, or `dtype` none of the two.
    ValueError
        A shape or a count out of range.

    Notes
    -----
    uint8: every value that occurs has a token of its own. uint16: neighbours share a token where that is cheaper, raw
    bits and the table's size counted in, and until 256 tokens are enough. Frequencies cost less than 1e-6 bits per
    symbol more than the best integers would. All in integers: the same tables on every machine. Memory: 56 bytes per
    value.

    Sources: Balinski & Young, "Fair Representation", 1982; Fox, "Discrete optimization via marginal analysis",
    Management Science 13(3), 1966; Breiman et al., "Classification and Regression Trees", 1984.

    Examples
    --------
    >>> tables = tables_from_counts([[90, 10], [10, 90]])
    >>> len(tables), tables.dtype
    (2, dtype('uint8'))
    """
    given = np.asarray(counts)
    if given.dtype.kind not in "iu":
        raise TypeError(f"counts must be integers, got {given.dtype.name}")
    table = given[None] if given.ndim == 1 else given
    if table.ndim != 2 or not 1 <= table.shape[0] <= MOST_TABLES or not 1 <= table.shape[1] <= 2**16:
        raise ValueError(f"counts needs 1 to {MOST_TABLES} tables of 1 to 65536 values, got shape {given.shape}")
    kind = np.dtype(dtype if dtype is not None else np.uint8 if table.shape[1] <= 256 else np.uint16)
    if kind not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise TypeError(f"dtype must be uint8 or uint16, got {kind.name}")
    bits = 8 * kind.itemsize
    if table.shape[1] > 2**bits:
        raise ValueError(f"counts has {table.shape[1]} values, more than {kind.name} has")
    if table.size and (int(table.min()) < 0 or max(int(row.sum(dtype=object)) for row in _wide(table)) > _MOST_COUNT):
        raise ValueError("counts must be at least 0 and sum to at most 2**40 in a table")
    width = 256 if bits == 8 else 1 << (table.shape[1] - 1).bit_length()
    costs, intervals = np.empty((3, 2 * width), np.int64), np.empty(2 * width, np.int32)
    out = np.empty(_MOST_PACKED, np.uint8)
    packed = [bytes((bits, len(table) - 1))]
    for row in table:
        costs[0, width:] = 0
        costs[0, width : width + len(row)] = row
        if not row.any():
            costs[0, width] = 1
        out.fill(0)
        packed.append(out[: _cpu.pack(costs, intervals, bits, escape, out)].tobytes())
    return Tables(b"".join(packed))


def checked(symbols: Any, contexts: Any, tables: Tables | None = None) -> tuple[Any, Any]:
    """Symbols and contexts as kernels take them, flat; contexts may be empty, which means table 0."""
    given = _check.array(symbols, "symbols", dtypes=(np.uint8, np.uint16), ndim=range(33))
    if tables is not None and given.dtype != tables.dtype:
        raise TypeError(
            f"symbols must be {tables.dtype.name} as the tables, got {given.dtype.name}; convert with .astype"
        )
    return given.reshape(-1), checked_contexts(contexts, given.shape, tables, given)


def checked_contexts(
    contexts: Any, shape: tuple[int, ...], tables: Tables | None, like: Any, error: type[ValueError] = ValueError
) -> Any:
    """Contexts, flat, each with a table; an empty array of the kind of `like` for None."""
    if contexts is None:
        if tables is not None and len(tables) > 1:
            raise error(f"there are {len(tables)} tables: pass contexts, which says which symbol takes which")
        return like.reshape(-1)[:0].astype(np.uint8)
    rows = _check.array(contexts, "contexts", dtypes=(np.uint8,), ndim=range(33))
    if rows.shape != shape:
        raise error(f"contexts needs the symbols' shape {shape}, got {rows.shape}")
    if tables is not None and rows.size and (largest := int(rows.max())) >= len(tables):
        raise error(f"contexts names table {largest}, but there are {len(tables)}")
    return rows.reshape(-1)


def _wide(table: np.ndarray) -> np.ndarray:
    return table if table.dtype.itemsize < 8 else table.astype(object)


def _counted(symbols: np.ndarray, contexts: np.ndarray, threads: int | None) -> np.ndarray:
    """(tables, values up to the largest there is) int64."""
    rows = int(contexts.max()) + 1 if contexts.size else 1
    width = 256 if symbols.dtype == np.uint8 else int(symbols.max()) + 1 if symbols.size else 1
    if not symbols.size:
        return np.zeros((rows, width), np.int64)
    parts: list[np.ndarray] = []

    def work(begin: int, end: int) -> None:
        part = np.zeros((rows, width), np.int64)
        _cpu.count(symbols, contexts, part, begin, end)
        parts.append(part)

    _threads.split(work, symbols.size, elements=symbols.size, threads=threads)
    return parts[0] if len(parts) == 1 else np.sum(parts, axis=0)
