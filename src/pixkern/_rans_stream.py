"""The header of a range coder's stream; docs/rans.md has it byte by byte."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ._rans_tables import RansError, Tables

MAGIC = b"PKR1"
LANES = 32  # in kernels/maths/rans.h
CHUNK_BITS = range(10, 31)
_WIDE, _SUPPLIED = 1, 2  # flags: symbols of 16 bits; tables are not in the stream
_MOST_AXES = 32
_CHECKSUM = struct.Struct("<I")


@dataclass(frozen=True)
class Header:
    """What a stream says before its words: `words` has the number of 16-bit words of each chunk."""

    dtype: np.dtype
    shape: tuple[int, ...]
    chunk: int
    tables: Tables
    words: tuple[int, ...]


def pack(header: Header, *, supplied: bool) -> bytes:
    """The header's bytes; of tables that are `supplied` on both sides, the checksum only."""
    flags = _WIDE * (header.dtype == np.uint16) | _SUPPLIED * supplied
    parts = [MAGIC, bytes((flags, header.chunk.bit_length() - 1)), _varint(len(header.shape))]
    parts += map(_varint, header.shape)
    if supplied:
        parts.append(_CHECKSUM.pack(zlib.crc32(header.tables.data)))
    else:
        parts += [_varint(len(header.tables.data)), header.tables.data]
    return b"".join([*parts, *map(_varint, header.words)])


def sealed(parts: Sequence[bytes]) -> bytes:
    """All parts, then the checksum over them."""
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return b"".join([*parts, _CHECKSUM.pack(checksum)])


def unpack(data: memoryview, tables: Tables | None, most: int) -> tuple[Header, int]:
    """The header, every field checked, and where the words begin; nothing larger than the stream is allocated."""
    if len(data) < len(MAGIC) + 7 or data[:4] != MAGIC:
        raise RansError("this is no stream of pixkern.rans: it is too short, or does not begin with PKR1")
    if zlib.crc32(data[:-4]) != _CHECKSUM.unpack(data[-4:])[0]:
        raise RansError("the stream is damaged: its checksum does not match")
    reader = _Reader(data[4:-4])
    flags, chunk_bits = reader.take(2)
    if flags > 3 or chunk_bits not in CHUNK_BITS:
        raise RansError(
            f"the stream has flags {flags} and chunks of 2**{chunk_bits} symbols, which this version does not know"
        )
    axes = reader.varint()
    if axes > _MOST_AXES:
        raise RansError(f"the stream has {axes} axes, more than {_MOST_AXES}")
    shape = tuple(reader.varint() for _ in range(axes))
    count = math.prod(shape)
    if count > most or max(shape, default=0) >= 2**63:
        raise RansError(f"the stream has shape {shape}, which is more than max_symbols={most}")
    found = _tables(reader, bool(flags & _SUPPLIED), tables)
    dtype = np.dtype(np.uint16 if flags & _WIDE else np.uint8)
    if found.dtype != dtype:
        raise RansError(f"the stream has symbols of {dtype.name} and tables for {found.dtype.name}")
    chunks = -(-count >> chunk_bits) if count else 0
    if chunks > reader.left:
        raise RansError(f"the stream is too short for {chunks} chunks")
    words = tuple(reader.varint() for _ in range(chunks))
    if 2 * sum(words) != reader.left:
        raise RansError(f"the chunks have {sum(words)} words, but {reader.left} bytes follow")
    return Header(dtype, shape, 1 << chunk_bits, found, words), len(data) - 4 - reader.left


def _tables(reader: _Reader, supplied: bool, tables: Tables | None) -> Tables:
    if not supplied:
        if tables is not None:
            raise RansError("the stream has its own tables; decode it without tables=")
        return Tables(bytes(reader.take(reader.varint())))
    if tables is None:
        raise RansError("the stream was encoded with tables that are not in it; pass them as tables=")
    if _CHECKSUM.unpack(reader.take(4))[0] != zlib.crc32(tables.data):
        raise RansError("the stream was encoded with other tables than these")
    return tables


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> memoryview:
        if count > self.left:
            raise RansError("the stream ends within its header")
        self._at += count
        return self._data[self._at - count : self._at]

    def varint(self) -> int:
        value = 0
        for shift in range(0, 63, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                if shift and not byte:
                    break  # a number has one spelling
                return value
        raise RansError("the stream has a number that is too long")
