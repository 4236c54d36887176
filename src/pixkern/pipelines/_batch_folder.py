"""The output folder of a batch: staged files get their names, one item per path, and one run at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from .._atomic import TEMPORARY, sync_folder
from ._batch_manifest import folders


class Claims:
    """Which item owns a path when several ask for it: the first by key, whoever comes first in time.

    A path also clashes with every path that would need it as a folder. The rule looks at all that was
    asked for, not at who got it, so it does not depend on the order in which the items finish.
    """

    def __init__(self) -> None:
        self._as_file: defaultdict[str, set[str]] = defaultdict(set)
        self._as_folder: defaultdict[str, set[str]] = defaultdict(set)
        self.paths: dict[str, tuple[str, ...]] = {}

    def add(self, key: str, paths: Iterable[str]) -> None:
        """Note what `key` asks for."""
        self.paths[key] = tuple(sorted(paths))
        for path in self.paths[key]:
            self._as_file[path].add(key)
            for folder in folders(path):
                self._as_folder[folder].add(key)

    def others(self, key: str, path: str) -> set[str]:
        """The keys that ask for something that excludes that `key` has `path`."""
        keys = self._as_file.get(path, set()) | self._as_folder.get(path, set())
        return keys.union(*(self._as_file.get(folder, set()) for folder in folders(path))) - {key}

    def rivals(self, key: str) -> set[str]:
        return set().union(*(self.others(key, path) for path in self.paths[key]))

    def lost(self, key: str) -> tuple[str, str] | None:
        """The first path that `key` has to leave to another item, and the key of that."""
        for path in self.paths[key]:
            owner = min(self.others(key, path), default=key)
            if owner < key:
                return path, owner
        return None


def publish(out_dir: Path, staged: Path, paths: Iterable[str]) -> None:
    """Give staged files, which are named by their place in sorted order, their names."""
    paths = sorted(paths)
    done: list[str] = []
    for count, path in enumerate(paths):
        try:
            target = out_dir / path
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged / str(count), target)
        except BaseException as error:
            withdraw(out_dir, done)
            if isinstance(error, OSError):  # name the file the user knows, not the staged one
                raise OSError(error.errno, error.strerror, path) from error
            raise
        done.append(path)
    for folder in {(out_dir / path).parent for path in paths}:
        sync_folder(folder)


def withdraw(out_dir: Path, paths: Iterable[str]) -> None:
    """Remove published files, and the folders that are empty without them."""
    for path in paths:
        (out_dir / path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            for folder in reversed(folders(path)):
                (out_dir / folder).rmdir()


def remove_folder(folder: Path) -> None:
    """Remove a folder as far as it can be; an interrupt stays one.

    `shutil.rmtree` that is interrupted between closing a handle and noting it closes it again, and would raise what
    comes of that.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None
        raise


@contextlib.contextmanager
def staging_folder(out_dir: Path) -> Iterator[Path]:
    """A folder for what is not finished, on the same file system; it goes with the run, or with the next one."""
    with _alone_in(out_dir):
        for entry in out_dir.glob(f"{TEMPORARY}*"):  # left by a run that was killed
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        staging = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=out_dir))
        try:
            yield staging
        finally:
            remove_folder(staging)


@contextlib.contextmanager
def _alone_in(out_dir: Path) -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(out_dir, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"another batch is at work in {out_dir}: wait for it, or use another folder") from None
        except OSError:  # some network file systems have no locks
            pass
        yield
    finally:
        os.close(handle)
