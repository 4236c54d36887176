"""What a restoration found, as one row of a table and as a JSON record."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pixkern import __version__

from ._spreadsheet import as_cell

if TYPE_CHECKING:
    from .grid import Grid
    from .restoration import Restoration

COLUMNS = (
    "path",
    "width",
    "height",
    "sprite_width",
    "sprite_height",
    "cell_x",
    "cell_y",
    "offset_x",
    "offset_y",
    "difference_percent",
    "core_percent",
    "halo_percent",
    "confidence",
    "status",
    "runner_ups",
    "seconds",
    "warnings",
)
"""The columns of the table, in their order. Later versions add columns at the end only."""

FAILED = "failed"
"""The status of a file that could not be restored; its reason is in the column ``warnings``."""


def row(restoration: Restoration, path: str | os.PathLike[str] = "") -> dict[str, Any]:
    """One flat record of a restoration: the columns of the table.

    Parameters
    ----------
    restoration : Restoration
    path : str or path-like
        What to call the picture.

    Returns
    -------
    dict
        With the keys of `COLUMNS`: lengths in pixels of the picture, differences in percent of its pixels, the time
        in seconds, ``runner_ups`` as ``32x32:0.1200:half`` (size, probability, relation) with spaces between, which are
        the alternatives without the chosen one, and ``warnings`` as codes with spaces between.
    """
    height, width = restoration.image.shape[:2]
    difference = restoration.difference
    return {
        "path": os.fspath(path),
        "width": width,
        "height": height,
        "sprite_width": int(restoration.size[0]),
        "sprite_height": int(restoration.size[1]),
        "cell_x": float(restoration.cell[0]),
        "cell_y": float(restoration.cell[1]),
        "offset_x": float(restoration.offset[0]),
        "offset_y": float(restoration.offset[1]),
        "difference_percent": float(difference.total),
        "core_percent": float(difference.core),
        "halo_percent": float(difference.halo),
        "confidence": float(restoration.confidence),
        "status": restoration.status,
        "runner_ups": " ".join(_runner_up(alternative) for alternative in restoration.alternatives[1:]),
        "seconds": float(restoration.seconds),
        "warnings": " ".join(warning.code for warning in restoration.warnings),
    }


def failed_row(path: str | os.PathLike[str], reason: str) -> dict[str, Any]:
    """The row of a file that could not be restored.

    Examples
    --------
    >>> found = failed_row("half.png", "truncated")
    >>> found["path"], found["status"], found["warnings"], found["width"]
    ('half.png', 'failed', 'truncated', '')
    """
    return dict.fromkeys(COLUMNS, "") | {"path": os.fspath(path), "status": FAILED, "warnings": reason}


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as a CSV file, which any spreadsheet can open without harm.

    Parameters
    ----------
    rows : iterable of mapping
        Each with the keys of `COLUMNS`; more keys are left out.

    Returns
    -------
    str
        A line with the names of the columns and one line for each row, which end in a newline. Numbers have six digits
        after the point. Texts are written as `pixkern.pipelines.pixelart.feedback` does: one line each, and none that a
        spreadsheet would take for a formula.

    Raises
    ------
    KeyError
        A row without one of the columns.

    Examples
    --------
    >>> print(table([failed_row("=1+1.png", "truncated")]).splitlines()[1])
    '=1+1.png,,,,,,,,,,,,,failed,,,truncated
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in rows:
        writer.writerow([_text(one[column]) for column in COLUMNS])
    return file.getvalue()


def record(restoration: Restoration, path: str | os.PathLike[str] = "") -> dict[str, Any]:
    """Everything that a restoration found, as JSON knows it: the row, and what does not fit into one.

    Parameters
    ----------
    restoration : Restoration
    path : str or path-like
        What to call the picture.

    Returns
    -------
    dict
        The keys of `row`, but with ``alternatives`` (size, cell, offset, probability, relation and lines of each) in
        place of ``runner_ups``, ``warnings`` as a list of code and message, and besides them ``lines`` (x and y: the
        boundaries of the cells in pixels), ``palette`` and ``background`` as ``#rrggbb[aa]`` or None, ``options`` of
        the call, and the version of pixkern.
    """
    flat = row(restoration, path)
    del flat["runner_ups"]
    return flat | {
        "warnings": [{"code": warning.code, "message": warning.message} for warning in restoration.warnings],
        "lines": _lines(restoration.grid),
        "alternatives": [
            {
                "size": [int(side) for side in alternative.grid.size],
                "cell": _floats(alternative.grid.cell),
                "offset": _floats(alternative.grid.offset),
                "probability": float(alternative.probability),
                "relation": alternative.relation,
                "lines": _lines(alternative.grid),
            }
            for alternative in restoration.alternatives
        ],
        "palette": None if restoration.palette is None else [hex_colour(colour) for colour in restoration.palette],
        "background": None if restoration.background is None else hex_colour(restoration.background),
        "options": plain(restoration.options),
        "pixkern": __version__,
    }


def hex_colour(colour: Iterable[int]) -> str:
    """A colour as ``#rrggbb`` or, with alpha, ``#rrggbbaa``; a grey as ``#gg``.

    Examples
    --------
    >>> hex_colour((255, 0, 128))
    '#ff0080'
    """
    return "#" + "".join(f"{int(channel):02x}" for channel in np.atleast_1d(np.asarray(colour)))


def plain(value: Any) -> Any:
    """A value as JSON knows it: mappings, lists, numbers and texts; None for NaN and infinity.

    Examples
    --------
    >>> plain({"cell": (np.float64(4.0), np.inf), "ranker": print})
    {'cell': [4.0, None], 'ranker': 'print'}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.repr}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return getattr(value, "__qualname__", type(value).__qualname__)


def _runner_up(alternative: Any) -> str:
    width, height = alternative.grid.size
    return f"{width}x{height}:{alternative.probability:.4f}:{alternative.relation}"


def _lines(grid: Grid) -> dict[str, list[float]]:
    return {"x": _floats(grid.lines_x), "y": _floats(grid.lines_y)}


def _floats(values: Iterable[float]) -> list[float]:
    return [float(value) for value in values]


def _text(value: Any) -> str:
    return f"{value:.6f}" if isinstance(value, float) else as_cell(str(value))
