"""How the items of a batch reach workers through joblib, and what happens when a worker dies.

A death breaks loky's whole pool, and joblib raises. The staging folder tells what the workers were at: at most one
item each. Those run again one by one, so that the one which kills its process again is named and given up. All
others go on together; what had ended comes back with the result it left. Dask starts another worker and hands
out the item again by itself: see `_batch_item`.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from joblib import Parallel, delayed, parallel_config
from joblib.parallel import BACKENDS, LokyBackend, get_active_backend

from .. import _threads
from .._atomic import write_synced
from ._batch_item import DIED, FUNCTION, Output, Place, Result, Task, cut_short, ended_before, pickled, run_item

_log = logging.getLogger(__name__)
_FRUITLESS = 3  # pools that die without starting an item: a kill may hit an idle worker, but not for ever
_CHUNK = 8  # items per worker and call, where a backend hands over all results of a call at once


@dataclass(frozen=True)
class Workers:
    """Where a run takes place."""

    jobs: int | None  # joblib's n_jobs
    kind: str  # "here", "loky", "threads" or "other"
    streams: bool  # whether results come one by one

    @property
    def folder(self) -> str | None:
        """The working folder for workers: those of loky may be left over from a time when it was another."""
        return os.getcwd() if self.kind == "loky" else None


def choose_workers(jobs: int | None, items: int) -> Workers:
    """`jobs` processes of loky, unless a joblib.parallel_config around the call says otherwise."""
    backend, configured = get_active_backend()
    if type(backend) is BACKENDS.get("multiprocessing"):
        raise ValueError("the multiprocessing backend waits for ever when a worker dies; use loky, dask or ray")
    streams = bool(getattr(backend, "supports_return_generator", False))
    jobs = jobs or configured
    if isinstance(backend, LokyBackend):
        jobs = backend.effective_n_jobs(jobs or max(1, min(_threads.cores(), items)))
        return Workers(jobs, "here" if jobs == 1 else "loky", streams)
    if getattr(backend, "supports_sharedmem", False):
        jobs = backend.effective_n_jobs(jobs or 1)
        return Workers(jobs, "here" if jobs == 1 else "threads", streams)
    return Workers(jobs or -1, "other", streams)


def run_all(
    function: Callable[[Any], Output], tasks: Sequence[Task], place: Place, workers: Workers
) -> Generator[Result]:
    """One result per task, in whatever order they come."""
    if workers.kind == "here":
        for task in tasks:
            yield run_item(task, place, function)
        return
    if tasks and workers.kind != "threads":
        write_synced(place.staging / FUNCTION, _packed(function))
    waiting = {task.number: task for task in tasks}
    fruitless = 0
    while waiting:
        before = len(waiting)
        try:
            for result in _together(function, list(waiting.values()), place, workers):
                del waiting[result.number]
                yield result
        except Exception as death:
            _log.warning("the workers broke down and are started again: %s", _first_line(death))
            for number in sorted(waiting.keys() & cut_short(place.staging)):
                yield _alone(function, waiting.pop(number), place, workers)
            fruitless = fruitless + 1 if len(waiting) == before else 0
            if fruitless == _FRUITLESS:
                raise RuntimeError(f"the workers cannot run any item: {_first_line(death)}") from death


def _packed(function: object) -> bytes:
    try:
        return pickled(function)
    except Exception as error:
        raise TypeError(f"the function of a batch must be picklable to reach other processes: {error}") from error


def _alone(function: Callable[[Any], Output], task: Task, place: Place, workers: Workers) -> Result:
    try:
        (result,) = _together(function, [task], place, workers)
    except Exception as death:
        _log.warning("item %r is given up: %s", task.key, _first_line(death))
        return ended_before(place.staging / str(task.number)) or Result(task.number, error=DIED)
    return result


def _first_line(death: Exception) -> str:
    return f"{type(death).__name__}: {death}".partition("\n")[0]


def _together(
    function: Callable[[Any], Output], tasks: Sequence[Task], place: Place, workers: Workers
) -> Iterator[Result]:
    if workers.kind == "threads":
        calls = (delayed(run_item)(task, place, function) for task in tasks)
    else:
        calls = (delayed(run_item)(task.packed(), place) for task in tasks)
    loky = parallel_config(backend="loky", inner_max_num_threads=1) if workers.kind == "loky" else None
    with loky or contextlib.nullcontext():
        parallel = Parallel(workers.jobs, return_as="generator_unordered" if workers.streams else "list")
    if not workers.streams:
        with parallel:
            while chunk := list(itertools.islice(calls, _CHUNK * parallel._effective_n_jobs())):
                yield from parallel(chunk)
        return
    results = parallel(calls)
    try:
        yield from results
    finally:
        with warnings.catch_warnings():  # joblib warns that it drops what still runs: that is what closing is for
            warnings.simplefilter("ignore")
            results.close()
