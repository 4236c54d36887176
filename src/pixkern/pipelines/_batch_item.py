"""One item of a batch, where it runs: in the caller's process, a worker thread, or a worker process anywhere.

An item ends in a `Result`, never in an exception. Everything it makes waits under a staging folder, whole
and on the disk, until the caller gives the files their names:

    STAGING/NUMBER/ATTEMPT/   its files, each named by its place in sorted order
    STAGING/NUMBER/progress   how far it is, see `_batch_progress`
    STAGING/NUMBER/result     how it ended

A folder without a result is an item that runs, or one whose process died. So the caller learns after a death which
items were at work and loses none that had ended; and a scheduler that hands out an item again by itself
gets the result that is there, or a refusal where the item has killed its process twice.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from .. import _threads
from .._atomic import write_synced
from ._batch_manifest import LEDGER, VOLATILE, Line, check_paths, file_sha256, identity, line_text, sha256
from ._batch_progress import counting

try:
    import cloudpickle  # type: ignore[import-untyped,unused-ignore]
except ImportError:  # joblib before 1.6 carries it inside
    from joblib.externals import cloudpickle

Contents = bytes | Callable[[BinaryIO], object]
FUNCTION = "function"  # the pickled function in the staging folder: once for all items, it may carry a model
_RESULT = "result"
_ATTEMPTS = 2  # a process may die once of what its neighbours do
DIED = ("WorkerDied", "its process died, twice: a crash in native code, too little memory, or a kill")


@dataclass(frozen=True)
class Output:
    """What the function of a batch returns for one item.

    Parameters
    ----------
    files : mapping of str to bytes or callable
        Paths relative to the output folder, with "/" between folders and without "." and "..", and the
        contents of each file. It may be empty. A callable gets a new file, open for writing bytes, and writes the
        contents into it: so a large file never lies in memory. The files are written in the order of the mapping.
    record : mapping, optional
        What the manifest shall say about the item, as JSON knows it: strings, numbers (neither NaN nor
        infinity), True, False, None, lists, and mappings with strings as keys. It is read when all files are
        written, so a callable that writes one may add to it.
    volatile : mapping of str to bytes or callable, optional
        More files, whose bytes differ from run to run, such as measured times. They are published and
        withdrawn with `files`, but the manifest only names them, so that it stays the same, and a resumed run only
        asks that they are there. They are written after `files`.
    remark : mapping, optional
        What only the caller of this run shall know, as JSON knows it, such as measured times: it comes back in
        `BatchReport.remarks` and stands in no file. It is read with the record.

    Examples
    --------
    >>> from pixkern.pipelines.batch import Output
    >>> Output({"a/photo.txt": b"..."}, {"status": "hybrid"}).record["status"]
    'hybrid'
    """

    files: Mapping[str, Contents]
    record: Mapping[str, Any] = field(default_factory=dict)
    volatile: Mapping[str, Contents] = field(default_factory=dict)
    remark: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """What is the same for all items of a run."""

    staging: Path
    configuration: str
    caller: int  # its process
    folder: str | None  # the working folder that a worker process takes on; None: it keeps its own
    one_thread: bool  # per item, because several items run at once
    ledger: str = LEDGER  # a name that no output may have


@dataclass(frozen=True)
class Task:
    """One item on its way to a worker."""

    number: int
    key: str
    item: Any
    refused: tuple[str, str] | None = None  # it cannot even travel: type and message of the error
    weight: float = 0  # in the progress bar; 0 where there is none

    def packed(self) -> Task:
        """The same for another process; an item that cannot be pickled fails alone, not with the pool."""
        try:
            return replace(self, item=pickled(self.item))
        except Exception as error:
            return replace(self, item=None, refused=describe(error))


@dataclass(frozen=True)
class Result:
    """How an item ended: its files and what the manifest says of them, or the type and message of the error."""

    number: int
    folder: str = ""
    line: Line | None = None
    error: tuple[str, str] | None = None
    remark: dict[str, Any] = field(default_factory=dict)


def pickled(thing: object) -> bytes:
    """For another process, functions and classes of the caller's script included."""
    return cloudpickle.dumps(thing)


def run_item(task: Task, place: Place, function: Callable[[Any], Output] | None = None) -> Result:
    """Do one item; without `function` in a process that has to unpickle both."""
    own = place.staging / str(task.number)
    try:
        own.mkdir(exist_ok=True)
        ended = ended_before(own)
        if ended is not None:
            return ended
        attempt = sum(entry.is_dir() for entry in own.iterdir())
        if task.refused is not None:
            result = Result(task.number, error=task.refused)
        elif attempt >= _ATTEMPTS:
            result = Result(task.number, error=DIED)
        else:
            folder = own / str(attempt)
            folder.mkdir()
            one_thread = _one_thread(place) if place.one_thread else contextlib.nullcontext()
            with one_thread, counting(own, task.weight):
                line, remark = _done(task, place, function, folder)
                result = Result(task.number, str(folder), line, remark=remark)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: one item must not end the batch
        result = Result(task.number, error=describe(error))
    with contextlib.suppress(OSError):  # a full disk: then the result has only one way back
        (own / _RESULT).write_text(json.dumps(asdict(result)))
    return result


def _done(
    task: Task, place: Place, function: Callable[[Any], Output] | None, folder: Path
) -> tuple[Line, dict[str, Any]]:
    """Run the function and write its files; the line of the ledger, and the remark."""
    item = task.item
    if function is None:
        function, item = _unpickled(place.staging / FUNCTION), pickle.loads(item)
    made_from = identity(item)  # before the function can change it
    output = function(item)
    files = _checked(output, place.ledger)
    numbers = {path: count for count, path in enumerate(sorted(files))}
    known = {path: _written(folder / str(numbers[path]), contents, path) for path, contents in files.items()}
    line = {
        "configuration": place.configuration,
        "files": {path: VOLATILE if path in output.volatile else known[path] for path in sorted(files)},
        "input": made_from,
        "key": task.key,
        "record": _as_json(output.record, "record"),
    }
    return line, _as_json(output.remark, "remark")


def _written(staged: Path, contents: Contents, path: str) -> dict[str, Any]:
    """Write a file, and say what the ledger says of it."""
    try:
        write_synced(staged, contents)
    except OSError as error:
        if error.filename not in (None, str(staged)):  # a file that the function reads as it writes
            raise
        raise OSError(error.errno, error.strerror, path) from error  # name the file the user knows
    if isinstance(contents, bytes):
        return {"sha256": sha256(contents), "size": len(contents)}
    return {"sha256": file_sha256(staged), "size": staged.stat().st_size}


@functools.lru_cache(maxsize=1)
def _unpickled(path: Path) -> Callable[[Any], Output]:
    return pickle.loads(path.read_bytes())


def _checked(output: object, ledger: str) -> dict[str, Contents]:
    """All files, in the order in which they are written."""
    if not isinstance(output, Output):
        raise TypeError(f"the function of a batch must return an Output, got {type(output).__name__}")
    twice = output.files.keys() & output.volatile.keys()
    if twice:
        raise ValueError(f"an output is either volatile or not, {min(twice)!r} is both")
    files = {**output.files, **output.volatile}
    check_paths(files, ledger)
    for path, contents in files.items():
        if not isinstance(contents, bytes) and not callable(contents):
            raise TypeError(f"the contents of {path!r} must be bytes or a callable, got {type(contents).__name__}")
    for name in ("record", "remark"):
        if not isinstance(getattr(output, name), Mapping):
            raise TypeError(f"the {name} must be a mapping, got {type(getattr(output, name)).__name__}")
    return files


def _as_json(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    try:
        return dict(json.loads(line_text(dict(told))))
    except (TypeError, ValueError) as error:
        raise ValueError(f"the {name} must hold what JSON can (None for NaN and infinity): {error}") from error


@contextlib.contextmanager
def _one_thread(place: Place) -> Iterator[None]:
    if os.getpid() != place.caller:  # a worker process: it stays like this
        os.environ["PIXKERN_THREADS"] = "1"
        if "cv2" in sys.modules:
            sys.modules["cv2"].setNumThreads(1)
        if place.folder is not None:
            os.chdir(place.folder)
        yield
        return
    before = getattr(_threads._worker, "inside", False)
    _threads._worker.inside = True
    try:
        yield
    finally:
        _threads._worker.inside = before


def describe(error: BaseException) -> tuple[str, str]:
    try:
        return type(error).__name__, str(error)
    except Exception:
        return type(error).__name__, "(its message cannot be shown)"


def ended_before(own: Path) -> Result | None:
    """The result in the folder of an item; None where it has not ended."""
    try:
        result = Result(**json.loads((own / _RESULT).read_text()))
    except (OSError, ValueError):
        return None
    return replace(result, error=result.error and (result.error[0], result.error[1]))  # JSON makes it a list


def cut_short(staging: Path) -> set[int]:
    """After a death: the numbers of the items that were started and have not ended."""
    return {int(own.name) for own in staging.iterdir() if own.is_dir() and ended_before(own) is None}
