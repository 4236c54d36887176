"""The manifest as a table: a column for each number that was drawn.

A column is the way to a value: "params.lighting.ambient.0". Lists of numbers or of texts are one column of lists; lists
of mappings or of lists have a column for each of their values. What a sample does not have, it has null for.
Columns of whole numbers are int64, or uint64 where int64 does not hold them all, other numbers float64. What fits
none of these together is text: the values as JSON.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ..._atomic import replacing
from .manifest import MANIFEST, read_lines

__all__ = ["PARQUET", "flat", "has_pyarrow", "write_parquet"]

PARQUET = "manifest.parquet"
_ROWS = 1000  # in a group: what is in memory at a time


def has_pyarrow() -> bool:
    """Whether a table can be written."""
    return importlib.util.find_spec("pyarrow") is not None


def write_parquet(folder: Path) -> None:
    """Write ``manifest.parquet`` beside the ``manifest.jsonl`` of a folder: the same bytes for the same lines.

    Raises
    ------
    ImportError
        pyarrow is not installed.
    """
    import pyarrow as pa
    from pyarrow import parquet

    kinds: dict[str, set[str]] = {}
    for line in read_lines(folder / MANIFEST):
        for column, value in flat(line).items():
            kinds.setdefault(column, set()).add(_kind(value))
    types = {
        "bool": pa.bool_(), "int": pa.int64(), "uint": pa.uint64(), "float": pa.float64(), "text": pa.string(),
        "negative": pa.int64(), "null": pa.null(),
    }  # fmt: skip
    schema = pa.schema([(column, _arrow(_joined(kinds[column]), types, pa)) for column in sorted(kinds)])
    with replacing(folder / PARQUET) as file, parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(map(flat, read_lines(folder / MANIFEST))):
            columns = [[_as(row.get(one.name), one.type, pa) for row in group] for one in schema]
            arrays = [pa.array(column, one.type) for column, one in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema))


def _groups(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rows = iter(rows)
    while group := list(islice(rows, _ROWS)):
        yield group


def flat(value: Any, way: str = "") -> dict[str, Any]:
    """The values of a tree by the way to each of them.

    Examples
    --------
    >>> from pixkern.pipelines.relight.parquet import flat
    >>> flat({"a": {"b": 1, "c": [1, 2.5]}, "d": [{"e": None}]})
    {'a.b': 1, 'a.c': [1, 2.5], 'd.0.e': None}
    """
    if isinstance(value, dict):
        parts: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        parts = enumerate(value)
    else:
        return {way: value}
    return {key: one for name, part in parts for key, one in flat(part, f"{way}.{name}" if way else str(name)).items()}


def _kind(value: Any) -> str:
    """The kind of a value: "int" is for those that int64 and uint64 hold, "negative" and "uint" for those of one."""
    if isinstance(value, list):
        return f"list of {_joined({_kind(one) for one in value})}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return "int" if value >= 0 else "negative"
        return "uint" if 0 <= value < 2**64 else "text"
    return "float" if isinstance(value, float) else "text"


def _joined(kinds: set[str]) -> str:
    """The kind that holds values of all these."""
    kinds = kinds - {"null"}
    if len(kinds) > 1 and all(kind.startswith("list of ") for kind in kinds):
        return f"list of {_joined({kind.removeprefix('list of ') for kind in kinds})}"
    if len(kinds) <= 1:
        return next(iter(kinds), "null")
    if kinds <= {"int", "negative"}:
        return "negative"
    if kinds <= {"int", "uint"}:
        return "uint"
    return "float" if kinds <= {"int", "negative", "float"} else "text"


def _arrow(kind: str, types: dict[str, Any], pa: Any) -> Any:
    inner = kind.removeprefix("list of ")
    return types[kind] if inner == kind else pa.list_(types[inner])


def _as(value: Any, kind: Any, pa: Any) -> Any:
    """A value as its column holds it: floats for whole numbers among floats, JSON for what is no text among texts."""
    if value is None:
        return None
    if pa.types.is_list(kind):
        return [_as(one, kind.value_type, pa) for one in value]
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_string(kind):
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        return text.encode("utf-8", "backslashreplace").decode()  # a name of a file that is not UTF-8
    return value
