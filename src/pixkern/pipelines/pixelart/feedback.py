r"""The feedback log: what people say of restorations, one line each, and the labels that follow from it.

The log is a CSV file with the columns `COLUMNS`. ``parameters`` (the grid: cell, offset and size), ``overrides`` (what
was asked for besides the picture) and ``metrics`` (the row of the report) hold JSON; texts are written so that every
entry is one line and no spreadsheet takes one for a formula. Several processes may add to one log at once.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pixkern.pipelines._batch_manifest import file_sha256

from . import report
from ._log_file import append_line, is_header, read_lines
from ._spreadsheet import as_cell, from_cell

if TYPE_CHECKING:
    from .restoration import Restoration

LOG = "feedback_log.csv"
"""What a log is called unless somebody says otherwise."""

Verdict = Literal["correct", "incorrect"]

COLUMNS = ("timestamp", "image", "sha256", "parameters", "overrides", "metrics", "verdict", "notes")
"""The columns of the log, in their order."""

HUMAN = "human"
"""The source of a label that somebody gave, beside those that a generator knows or a detection guesses."""

_JSON = ("parameters", "overrides", "metrics")
_HEADER = ",".join(COLUMNS)
_MOST = 100_000  # characters of one cell; the csv module reads 131,072
_LONGEST = 1e9  # pixels; more, infinity and NaN are no lengths
_REPORTED = ("difference_percent", "core_percent", "halo_percent", "confidence", "status", "warnings", "seconds")


@dataclass(frozen=True)
class Label:
    """What somebody says of the grid of one picture.

    Attributes
    ----------
    sha256 : str
        Of the picture's file, in hexadecimal.
    cell : (float, float)
        Size of a cell (x, y) in pixels of the picture.
    offset : (float, float)
        Position of the first line inside the picture (x, y), in pixels.
    size : (int, int)
        (width, height) of the sprite.
    verdict : {"correct", "incorrect"}
        Only "correct" labels are true grids.
    source : str
        Who says so: "human" in a feedback log.
    """

    sha256: str
    cell: tuple[float, float]
    offset: tuple[float, float]
    size: tuple[int, int]
    verdict: Verdict
    source: str = HUMAN


@dataclass(frozen=True)
class Entry:
    """One line of a feedback log.

    Attributes
    ----------
    timestamp : str
        When, in ISO 8601 with the offset of UTC.
    image : str
        Path of the picture, as it was given.
    sha256 : str
        Of the picture's file, 64 hexadecimal digits.
    parameters : mapping
        The grid that is judged: ``cell`` (x, y), ``offset`` (x, y) and ``size`` (width, height).
    overrides : mapping
        What the restoration was asked for besides the picture.
    metrics : mapping
        What the restoration said of itself.
    verdict : {"correct", "incorrect"}
    notes : str

    Raises
    ------
    TypeError, ValueError
        A field of another kind, a grid that is none, or another verdict.
    """

    timestamp: str
    image: str
    sha256: str
    parameters: Mapping[str, Any]
    overrides: Mapping[str, Any]
    metrics: Mapping[str, Any]
    verdict: Verdict
    notes: str = ""
    label: Label = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Verdict):
            raise ValueError(f'verdict must be "correct" or "incorrect", got {self.verdict!r}')
        if len(self.sha256) != 64 or not set(self.sha256) <= set("0123456789abcdef"):
            raise ValueError(f"sha256 must be 64 hexadecimal digits in lower case, got {self.sha256!r}")
        if datetime.fromisoformat(self.timestamp).utcoffset() is None:
            raise ValueError(f"timestamp must say its offset from UTC, got {self.timestamp!r}")
        cell = _pair(self.parameters, "cell")
        offset = _pair(self.parameters, "offset")
        width, height = _pair(self.parameters, "size")
        if min(cell) <= 0 or min(offset) < 0 or not (width.is_integer() and height.is_integer()):
            raise ValueError(f"no grid: {dict(self.parameters)}")
        if min(width, height) < 1:
            raise ValueError(f"a sprite has at least one pixel, got {width:g} x {height:g}")
        label = Label(self.sha256, cell, offset, (int(width), int(height)), self.verdict)
        object.__setattr__(self, "label", label)


def entry_of(
    image: str | os.PathLike[str],
    restoration: Restoration,
    *,
    verdict: Verdict,
    notes: str = "",
    overrides: Mapping[str, Any] | None = None,
) -> Entry:
    """What to write of a restoration that somebody has looked at.

    Parameters
    ----------
    image : path
        The picture's file; its contents give the sha256.
    restoration : Restoration
        Of that picture, with the grid that is judged.
    verdict : {"correct", "incorrect"}
    notes : str
    overrides : mapping, optional
        What the restoration was asked for besides the picture, such as ``{"cell": (8, 8)}``.

    Returns
    -------
    Entry
        Of this moment.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        Another verdict.
    """
    row = report.row(restoration)
    return Entry(
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds"),
        image=os.fspath(image),
        sha256=file_sha256(image),
        parameters={
            "cell": [row["cell_x"], row["cell_y"]],
            "offset": [row["offset_x"], row["offset_y"]],
            "size": [row["sprite_width"], row["sprite_height"]],
        },
        overrides=report.plain(overrides or {}),
        metrics=report.plain({name: row[name] for name in _REPORTED}),
        verdict=verdict,
        notes=notes,
    )


def append(log: str | os.PathLike[str], entry: Entry) -> None:
    """Add an entry to a log, which is made if it is not there.

    Any number of processes may do this at once: each line is whole, and the header stands there once.

    Parameters
    ----------
    log : path
    entry : Entry

    Raises
    ------
    OSError
        The log cannot be written, or its folder is not there.
    ValueError
        The file is something else than a feedback log, or a field is longer than 100,000 characters.
    """
    cells = []
    for column in COLUMNS:
        value = getattr(entry, column)
        cell = json.dumps(value, allow_nan=False) if column in _JSON else as_cell(value)
        if len(cell) > _MOST:
            raise ValueError(f"{column} must be at most {_MOST} characters, got {len(cell)}")
        cells.append(cell)
    line = io.StringIO()
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL).writerow(cells)  # a line cut short ends in an open quote
    append_line(Path(log), line.getvalue(), header=_HEADER)


@dataclass(frozen=True)
class FeedbackLog:
    """A log that was read.

    Attributes
    ----------
    entries : tuple of Entry
        In the order of the file.
    damaged : tuple of str
        Why each line that could not be read could not, with its number: "line 7: ...".
    """

    entries: tuple[Entry, ...] = ()
    damaged: tuple[str, ...] = ()

    def latest(self) -> tuple[Entry, ...]:
        """The last entry about each picture, by its sha256; what people say later counts."""
        last = {entry.sha256: entry for entry in self.entries}
        return tuple(entry for entry in self.entries if last[entry.sha256] is entry)

    def labels(self) -> tuple[Label, ...]:
        """A label for each picture, from the last entry about it; incorrect ones as well."""
        return tuple(entry.label for entry in self.latest())


def read(log: str | os.PathLike[str]) -> FeedbackLog:
    """Read a log as far as it can be read.

    Parameters
    ----------
    log : path

    Returns
    -------
    FeedbackLog
        A damaged line costs itself only.

    Raises
    ------
    OSError
        There is no such file, or it cannot be read.
    ValueError
        The file has another first line than a feedback log.
    """
    entries: list[Entry] = []
    damaged: list[str] = []
    first, *lines = read_lines(Path(log))
    if first.strip() and not is_header(first, _HEADER):
        raise ValueError(f"{os.fspath(log)} is no feedback log: its first line must be {_HEADER}")
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            entries.append(_entry(line))
        except (ValueError, TypeError, csv.Error, RecursionError) as error:
            damaged.append(f"line {number}: {' '.join(str(error).split()) or type(error).__name__}")
    return FeedbackLog(tuple(entries), tuple(damaged))


def export(log: FeedbackLog) -> str:
    """The true grids in a log as JSON lines, for learning.

    Parameters
    ----------
    log : FeedbackLog

    Returns
    -------
    str
        A line for each picture whose last entry says "correct": image, sha256, cell, offset, size, verdict, source and
        timestamp.
    """
    lines = []
    for entry in log.latest():
        if entry.verdict == "correct":
            label = entry.label
            lines.append(
                {
                    "image": entry.image,
                    "sha256": label.sha256,
                    "cell": list(label.cell),
                    "offset": list(label.offset),
                    "size": list(label.size),
                    "verdict": label.verdict,
                    "source": label.source,
                    "timestamp": entry.timestamp,
                }
            )
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def _entry(line: bytes) -> Entry:
    rows = list(csv.reader([line.decode().rstrip("\r\n")], strict=True))
    if len(rows) != 1 or len(rows[0]) != len(COLUMNS):
        raise ValueError(f"{len(COLUMNS)} cells are expected, got {sum(map(len, rows))}")
    cells = dict(zip(COLUMNS, rows[0], strict=True))
    values: dict[str, Any] = {
        name: _mapping(cell, name) if name in _JSON else from_cell(cell) for name, cell in cells.items()
    }
    return Entry(**values)


def _mapping(cell: str, name: str) -> dict[str, Any]:
    value = json.loads(cell)
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a JSON object, got {cell[:40]}")
    return value


def _pair(parameters: Mapping[str, Any], name: str) -> tuple[float, float]:
    value = parameters.get(name)
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value)):
        return float(value[0]), float(value[1])
    raise ValueError(f"parameters need {name} as two numbers, got {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LONGEST
