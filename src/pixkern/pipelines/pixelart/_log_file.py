"""A file of lines that several processes add to: each line whole, one header, and what was there stays there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_MARK = b"\xef\xbb\xbf"  # some spreadsheets begin a file of UTF-8 with it

if sys.platform == "win32":
    import msvcrt

    _FAR = 2**31 - 2  # locks are mandatory there, so the byte that is locked lies beyond all that is read

    def _lock(handle: int, *, shared: bool) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        while True:  # one call gives up after ten seconds
            with contextlib.suppress(OSError):
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
                return

    def _unlock(handle: int) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(handle: int, *, shared: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


def append_line(path: Path, line: str, *, header: str) -> None:
    """Add a line to a file, under a lock, and bring it to the disk.

    A new or empty file gets the header first. A file that ends within a line, because a process was killed or its disk
    was full, gets a newline before, so that the damage stays where it is. What cannot be written whole is taken
    back.

    Raises
    ------
    OSError
        The file cannot be opened or written, or its folder is not there.
    ValueError
        The file begins with another header: it is no such log.
    """
    with _locked(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as handle:
        end = os.lseek(handle, 0, os.SEEK_END)
        if end == 0:
            text = f"{header}\n{line}\n"
        else:
            _check_header(handle, path, header)
            os.lseek(handle, end - 1, os.SEEK_SET)
            text = f"{line}\n" if os.read(handle, 1) == b"\n" else f"\n{line}\n"
        try:
            _write(handle, text.encode())
            os.fsync(handle)
        except BaseException:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, end)
            raise


def read_lines(path: Path) -> list[bytes]:
    """The lines of a file, none of them half written by a process that is at it.

    Raises
    ------
    OSError
        The file is not there or cannot be read.
    """
    with _locked(path, os.O_RDONLY) as handle:
        os.lseek(handle, 0, os.SEEK_SET)
        with open(handle, "rb", closefd=False) as file:
            return file.read().split(b"\n")


@contextlib.contextmanager
def _locked(path: Path, flags: int) -> Iterator[int]:
    """The file, open and locked; opened again if it was replaced while this process waited for the lock."""
    while True:
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _lock(handle, shared=flags == os.O_RDONLY)
            try:
                if _is_at(handle, path):
                    yield handle
                    return
            finally:
                _unlock(handle)
        finally:
            os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def is_header(line: bytes, header: str) -> bool:
    """Whether a line is the header, perhaps as a spreadsheet has saved it."""
    return line.removeprefix(_MARK).rstrip(b"\r\n") == header.encode()


def _check_header(handle: int, path: Path, header: str) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    if not is_header(os.read(handle, len(_MARK) + len(header) + 2).split(b"\n")[0], header):
        raise ValueError(f"{path} is no log of this kind: its first line must be {header}")


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
