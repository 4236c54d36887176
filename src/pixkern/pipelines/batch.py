"""One function over many items in many processes: whole files, a manifest, resume; an item that fails, fails alone."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from .. import _threads
from .._atomic import write_atomically
from ._batch_folder import Claims, publish, remove_folder, staging_folder, withdraw
from ._batch_item import Output, Place, Result, Task, describe
from ._batch_manifest import (
    FAILURES,
    LEDGER,
    Line,
    append,
    check_paths,
    line_text,
    read_ledger,
    sha256,
    still_holds,
    write_sorted,
)
from ._batch_pool import choose_workers, run_all
from ._batch_progress import Progress, advance

__all__ = ["BatchReport", "Output", "advance", "map_images", "write_atomically"]

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
    remarks : mapping of str to mapping
        The remarks of the items finished in this run.

    Examples
    --------
    >>> BatchReport(finished=("a",), skipped=(), failed={}, records={"a": {}}).ok
    True
    """

    finished: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: Mapping[str, str]
    records: Mapping[str, Mapping[str, Any]]
    remarks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether no item failed."""
        return not self.failed


def map_images(
    fn: Callable[[T], Output],
    items: Mapping[str, T],
    out_dir: str | os.PathLike[str],
    *,
    jobs: int | None = None,
    resume: bool = False,
    configuration: object = None,
    progress: bool = True,
    weights: Mapping[str, float] | None = None,
    ledger: str = LEDGER,
) -> BatchReport:
    """Call `fn` on every item, in several processes, and write what it returns to `out_dir`.

    Every output file is there whole or not at all. Each finished item gets a line in
    ``manifest.jsonl``, each failed one a line in ``failures.jsonl``; both are sorted by key at the end, and
    neither they nor the outputs depend on the number of workers or on the order in which they finish.
    An item that raises, exits, or kills its process fails alone.

    Parameters
    ----------
    fn : callable
        Takes one item and returns an `Output`. It must be picklable (by cloudpickle: local functions are)
        unless it runs in the caller's process.
    items : mapping of str to object
        What to work on by key, for instance paths of photos by their names. Items travel to the workers:
        pass paths rather than pixels. Where two items ask for the same output file, it belongs to the first
        by key and the other one fails.
    out_dir : str or path-like
        Made if it is not there. Files that the batch does not write stay as they are.
    jobs : int, optional
        How many processes; by default one for each core this process may use. With 1 the items run in the caller's
        process. A ``joblib.parallel_config`` around the call chooses other backends, such as dask and ray.
    resume : bool
        Skip the items whose line in the manifest still holds: the same configuration, the same contents of the
        item, and all its output files with their sha256 (volatile ones need only be there). Otherwise all items run,
        and the manifest starts anew.
    configuration : object, optional
        What JSON can hold. Everything that changes the results belongs here, versions of models and code
        included, for that is what `resume` goes by.
    progress : bool
        Whether to show a progress bar over all items on stderr. It moves when items end, and
        within items where `fn` calls `advance`.
    weights : mapping of str to float, optional
        The share of each item in the progress bar, such as its bytes or pixels.
    ledger : str
        The name, in `out_dir`, of the file that is called the manifest here, for a caller who writes a
        ``manifest.jsonl`` of its own. A run resumes what stands in the ledger of its name.

    Returns
    -------
    BatchReport

    Raises
    ------
    TypeError
        Wrong kinds of arguments, a `configuration` JSON cannot hold, or an `fn` that cannot be pickled.
    ValueError
        `jobs` or `weights` out of range, weights missing for some items, or a `ledger` that is no name of a file.
    OSError
        `out_dir` cannot be made or written. (An output that cannot be written fails only its item.)
    RuntimeError
        Another batch is at work in `out_dir`, or the workers break down before they start any item.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern.pipelines.batch import Output, map_images
    >>> def shout(word):
    ...     return Output({f"{word}.txt": word.upper().encode()}, {"letters": len(word)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = map_images(shout, {"a": "aye", "b": "no"}, folder, jobs=1, progress=False)
    >>> report.finished, report.records["a"]
    (('a', 'b'), {'letters': 3})
    """
    shares = _checked(fn, items, jobs, weights)
    keys = list(shares)
    try:
        configured = sha256(line_text(configuration).encode())
    except (TypeError, ValueError) as error:
        raise TypeError(f"configuration must hold what JSON can: {error}") from error
    _check_ledger(ledger)
    workers = choose_workers(jobs, len(keys))
    folder = Path(out_dir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    unit = {"unit": "item"} if weights is None else {"unit": "", "unit_scale": True}
    with (
        staging_folder(folder) as staging,
        tqdm(total=sum(shares.values()), disable=not progress, **unit) as bar,
        Progress(bar, shares, staging) as moving,
    ):
        run = _Run(folder, folder / ledger, read_ledger(folder / ledger) if resume else {}, moving)
        if not resume:
            run.ledger.unlink(missing_ok=True)
        (folder / FAILURES).unlink(missing_ok=True)
        try:
            for key in _held(run.earlier, items, configured, folder):
                run.skip(key)
            place = Place(staging, configured, os.getpid(), workers.folder, workers.kind != "here", ledger)
            tasks = [
                Task(number, key, items[key], weight=shares[key] if progress else 0)
                for number, key in enumerate(keys)
                if key not in run.skipped
            ]
            with contextlib.closing(run_all(fn, tasks, place, workers)) as results:
                for result in results:
                    run.take(keys[result.number], result)
                    remove_folder(staging / str(result.number))
        finally:  # also when interrupted: what is finished stays finished
            run.write()
    return run.report()


def _checked(
    fn: object, items: Mapping[str, Any], jobs: int | None, weights: Mapping[str, float] | None
) -> dict[str, float]:
    """The keys in their order, and the share of each item in the progress bar."""
    if not callable(fn):
        raise TypeError(f"fn must be a function of one item, got {type(fn).__name__}")
    if not isinstance(items, Mapping) or not all(isinstance(key, str) for key in items):
        raise TypeError("items must be a mapping with strings as keys, such as {path.name: path}")
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int)):
        raise TypeError(f"jobs must be an integer or None, got {type(jobs).__name__}")
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs}; None takes all cores")
    if weights is None:
        return dict.fromkeys(sorted(items), 1)
    missing = sorted(items.keys() - weights.keys())
    if missing:
        raise ValueError(f"weights needs an entry for every item, {missing[0]!r} has none")
    for key in items:
        if not (math.isfinite(weights[key]) and weights[key] >= 0):
            raise ValueError(f"weights must be finite and not negative, got {weights[key]} for {key!r}")
    return {key: weights[key] for key in sorted(items)}


def _check_ledger(ledger: object) -> None:
    if not isinstance(ledger, str):
        raise TypeError(f"ledger must be the name of a file, got {type(ledger).__name__}")
    try:
        check_paths([ledger], FAILURES)
    except ValueError as error:
        raise ValueError(f"ledger: {error}") from None
    if "/" in ledger:
        raise ValueError(f"ledger must be the name of a file in out_dir, got {ledger!r}")


def _held(earlier: Mapping[str, Line], items: Mapping[str, Any], configured: str, folder: Path) -> Sequence[str]:
    """The items that need not run again, found before any runs: an item that runs may take a file away from them."""
    keys = sorted(items.keys() & earlier.keys())
    readers = ThreadPoolExecutor(_threads.cores())  # hashing releases the GIL
    try:
        holds = readers.map(lambda key: still_holds(earlier[key], items[key], configured, folder), keys)
        return [key for key, held in zip(keys, holds, strict=True) if held]
    finally:
        readers.shutdown(cancel_futures=True)


class _Run:
    """What is known of every item, and the only hand that touches the output folder."""

    def __init__(self, folder: Path, ledger: Path, earlier: dict[str, Line], progress: Progress) -> None:
        self.folder, self.ledger, self.earlier, self.progress = folder, ledger, earlier, progress
        self.claims = Claims()
        self.lines: dict[str, Line] = {}  # whose files are in the folder
        self.failed: dict[str, tuple[str, str]] = {}
        self.skipped: set[str] = set()
        self.remarks: dict[str, dict[str, Any]] = {}

    def skip(self, key: str) -> None:
        self.skipped.add(key)
        self.claims.add(key, self.earlier[key]["files"])
        if self._make_way(key):
            self.lines[key] = self.earlier[key]
        self._end(key)

    def take(self, key: str, result: Result) -> None:
        if result.line is None:
            self.failed[key] = result.error or ("RuntimeError", "the item ended without a result")
        else:
            self.claims.add(key, result.line["files"])
            if self._make_way(key):
                self._publish(key, result)
        self._end(key)

    def _make_way(self, key: str) -> bool:
        """Take from later keys what `key` asks for; whether it may have that, because no earlier key asks for it."""
        for rival in self.claims.rivals(key) & self.lines.keys():
            if rival > key:
                withdraw(self.folder, self.lines.pop(rival)["files"])
        return self.claims.lost(key) is None

    def _publish(self, key: str, result: Result) -> None:
        assert result.line is not None
        files = result.line["files"]
        try:
            publish(self.folder, Path(result.folder), files)
            try:
                append(self.ledger, result.line)
            except BaseException:
                withdraw(self.folder, files)
                raise
        except OSError as error:
            self.failed[key] = describe(error)
        else:
            self.lines[key] = result.line
            self.remarks[key] = result.remark

    def _end(self, key: str) -> None:
        self.progress.end(key, f"{len(self.failed)} failed" if self.failed else "")

    def write(self) -> None:
        """The manifest and the failures, sorted."""
        for key in self.claims.paths:
            lost = self.claims.lost(key)
            if lost:
                self.failed[key] = ("OutputTaken", f"the output {lost[0]!r} belongs to item {lost[1]!r}, first by key")
        wanted = self.claims
        kept = {
            key: line
            for key, line in self.earlier.items()
            if key not in self.failed and not any(wanted.others(key, path) for path in line["files"])
        }
        write_sorted(self.ledger, kept | self.lines)
        if self.failed:
            failures = {key: {"key": key, "error": error[0], "message": error[1]} for key, error in self.failed.items()}
            write_sorted(self.folder / FAILURES, failures)

    def report(self) -> BatchReport:
        return BatchReport(
            finished=tuple(sorted(self.lines.keys() - self.skipped)),
            skipped=tuple(sorted(self.lines.keys() & self.skipped)),
            failed={key: " ".join(": ".join(self.failed[key]).split()) for key in sorted(self.failed)},
            records={key: self.lines[key]["record"] for key in sorted(self.lines)},
            remarks={key: self.remarks[key] for key in sorted(self.lines.keys() & self.remarks.keys())},
        )
