"""Zip archives that are the same bytes on every run, and a reader that takes nothing else.

Members are stored, not compressed: photos are compressed already, the bytes do not depend on a version of
zlib, and what unpacks to more than the size of the file is not an archive of this kind. One file is the same
as another of the same members, so a reader can ask for every field; a prefix, a gap, overlapping members
and names that differ between the two directories of a zip are all found.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from .._atomic import TEMPORARY, sync_folder
from ._listing import check_distinct, check_name

MANIFEST = "manifest.sha256"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that zip can name
_UNIX, _REGULAR_FILE = 3, 0o100644
_LOCAL_HEADER, _END_RECORD = 30, 22
_MOST_MANIFEST_BYTES = 2**26


class ArchiveError(ValueError):
    """The file is not an archive of this kind, or not a whole one."""


def write_archive(path: Path, members: Iterable[tuple[str, Callable[[], bytes]]]) -> tuple[str, int]:
    """Write members, sorted by name, and their manifest; the file is there whole or not at all.

    Returns the SHA-256 of the archive, and its bytes.
    """
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                lines = []
                for name, read in sorted(members, key=lambda member: member[0].encode()):
                    data = read()
                    lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
                    archive.writestr(_info(name), data)
                archive.writestr(_info(MANIFEST), "".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())
        with open(temporary, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = temporary.stat().st_size
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)
    return digest, size


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = _UNIX
    info.external_attr = _REGULAR_FILE << 16
    return info


def read_archive(path: Path, *, max_members: int, max_bytes: int, max_member_bytes: int) -> Iterator[tuple[str, bytes]]:
    """The members, in order, each checked against the manifest before it is handed out.

    The directory and the manifest are checked before the first member.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise ArchiveError(f"the archive has {size} bytes, at most {max_bytes} are read")
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > max_members + 1:
                raise ArchiveError(f"the archive has {len(members)} members, at most {max_members} are read")
            _check_names(members)
            for member in members:
                most = _MOST_MANIFEST_BYTES if member.filename == MANIFEST else max_member_bytes
                _check_member(member, most)
            _check_layout(archive, members, file, size)
            sums = _read_manifest(archive.read(MANIFEST))
            names = [member.filename for member in members[:-1]]
            if names != list(sums):
                odd = sorted(set(names) ^ set(sums)) or ["their order"]
                raise ArchiveError(f"members and manifest differ: {odd[0]!a}")
            for name in names:
                data = archive.read(name)
                if hashlib.sha256(data).hexdigest() != sums[name]:
                    raise ArchiveError(f"{name} does not match its checksum in the manifest")
                yield name, data
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ArchiveError(f"truncated or damaged zip archive: {error}") from None
    except UnicodeDecodeError:
        raise ArchiveError("damaged zip archive: a name is not text") from None


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    names = [member.orig_filename for member in members]  # as in the file: zipfile cuts a name at a zero byte
    try:
        for name in names:
            check_name(name)
        check_distinct(names)
    except ValueError as error:
        raise ArchiveError(f"refused member: {error}") from None
    if not names or names[-1] != MANIFEST or names[:-1] != sorted(names[:-1], key=str.encode):
        raise ArchiveError(f"the members are not the sorted files and then {MANIFEST}")


def _check_member(member: zipfile.ZipInfo, most: int) -> None:
    name = member.filename
    if member.file_size > most:
        raise ArchiveError(f"{name} announces {member.file_size} bytes, at most {most} are read")
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
        raise ArchiveError(f"{name} is compressed; members are stored as they are")
    plain = (
        member.date_time == _EPOCH
        and member.create_system == _UNIX
        and member.external_attr == _REGULAR_FILE << 16
        and member.flag_bits in (0, 0x800)  # 0x800: the name is in UTF-8
        and not member.comment
    )
    if not plain:
        raise ArchiveError(f"{name} has a date, permission, flag or comment that build_submission does not write")


def _check_layout(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], file: BinaryIO, size: int) -> None:
    """Each member starts where the one before it ends, and nothing follows the end of the directory."""
    at = 0
    for member in members:
        file.seek(at)
        header = file.read(_LOCAL_HEADER)
        if member.header_offset != at or len(header) != _LOCAL_HEADER:
            raise ArchiveError(f"{member.filename} is not where it must be: the archive has gaps or overlaps")
        name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
        at += _LOCAL_HEADER + name_bytes + extra_bytes + member.file_size
    if at != archive.start_dir:
        raise ArchiveError("something lies between the members and their directory")
    file.seek(max(0, size - _END_RECORD))
    if archive.comment or not file.read().startswith(b"PK\5\6"):
        raise ArchiveError("something follows the end of the archive")


def _read_manifest(data: bytes) -> dict[str, str]:
    sums: dict[str, str] = {}
    for line in data.decode().splitlines():
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or name in sums:
            raise ArchiveError(f"{MANIFEST} has a line that is not a checksum and a name")
        sums[name] = digest
    return sums
