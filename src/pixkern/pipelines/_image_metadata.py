"""EXIF data and colour profiles, put into encoded image files."""

from __future__ import annotations

import struct
import zlib

from . import _tiff
from ._image_header import webp

_JPEG_ROOM = 65533  # bytes in a segment, without its marker and length


def embed(kind: str, data: bytes, *, exif: bytes | None, icc: bytes | None) -> bytes:
    """`data`, a file of format `kind` that OpenCV has just written, with EXIF data and a colour profile."""
    if exif is None and icc is None:
        return data
    if kind == "JPEG":
        return _into_jpeg(data, exif, icc)
    if kind == "PNG":
        return _into_png(data, exif, icc)
    if kind == "WebP":
        return _into_webp(data, exif, icc)
    if kind == "TIFF" and exif is None and icc is not None:
        return _tiff.with_fields(data, {_tiff.ICC: (7, icc)})
    raise ValueError(f"{kind} files are written without {'EXIF data' if exif is not None else 'a colour profile'}")


def _into_jpeg(data: bytes, exif: bytes | None, icc: bytes | None) -> bytes:
    """After the JFIF segment, which must stay first."""
    segments = []
    if exif is not None:
        if len(exif) + 6 > _JPEG_ROOM:
            raise ValueError(f"JPEG holds {_JPEG_ROOM - 6} bytes of EXIF data, got {len(exif)}")
        segments.append((0xE1, b"Exif\0\0" + exif))
    if icc is not None:
        room = _JPEG_ROOM - 14
        parts = [icc[i : i + room] for i in range(0, len(icc), room)]
        if len(parts) > 255:
            raise ValueError(f"JPEG holds {255 * room} bytes of colour profile, got {len(icc)}")
        segments += [(0xE2, b"ICC_PROFILE\0" + bytes((i, len(parts))) + part) for i, part in enumerate(parts, 1)]
    at = 4 + struct.unpack_from(">H", data, 4)[0] if data[2:4] == b"\xff\xe0" else 2
    packed = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in segments)
    return data[:at] + packed + data[at:]


def _into_png(data: bytes, exif: bytes | None, icc: bytes | None) -> bytes:
    """After IHDR, which is 25 bytes behind the signature of 8."""
    chunks = []
    if icc is not None:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(icc, 6)))
    if exif is not None:
        chunks.append((b"eXIf", exif))
    packed = b"".join(
        struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
        for name, body in chunks
    )
    return data[:33] + packed + data[33:]


def _into_webp(data: bytes, exif: bytes | None, icc: bytes | None) -> bytes:
    """In an extended container: VP8X with its flags, the profile, the image, the EXIF data."""
    header = webp(data)
    extended = data[12:16] == b"VP8X"
    frame = data[30:] if extended else data[12:]
    alpha = data[20] & 0x10 if extended else (data[24] & 0x10 if data[12:16] == b"VP8L" else 0)
    flags = alpha | (0x20 if icc is not None else 0) | (0x08 if exif is not None else 0)
    side = [struct.pack("<I", length - 1)[:3] for length in (header.width, header.height)]
    chunks = _riff(b"VP8X", struct.pack("<I", flags) + side[0] + side[1])
    chunks += _riff(b"ICCP", icc) if icc is not None else b""
    chunks += frame
    chunks += _riff(b"EXIF", exif) if exif is not None else b""
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def _riff(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
