"""How far the items at work are: each worker says it in the size of a file, the caller watches those files.

`advance` needs no connection between the processes, only the staging folder that they share:

    STAGING/NUMBER/progress   its size is the part of the item's weight that is done, in thousandths

A size is set in one step, so nobody reads half a number; the file holds no data, so a full disk does not matter; and
a network file system passes a size on at once, where it would keep bytes back until the file is closed.
Workers keep quiet between two reports for 100 times as long as a report takes: what it costs stays below 1 %.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

_PROGRESS = "progress"
_STEPS = 1000  # finer than any terminal is wide
_PAUSE = 0.1  # seconds from the start of an item to its first report, and at least from one report to the next
_QUIET = 100  # times as long as the last report took
_POLL = 0.2  # seconds


def advance(amount: float) -> None:
    """Move the progress bar of the caller from within an item of `map_images`, by a part of that item's weight.

    To be called by the function of a batch as it gets on, as often as is convenient: reports to the caller are
    throttled. The bar moves by `amount`, never by more than the item's weight in all, also where an item runs twice
    because its process died. When the item ends, finished or failed, the rest of its weight is added.
    Outside a batch, and where the batch shows no progress, it does nothing.

    Parameters
    ----------
    amount : float
        What was done since the last call, in the unit of `weights`; without weights an item weighs 1. Not negative.

    Raises
    ------
    TypeError
        `amount` is no real number.
    ValueError
        `amount` is negative or not finite.

    Notes
    -----
    It belongs to the thread that runs the item, as context variables do: in threads of its own, the function
    calls ``contextvars.copy_context().run(advance, amount)`` with a context copied in the first one.
    Any number of such threads may call at once.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern.pipelines.batch import Output, advance, map_images
    >>> def work(rows):
    ...     for _ in range(rows):
    ...         advance(1)
    ...     return Output({}, {"rows": rows})
    >>> items = {"a": 300, "b": 20}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = map_images(work, items, folder, jobs=1, weights=items, progress=False)
    >>> report.ok
    True
    """
    if not 0 <= amount < math.inf:
        raise ValueError(f"amount must be finite and not negative, got {amount}")
    counter = _current.get()
    if counter is not None:
        counter.add(amount)


class _Counter:
    """What one item has done, on the side of the worker."""

    def __init__(self, path: Path, weight: float) -> None:
        self._path, self._weight = path, weight
        self._done = 0.0
        self._silent_until = time.monotonic() + _PAUSE
        self._lock = threading.Lock()  # the function may have threads of its own

    def add(self, amount: float) -> None:
        with self._lock:
            self._done += amount
            now = time.monotonic()
            if now >= self._silent_until:
                self._report()
                self._silent_until = now + max(_PAUSE, _QUIET * (time.monotonic() - now))

    def _report(self) -> None:
        with contextlib.suppress(OSError), open(self._path, "ab") as file:  # nothing that an item should fail of
            file.truncate(int(_STEPS * min(1.0, self._done / self._weight)))


_current: ContextVar[_Counter | None] = ContextVar("pixkern_batch_item", default=None)


@contextlib.contextmanager
def counting(own: Path, weight: float) -> Iterator[None]:
    """While it lasts, `advance` speaks of the item whose folder is `own`; nobody listens where it has no weight."""
    before = _current.set(_Counter(own / _PROGRESS, weight) if weight else None)
    try:
        yield
    finally:
        _current.reset(before)


class Progress:
    """The one bar over all items, on the side of the caller: what has ended, and how far the others are."""

    def __init__(self, bar: tqdm[Any], shares: Mapping[str, float], staging: Path) -> None:
        self._bar, self._staging = bar, staging
        self._keys = list(shares)  # by number
        self._total = sum(shares.values())
        self._left = dict(shares)  # of the items that have not ended
        self._moved: dict[str, float] = {}  # part of what is left
        self._ended: float = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pixkern-batch-progress", daemon=True)

    def __enter__(self) -> Progress:
        if not self._bar.disable:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def end(self, key: str, note: str) -> None:
        """Item `key` has ended: the rest of its weight is added, and `note` stands behind the bar."""
        with self._lock:
            self._moved.pop(key, None)
            self._ended += self._left.pop(key)
            self._bar.set_postfix_str(note, refresh=False)
            self._show()

    def see(self, sizes: Mapping[int, int]) -> None:
        """Take in what the workers report, by the numbers of their items."""
        with self._lock:
            for number, size in sizes.items():
                key = self._keys[number]
                if key in self._left:
                    self._moved[key] = self._left[key] * size / _STEPS
            self._show()

    def _show(self) -> None:
        if self._bar.disable:
            return
        position = self._ended + sum(self._moved.values())
        if not self._left:  # a sum of floats depends on their order
            position = self._total
        elif self._bar.unit == "item":
            position = round(position, 2)
        self._bar.n = max(self._bar.n, min(position, self._total))  # it waits for an item that starts again
        self._bar.update(0)

    def _watch(self) -> None:
        while not self._stop.wait(_POLL):
            self.see(_sizes(self._staging))


def _sizes(staging: Path) -> dict[int, int]:
    """The reports of the items whose folders are there, by number."""
    sizes = {}
    with contextlib.suppress(OSError), os.scandir(staging) as entries:
        for entry in entries:
            with contextlib.suppress(OSError, ValueError):  # none yet, gone already, or no folder of an item
                sizes[int(entry.name)] = os.stat(os.path.join(entry.path, _PROGRESS)).st_size
    return sizes
