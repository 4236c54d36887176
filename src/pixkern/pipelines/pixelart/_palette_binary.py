"""Palettes in bytes: Microsoft's RIFF .pal and Adobe's colour table .act.

RIFF: "RIFF", size, "PAL ", then chunks of name, size (little-endian) and contents, padded to even lengths. The chunk
"data" holds a LOGPALETTE: version 0x0300, the number of entries, and of each red, green, blue and a byte of flags
(Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991). Colour table: 256 times red, green,
blue; then, if it is there, the number of entries that count and the transparent one or 0xFFFF, big-endian (Adobe,
"Photoshop File Formats Specification").
"""

from __future__ import annotations

import struct

import numpy as np

_VERSION = 0x0300
_NONE = 0xFFFF


def read_riff(data: bytes) -> np.ndarray:
    """The entries of the chunk "data"."""
    if len(data) < 12:
        raise ValueError(f"truncated: a RIFF header has 12 bytes, the file {len(data)}")
    if data[8:12] != b"PAL ":
        raise ValueError(f"byte 8: a RIFF file of kind {data[8:12]!r}; 'PAL ' is read")
    announced = int.from_bytes(data[4:8], "little") + 8
    if announced > len(data):
        raise ValueError(f"truncated: {announced} bytes are announced at byte 4, {len(data)} are there")
    at = 12
    while at + 8 <= announced:
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > announced:
            raise ValueError(f"byte {at}: chunk {name!r} of {size} bytes goes beyond the file's {announced}")
        if name == b"data":
            return _logical_palette(data[at + 8 : at + 8 + size], at + 8)
        at += 8 + size + size % 2
    raise ValueError(f"no chunk 'data' in the {announced} bytes of the file")


def _logical_palette(data: bytes, at: int) -> np.ndarray:
    if len(data) < 4:
        raise ValueError(f"byte {at}: a palette has a header of 4 bytes, the chunk {len(data)}")
    version, count = struct.unpack_from("<HH", data)
    if version != _VERSION:
        raise ValueError(f"byte {at}: palette version 0x0300 is read, got {version:#06x}")
    if not count:
        raise ValueError(f"byte {at + 2}: no entries")
    if 4 + 4 * count > len(data):
        raise ValueError(f"byte {at + 2}: {count} entries are announced, {(len(data) - 4) // 4} are there")
    return np.frombuffer(data, np.uint8, 4 * count, 4).reshape(count, 4)[:, :3].copy()


def write_riff(palette: np.ndarray) -> bytes:
    """A RIFF palette of one chunk."""
    if palette.shape[1] == 4:
        raise ValueError("a RIFF palette has no transparency; use gpl, hex or png, or pass the first three columns")
    if len(palette) > 0xFFFF:
        raise ValueError(f"a RIFF palette has at most 65535 entries, got {len(palette)}")
    entries = np.column_stack([palette, np.zeros(len(palette), np.uint8)]).tobytes()
    chunk = struct.pack("<4sIHH", b"data", 4 + len(entries), _VERSION, len(palette)) + entries
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunk), b"PAL ") + chunk


def read_act(data: bytes) -> np.ndarray:
    """The entries that count, RGBA; the transparent one is (0, 0, 0, 0)."""
    if len(data) not in (768, 772):
        raise ValueError(f"a colour table has 768 or 772 bytes, the file {len(data)}")
    count, clear = struct.unpack(">HH", data[768:]) if len(data) == 772 else (256, _NONE)
    if not 1 <= count <= 256:
        raise ValueError(f"byte 768: 1 to 256 entries can count, got {count}")
    if clear != _NONE and clear >= count:
        raise ValueError(f"byte 770: the transparent entry {clear} is none of the {count}")
    entries = np.full((count, 4), 255, np.uint8)
    entries[:, :3] = np.frombuffer(data, np.uint8, 3 * count).reshape(count, 3)
    if clear != _NONE:
        entries[clear] = 0
    return entries


def write_act(palette: np.ndarray) -> bytes:
    """A colour table with its count."""
    if len(palette) > 256:
        raise ValueError(f"a colour table has at most 256 entries, got {len(palette)}")
    clear = np.flatnonzero(palette[:, 3] < 255) if palette.shape[1] == 4 else np.zeros(0, np.int64)
    if len(clear) > 1 or (len(clear) and palette[clear[0], 3]):
        raise ValueError("a colour table has one transparent entry, of alpha 0; use gpl, hex or png")
    table = np.zeros((256, 3), np.uint8)
    table[: len(palette)] = palette[:, :3]
    return table.tobytes() + struct.pack(">HH", len(palette), int(clear[0]) if len(clear) else _NONE)
