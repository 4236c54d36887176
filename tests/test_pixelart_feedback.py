"""The feedback log: every text comes back, every process gets its line, and damage costs one line."""

import csv
import json
import multiprocessing
import os
import sys
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixelart_results import found

from pixkern.pipelines.pixelart import _log_file, feedback
from pixkern.pipelines.pixelart._spreadsheet import as_cell, from_cell
from pixkern.pipelines.pixelart.feedback import COLUMNS, Entry, Label, append, entry_of, export, read

HEADER = "timestamp,image,sha256,parameters,overrides,metrics,verdict,notes"
GRID = {"cell": [12.5, 12.0], "offset": [3.25, 0.0], "size": [32, 24]}
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "＋1", "－1", "＠1", '=cmd|" /C calc"!A0')


def entry(number=0, **changes):
    given = {
        "timestamp": "2026-11-21T17:00:00.000+00:00",
        "image": "in/hero.png",
        "sha256": f"{number:064x}",
        "parameters": GRID,
        "overrides": {},
        "metrics": {"confidence": 0.5},
        "verdict": "correct",
        "notes": "",
    }
    return Entry(**(given | changes))


def label(number=0, verdict="correct"):
    return Label(f"{number:064x}", (12.5, 12.0), (3.25, 0.0), (32, 24), verdict, "human")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "feedback_log.csv"


def test_a_log_begins_with_its_columns_and_has_a_line_per_entry(log):
    append(log, entry(1))
    append(log, entry(2, notes="two\nlines"))
    lines = log.read_bytes().split(b"\n")
    assert lines[0].decode() == HEADER
    assert len(lines) == 4
    assert lines[3] == b""


def test_what_is_written_is_read_back_as_entries_and_labels(log):
    entries = (entry(1, notes="so, \"so\" 'so'"), entry(2, verdict="incorrect", overrides={"cell": [8, 8.5]}))
    for one in entries:
        append(log, one)
    found = read(log)
    assert found.entries == entries
    assert found.damaged == ()
    assert found.labels() == (label(1), label(2, "incorrect"))


@given(
    st.text(st.characters(), max_size=30),
    st.text(st.characters(), max_size=30),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5)),
)
@settings(deadline=None)
def test_every_text_comes_back_from_a_line_of_its_own(tmp_path_factory, image, notes, overrides):
    log = tmp_path_factory.mktemp("log") / "log.csv"
    one = entry(1, image=image, notes=notes, overrides=overrides)
    append(log, one)
    assert log.read_bytes().count(b"\n") == 2
    assert read(log).entries == (one,)


@given(st.text(st.characters()))
def test_a_cell_is_one_line_of_unicode_and_no_formula(text):
    cell = as_cell(text)
    assert from_cell(cell) == text
    assert cell.encode() is not None
    assert len(cell.splitlines()) <= 1
    assert cell.lstrip()[:1] not in {"=", "+", "-", "@", "＝", "＋", "－", "＠"}


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_log_is_a_formula_to_any_reader_of_csv(log, text):
    append(log, entry(1, image=text, notes=text))
    with open(log, newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    for cell in row.values():
        assert cell.lstrip()[:1] not in {"=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"}
    assert read(log).entries[0].notes == text


def test_other_programs_can_read_the_json_in_a_log(log):
    append(log, entry(1, metrics={"status": 'a "b" \\ \n c', "x": -1.5}))
    with open(log, newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert json.loads(row["metrics"]) == {"status": 'a "b" \\ \n c', "x": -1.5}
    assert json.loads(row["parameters"]) == GRID


def _append_many(log, worker, count, gate):
    gate.wait(30)
    for number in range(count):
        append(log, entry(1000 * worker + number, notes=f"{worker} " + "x" * 3000))


def test_many_processes_and_threads_add_to_one_log_and_every_line_is_whole(log):
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(3)
    workers = [context.Process(target=_append_many, args=(log, worker, 40, gate), daemon=True) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    gate = threading.Barrier(3)
    threads = [threading.Thread(target=_append_many, args=(log, 10 + worker, 20, gate)) for worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(log)
    assert found.damaged == ()
    assert log.read_bytes().count(HEADER.encode()) == 1
    assert log.read_bytes().startswith(HEADER.encode())
    expected = {1000 * worker + number for worker in range(3) for number in range(40)}
    expected |= {1000 * worker + number for worker in range(10, 13) for number in range(20)}
    assert sorted(int(one.sha256, 16) for one in found.entries) == sorted(expected)


def _header_race(folder, gate):
    for number in range(60):
        gate.wait(30)
        append(folder / f"{number}.csv", entry(number))


def test_two_processes_that_make_a_log_at_once_write_one_header(tmp_path):
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    workers = [context.Process(target=_header_race, args=(tmp_path, gate), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    for log in tmp_path.iterdir():
        assert log.read_bytes().count(HEADER.encode()) == 1
        assert len(read(log).entries) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced on Windows")
def test_a_log_that_is_moved_away_while_somebody_waits_gets_a_new_file(log, monkeypatch):
    append(log, entry(1))
    lock = _log_file._lock
    moved = []

    def slow(handle, *, shared):
        if not moved:
            moved.append(log.rename(log.with_suffix(".old")))
        lock(handle, shared=shared)

    monkeypatch.setattr(_log_file, "_lock", slow)
    append(log, entry(2))
    assert [one.sha256[-1] for one in read(moved[0]).entries] == ["1"]
    assert [one.sha256[-1] for one in read(log).entries] == ["2"]


def test_a_line_that_cannot_be_written_whole_leaves_the_log_as_it_was(log, monkeypatch):
    append(log, entry(1))
    before = log.read_bytes()
    write = os.write

    def full(handle, data):
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return write(handle, data[:-50])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        append(log, entry(2))
    monkeypatch.undo()
    assert log.read_bytes() == before


def test_a_log_cut_anywhere_loses_its_last_line_only_and_takes_new_ones(log):
    for number in (1, 2):
        append(log, entry(number, notes='she said "no", twice'))
    whole = log.read_bytes()
    second = whole[:-1].rindex(b"\n") + 1
    for cut in range(second, len(whole)):
        log.write_bytes(whole[:cut])
        append(log, entry(3))
        found = read(log)
        assert [int(one.sha256, 16) for one in found.entries if one.notes != ""][:1] == [1]
        assert found.entries[-1] == entry(3)
        assert len(found.entries) + len(found.damaged) == (2 if cut == second else 3)
        if len(found.entries) == 3:  # cut within the notes where a quote is, or before the newline
            assert found.entries[1].notes == 'she said "no", twice'[: len(found.entries[1].notes)]
            assert found.entries[1].label == label(2)
            assert cut > len(whole) - 30
        if found.damaged:
            assert found.damaged[0].startswith("line 3: ")
            assert "\n" not in found.damaged[0]


def test_notes_that_were_cut_short_are_no_notes(log):
    append(log, entry(1, notes="not right at all"))
    whole = log.read_bytes()
    for cut in range(whole.index(b"not right"), len(whole) - 1):
        log.write_bytes(whole[:cut])
        assert read(log).entries == ()
        assert len(read(log).damaged) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"nothing",
        b"a,b,c,d,e,f,g,h",
        b"\xff\xfe",
        b'"',
        b"\0,\0",
        b"," * 7,
        b'2026-11-21T17:00:00+00:00,i,%s,"[1]",{},{},correct,' % (b"0" * 64),
        b'2026-11-21T17:00:00+00:00,i,%s,"{}",{},{},correct,' % (b"0" * 64),
        b'2026-11-21T17:00:00+00:00,i,%s,"{""cell"": [1e999, 1], ""offset"": [0, 0], ""size"": [1, 1]}",{},{},correct,'
        % (b"0" * 64),
        b"2026-11-21T17:00:00+00:00,i,%s,%s,{},{},correct," % (b"0" * 64, b"[" * 50_000),
        b"x" * 200_000,
    ],
)
def test_a_damaged_line_is_told_by_its_number_and_costs_no_other(log, line):
    append(log, entry(1))
    with open(log, "ab") as file:
        file.write(line + b"\n")
    append(log, entry(2))
    found = read(log)
    assert found.entries == (entry(1), entry(2))
    assert len(found.damaged) == 1
    assert found.damaged[0].startswith("line 3: ")
    assert len(found.damaged[0]) > len("line 3: ")


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_in_a_log_are_more_than_a_damaged_line(tmp_path_factory, data):
    log = tmp_path_factory.mktemp("log") / "log.csv"
    append(log, entry(1))
    with open(log, "ab") as file:
        file.write(data)
    append(log, entry(2))
    found = read(log)
    assert found.entries[0] == entry(1)
    assert found.entries[-1] == entry(2)


def test_empty_lines_and_an_empty_file_are_no_damage(log):
    log.write_bytes(b"")
    assert read(log) == feedback.FeedbackLog()
    append(log, entry(1))
    with open(log, "ab") as file:
        file.write(b"\n\r\n  \n")
    append(log, entry(2))
    assert read(log).damaged == ()
    assert len(read(log).entries) == 2


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_log_that_a_spreadsheet_has_saved_is_read_and_goes_on(log, mark):
    append(log, entry(1, notes="=1"))
    rows = list(csv.reader(log.read_text(encoding="utf-8").splitlines()))
    with open(log, "w", newline="", encoding="utf-8") as file:
        file.write(mark)
        csv.writer(file, lineterminator="\r\n").writerows(rows)
    append(log, entry(2))
    assert read(log).entries == (entry(1, notes="=1"), entry(2))


def test_another_file_is_neither_read_nor_added_to(log):
    log.write_bytes(b"timestamp,image\n1,2\n")
    with pytest.raises(ValueError, match="no feedback log"):
        read(log)
    with pytest.raises(ValueError, match="no log of this kind"):
        append(log, entry(1))
    assert log.read_bytes() == b"timestamp,image\n1,2\n"


def test_a_log_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError):
        append(tmp_path / "none" / "log.csv", entry(1))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"sha256": "0" * 63}, "sha256"),
        ({"sha256": "G" * 64}, "sha256"),
        ({"timestamp": "2026-11-21T17:00:00"}, "UTC"),
        ({"timestamp": "yesterday"}, "isoformat"),
        ({"parameters": {}}, "cell"),
        ({"parameters": GRID | {"cell": [0, 1]}}, "no grid"),
        ({"parameters": GRID | {"cell": [float("nan"), 1]}}, "cell"),
        ({"parameters": GRID | {"cell": [True, 1]}}, "cell"),
        ({"parameters": GRID | {"cell": [10**400, 1]}}, "cell"),
        ({"parameters": GRID | {"offset": [-1, 0]}}, "no grid"),
        ({"parameters": GRID | {"size": [1.5, 1]}}, "no grid"),
        ({"parameters": GRID | {"size": [0, 1]}}, "at least one pixel"),
        ({"parameters": GRID | {"size": [1, 2, 3]}}, "size"),
    ],
)
def test_an_entry_that_is_none_is_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        entry(**changes)


def test_a_field_longer_than_csv_readers_take_is_refused_before_it_is_written(log):
    with pytest.raises(ValueError, match="notes must be at most 100000"):
        append(log, entry(notes="x" * 100_001))
    assert not log.exists()


def test_the_last_word_about_a_picture_counts(log):
    for one in (entry(1), entry(2), entry(1, verdict="incorrect"), entry(3, verdict="incorrect"), entry(3)):
        append(log, one)
    found = read(log)
    assert found.labels() == (label(2), label(1, "incorrect"), label(3))
    assert [json.loads(line)["sha256"] for line in export(found).splitlines()] == [f"{n:064x}" for n in (2, 3)]


def test_an_export_has_the_true_grid_of_each_picture_and_where_it_is_from(log):
    append(log, entry(7, image="a\nb.png"))
    (line,) = export(read(log)).splitlines()
    assert json.loads(line) == {
        "image": "a\nb.png",
        "sha256": f"{7:064x}",
        **GRID,
        "verdict": "correct",
        "source": "human",
        "timestamp": "2026-11-21T17:00:00.000+00:00",
    }


def test_an_export_of_nothing_is_empty():
    assert export(feedback.FeedbackLog()) == ""


def test_an_entry_of_a_restoration_knows_its_file_its_grid_and_its_metrics(tmp_path):
    path = tmp_path / "hero.png"
    path.write_bytes(b"abc")
    good = found()
    before = datetime.now(UTC)
    one = entry_of(path, good, verdict="correct", notes="n", overrides={"cell": (8, 8), "palette": tmp_path})
    said = datetime.fromisoformat(one.timestamp)
    assert (said - before).total_seconds() > -0.001  # milliseconds, cut off
    assert said.utcoffset().total_seconds() == 0
    assert one.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", FIPS 180-2
    assert one.parameters == {"cell": [5.0, 5.0], "offset": [0.0, 0.0], "size": [4, 3]}
    assert one.overrides == {"cell": [8, 8], "palette": str(tmp_path)}
    assert one.metrics["difference_percent"] == 1.5
    assert one.label == Label(one.sha256, (5.0, 5.0), (0.0, 0.0), (4, 3), "correct", "human")
    assert tuple(COLUMNS) == tuple(HEADER.split(","))
