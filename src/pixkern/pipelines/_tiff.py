"""TIFF: the directory that describes an image, and the same structure inside EXIF data.

Source: Adobe, TIFF revision 6.0, 1992; BigTIFF's wider fields; CIPA DC-008 (Exif) for the orientation.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ._image_header import Header, ImageError, numbers

_NEW_SUBFILE, _WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 274, 277, 278, 279
_PLANAR, _PREDICTOR, _TILE_WIDTH, _TILE_LENGTH, _TILE_OFFSETS, _TILE_BYTES = 284, 317, 322, 323, 324, 325
EXTRA_SAMPLES, _SAMPLE_FORMAT, ICC = 338, 339, 34675

_FIELD_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
_PHOTOMETRICS = {
    0: "white is zero",
    3: "palette",
    5: "CMYK",
    6: "YCbCr",
    8: "CIELab",
    9: "ICCLab",
    32844: "LogL",
    32845: "LogLuv",
}
_MOST_PAGES = 64


@dataclass(frozen=True)
class Entry:
    """One field of a directory: where its values start in the file, and where the entry itself stands."""

    kind: int
    count: int
    start: int
    at: int


@dataclass(frozen=True)
class Directory:
    """One image file directory. Values are read when asked for."""

    data: bytes
    order: str
    entries: dict[int, Entry]
    next: int

    def integers(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The values of an integer field."""
        entry = self.entries.get(tag)
        if entry is None:
            return default
        code = _INTEGERS.get(entry.kind)
        if code is None:
            raise ImageError(f"damaged TIFF: field {tag} is of type {entry.kind}, not a whole number")
        if entry.start + entry.count * _FIELD_BYTES[entry.kind] > len(self.data):
            raise ImageError("truncated TIFF: a field reaches past the end of the file")
        return struct.unpack_from(f"{self.order}{entry.count}{code}", self.data, entry.start)

    def integer(self, tag: int, default: int) -> int:
        """The first value of an integer field."""
        return (self.integers(tag) or (default,))[0]

    def rational(self, tag: int) -> float | None:
        """The first value of an unsigned rational field; None if it is missing, of another type, or divides by 0."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind != 5 or entry.count < 1:
            return None
        top, under = numbers(self.data, entry.start, self.order + "II")
        return top / under if under else None


def directories(data: bytes) -> list[Directory]:
    """All directories of a TIFF structure, in file order."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ImageError("damaged TIFF: it has no byte order mark")
    (version,) = numbers(data, 2, order + "H")
    if version not in (42, 43):
        raise ImageError(f"damaged TIFF: its version is {version}")
    big = version == 43
    (at,) = numbers(data, 8 if big else 4, order + ("Q" if big else "I"))
    found: list[Directory] = []
    while at:
        if len(found) == _MOST_PAGES:
            raise ImageError("damaged TIFF: its directories run in a circle or are too many")
        found.append(directory(data, order, at, big=big))
        at = found[-1].next
    if not found:
        raise ImageError("damaged TIFF: it has no directory")
    return found


def directory(data: bytes, order: str, at: int, *, big: bool = False) -> Directory:
    """The directory that starts at byte `at`."""
    (count,) = numbers(data, at, order + ("Q" if big else "H"))
    at += 8 if big else 2
    width, room = (20, 8) if big else (12, 4)
    if at + count * width + room > len(data):
        raise ImageError("truncated TIFF: a directory reaches past the end of the file")
    entries: dict[int, Entry] = {}
    for _ in range(count):
        tag, kind, number = numbers(data, at, order + ("HHQ" if big else "HHI"))
        inline = at + width - room
        small = number * _FIELD_BYTES.get(kind, 1) <= room
        start = inline if small else numbers(data, inline, order + ("Q" if big else "I"))[0]
        entries.setdefault(tag, Entry(kind, number, start, at))
        at += width
    return Directory(data, order, entries, numbers(data, at, order + ("Q" if big else "I"))[0])


def tiff(data: bytes) -> Header:
    """Read the one page of a TIFF; all its strips or tiles must be there."""
    first, *others = directories(data)
    pages = [page for page in (first, *others) if not page.integer(_NEW_SUBFILE, 0) & 1]  # 1: a thumbnail
    if len(pages) != 1:
        raise ImageError(f"TIFF of {len(pages)} pages; files of one page are read")
    (page,) = pages
    if page is not first:
        raise ImageError("TIFF whose thumbnail comes first; convert it to one without")
    width, height = page.integer(_WIDTH, 0), page.integer(_LENGTH, 0)
    samples = page.integer(_SAMPLES, 1)
    bits = set(page.integers(_BITS, (1,)))
    sample_formats = set(page.integers(_SAMPLE_FORMAT, (1,)))
    if len(bits) != 1 or len(sample_formats) != 1:
        raise ImageError("TIFF whose channels have different depths; convert it to one depth")
    depth, sample_format = bits.pop(), sample_formats.pop()
    if (depth, sample_format) not in ((8, 1), (16, 1), (32, 3)):
        kind = {1: "unsigned", 2: "signed", 3: "floating"}.get(sample_format, "unknown")
        raise ImageError(f"TIFF of {depth}-bit {kind} samples; unsigned 8 or 16 bits or 32-bit floats are read")
    photometric = page.integer(_PHOTOMETRIC, 1)
    if photometric not in (1, 2):
        name = _PHOTOMETRICS.get(photometric, f"number {photometric}")
        raise ImageError(f"TIFF of colour kind {name}; grey and RGB are read, convert it to RGB first")
    if samples not in ((1,) if photometric == 1 else (3, 4)):
        raise ImageError(f"TIFF of {samples} channels; grey, RGB and RGBA are read")
    if samples == 4 and page.integer(EXTRA_SAMPLES, 2) == 1:
        raise ImageError("TIFF whose colours are multiplied by alpha; save it with unassociated alpha")
    _check_strips(page, width, height, samples, depth)
    icc = page.entries.get(ICC)
    profile = data[icc.start : icc.start + icc.count] if icc else None
    return Header("TIFF", width, height, depth, _orientation(page), icc=profile)


def _check_strips(page: Directory, width: int, height: int, samples: int, depth: int) -> None:
    planes = samples if page.integer(_PLANAR, 1) == 2 else 1
    tiled = _TILE_OFFSETS in page.entries
    if tiled:
        across, down = page.integer(_TILE_WIDTH, 0), page.integer(_TILE_LENGTH, 0)
        offsets, sizes = page.integers(_TILE_OFFSETS), page.integers(_TILE_BYTES)
    else:
        across, down = width, page.integer(_ROWS_PER_STRIP, height)
        offsets, sizes = page.integers(_STRIP_OFFSETS), page.integers(_STRIP_BYTES)
    if min(width, height) == 0:
        return  # refused by the caller, for every format
    if min(across, down) < 1:
        raise ImageError("damaged TIFF: its strips or tiles have no size")
    down = down if tiled else min(down, height)
    expected = -(-width // across) * -(-height // down) * planes
    if not len(offsets) == len(sizes) == expected:
        raise ImageError(f"damaged TIFF: it lists {len(offsets)} strips or tiles of {expected}")
    if any(start + size > len(page.data) for start, size in zip(offsets, sizes, strict=True)):
        raise ImageError("truncated TIFF: a strip or tile reaches past the end of the file")
    if page.integer(_COMPRESSION, 1) != 1:
        return
    row = -(-across * (samples // planes) * depth // 8)
    if tiled:
        short = min(sizes) < row * down
    else:
        last = height - (expected // planes - 1) * down
        rows = ([down] * (expected // planes - 1) + [last]) * planes
        short = any(size < row * count for size, count in zip(sizes, rows, strict=True))
    if short:
        raise ImageError("truncated TIFF: a strip or tile is shorter than its pixels")


def as_stored(data: bytes) -> bytes:
    """`data`, changed so that OpenCV returns the samples as they are stored.

    It multiplies colours by a channel that is called unassociated alpha, and turns some orientations only.
    """
    changed = bytearray(data)
    page = directories(data)[0]
    for tag, value in ((EXTRA_SAMPLES, 0), (ORIENTATION, 1)):
        entry = page.entries.get(tag)
        if entry is not None and entry.kind in _INTEGERS and entry.count:
            numbers(data, entry.start, _INTEGERS[entry.kind])
            struct.pack_into(page.order + _INTEGERS[entry.kind], changed, entry.start, value)
    return bytes(changed)


def with_fields(data: bytes, fields: dict[int, tuple[int, bytes]]) -> bytes:
    """`data`, a TIFF of one page, with more fields: type and values of each tag.

    A longer copy of the directory, and the values, follow the old end of the file.
    """
    (directory,) = directories(data)
    if numbers(data, 2, directory.order + "H") != (42,):
        raise ImageError("a BigTIFF cannot be given more fields")
    order = directory.order
    packed = {tag: data[entry.at : entry.at + 12] for tag, entry in directory.entries.items()}
    data += b"\0" * (len(data) % 2)  # values and directories start on a word
    for tag, (kind, values) in sorted(fields.items()):
        head = struct.pack(order + "HHI", tag, kind, len(values) // _FIELD_BYTES[kind])
        if len(values) <= 4:
            packed[tag] = head + values.ljust(4, b"\0")
        else:
            packed[tag] = head + struct.pack(order + "I", len(data))
            data += values + b"\0" * (len(values) % 2)
    entries = b"".join(packed[tag] for tag in sorted(packed))
    start = struct.pack(order + "I", len(data))
    return data[:4] + start + data[8:] + struct.pack(order + "H", len(packed)) + entries + b"\0" * 4


def _orientation(directory: Directory) -> int:
    value = directory.integer(ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def exif_orientation(exif: bytes) -> int:
    """The orientation in EXIF data, 1 to 8; 1 where it says nothing, or nothing that can be read."""
    try:
        return _orientation(directories(exif)[0])
    except ImageError:
        return 1


def upright(exif: bytes) -> bytes:
    """The same EXIF data, saying that the pixels are upright."""
    try:
        directory = directories(exif)[0]
    except ImageError:
        return exif
    entry = directory.entries.get(ORIENTATION)
    if entry is None or entry.kind != 3 or entry.count != 1:
        return exif
    return exif[: entry.start] + struct.pack(directory.order + "H", 1) + exif[entry.start + 2 :]
