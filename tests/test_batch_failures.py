"""Batch runs in which something goes wrong: it fails alone, with its reason, and leaves no half file."""

from __future__ import annotations

import errno
import os
import threading

import numpy as np
import pytest
from batch_items import lines, misbehave, quiet, shout, snapshot
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixkern import _atomic
from pixkern.pipelines import _batch_item, batch
from pixkern.pipelines._batch_folder import remove_folder
from pixkern.pipelines.batch import Output, map_images, write_atomically


def test_atomic_write_brings_the_bytes_to_the_disk_before_it_gives_them_the_name(tmp_path, monkeypatch):
    happened = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (happened.append(os.fstat(handle).st_size), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *names: (happened.append("rename"), replace(*names)))
    write_atomically(tmp_path / "file", b"seven b")
    assert happened[:2] == [7, "rename"]
    assert len(happened) == 3  # and the folder after the rename
    assert snapshot(tmp_path) == {"file": b"seven b"}


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["full", "interrupted"])
def test_atomic_write_that_fails_leaves_what_stood_there(step, error, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)):
        write_atomically(tmp_path / "file", b"new")
    assert snapshot(tmp_path) == {"file": b"old"}


def test_atomic_write_names_the_file_that_was_asked_for(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "nowhere" / "file", tmp_path / "folder"):
        with pytest.raises((FileNotFoundError, IsADirectoryError)) as caught:
            write_atomically(path, b"new")
        assert caught.value.filename == str(path)
    assert snapshot(tmp_path) == {"folder": None}


def test_a_full_disk_fails_the_item_it_hits_and_names_its_file(tmp_path, monkeypatch):
    def full(path, data):
        if data == b"BAD":
            path.write_bytes(data[:1])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        _atomic.write_synced(path, data)

    monkeypatch.setattr(_batch_item, "write_synced", full)
    report = map_images(shout, {word: word for word in ("bad", "good", "worse")}, tmp_path, jobs=1, **quiet)
    assert report.finished == ("good", "worse")
    assert report.failed == {"bad": "OSError: [Errno 28] No space left on device: 'bad.txt'"}
    assert set(snapshot(tmp_path)) == {
        "deep", "deep/er", "deep/er/good", "deep/er/worse", "failures.jsonl", "good.txt", "manifest.jsonl", "worse.txt"
    }  # fmt: skip


def test_a_disk_too_full_for_the_last_manifest_keeps_the_one_written_on_the_way(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    (tmp_path / "manifest.jsonl").write_bytes(b'{"half a li')
    with monkeypatch.context() as patch:
        patch.setattr(batch, "write_sorted", full)
        with pytest.raises(OSError, match="full"):
            map_images(shout, {"a": "a", "b": "b"}, tmp_path, jobs=1, resume=True, **quiet)
    assert map_images(shout, {"a": "a", "b": "b"}, tmp_path, resume=True, **quiet).skipped == ("a", "b")


def test_a_manifest_that_cannot_be_appended_to_fails_the_item_and_takes_its_files_back(tmp_path, monkeypatch):
    append = batch.append

    def full(path, line):
        if line["key"] == "b":
            raise OSError(errno.ENOSPC, "full")
        append(path, line)

    monkeypatch.setattr(batch, "append", full)
    report = map_images(shout, {key: key for key in "abc"}, tmp_path, jobs=1, **quiet)
    assert (report.finished, report.failed) == (("a", "c"), {"b": "OSError: [Errno 28] full"})
    assert not (tmp_path / "b.txt").exists()


def test_an_output_that_cannot_take_its_name_fails_its_item_and_what_stands_there_stays(tmp_path):
    (tmp_path / "b.txt" / "of somebody").mkdir(parents=True)
    (tmp_path / "deep").write_bytes(b"a file where c needs a folder")
    items = {"a": {"a.txt": b"1"}, "b": {"a1": b"2", "b.txt": b"3"}, "c": {"deep/er": b"4"}, "d": {"n" * 300: b"5"}}
    report = map_images(Output, items, tmp_path, jobs=1, **quiet)
    assert report.finished == ("a",)
    assert {key: text.partition(":")[0] for key, text in report.failed.items()} == {
        "b": "IsADirectoryError", "c": "FileExistsError", "d": "OSError"
    }  # fmt: skip
    assert all(_atomic.TEMPORARY not in text for text in report.failed.values())  # the same text on every run
    assert snapshot(tmp_path).keys() - {"manifest.jsonl", "failures.jsonl"} == {
        "a.txt", "b.txt", "b.txt/of somebody", "deep"
    }  # fmt: skip


def test_an_output_folder_that_is_a_file_is_refused_before_any_work(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        map_images(pytest.fail, {"a": "ran"}, tmp_path / "file", **quiet)
    with pytest.raises(OSError, match="file"):
        map_images(pytest.fail, {"a": "ran"}, tmp_path / "file" / "below", **quiet)


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    if os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("root may write everywhere")
    with pytest.raises(PermissionError):
        map_images(pytest.fail, {"a": "ran"}, tmp_path / "locked", **quiet)


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "/tmp/x", "a/../../x", "..", ".", "", "a//b", "./a", "a/", "a\0b", "\ud800", 7),
        *("manifest.jsonl", "failures.jsonl/x", ".pixkern-x"),  # the batch's own
    ],
)
def test_a_path_that_is_not_plainly_inside_fails_its_item(path, tmp_path):
    report = map_images(Output, {"bad": {path: b"!"}, "good": {"..a/b..": b"ok"}}, tmp_path / "out", jobs=1, **quiet)
    assert list(report.failed) == ["bad"]
    assert report.finished == ("good",)
    assert {entry.name for entry in tmp_path.iterdir()} == {"out"}
    assert {entry.name for entry in (tmp_path / "out").iterdir()} == {"..a", "manifest.jsonl", "failures.jsonl"}


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


WRONG = {
    "raises": ("raise", "no\nsuch lens", "ValueError: no such lens"),
    "exits": ("exit", 3, "SystemExit: 3"),
    "returns none": ("return", None, "TypeError: the function of a batch must return an Output, got NoneType"),
    "text": ("return", Output({"x": "text"}), "TypeError: the contents of 'x' must be bytes or a callable, got str"),
    "nan": ("record", float("nan"), "ValueError: the record must hold what JSON can"),
    "array": ("record", np.zeros(3), "ValueError: the record must hold what JSON can"),
    "both": ("return", Output({"d": b"", "d/x": b""}), "ValueError: an output cannot be both a file and a folder: 'd'"),
}


@pytest.mark.parametrize("jobs", [1, 2])
def test_items_that_go_wrong_fail_alone_each_with_its_reason(jobs, tmp_path):
    items = {key: wrong[:2] for key, wrong in WRONG.items()} | {f"good {i}": ("write", i) for i in range(5)}
    report = map_images(misbehave, items, tmp_path, jobs=jobs, **quiet)
    assert report.finished == tuple(f"good {i}" for i in range(5))
    assert report.failed.keys() == WRONG.keys()
    assert all(report.failed[key].startswith(wrong[2]) for key, wrong in WRONG.items())
    assert not report.ok
    written = lines(tmp_path / "failures.jsonl")
    assert [line["key"] for line in written] == sorted(WRONG)
    assert {"key": "raises", "error": "ValueError", "message": "no\nsuch lens"} in written
    map_images(misbehave, {"good": ("write", 1)}, tmp_path, jobs=jobs, **quiet)
    assert not (tmp_path / "failures.jsonl").exists()


def test_an_error_without_a_text_fails_its_item(tmp_path):
    def work(_):
        raise Unspeakable

    report = map_images(work, {"a": 1}, tmp_path, jobs=1, **quiet)
    assert report.failed == {"a": "Unspeakable: (its message cannot be shown)"}


def test_an_item_that_cannot_be_pickled_fails_alone(tmp_path):
    report = map_images(lambda item: Output({}), {"a": 1, "lock": threading.Lock(), "z": 2}, tmp_path, jobs=2, **quiet)
    assert report.finished == ("a", "z")
    assert "pickle" in report.failed["lock"]


def test_a_function_that_cannot_be_pickled_is_refused(tmp_path):
    lock = threading.Lock()
    with pytest.raises(TypeError, match="picklable"):
        map_images(lambda item: lock and Output({}), {"a": 1, "b": 2}, tmp_path, jobs=2, **quiet)


@settings(max_examples=25, deadline=None)
@given(keys=st.sets(st.text(st.characters(), max_size=6), max_size=5))
@example(keys={"", "a\nb", "ключ/日本", "\ud800", "\u2028", "nul\0"})
def test_keys_may_be_any_text(keys, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp("out")
    items = {key: "raise" if number % 3 == 2 else "write" for number, key in enumerate(sorted(keys))}
    good = [key for key, deed in items.items() if deed == "write"]

    def work(deed):
        if deed == "raise":
            raise ValueError
        return Output({}, {})

    assert list(map_images(work, items, out_dir, jobs=1, **quiet).finished) == good
    again = map_images(work, items, out_dir, jobs=1, resume=True, **quiet)
    assert list(again.skipped) == good
    assert list(again.failed) == sorted(items.keys() - set(good))
    assert [line["key"] for line in lines(out_dir / "manifest.jsonl")] == good


def test_two_runs_at_once_in_one_folder_are_refused(tmp_path):
    def nested(_):
        map_images(shout, {"a": "a"}, tmp_path, jobs=1, **quiet)

    report = map_images(nested, {"outer": 1}, tmp_path, jobs=1, **quiet)
    assert report.failed["outer"].startswith("RuntimeError: another batch is at work in")


def test_what_a_killed_run_staged_goes_with_the_next_one(tmp_path):
    staged = tmp_path / f"{_atomic.TEMPORARY}old"
    (staged / "1" / "0").mkdir(parents=True)
    (tmp_path / f"{_atomic.TEMPORARY}old.tmp").write_bytes(b"half")
    map_images(shout, {}, tmp_path, **quiet)
    assert set(snapshot(tmp_path)) == {"manifest.jsonl"}


def test_an_interrupt_while_a_folder_is_removed_stays_an_interrupt(tmp_path, monkeypatch):
    closed = os.close

    def interrupted(handle):
        closed(handle)
        monkeypatch.setattr(os, "close", closed)
        raise KeyboardInterrupt  # as a signal that arrives when the handle is closed and nobody knows it yet

    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(os, "close", interrupted)
    with pytest.raises(KeyboardInterrupt):
        remove_folder(tmp_path / "folder")
