"""One item of a batch, where it runs: in the caller's process, a worker thread, or a worker process anywhere.

An item ends in a `Result`, never in an exception. Its files wait, whole and on the disk, in a folder
of its own under the staging folder until the caller gives them their names. The folder alone tells that
the item was started, the result beside the files that it ended: should the process die, the caller finds
out which items it was at, and loses none that it had ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from joblib.externals import cloudpickle

from .. import _threads
from ._atomic import write_synced
from ._batch_manifest import Line, check_paths, holds, identity, line_text, sha256

_RESULT = "result"


@dataclass(frozen=True)
class Output:
    """What the function of a batch returns for one item.

    Parameters
    ----------
    files : mapping of str to bytes
        Paths relative to the output folder, with "/" between folders and without "." and "..", and the
        contents of each file.
    record : mapping, optional
        What the manifest shall say about the item, as JSON knows it: strings, numbers (neither NaN nor
        infinity), True, False, None, lists, and mappings with strings as keys.

    Examples
    --------
    >>> from pixkern.pipelines.batch import Output
    >>> Output({"a/photo.txt": b"..."}, {"status": "hybrid"}).record["status"]
    'hybrid'
    """

    files: Mapping[str, bytes]
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """What is the same for all items of a run."""

    out_dir: Path
    staging: Path
    caller: int  # its process
    folder: str | None  # the working folder that a worker process takes on; None: it keeps its own
    serial: bool  # one thread per item, because several items run at once


@dataclass(frozen=True)
class Task:
    """One item on its way to a worker."""

    number: int
    key: str
    function: Any
    item: Any
    configuration: str
    earlier: Line | None  # what the manifest says of it; None: do not look, run it
    pickled: bool = False
    refused: tuple[str, str] | None = None  # it cannot even travel: type and message of the error

    def packed(self, function: bytes) -> Task:
        """The same for another process; an item that cannot be pickled fails alone, not with the pool."""
        try:
            return replace(self, function=function, item=cloudpickle.dumps(self.item), pickled=True)
        except Exception as error:
            return replace(self, function=None, item=None, refused=describe(error))


@dataclass(frozen=True)
class Result:
    """How an item ended: `line` is what the manifest says of it, or `error` the type and message of what went wrong."""

    number: int
    staged: str | None  # the folder with its files, each named by its place in sorted order
    line: Line | None = None
    skipped: bool = False
    error: tuple[str, str] | None = None


def run_item(task: Task, place: Place) -> Result:
    """Do one item, or find it done."""
    own: str | None = None
    try:
        with _one_thread(place) if place.serial else contextlib.nullcontext():
            own = tempfile.mkdtemp(prefix=f"{task.number}-", dir=place.staging)
            result = _done(task, place, own)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: one item must not end the batch
        result = Result(task.number, own, error=describe(error))
    if own is not None:
        with contextlib.suppress(OSError):  # a full disk: then the result has only one way back
            Path(own, _RESULT).write_text(json.dumps(asdict(result)))
    return result


@contextlib.contextmanager
def _one_thread(place: Place) -> Iterator[None]:
    if os.getpid() != place.caller:  # a worker process: it stays like this
        os.environ["PIXKERN_THREADS"] = "1"
        _threads.set_threads(1)
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


def _done(task: Task, place: Place, own: str) -> Result:
    if task.refused is not None:
        return Result(task.number, own, error=task.refused)
    function, item = (pickle.loads(task.function), pickle.loads(task.item)) if task.pickled else (task.function, task.item)
    made_from = identity(item)
    if task.earlier is not None and _still_true(task.earlier, made_from, task.configuration, place.out_dir):
        return Result(task.number, own, line=task.earlier, skipped=True)
    files, record = _checked(function(item))
    listed = {}
    for count, path in enumerate(sorted(files)):
        write_synced(Path(own, str(count)), files[path])
        listed[path] = {"sha256": sha256(files[path]), "size": len(files[path])}
    line = {"key": task.key, "configuration": task.configuration, "input": made_from, "files": listed, "record": record}
    return Result(task.number, own, line=line)


def _still_true(line: Line, made_from: str | None, configuration: str, out_dir: Path) -> bool:
    return (
        line["configuration"] == configuration
        and line["input"] == made_from
        and all(holds(out_dir / path, file) for path, file in line["files"].items())
    )


def _checked(output: object) -> tuple[dict[str, bytes], dict[str, Any]]:
    if not isinstance(output, Output):
        raise TypeError(f"the function of a batch must return an Output, got {type(output).__name__}")
    check_paths(output.files)
    for path, contents in output.files.items():
        if not isinstance(contents, bytes):
            raise TypeError(f"the contents of {path!r} must be bytes, got {type(contents).__name__}; use .tobytes()")
    try:
        return dict(output.files), json.loads(line_text(output.record))
    except (TypeError, ValueError) as error:
        raise ValueError(f"the record must hold what JSON can (None for NaN and infinity): {error}") from error


def describe(error: BaseException) -> tuple[str, str]:
    return type(error).__name__, str(error)


def left_behind(staging: Path) -> tuple[dict[int, Result], set[int]]:
    """After a death: the results that had been reached, and the numbers of the items that had only been started."""
    results: dict[int, Result] = {}
    started: set[int] = set()
    for own in sorted(staging.iterdir()):
        number = int(own.name.partition("-")[0])
        started.add(number)
        with contextlib.suppress(OSError, ValueError):
            result = Result(**json.loads((own / _RESULT).read_text()))
            results[number] = replace(result, error=result.error and tuple(result.error))
    return results, started - results.keys()
