"""What an image file says of itself, read before anything is decoded, and whether the file is all there.

Decoders are lenient: libjpeg fills a missing half with grey, and OpenCV says nothing of it. So each format
is walked here, segment by segment, to its end. What a header says is also where decompression bombs show.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any


class ImageError(ValueError):
    """The file is no image that can be read; the message is one line that says why."""

    __module__ = "pixkern.pipelines.files"  # its public place


@dataclass(frozen=True)
class Header:
    """Of an image as stored, before its orientation is applied. `bit_depth` is bits per sample in the file.

    More `frames` than one are those of an animation.
    """

    format: str
    width: int
    height: int
    bit_depth: int
    orientation: int = 1
    exif: bytes | None = None
    icc: bytes | None = None
    frames: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the upright image."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


_MOST_PROFILE_BYTES = 2**26  # the largest ICC profiles in use have a few MB
_DEFLATE_RATIO = 1032  # 258 bytes from 2 bits: the most that deflate can expand


def numbers(data: bytes, offset: int, layout: str) -> tuple[Any, ...]:
    """Fields of a binary header at `offset`; a header that ends before them is an `ImageError`."""
    if offset < 0 or offset + struct.calcsize(layout) > len(data):
        raise ImageError("truncated: the file ends inside its header")
    return struct.unpack_from(layout, data, offset)


# ---- JPEG: ITU-T T.81, annex B --------------------------------------------------------------------------------

_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)  # neither a stuffed zero nor a restart marker
_NO_LENGTH = {0x01, *range(0xD0, 0xD8)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_HUFFMAN_FRAMES = {0xC0, 0xC1, 0xC2}
_EOI, _SOS, _APP1, _APP2 = 0xD9, 0xDA, 0xE1, 0xE2


def jpeg(data: bytes) -> Header:
    """Walk all segments and scans up to the end-of-image marker."""
    at, scan_bytes = 2, 0
    frame: tuple[int, bytes] | None = None
    exif: bytes | None = None
    profile: dict[int, bytes] = {}
    while True:
        found = _MARKER.search(data, at)
        if found is None:
            raise ImageError("truncated JPEG: there is no end-of-image marker")
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            break
        if marker in _NO_LENGTH:
            continue
        (length,) = numbers(data, at, ">H")
        if length < 2 or at + length > len(data):
            raise ImageError(f"truncated or damaged JPEG: segment {marker:#04x} reaches past the end of the file")
        body, at = data[at + 2 : at + length], at + length
        if marker in _FRAMES:
            if frame is not None:
                raise ImageError("damaged JPEG: it has two frame headers")
            frame = marker, body
        elif marker == _APP1 and body.startswith(b"Exif\0\0") and exif is None:
            exif = body[6:]
        elif marker == _APP2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            profile[body[12]] = body[14:]
        elif marker == _SOS:
            if frame is None:
                raise ImageError("damaged JPEG: a scan comes before the frame header")
            end = _SCAN_END.search(data, at)
            if end is None:
                raise ImageError("truncated JPEG: there is no end-of-image marker")
            scan_bytes, at = scan_bytes + end.start() - at, end.start()
    if frame is None:
        raise ImageError("damaged JPEG: it has no frame header")
    marker, body = frame
    precision, height, width, components = numbers(body, 0, ">BHHB")
    if precision != 8:
        raise ImageError(f"JPEG of {precision} bits a sample; only 8 are read, convert it to PNG or TIFF")
    if components == 4:
        raise ImageError("CMYK JPEG; convert it to RGB first, which needs its colour profile")
    if components not in (1, 3):
        raise ImageError(f"JPEG of {components} components; 1 or 3 are read")
    sampling = [numbers(body, 7 + 3 * i, "B")[0] for i in range(components)]
    across, down = max(s >> 4 for s in sampling), max(s & 15 for s in sampling)
    if not 1 <= across <= 4 or not 1 <= down <= 4:
        raise ImageError("damaged JPEG: its sampling factors are not 1 to 4")
    # A Huffman code has at least one bit, so a coded unit has too.
    units = -(-width // (8 * across)) * -(-height // (8 * down))
    if marker in _HUFFMAN_FRAMES and 8 * scan_bytes < units:
        raise ImageError(f"truncated JPEG: {scan_bytes} bytes cannot hold the {width} x {height} pixels it announces")
    icc = b"".join(profile[i] for i in sorted(profile)) or None
    return Header("JPEG", width, height, 8, exif=exif, icc=icc)


# ---- PNG: ISO/IEC 15948, W3C PNG third edition -----------------------------------------------------------------

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PNG_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}


def png(data: bytes) -> Header:
    """Walk all chunks up to IEND and check their sums."""
    at, image_bytes, frames = 8, 0, 1
    header: Header | None = None
    bits = 0
    exif = icc = None
    while True:
        if at + 12 > len(data):
            raise ImageError("truncated PNG: there is no IEND chunk")
        length, name = numbers(data, at, ">I4s")
        body = data[at + 8 : at + 8 + length]
        if at + 12 + length > len(data):
            raise ImageError("truncated PNG: there is no IEND chunk")
        (checksum,) = numbers(data, at + 8 + length, ">I")
        intact = zlib.crc32(body, zlib.crc32(name)) == checksum
        at += 12 + length
        if not intact:
            if name[0] & 0x20:  # an ancillary chunk: the pixels do without it
                continue
            raise ImageError("damaged PNG: a chunk does not match its checksum")
        if header is None:
            if name != b"IHDR":
                raise ImageError("damaged PNG: it does not begin with IHDR")
            width, height, depth, colour = numbers(body, 0, ">IIBB")
            if depth not in _PNG_DEPTHS.get(colour, ()):
                raise ImageError(f"damaged PNG: colour type {colour} with {depth} bits a sample")
            header, bits = Header("PNG", width, height, depth), depth * _PNG_CHANNELS[colour]
        elif name == b"IDAT":
            image_bytes += length
        elif name == b"acTL":
            frames = numbers(body, 0, ">I")[0]
        elif name == b"eXIf":
            exif = body
        elif name == b"iCCP":
            icc = _inflated_profile(body)
        elif name == b"IEND":
            break
    if image_bytes * _DEFLATE_RATIO < header.height * header.width * bits // 8:
        raise ImageError(
            f"truncated PNG: {image_bytes} bytes cannot hold the {header.width} x {header.height} pixels it announces"
        )
    return replace(header, exif=exif, icc=icc, frames=max(frames, 1))


def _inflated_profile(body: bytes) -> bytes | None:
    """The ICC profile of an iCCP chunk; None if it is damaged, which the pixels survive."""
    _, _, packed = body.partition(b"\0")
    try:
        inflate = zlib.decompressobj()
        profile = inflate.decompress(packed[1:], _MOST_PROFILE_BYTES)
    except zlib.error:
        return None
    return profile if inflate.eof else None


# ---- WebP: RFC 9649 --------------------------------------------------------------------------------------------


def webp(data: bytes) -> Header:
    """Walk all chunks of the RIFF container."""
    end = 8 + numbers(data, 4, "<I")[0]
    if end > len(data):
        raise ImageError(f"truncated WebP: {len(data)} of {end} bytes are there")
    at, frames = 12, 0
    canvas: tuple[int, int] | None = None
    drawn: tuple[int, int] | None = None
    exif = icc = None
    while at + 8 <= end:
        name, length = numbers(data, at, "<4sI")
        start, at = at + 8, at + 8 + length + length % 2
        if start + length > end:
            raise ImageError("truncated WebP: a chunk reaches past the end of the file")
        if name == b"VP8X":
            low, high, low2, high2 = numbers(data, start + 4, "<HBHB")
            canvas = 1 + low + (high << 16), 1 + low2 + (high2 << 16)
        elif name == b"VP8 ":
            sync, width, height = numbers(data, start + 3, "<3sHH")
            if sync != b"\x9d\x01\x2a":
                raise ImageError("damaged WebP: its frame has no start code")
            drawn = width & 0x3FFF, height & 0x3FFF
        elif name == b"VP8L":
            signature, bits = numbers(data, start, "<BI")
            if signature != 0x2F:
                raise ImageError("damaged WebP: its lossless frame has no signature")
            drawn = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        elif name == b"ANMF":
            frames += 1
        elif name == b"EXIF":
            exif = data[start : start + length].removeprefix(b"Exif\0\0")
        elif name == b"ICCP":
            icc = data[start : start + length]
    if canvas and drawn and canvas != drawn and frames < 2:
        raise ImageError("damaged WebP: its frame does not fill its canvas")
    size = canvas or drawn
    if size is None:
        raise ImageError("damaged WebP: it holds no image")
    return Header("WebP", *size, 8, exif=exif, icc=icc, frames=max(frames, 1))


# ---- GIF89a ----------------------------------------------------------------------------------------------------


def gif(data: bytes) -> Header:
    """Walk all blocks up to the trailer."""
    width, height, flags = numbers(data, 6, "<HHB")
    at, frames = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0), 0
    while True:
        kind = data[at : at + 1]
        if kind == b"\x3b":
            break
        if kind == b"\x21":
            at += 2
        elif kind == b"\x2c":
            left, top, across, down, flags = numbers(data, at + 1, "<HHHHB")
            if left + across > width or top + down > height:
                raise ImageError("damaged GIF: a frame lies outside its canvas")
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)  # with the byte that opens the pixel data
            frames += 1
        elif kind:
            raise ImageError("damaged GIF: it has a block of unknown kind")
        while length := (data[at : at + 1] or b"\0")[0]:
            at += 1 + length
        if at >= len(data):
            raise ImageError("truncated GIF: there is no trailer")
        at += 1
    if frames == 0:
        raise ImageError("empty GIF")
    return Header("GIF", width, height, 8, frames=frames)


# ---- BMP -------------------------------------------------------------------------------------------------------


def bmp(data: bytes) -> Header:
    """Read the headers of an uncompressed bitmap; its pixels must be there."""
    pixels, header_bytes = numbers(data, 10, "<II")
    if header_bytes < 40:
        raise ImageError("BMP of a kind from before 1990; convert it to PNG")
    width, height, _, bits, compression = numbers(data, 18, "<iiHHI")
    if compression != 0 or bits not in (8, 24):
        raise ImageError(
            f"BMP of {bits} bits a pixel, compression {compression}; 8 and 24 without compression are read"
        )
    if width < 0:
        raise ImageError("damaged BMP: its width is negative")
    needed = pixels + -(-width * bits // 32) * 4 * abs(height)
    if needed > len(data):
        raise ImageError(f"truncated BMP: {len(data)} of {needed} bytes are there")
    return Header("BMP", width, abs(height), 8)
