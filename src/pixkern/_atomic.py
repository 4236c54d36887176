"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".pixkern-"  # how the name of everything temporary begins


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` so that a reader, a crash or a full disk never sees half of it.

    The bytes go to a temporary file in the same folder, are brought to the disk (fsync), and take the
    name `path` in one step (rename); then the folder is brought to the disk too. If anything fails, what
    stood at `path` before still stands there, and the temporary file is gone.

    Parameters
    ----------
    path : str or path-like
        Its folder must exist. A symbolic link is replaced, not followed.
    data : bytes
        The whole contents.

    Raises
    ------
    OSError
        The folder does not exist or cannot be written, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern.pipelines.batch import write_atomically
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(folder + "/note.txt", b"all of it")
    ...     open(folder + "/note.txt").read()
    'all of it'
    """
    with replacing(Path(path)) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the name `path` when the block ends; see `write_atomically`."""
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:
            yield file
            _sync(file)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.filename == str(temporary):
            raise OSError(error.errno, error.strerror, str(path)) from None  # the name that the caller knows
        raise
    sync_folder(path.parent)


def write_synced(path: Path, contents: bytes | Callable[[BinaryIO], object]) -> None:
    """Write a new file, or have it written, and bring it to the disk; the caller renames it."""
    with open(path, "xb") as file:
        if isinstance(contents, bytes):
            file.write(contents)
        else:
            contents(file)
        _sync(file)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk, where the file system can do that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:  # some network file systems sync names by themselves and refuse to be asked
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
