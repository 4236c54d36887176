"""Rows are split here, above serial kernels that release the GIL; the split never changes the result."""

from __future__ import annotations

import itertools
import operator
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

_WORTH_SPLITTING = 1 << 18  # elements: about a millisecond of streaming work, 20x the cost of a hand-over
_MOST = 256  # threads; more than any machine this was written for has cores
_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()
_threads: int | None = None
_worker = threading.local()


def set_threads(count: int | None) -> None:
    """Use at most `count` threads per call from now on.

    Parameters
    ----------
    count : int or None
        At least 1 and at most 256. None goes back to the default: the environment variable
        ``PIXKERN_THREADS``, else every core this process may use.

    Raises
    ------
    TypeError, ValueError
        `count` is no integer, or out of range.

    Examples
    --------
    >>> pixkern.set_threads(2)
    >>> pixkern.set_threads(None)
    """
    global _threads
    _threads = None if count is None else _checked(count, "threads")


def _checked(count: int, name: str) -> int:
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"{name} must be an integer, got {type(count).__name__}")
    count = operator.index(count)
    if not 1 <= count <= _MOST:
        raise ValueError(f"{name} must be 1 to {_MOST}, got {count}")
    return count


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit(threads: int | None = None) -> int:
    """How many threads a call may use: its own `threads`, else set_threads, else PIXKERN_THREADS, else the cores."""
    if threads is not None:
        return _checked(threads, "threads")
    if _threads is not None:
        return _threads
    given = os.environ.get("PIXKERN_THREADS")
    if given:
        if not given.isdecimal():
            raise ValueError(f"PIXKERN_THREADS must be an integer, got {given!r}")
        return _checked(int(given), "PIXKERN_THREADS")
    return min(cores(), _MOST)


def split(work: Callable[[int, int], object], length: int, *, elements: int, threads: int | None = None) -> None:
    """Call work(begin, end) over disjoint ranges that cover range(length); the caller's thread does the first."""
    global _pool
    most = limit(threads)
    parts = min(most, max(1, elements // _WORTH_SPLITTING), length)
    if parts < 2 or getattr(_worker, "inside", False):  # a worker that waits for workers could wait for ever
        work(0, length)
        return
    edges = [length * part // parts for part in range(parts + 1)]
    rest = list(itertools.pairwise(edges[1:]))
    running: list[Future[object]] = []
    try:
        with _lock:
            if _pool is None:
                _pool = ThreadPoolExecutor(_MOST, thread_name_prefix="pixkern", initializer=_enter_worker)
            while rest:
                try:
                    running.append(_pool.submit(work, *rest[0]))
                except RuntimeError:  # no thread can be started: too many, or the interpreter shuts down
                    break
                rest.pop(0)
        for begin, end in [(edges[0], edges[1]), *rest]:
            work(begin, end)
    finally:  # the arrays must outlive every part, also when this one was interrupted
        for part in running:
            part.exception()
    for part in running:
        part.result()


def _enter_worker() -> None:
    _worker.inside = True


def _forget_pool() -> None:
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)
