"""Compressed images taken apart and put together again with anything in them, and with checksums that match."""

import struct
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from pixkern._native.checksum import crc32c

from pixkern.pipelines.codec import container

FILE = {"magic": "4s", "major": "B", "minor": "B", "flags": "H", "width": "I", "height": "I", "channels": "B"}
FILE |= dict.fromkeys(("bits", "mode", "quality", "layers", "zero"), "B")
MODEL = {"downscale": "B", "hadamard": "B", "model": "16s"}
LAYER = {"width": "I", "height": "I", "planes": "B", "number": "B", "wavelet": "B", "levels": "B", "profile": "B"}
LAYER |= {"content": "B", "tile_bits": "B", "colour": "B", "step": "H", "offset": "b", "shifted": "B", "chroma": "B"}


def sealed(data):
    return data + struct.pack("<I", crc32c(data))


def size_of(fields):
    return struct.calcsize("<" + "".join(fields.values()))


def unpacked(fields, data):
    return dict(zip(fields, struct.unpack_from("<" + "".join(fields.values()), data), strict=True))


def packed(fields, values):
    return struct.pack("<" + "".join(fields.values()), *(values[name] for name in fields))


@dataclass(frozen=True)
class Layer:
    fields: dict
    tiles: tuple

    def count(self):
        """How many tiles the header announces."""
        side = 1 << min(self.fields["tile_bits"], 31)
        return -(-self.fields["width"] // side) * -(-self.fields["height"] // side)

    def fitted(self):
        """With as many tiles as that, if they are few: the ones there are, again and again."""
        wanted = self.count()
        return (
            self if wanted > 300 else replace(self, tiles=tuple(self.tiles[i % len(self.tiles)] for i in range(wanted)))
        )

    def data(self):
        table = b"".join(struct.pack("<II", len(tile), crc32c(tile)) for tile in self.tiles)
        return sealed(packed(LAYER, self.fields) + table) + b"".join(self.tiles)


@dataclass(frozen=True)
class File:
    fields: dict
    layers: tuple

    def header(self):
        return sealed(packed(FILE | (MODEL if "model" in self.fields else {}), self.fields))

    def data(self):
        return self.header() + b"".join(layer.data() for layer in self.layers)

    def having(self, layer=None, **fields):
        """With other values in the header, or in that of a layer."""
        if layer is None:
            return replace(self, fields=self.fields | fields)
        layers = list(self.layers)
        layers[layer] = replace(layers[layer], fields=layers[layer].fields | fields)
        return replace(self, layers=tuple(layers))

    def fitted(self):
        return replace(self, layers=tuple(layer.fitted() for layer in self.layers))

    def with_tile(self, layer, index, tile):
        layers = list(self.layers)
        tiles = list(layers[layer].tiles)
        tiles[index] = tile
        layers[layer] = replace(layers[layer], tiles=tuple(tiles))
        return replace(self, layers=tuple(layers))


def opened(data):
    """The File that `data` is."""
    fields = unpacked(FILE, data)
    if fields["mode"] == 2:
        fields |= unpacked(MODEL, data[size_of(FILE) :])
    _, layers = container.unpack(memoryview(data), max_pixels=2**28)
    parts = [
        Layer(unpacked(LAYER, data[coded.begin :]), tuple(data[begin:end] for begin, end, _ in coded.tiles))
        for coded in layers
    ]
    return File(fields, tuple(parts))


def resealed(data):
    """`data` with checksums that match, as far as it can be read as a file."""
    out = bytearray(data)

    def seal(begin, end):
        if end + 4 <= len(out):
            struct.pack_into("<I", out, end, crc32c(bytes(out[begin:end])))
        return end + 4

    if len(out) < size_of(FILE):
        return data
    fields = unpacked(FILE, out)
    at = seal(0, size_of(FILE) + (size_of(MODEL) if fields["mode"] == 2 else 0))
    for _ in range(min(2, fields["layers"])):
        if at + size_of(LAYER) > len(out):
            break
        count = Layer(unpacked(LAYER, out[at:]), ()).count()
        table, tile = at + size_of(LAYER), at + size_of(LAYER) + 8 * count + 4
        if tile > len(out):
            break
        for entry in range(table, table + 8 * count, 8):
            (length,) = struct.unpack_from("<I", out, entry)
            struct.pack_into("<I", out, entry + 4, crc32c(bytes(out[tile : tile + length])))
            tile += length
        seal(at, table + 8 * count)
        at = tile
    return bytes(out)


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


@dataclass(frozen=True)
class Tile:
    """The parts of a tile, all as bytes; lengths are theirs unless others are given."""

    flags: bytes
    shifts: bytes
    states: bytes
    words: bytes
    signs: bytes
    raw: bytes
    lengths: tuple = field(default=())

    def data(self):
        own = varint(len(self.words) // 2), varint(len(self.signs)), varint(len(self.raw))
        lengths = b"".join(self.lengths or own)
        return self.flags + self.shifts + lengths + self.states + self.words + self.signs + self.raw


def tile_opened(data, *, segments, shifted, fast):
    """The Tile that `data` is."""
    at = -(-segments // 8)
    flags = data[:at]
    shifts = data[at : at + segments * shifted]
    at += len(shifts)
    lengths = []
    for _ in range(3):
        end = next(i for i in range(at, len(data)) if data[i] < 128) + 1
        lengths.append(sum((byte & 127) << 7 * place for place, byte in enumerate(data[at:end])))
        at = end
    sizes = np.cumsum([at, (32 if fast else 2) * 4 * any(flags), 2 * lengths[0], lengths[1], lengths[2]])
    states, words, signs, raw = (data[a:b] for a, b in pairwise(sizes))
    assert sizes[-1] == len(data)
    return Tile(flags, shifts, states, words, signs, raw)
