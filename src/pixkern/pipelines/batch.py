"""One function over many items, in many processes: whole files, a manifest, resume, and no item takes others with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from ._atomic import TEMPORARY, sync_folder, write_atomically
from ._batch_item import Output, Place, Result, Task, describe
from ._batch_manifest import (
    FAILURES,
    MANIFEST,
    Claims,
    Line,
    append,
    folders,
    holds,
    line_text,
    read_manifest,
    sha256,
    write_sorted,
)
from ._batch_pool import choose_workers, run_all

__all__ = ["BatchReport", "Output", "map_images", "write_atomically"]

T = TypeVar("T")


@dataclass(frozen=True)
class BatchReport:
    """What a run of `map_images` did.

    Parameters
    ----------
    finished : tuple of str
        Keys of the items done in this run, sorted.
    skipped : tuple of str
        Keys of the items that a resumed run found finished, sorted.
    failed : mapping of str to str
        Key of each item that failed, and the reason in one line.
    records : mapping of str to mapping
        The records of the finished and skipped items, as they stand in the manifest.

    Examples
    --------
    >>> BatchReport(finished=("a",), skipped=(), failed={}, records={"a": {}}).ok
    True
    """

    finished: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: Mapping[str, str]
    records: Mapping[str, Mapping[str, Any]]

    @property
    def ok(self) -> bool:
        """Whether no item failed."""
        return not self.failed
