"""Bytes of `SymbolsU8` and `QuantParams`: all that another machine needs to have them again.

Little-endian, in this order:

========  =======================================================================================================
bytes     what
========  =======================================================================================================
4         magic, ``b"PKS1"``
4         CRC-32 (of zlib) of all header bytes after this field
1, 1, 1   wavelet (0 haar, 1 cdf53, 2 cdf97), levels, kind of planes (0 Latent4, 1 YUVW4, 2 Planes)
1, 1      quality, sharing of tables (0 one table, 1 one per band, 2 one per plane and band, modulo 256)
4, 4, 4   channels, rows, cols
4, 4      width and height of the image, 0 and 0 if unknown
2, 4      length n of the origin in bytes, count p of scales: channels times bands, or channels if bands share them
n         origin, UTF-8
4 p, 4 p  scales, offsets: float32, plane by plane, bands coarse to fine
rest      symbols, as `pixkern.rans.encode` writes them, which has a checksum of its own
========  =======================================================================================================

Which symbols share a frequency table is chosen by size: tables of few symbols cost more than they save.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixkern import rans
from pixkern.lifting import subbands

from ..components import MOST_LEVELS, PLANE_TYPES, WAVELETS, PyramidLayout
from ..errors import DecodeError

FORMAT = "pixkern.symbols-u8"
MOST_SYMBOLS = 2**28
_MAGIC = b"PKS1"
_FIELDS = struct.Struct("<5B5I H I")
_START = len(_MAGIC) + 4
_KINDS = tuple(PLANE_TYPES)
_MOST_ORIGIN = 2**16 - 1  # bytes
_ONE, _PER_BAND, _PER_PLANE_AND_BAND = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class SymbolStream:
    """What the bytes hold.

    Attributes
    ----------
    symbols : (C, H, W) uint8
    scales, offsets : (C, bands) or (C, 1) float32
    quality : int
    layout : PyramidLayout
    """

    symbols: np.ndarray
    scales: np.ndarray
    offsets: np.ndarray
    quality: int
    layout: PyramidLayout


def pack(stream: SymbolStream, *, threads: int | None = None) -> bytes:
    """The bytes of `stream`: the smallest of those that the three ways of sharing tables give.

    Raises
    ------
    ValueError
        The layout's origin is longer than 65,535 bytes.
    """
    layout, shape = stream.layout, stream.symbols.shape
    origin = layout.origin.encode()
    if len(origin) > _MOST_ORIGIN:
        raise ValueError(f"an origin has at most {_MOST_ORIGIN} bytes, got {len(origin)}")
    coded = {
        sharing: rans.encode(stream.symbols, contexts=_contexts(shape, layout.levels, sharing), threads=threads)
        for sharing in (_ONE, _PER_BAND, _PER_PLANE_AND_BAND)
    }
    sharing = min(coded, key=lambda number: len(coded[number]))
    fields = _FIELDS.pack(
        WAVELETS.index(layout.wavelet),
        layout.levels,
        _KINDS.index(layout.kind),
        stream.quality,
        sharing,
        *shape,
        *(layout.size or (0, 0)),
        len(origin),
        stream.scales.size,
    )
    header = fields + origin + _floats(stream.scales) + _floats(stream.offsets)
    return _MAGIC + struct.pack("<I", zlib.crc32(header)) + header + coded[sharing]


def unpack(data: bytes, *, max_symbols: int = MOST_SYMBOLS, threads: int | None = None) -> SymbolStream:
    """The opposite of `pack`.

    Raises
    ------
    DecodeError
        Not such bytes, damaged, truncated, or of more than `max_symbols` symbols. Nothing larger than `data` is
        allocated before that is known.
    """
    if data[: len(_MAGIC)] != _MAGIC:
        raise DecodeError(f"not a stream of {FORMAT}: it must begin with {_MAGIC!r}, got {data[:4]!r}")
    if len(data) < _START + _FIELDS.size:
        raise DecodeError(f"truncated: the header needs {_START + _FIELDS.size} bytes, got {len(data)}")
    wavelet, levels, kind, quality, sharing, channels, rows, cols, width, height, length, count = _FIELDS.unpack_from(
        data, _START
    )
    body = _START + _FIELDS.size
    end = body + length + 8 * count
    if len(data) < end:
        raise DecodeError(f"truncated: the header needs {end} bytes, got {len(data)}")
    if zlib.crc32(data[_START:end]) != struct.unpack_from("<I", data, len(_MAGIC))[0]:
        raise DecodeError("damaged: the header's checksum does not fit")
    _check_fields(wavelet, levels, kind, quality, sharing)
    shape = (channels, rows, cols)
    if not 0 < math.prod(shape) <= max_symbols:
        raise DecodeError(f"{channels} planes of {cols}x{rows} are not 1 to {max_symbols} symbols; see max_symbols")
    bands = channels * (3 * levels + 1)
    if count not in (channels, bands):
        raise DecodeError(f"{channels} planes of {levels} levels have {channels} or {bands} scales, not {count}")
    floats = np.frombuffer(data, "<f4", 2 * count, body + length).astype(np.float32).reshape(2, channels, -1)
    if not np.isfinite(floats).all() or (floats[0] < 0).any():
        raise DecodeError("scales and offsets must be finite, and scales not below 0")
    try:
        origin = data[body : body + length].decode()
        layout = PyramidLayout(WAVELETS[wavelet], levels, _KINDS[kind], (width, height) if width else None, origin)
        contexts = _contexts(shape, levels, sharing)
        symbols = rans.decode(data[end:], contexts=contexts, max_symbols=math.prod(shape), threads=threads)
    except ValueError as error:  # of rans, of UTF-8, of a size out of range
        raise DecodeError(f"damaged: {error}") from None
    if symbols.shape != shape or symbols.dtype != np.uint8:
        raise DecodeError(f"the header says {shape} uint8, the symbols are {symbols.shape} {symbols.dtype.name}")
    return SymbolStream(symbols, floats[0], floats[1], quality, layout)


def _check_fields(wavelet: int, levels: int, kind: int, quality: int, sharing: int) -> None:
    for name, value, least, most in (
        ("wavelet", wavelet, 0, len(WAVELETS) - 1),
        ("levels", levels, 1, MOST_LEVELS),
        ("kind", kind, 0, len(_KINDS) - 1),
        ("quality", quality, 1, 100),
        ("sharing", sharing, 0, _PER_PLANE_AND_BAND),
    ):
        if not least <= value <= most:
            raise DecodeError(f"the header's {name} must be {least} to {most}, got {value}")


def _contexts(shape: Any, levels: int, sharing: int) -> np.ndarray | None:
    """Which table each symbol uses."""
    if sharing == _ONE:
        return None
    bands = subbands(shape[1:], levels)
    plane = np.empty(shape[1:], np.uint8)
    for number, band in enumerate(bands):
        plane[band.rows, band.cols] = number
    if sharing == _PER_BAND:
        return np.broadcast_to(plane, shape)
    first = len(bands) * np.arange(shape[0])
    return (first[:, None, None] + plane).astype(np.uint8)  # modulo 256, the most tables that a stream has


def _floats(values: np.ndarray) -> bytes:
    return values.astype("<f4").tobytes()
