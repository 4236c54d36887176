"""Zip archives that are the same bytes on every run, and a reader that takes nothing else.

    member "manifest.sha256"    a line "<sha256>  <name>" for each file, as sha256sum -c reads it
    members, sorted by name     stored, not compressed; dated 1980-01-01; regular files, rw-r--r--
    directory                   the same headers once more, with their places

Photos are compressed already, stored bytes do not depend on a version of zlib, and nothing unpacks to more
than the size of the archive. All but names and contents is fixed, so the reader makes every header itself
from what it has read and compares: no bit can be changed, added, hidden or laid over another.

Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pixkern._atomic import replacing

from ._listing import check_distinct, check_name

MANIFEST = "manifest.sha256"
_VERSION, _MADE_BY = 45, 3 << 8 | 45  # 4.5, the version that knows large archives; made on Unix
_NAME_IS_UTF8, _STORED, _TIME, _DATE = 0x800, 0, 0, 1 << 5 | 1  # the first of January 1980
_ATTRIBUTES = 0o100644 << 16
_LARGE = 2**32 - 1  # what is not smaller has its number in a longer field
_MANY = 2**16 - 1
_LOCAL = struct.Struct("<4s5H3I2H")
_MOST_MANIFEST_BYTES = 2**26


class ArchiveError(ValueError):
    """The file is not an archive of this kind, or not a whole one."""


@dataclass(frozen=True)
class Member:
    """A file to be packed: its name, the SHA-256 its bytes must have, and where the bytes come from."""

    name: str
    sha256: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class _Entry:
    name: bytes
    crc: int
    size: int
    offset: int

    @property
    def local_header(self) -> bytes:
        fixed = (b"PK\3\4", _VERSION, _NAME_IS_UTF8, _STORED, _TIME, _DATE)
        return _LOCAL.pack(*fixed, self.crc, self.size, self.size, len(self.name), 0) + self.name

    @property
    def directory_entry(self) -> bytes:
        far = self.offset >= _LARGE
        extra = struct.pack("<HHQ", 1, 8, self.offset) if far else b""
        fixed = (b"PK\1\2", _MADE_BY, _VERSION, _NAME_IS_UTF8, _STORED, _TIME, _DATE, self.crc, self.size, self.size)
        rest = (len(self.name), len(extra), 0, 0, 0, _ATTRIBUTES, _LARGE if far else self.offset)
        return struct.pack("<4s6H3I5H2I", *fixed, *rest) + self.name + extra


def _directory(entries: Sequence[_Entry], start: int) -> bytes:
    """The directory of an archive, which starts at `start`, and the records that end the file."""
    listed = b"".join(entry.directory_entry for entry in entries)
    count, size = len(entries), len(listed)
    large = b""
    if count >= _MANY or size >= _LARGE or start >= _LARGE:
        at = start + size
        large = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, _MADE_BY, _VERSION, 0, 0, count, count, size, start)
        large += struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    count, size, start = min(count, _MANY), min(size, _LARGE), min(start, _LARGE)
    return listed + large + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, 0)


def _manifest(members: Sequence[Member]) -> bytes:
    return "".join(f"{member.sha256}  {member.name}\n" for member in members).encode()


def write_archive(path: Path, members: Sequence[Member]) -> tuple[str, int]:
    """Write an archive, whole or not at all; returns its SHA-256 and its bytes.

    Raises
    ------
    ArchiveError
        A member's bytes are no longer those of its SHA-256, or 4 GiB or more.
    """
    members = sorted(members, key=lambda member: member.name.encode())
    total, entries = hashlib.sha256(), []
    with replacing(path) as file:

        def put(data: bytes) -> None:
            file.write(data)
            total.update(data)

        manifest = _manifest(members)
        sums = hashlib.sha256(manifest).hexdigest()
        for member in (Member(MANIFEST, sums, lambda: manifest), *members):
            data = member.read()
            if hashlib.sha256(data).hexdigest() != member.sha256:
                raise ArchiveError(f"{member.name}: changed while the archive was written")
            if len(data) >= _LARGE:
                raise ArchiveError(f"{member.name}: {len(data)} bytes are too many for an archive")
            entries.append(_Entry(member.name.encode(), zlib.crc32(data), len(data), file.tell()))
            put(entries[-1].local_header)
            put(data)
        put(_directory(entries, file.tell()))
        size = file.tell()
    return total.hexdigest(), size


class ArchiveReader:
    """Reads an archive from front to end; `sha256` is that of all bytes, once all members were read.

    Parameters
    ----------
    file : binary file
        At its beginning.
    size : int
        Its bytes; a member that announces more than are left is not asked for.
    max_members, max_member_bytes : int
        What announces more is refused before it is read.
    """

    def __init__(self, file: BinaryIO, size: int, *, max_members: int, max_member_bytes: int) -> None:
        self._file, self._size = file, size
        self._total = hashlib.sha256()
        self._entries: list[_Entry] = []
        self._at = 0
        self._max_bytes = max_member_bytes
        self.sums = _sums(self._member(MANIFEST, _MOST_MANIFEST_BYTES), max_members)

    @property
    def sha256(self) -> str:
        """Hexadecimal digits."""
        return self._total.hexdigest()

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each file, as the manifest says; then the directory is checked.

        Raises
        ------
        ArchiveError
            Truncated, altered, or anything else than what `write_archive` writes.
        """
        for name, digest in self.sums.items():
            data = self._member(name, self._max_bytes)
            if hashlib.sha256(data).hexdigest() != digest:
                raise ArchiveError(f"{name} does not match its checksum in {MANIFEST}")
            yield name, data
        wanted = _directory(self._entries, self._at)
        if self._take(len(wanted)) != wanted or self._file.read(1):
            raise ArchiveError("the archive has another directory, or other members, than its manifest")

    def _member(self, name: str, most: int) -> bytes:
        offset, coded = self._at, name.encode()
        header = self._take(_LOCAL.size)
        size = _LOCAL.unpack(header)[-3]
        if header[:4] != b"PK\3\4" or size > most:
            what = f"announces {size} bytes, at most {most} are read" if header[:4] == b"PK\3\4" else "is not there"
            raise ArchiveError(f"{name} {what}")
        header += self._take(len(coded))
        if header[_LOCAL.size :] != coded:
            raise ArchiveError(f"{ascii(header[_LOCAL.size :])[1:]} is where {name} must be")
        data = self._take(size)
        self._entries.append(_Entry(coded, zlib.crc32(data), size, offset))
        if self._entries[-1].local_header != header:
            raise ArchiveError(f"{name} is damaged, compressed, or not dated or marked as in a submission")
        return data

    def _take(self, count: int) -> bytes:
        data = self._file.read(count) if count <= self._size - self._at else b""
        if len(data) != count:
            raise ArchiveError("the archive is truncated, or no zip archive")
        self._at += count
        self._total.update(data)
        return data


def _sums(manifest: bytes, most: int) -> dict[str, str]:
    """SHA-256 by name, from the lines of a manifest."""
    try:
        text = manifest.decode()
    except UnicodeDecodeError:
        raise ArchiveError(f"{MANIFEST} is not text in UTF-8") from None
    lines = text.split("\n")
    if lines.pop():
        raise ArchiveError(f"{MANIFEST} ends inside a line")
    if len(lines) > most:
        raise ArchiveError(f"{MANIFEST} lists {len(lines)} members, at most {most} are read")
    sums, names = {}, []
    for line in lines:
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ArchiveError(f"{MANIFEST} has a line that is not a checksum and a name: {line[:80]!a}")
        sums[name] = digest
        names.append(name)
    try:
        for name in names:
            check_name(name)
        check_distinct((*names, MANIFEST))
    except ValueError as error:
        raise ArchiveError(f"{MANIFEST} lists what no archive may hold: {error}") from None
    if names != sorted(names, key=str.encode):
        raise ArchiveError(f"{MANIFEST} is not sorted")
    return sums
