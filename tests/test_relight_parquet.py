"""The manifest as a table: every value of every line comes back, whatever the lines hold."""

from __future__ import annotations

import json
import sys

import pytest
from batch_items import lines
from hypothesis import example, given, settings
from hypothesis import strategies as st
from relight_sets import config, photos, quiet

from pixkern import BackendUnavailable
from pixkern.pipelines.relight import parquet as module
from pixkern.pipelines.relight.generate import generate
from pixkern.pipelines.relight.manifest import MANIFEST, write_lines
from pixkern.pipelines.relight.parquet import PARQUET, flat, write_parquet

pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

names = st.text("abc.", min_size=1, max_size=2)
numbers = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text("ab\ud800é", max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.dictionaries(names, values, max_size=4), max_size=7), group=st.integers(1, 3))
@example(rows=[{"a": 2**63}, {"a": -1}], group=1)
@example(rows=[{"a": []}, {"a": [2**63]}, {"a": [-1, None]}], group=2)
@example(rows=[{"a": 1}, {"a": "1"}, {"a": [True]}, {"a": 1.5}], group=2)
@example(rows=[{"a": None}, {}], group=1)
def test_every_value_is_in_its_row_and_column(rows, group, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    write_lines(folder / MANIFEST, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS", group)
        write_parquet(folder)
    table = pq.read_table(folder / PARQUET)
    wanted = [flat(row) for row in rows]
    columns = sorted({column for row in wanted for column in row})
    assert table.column_names == columns
    if columns:
        assert table.num_rows == len(rows)
    for column in columns:
        for row, found in zip(wanted, table[column].to_pylist(), strict=True):
            assert same(row.get(column), found), (column, row, found)


def same(value, found):
    """A number may be a float among floats, anything may be JSON among texts, and a lone surrogate its escape."""
    if isinstance(value, list) and isinstance(found, list):
        return len(value) == len(found) and all(map(same, value, found))
    if isinstance(value, str):
        return found == value.encode("utf-8", "backslashreplace").decode()
    if isinstance(found, str):
        return json.loads(found) == value
    if isinstance(found, float) and value is not None:
        return found == float(value)
    return found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, -5], "int64"),
        ([1, 2**63], "uint64"),
        ([1, 2.5], "double"),
        ([True, None], "bool"),
        (["a", None], "string"),
        ([[1, 2], []], "list<element: int64>"),
        ([[1], [0.5]], "list<element: double>"),
        ([["a"], None], "list<element: string>"),
        ([True, 1], "string"),
    ],
)
def test_columns_have_the_narrowest_kind_that_holds_them(values, kind, tmp_path):
    write_lines(tmp_path / MANIFEST, [{"a": value} for value in values])
    write_parquet(tmp_path)
    assert str(pq.read_schema(tmp_path / PARQUET).field("a").type) == kind


def test_the_table_of_a_data_set_is_its_manifest(tmp_path):
    generate(config(photos(tmp_path, "a.png", "b.png"), variants=3), **quiet)
    table = pq.read_table(tmp_path / "dataset" / PARQUET)
    told = [flat(line) for line in lines(tmp_path / "dataset" / MANIFEST)]
    assert table.num_rows == len(told) == 6
    assert table["sample"].to_pylist() == ["a_0", "a_1", "a_2", "b_0", "b_1", "b_2"]
    for row, line in zip(table.to_pylist(), told, strict=True):
        assert all(same(line[column], row[column]) for column in line)
        assert all(row[column] is None for column in row.keys() - line.keys())


def test_the_same_lines_make_the_same_bytes(tmp_path):
    asked = config(photos(tmp_path, "a.png"))
    generate(asked, **quiet)
    first = (tmp_path / "dataset" / PARQUET).read_bytes()
    generate(asked, resume=True, **quiet)
    assert (tmp_path / "dataset" / PARQUET).read_bytes() == first


def test_without_pyarrow_the_summary_says_that_there_is_no_table(tmp_path, monkeypatch):
    photos(tmp_path, "a.png")
    generate(config(tmp_path), **quiet)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    summary = generate(config(tmp_path), resume=True, **quiet)
    assert summary.ok
    assert summary.notes == ("no manifest.parquet: pyarrow is not installed (pip install 'pixkern[parquet]')",)
    assert not (tmp_path / "dataset" / PARQUET).exists()  # an old one would be wrong
    with pytest.raises(BackendUnavailable, match="true needs pyarrow"):
        generate(config(tmp_path, parquet=True), **quiet)


def test_no_table_where_none_is_asked_for(tmp_path):
    summary = generate(config(photos(tmp_path, "a.png"), parquet=False), **quiet)
    assert summary.notes == ()
    assert not (tmp_path / "dataset" / PARQUET).exists()


def test_pyarrow_is_loaded_only_when_a_table_is_written(tmp_path):
    import subprocess

    code = "import sys, pixkern.pipelines.relight.generate; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
