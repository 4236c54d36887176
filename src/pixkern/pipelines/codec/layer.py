"""A layer: planes of wavelet coefficients of one kind as bytes that say all that is needed to get them back.

The bytes are described in docs/bitstream.md. Tiles are coded and decoded on their own, by threads; coefficients of
float32 are quantised, those of int32 kept.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from pixkern import _threads
from pixkern._coefficients import COL as COLUMN
from pixkern._coefficients import COLS, LANES, MOST_MAGNITUDE, OFFSET, PLANE, ROW, ROWS, SHIFT, Streams
from pixkern._coefficients import decode as decode_tile
from pixkern._coefficients import encode as encode_tile
from pixkern._native import checksum

from .entropy_tables import model
from .sdk.errors import DecodeError
from .segments import MOST_TILE_BITS, PlaneRole, Segments, Tiling
from .steps import packed_step, segment_steps, unpacked_step

Number = Literal["float32", "int32"]
Profile = Literal["dense", "fast"]
Colour = Literal["none", "ycocg", "reversible"]

NUMBERS: tuple[Number, ...] = ("float32", "int32")
PROFILES: tuple[Profile, ...] = ("dense", "fast")
WAVELETS = ("haar", "cdf53", "cdf97")
COLOURS: tuple[Colour, ...] = ("none", "ycocg", "reversible")
CONTENTS = ("image", "latent")
MOST_LEVELS = 10
LEAST_TILE_BITS = 6
MOST_PLANES = 255
CHROMA_UNITS = 32

_HEADER = struct.Struct("<IIBBBBBBBBHbBB")
_ENTRY = struct.Struct("<II")
_CRC = struct.Struct("<I")
# Magnitudes of 2**6 on average have raw low bits, so that the others are 2**4 to 2**5 on average: what the tables know
# best. 10 % fewer bytes of noisy 16-bit photographs than from 2**8 on, 18 % fewer in the fast profile.
_SHIFTED_FROM, _SHIFTED_TO = 6, 4
_MOST_SHIFT = 15


@dataclass(frozen=True)
class Layer:
    """What a layer's header says.

    Attributes
    ----------
    width, height : int
        Of its planes.
    planes : int
        How many, 1 to 255.
    number : {"float32", "int32"}
    wavelet : {"haar", "cdf53", "cdf97"}
    levels : int
        1 to 10.
    profile : {"dense", "fast"}
    content : {"image", "latent"}
        Which tables.
    tile_bits : int
        Tiles have 2**tile_bits pixels a side; 6 to 12, not less than `levels`.
    colour : {"none", "ycocg", "reversible"}
    step : float
        Of the quantiser, in units of the image; 1 for int32.
    offset : float
        A magnitude m > 0 is restored as m + offset.
    shifted : bool
        Whether low bits of large magnitudes are raw, as in layers of more than 8 bits a sample.
    chroma : float
        By how much the steps of Co and Cg are longer than what is best for the mean squared error in RGB.
    """

    width: int
    height: int
    planes: int
    number: Number
    wavelet: str
    levels: int
    profile: Profile
    content: str = "image"
    tile_bits: int = 10
    colour: Colour = "none"
    step: float = 1.0
    offset: float = OFFSET
    shifted: bool = False
    chroma: float = 1.0

    @property
    def tiling(self) -> Tiling:
        """Its tiles."""
        return Tiling(self.height, self.width, self.levels, 1 << self.tile_bits)

    @property
    def roles(self) -> tuple[PlaneRole, ...]:
        """Which tables its planes use, and at which others they look."""
        if self.colour != "none":
            return (
                PlaneRole(0),
                PlaneRole(1, luma=0),
                PlaneRole(2, luma=0, chroma=1),
                *[PlaneRole(0)] * (self.planes - 3),
            )
        if self.content == "latent":
            return tuple(PlaneRole(min(k, 2), min(k, 1) - 1, k - 1 if k > 1 else -1) for k in range(self.planes))
        return (PlaneRole(0),) * self.planes

    def header(self) -> bytes:
        """As bytes; what `parse_layer` reads."""
        return _HEADER.pack(
            *(self.width, self.height, self.planes, NUMBERS.index(self.number), WAVELETS.index(self.wavelet)),
            *(self.levels, PROFILES.index(self.profile), CONTENTS.index(self.content), self.tile_bits),
            *(COLOURS.index(self.colour), packed_step(self.step), round(self.offset * 64), int(self.shifted)),
            round(self.chroma * CHROMA_UNITS),
        )


@dataclass(frozen=True)
class CodedLayer:
    """A layer's header and where its tiles are."""

    layer: Layer
    data: memoryview
    tiles: tuple[tuple[int, int, int], ...]  # begin, end, CRC-32C
    begin: int
    end: int


def encode_layer(coefficients: np.ndarray, layer: Layer, *, threads: int | None = None) -> bytes:
    """Code planes of coefficients (C, H, W), in Mallat layout, of the dtype that `layer` says.

    Raises
    ------
    ValueError
        Coefficients that are not finite, or 2**24 steps or more.
    """
    most = max(abs(float(coefficients.max())), abs(float(coefficients.min())))  # NaN stays NaN in both
    tiling = layer.tiling
    count = tiling.rows * tiling.cols
    coded: list[bytes] = [b""] * count

    def work(begin: int, end: int) -> None:
        for index in range(begin, end):
            coded[index] = _encode_tile(coefficients, layer, tiling.segments(index, layer.roles), most)

    _threads.split(work, count, elements=coefficients.size, threads=threads)
    table = b"".join(_ENTRY.pack(len(tile), checksum.crc32c(tile)) for tile in coded)
    head = layer.header() + table
    return b"".join([head, _CRC.pack(checksum.crc32c(head)), *coded])


def parse_layer(data: memoryview, begin: int, *, max_samples: int) -> CodedLayer:
    """Read a layer's header and tile table; nothing is allocated before they were checked.

    Raises
    ------
    DecodeError
        They are not those of a layer, or it has more than `max_samples` samples.
    """
    if len(data) - begin < _HEADER.size + _CRC.size:
        raise DecodeError("the stream ends within a header")
    (
        width,
        height,
        planes,
        number,
        wavelet,
        levels,
        profile,
        content,
        tile_bits,
        colour,
        step,
        offset,
        shifted,
        chroma,
    ) = _HEADER.unpack_from(data, begin)
    for value, names, what in (
        (number, NUMBERS, "kind of numbers"),
        (wavelet, WAVELETS, "wavelet"),
        (profile, PROFILES, "profile"),
        (content, CONTENTS, "content"),
        (colour, COLOURS, "colour transform"),
        (shifted, (False, True), "flag"),
    ):
        if value >= len(names):
            raise DecodeError(f"unknown {what} {value}: not version 1 of this format, or damaged")
    if not (width and height and planes) or width * height * planes > max_samples:
        raise DecodeError(f"{planes} planes of {width} x {height} are more than the {max_samples} samples allowed")
    if not (1 <= levels <= MOST_LEVELS and max(LEAST_TILE_BITS, levels) <= tile_bits <= MOST_TILE_BITS):
        raise DecodeError(f"{levels} levels in tiles of 2**{tile_bits} pixels a side are not of this format")
    if (colour == 1 and (number or planes != 3)) or (colour == 2 and (not number or planes < 3)):
        raise DecodeError("the colour transform does not fit the planes")
    if not chroma or (chroma != CHROMA_UNITS and COLOURS[colour] != "ycocg"):
        raise DecodeError("the steps of the chromas do not fit the planes")
    if number and WAVELETS[wavelet] == "cdf97":
        raise DecodeError("cdf97 has no integers")
    layer = Layer(
        *(width, height, planes, NUMBERS[number], WAVELETS[wavelet], levels, PROFILES[profile], CONTENTS[content]),
        *(tile_bits, COLOURS[colour], unpacked_step(step), offset / 64, bool(shifted)),
        chroma / CHROMA_UNITS,
    )
    count = layer.tiling.rows * layer.tiling.cols
    table = begin + _HEADER.size
    body = table + count * _ENTRY.size
    if len(data) < body + _CRC.size:
        raise DecodeError("the stream ends within the table of its tiles")
    if checksum.crc32c(data[begin:body]) != _CRC.unpack_from(data, body)[0]:
        raise DecodeError("a header is damaged: its checksum does not match")
    at = body + _CRC.size
    tiles = []
    for length, crc in _ENTRY.iter_unpack(data[table:body]):
        if length > len(data) - at:
            raise DecodeError("the stream ends within a tile")
        tiles.append((at, at + length, crc))
        at += length
    return CodedLayer(layer, data, tuple(tiles), begin, at)


def decode_layer(
    coded: CodedLayer,
    *,
    reduce: int = 0,
    region: tuple[int, int, int, int] | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """The coefficients of a layer, (C, h, w) in Mallat layout.

    Parameters
    ----------
    coded : CodedLayer
    reduce : int
        How many of the finest levels to leave out, 0 to the layer's.
    region : (first row, last row, first column, last column), optional
        Only these tiles, as an image of their own: both ends included. Default: all.

    Raises
    ------
    DecodeError
        A tile is damaged.
    """
    layer, whole = coded.layer, coded.layer.tiling
    top, _, left, _ = region = region or (0, whole.rows - 1, 0, whole.cols - 1)
    part = whole.part(region, reduce)
    planes = np.empty((layer.planes, *part.plane_shape), layer.number)

    def work(begin: int, end: int) -> None:
        for index in range(begin, end):
            row, col = divmod(index, part.cols)
            tile = (top + row) * whole.cols + left + col
            start, stop, crc = coded.tiles[tile]
            if checksum.crc32c(coded.data[start:stop]) != crc:
                raise DecodeError(f"tile {tile} is damaged: its checksum does not match")
            _decode_tile(coded.data[start:stop], planes, layer, part.segments(index, layer.roles), part, index, tile)

    _threads.split(work, part.rows * part.cols, elements=planes.size, threads=threads)
    return planes


def _encode_tile(coefficients: np.ndarray, layer: Layer, segments: Segments, most: float) -> bytes:
    steps = _steps(layer, segments)
    if not most / float(steps.min()) < MOST_MAGNITUDE / 4:
        raise ValueError(f"coefficients must be finite and below 2**22 steps, got {most}")
    if layer.shifted:
        segments.fields[:, SHIFT] = [_shift(coefficients, field) for field in segments.fields]
    streams, _ = encode_tile(coefficients, segments.fields, segments.map_bytes, steps, model(layer), layer.profile)
    parts = [np.packbits(streams.coded, bitorder="little").tobytes()]
    if layer.shifted:
        parts.append(segments.fields[:, SHIFT].astype(np.uint8).tobytes())
    parts += [_varint(len(part)) for part in (streams.words, streams.signs, streams.raw)]
    if streams.coded.any():
        parts += [streams.states.tobytes(), streams.words.tobytes()]
    return b"".join([*parts, streams.signs.tobytes(), streams.raw.tobytes()])


def _decode_tile(
    data: memoryview, planes: np.ndarray, layer: Layer, segments: Segments, part: Tiling, index: int, tile: int
) -> None:
    everything = part.reduce == 0
    # What the tile holds is that of all levels; segments of a reduced image are the first of them.
    count = len(segments.fields) if everything else len(replace(part, reduce=0).segments(index, layer.roles).fields)
    bitmap = -(-count // 8)
    at = bitmap + count * layer.shifted
    if len(data) < at:
        raise DecodeError(f"tile {tile} ends early")
    flags = np.unpackbits(np.frombuffer(data[:bitmap], np.uint8), bitorder="little").astype(bool)
    if flags[count:].any():
        raise DecodeError(f"tile {tile} is damaged: bits that must be zero are not")
    if layer.shifted:
        shifts = np.frombuffer(data[bitmap:at], np.uint8)
        if shifts.max() > _MOST_SHIFT:
            raise DecodeError(f"tile {tile} is damaged: it has magnitudes shifted by {shifts.max()} bits")
        segments.fields[:, SHIFT] = shifts[: len(segments.fields)]
    word_count, at = _read_varint(data, at, tile)
    sign_bytes, at = _read_varint(data, at, tile)
    raw_bytes, at = _read_varint(data, at, tile)
    lanes = LANES[layer.profile] if flags.any() else 0
    if len(data) - at != 4 * lanes + 2 * word_count + sign_bytes + raw_bytes:
        raise DecodeError(f"tile {tile} is damaged: its parts do not add up to its length")
    ends = np.cumsum([at, 4 * lanes, 2 * word_count, sign_bytes, raw_bytes])
    states, words, signs, raw = (np.frombuffer(data[begin:end], np.uint8) for begin, end in pairwise(ends))
    if lanes and _unaligned(states, np.uint32).min() < 1 << 16:
        raise DecodeError(f"tile {tile} is damaged: a state is below 2**16")
    if not lanes:
        states = np.full(LANES[layer.profile], 1 << 16, np.uint32).view(np.uint8)
    streams = Streams(
        flags[: len(segments.fields)], _unaligned(states, np.uint32), _unaligned(words, np.uint16), signs, raw
    )
    problem = decode_tile(
        *(streams, planes, segments.fields, segments.map_bytes, _steps(layer, segments), layer.offset, model(layer)),
        layer.profile,
        everything=everything,
    )
    if problem:
        raise DecodeError(f"tile {tile} is damaged: {problem}")


def _steps(layer: Layer, segments: Segments) -> np.ndarray:
    if layer.number == "int32":
        return np.ones(len(segments.fields), np.float32)
    chroma = layer.chroma if layer.colour == "ycocg" else None
    return segment_steps(segments, step=layer.step, wavelet=layer.wavelet, chroma=chroma)


def _shift(coefficients: np.ndarray, field: np.ndarray) -> int:
    rows, cols = (slice(field[a], field[a] + field[b]) for a, b in ((ROW, ROWS), (COLUMN, COLS)))
    band = coefficients[field[PLANE], rows, cols]
    mean = float(np.abs(band).mean())  # exact sums, and no logarithm: the same on every machine
    if mean < 1 << _SHIFTED_FROM:
        return 0
    return min(_MOST_SHIFT, int(mean + 1).bit_length() - 1 - _SHIFTED_TO)


def _unaligned(part: np.ndarray, dtype: type) -> np.ndarray:
    return np.frombuffer(part.tobytes(), dtype)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first, the top bit set on all but the last."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _read_varint(data: memoryview, at: int, tile: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise DecodeError(f"tile {tile} is damaged: a length has no end")
