"""Palettes as lines of text: GIMP's .gpl, JASC's .pal, hexadecimal codes.

GIMP: "GIMP Palette", then "Name:" and "Columns:" if any, comments after #, and lines "red green blue name". Aseprite
adds "Channels: RGBA", after which a fourth number is alpha. JASC: "JASC-PAL", "0100", the number of entries, and "red
green blue" lines, with alpha as a fourth number in later versions. Hexadecimal: rrggbb or rrggbbaa, with or without #.

Names may be in any encoding and are not read; numbers are ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

MOST_COLOURS = 65_536
_HEADER = re.compile(r"(Name|Columns|Channels)[ \t]*:[ \t]*(.*)", re.ASCII | re.IGNORECASE)
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{8})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)


def read_gpl(data: bytes) -> np.ndarray:
    """The entries of a GIMP palette."""
    channels = 3
    entries: list[list[int]] = []
    for row, line in _lines(data, first=1):
        header = _HEADER.fullmatch(line)
        if header and not entries:
            if header[1].lower() == "channels":
                channels = {"RGB": 3, "RGBA": 4}.get(header[2].strip().upper(), 0)
                if not channels:
                    raise ValueError(f"line {row}: channels must be RGB or RGBA, got {_shown(header[2])}")
        elif line and not line.startswith("#"):
            fields = line.split(None, channels)[:channels]
            entries.append(_codes(fields, channels, row, line))
            _check_count(entries)
    return _palette(entries)


def write_gpl(palette: np.ndarray) -> bytes:
    """The entries as a GIMP palette; each is named by its code."""
    head = ["GIMP Palette", *(["Channels: RGBA"] if palette.shape[1] == 4 else []), "#"]
    lines = [" ".join(f"{code:3d}" for code in entry) + "\t" + bytes(entry).hex() for entry in palette]
    return ("\n".join(head + lines) + "\n").encode("ascii")


def read_jasc(data: bytes) -> np.ndarray:
    """The entries of a JASC palette, as many as it announces."""
    lines = [(row, line) for row, line in _lines(data, first=0) if line]
    if lines[0][1] != "JASC-PAL":
        raise ValueError(f"line 1: a JASC palette begins with JASC-PAL, got {_shown(lines[0][1])}")
    if len(lines) < 3:
        raise ValueError("truncated: the file ends before the number of entries")
    if lines[1][1] != "0100":
        raise ValueError(f"line {lines[1][0]}: version 0100 is read, got {_shown(lines[1][1])}")
    row, announced = lines[2]
    if not re.fullmatch(r"[0-9]{1,9}", announced, re.ASCII):
        raise ValueError(f"line {row}: the number of entries must be a whole number, got {_shown(announced)}")
    entries: list[list[int]] = []
    for row, line in lines[3:]:
        fields = line.split()
        entries.append(_codes(fields, 4 if len(fields) == 4 else 3, row, line))
        _check_count(entries)
    if len(entries) != int(announced):
        raise ValueError(f"{announced} entries are announced, {len(entries)} are there")
    if len({len(entry) for entry in entries}) > 1:
        entries = [entry if len(entry) == 4 else [*entry, 255] for entry in entries]
    return _palette(entries)


def write_jasc(palette: np.ndarray) -> bytes:
    """The entries as a JASC palette."""
    lines = ["JASC-PAL", "0100", str(len(palette)), *(" ".join(map(str, entry)) for entry in palette.tolist())]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def looks_like_hex(data: bytes) -> bool:
    """Whether the first line that is not empty is a colour."""
    first = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0].strip().decode("latin-1")
    return _HEX.fullmatch(first) is not None


def read_hex(data: bytes) -> np.ndarray:
    """One colour per line."""
    entries: list[list[int]] = []
    for row, line in _lines(data, first=0):
        if not line:
            continue
        found = _HEX.fullmatch(line)
        if not found:
            raise ValueError(f"line {row}: expected rrggbb or rrggbbaa, got {_shown(line)}")
        entries.append([*bytes.fromhex(found[1])])
        _check_count(entries)
    if len({len(entry) for entry in entries}) > 1:
        entries = [entry if len(entry) == 4 else [*entry, 255] for entry in entries]
    return _palette(entries)


def write_hex(palette: np.ndarray) -> bytes:
    """One colour per line."""
    return "".join(bytes(entry).hex() + "\n" for entry in palette).encode("ascii")


def _lines(data: bytes, *, first: int) -> Iterator[tuple[int, str]]:
    """Lines after the `first` ones, stripped, with their numbers; of LF, CR LF or CR."""
    if b"\0" in data:
        raise ValueError(f"not a text file: a zero byte at byte {data.index(0)} (UTF-16 is not read; save it as UTF-8)")
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    for row, line in enumerate(text.split("\n"), 1):
        if row > first:
            yield row, line.strip(" \t\x1a")  # DOS ends files with 1A


def _codes(fields: list[str], channels: int, row: int, line: str) -> list[int]:
    if len(fields) != channels or not all(_NUMBER.fullmatch(field) and int(field) <= 255 for field in fields):
        raise ValueError(f"line {row}: expected {channels} codes from 0 to 255, got {_shown(line)}")
    return [int(field) for field in fields]


def _check_count(entries: list[list[int]]) -> None:
    if len(entries) > MOST_COLOURS:
        raise ValueError(f"more than {MOST_COLOURS} colours")


def _palette(entries: list[list[int]]) -> np.ndarray:
    if not entries:
        raise ValueError("no colour is in the file")
    return np.array(entries, np.uint8)


def _shown(text: str) -> str:
    """`text` in a message, cut to a length that can be read."""
    return ascii(text if len(text) <= 40 else f"{text[:37]}...")
