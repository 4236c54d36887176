"""Adobe Swatch Exchange, .ase: named colours in groups.

"ASEF", version 1.0 as two 16-bit numbers, the number of blocks (32 bits), all big-endian. A block is a kind (16 bits),
a length (32 bits) and that many bytes: 0xC001 opens a group, 0xC002 closes one, 0x0001 is a colour: the length of its
name in UTF-16 units with the final zero, the name, the model in four letters, its components as 32-bit floats, and 0, 1
or 2 for global, spot and normal. Components are 0 to 1, but a* and b* of LAB are -128 to 127.

Sources: Adobe publishes none; the layout is described at
http://www.selapa.net/swatches/colors/fileformats.php#adobe_ase. CIE 15:2004, 8.2.1 (L*a*b*); Lindbloom, "Chromatic
adaptation" (Bradford's matrix from D50 to D65); IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import numpy as np

from pixkern import _palettes

from ._palette_text import MOST_COLOURS

_GROUP, _END, _COLOUR = 0xC001, 0xC002, 0x0001
_COMPONENTS = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"Gray": 1}
_D50 = (0.96422, 1.0, 0.82521)
_XYZ_D50_TO_LINEAR_SRGB = (  # the product of Bradford's matrix and that of IEC 61966-2-1
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)


def read_ase(data: bytes) -> np.ndarray:
    """All colours in the order of the file, of all groups."""
    if len(data) < 12:
        raise ValueError(f"truncated: a swatch file has a header of 12 bytes, the file {len(data)}")
    major, minor, blocks = struct.unpack_from(">HHI", data, 4)
    if (major, minor) != (1, 0):
        raise ValueError(f"byte 4: version 1.0 is read, got {major}.{minor}")
    entries: list[tuple[int, ...]] = []
    at = 12
    for number in range(1, blocks + 1):
        if at + 6 > len(data):
            raise ValueError(f"truncated: {blocks} blocks are announced, the file ends in block {number} at byte {at}")
        kind, length = struct.unpack_from(">HI", data, at)
        if at + 6 + length > len(data):
            raise ValueError(f"byte {at}: block {number} of {length} bytes goes beyond the file's {len(data)}")
        if kind == _COLOUR:
            entries.append(_swatch(data[at + 6 : at + 6 + length], at + 6))
            if len(entries) > MOST_COLOURS:
                raise ValueError(f"more than {MOST_COLOURS} colours")
        elif kind not in (_GROUP, _END):
            raise ValueError(f"byte {at}: a block of unknown kind {kind:#06x}")
        at += 6 + length
    if not entries:
        raise ValueError("no colour is in the file")
    return np.array(entries, np.uint8)


def _swatch(block: bytes, at: int) -> tuple[int, ...]:
    if len(block) < 2:
        raise ValueError(f"byte {at}: a colour ends before its name")
    start = 2 + 2 * int.from_bytes(block[:2], "big")
    model = block[start : start + 4]
    count = _COMPONENTS.get(model)
    if count is None:
        raise ValueError(f"byte {at + start}: colour model {model!r}; RGB, CMYK, LAB and Gray are read")
    if start + 4 + 4 * count > len(block):
        raise ValueError(f"byte {at}: a colour of {len(block)} bytes is too short for its {count} components")
    values = struct.unpack_from(f">{count}f", block, start + 4)
    if not all(map(math.isfinite, values)):
        raise ValueError(f"byte {at + start + 4}: components must be finite, got {values}")
    return _CONVERSIONS[model](*values)


def _rgb(*values: float) -> tuple[int, ...]:
    return tuple(math.floor(255 * min(max(value, 0.0), 1.0) + 0.5) for value in values)


def _gray(value: float) -> tuple[int, ...]:
    return _rgb(value, value, value)


def _cmyk(cyan: float, magenta: float, yellow: float, black: float) -> tuple[int, ...]:
    ink = (min(max(value, 0.0), 1.0) for value in (cyan, magenta, yellow))
    light = 1 - min(max(black, 0.0), 1.0)
    return _rgb(*((1 - value) * light for value in ink))


def _lab(lightness: float, a: float, b: float) -> tuple[int, ...]:
    f = (100 * min(max(lightness, 0.0), 1.0) + 16) / 116
    steps = (f + min(max(a, -128.0), 127.0) / 500, f, f - min(max(b, -128.0), 127.0) / 200)
    xyz = [white * _toe(step) for white, step in zip(_D50, steps, strict=True)]
    light = [row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2] for row in _XYZ_D50_TO_LINEAR_SRGB]
    return tuple(int(code) for code in _palettes.srgb(np.array(light)))


def _toe(step: float) -> float:
    """The inverse of f of CIE 15: a cube, and a line below 6 / 29."""
    return step * step * step if step > 6 / 29 else 3 * (6 / 29) * (6 / 29) * (step - 4 / 29)


_CONVERSIONS: dict[bytes, Callable[..., tuple[int, ...]]] = {
    b"RGB ": _rgb,
    b"CMYK": _cmyk,
    b"LAB ": _lab,
    b"Gray": _gray,
}


def write_ase(palette: np.ndarray) -> bytes:
    """The entries as global RGB colours, named by their codes, in no group."""
    if palette.shape[1] == 4:
        raise ValueError("swatches have no transparency; use gpl, hex or png, or pass the first three columns")
    blocks = []
    for entry in palette:
        name = f"#{bytes(entry).hex()}\0".encode("utf-16-be")
        colour = struct.pack(">4s3fH", b"RGB ", *(code / 255 for code in entry.tolist()), 0)
        body = struct.pack(">H", len(name) // 2) + name + colour
        blocks.append(struct.pack(">HI", _COLOUR, len(body)) + body)
    return struct.pack(">4sHHI", b"ASEF", 1, 0, len(blocks)) + b"".join(blocks)
