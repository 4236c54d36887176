"""How the items of a batch reach workers through joblib, and what happens when a worker dies.

A death breaks loky's whole pool, and dask gives up on an item after some deaths. Either way joblib raises, and the
staging folder tells what the workers were at: at most one item each. Those are run again one by one,
so that the one which kills its process again is named and given up, and all others go on together.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from joblib import Parallel, delayed, parallel_config
from joblib.externals import cloudpickle
from joblib.parallel import LokyBackend, get_active_backend

from .. import _threads
from ._batch_item import Place, Result, Task, left_behind, run_item

_log = logging.getLogger(__name__)
_FRUITLESS = 3  # pools that die without starting an item: a kill may hit an idle worker, but not for ever
_CHUNK = 8  # items per worker and call, where a backend hands over all results of a call at once
_DEATH = (
    "WorkerDied",
    "the process that ran this item died, and again when the item ran alone: "
    "a crash in native code, too little memory, or a kill",
)


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
    backend, ambient = get_active_backend()
    count = jobs or ambient or (max(1, min(_threads.cores(), items)) if backend.default_n_jobs == 1 else None)
    shared = bool(getattr(backend, "supports_sharedmem", False))
    kind = "loky" if isinstance(backend, LokyBackend) else "threads" if shared else "other"
    if count == 1 and (jobs == 1 or kind != "other") or kind == "threads" and backend.effective_n_jobs(count) == 1:
        kind = "here"
    return Workers(count, kind, bool(getattr(backend, "supports_return_generator", False)))


def run_all(tasks: Sequence[Task], place: Place, workers: Workers) -> Iterator[Result]:
    """One result per task, in whatever order they come."""
    if workers.kind == "here":
        for task in tasks:
            yield run_item(task, place)
        return
    waiting = {task.number: task for task in tasks}
    fruitless = 0
    while waiting:
        before = len(waiting)
        try:
            for result in _together(list(waiting.values()), place, workers):
                del waiting[result.number]
                yield result
        except Exception as death:
            _log.warning("the workers broke down and are started again: %s: %s", type(death).__name__, death)
            reached, started = left_behind(place.staging)
            for number in waiting.keys() & reached.keys():
                del waiting[number]
                yield reached[number]
            for number in sorted(waiting.keys() & started):
                yield _alone(waiting.pop(number), place, workers)
            fruitless = fruitless + 1 if len(waiting) == before else 0
            if fruitless == _FRUITLESS:
                raise RuntimeError(f"the workers cannot run any item: {type(death).__name__}: {death}") from death


def _alone(task: Task, place: Place, workers: Workers) -> Result:
    try:
        (result,) = _together([task], place, workers)
    except Exception as death:
        _log.warning("item %r is given up: %s: %s", task.key, type(death).__name__, death)
        return left_behind(place.staging)[0].get(task.number, Result(task.number, None, error=_DEATH))
    return result


def _together(tasks: Sequence[Task], place: Place, workers: Workers) -> Iterator[Result]:
    calls = (delayed(run_item)(task, place) for task in _travelling(tasks, workers))
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


def _travelling(tasks: Sequence[Task], workers: Workers) -> Iterable[Task]:
    if workers.kind == "threads":
        return tasks
    function = cloudpickle.dumps(tasks[0].function)
    return (task.packed(function) for task in tasks)
