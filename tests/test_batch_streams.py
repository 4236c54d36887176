"""Outputs that are written by a callable into an open file, remarks, and ledgers of another name."""

from __future__ import annotations

import errno
import hashlib
import re
import resource
import sys
from pathlib import Path

import pytest
from batch_items import dask, lines, loky, quiet, snapshot, threads

from pixkern.pipelines.batch import Output, map_images


def streamed(word):
    """The same files as bytes, and as callables."""
    if word.startswith("bytes"):
        return Output({"b": b"xy" * 3, "a": b""}, {"letters": 6}, {"v": b"time"})
    record = {}

    def write(file):
        for _ in range(3):
            file.write(b"x")
            file.write(b"y")
        record["letters"] = 6

    return Output({"b": write, "a": lambda _: None}, record, {"v": lambda file: file.write(b"time")})


@pytest.mark.parametrize("workers", [loky, threads, dask])
def test_a_callable_writes_the_file_that_its_bytes_would_make(workers, tmp_path):
    map_images(streamed, {"key": "bytes"}, tmp_path / "bytes", **quiet)
    with workers():
        report = map_images(streamed, {"key": "streams"}, tmp_path / "streams", **quiet)
    assert report.records == {"key": {"letters": 6}}
    whole, again = snapshot(tmp_path / "bytes"), snapshot(tmp_path / "streams")
    for manifest in (whole, again):  # the items differ, their outputs do not
        manifest["manifest.jsonl"] = re.sub(rb'"input": "\w+"', b"", manifest["manifest.jsonl"])
    assert again == whole
    (line,) = lines(tmp_path / "streams" / "manifest.jsonl")
    assert line["files"]["b"] == {"sha256": hashlib.sha256(b"xyxyxy").hexdigest(), "size": 6}
    with workers():
        assert map_images(streamed, {"key": "streams"}, tmp_path / "streams", resume=True, **quiet).skipped == ("key",)


def test_files_are_written_in_the_order_in_which_they_stand_and_volatile_ones_last(tmp_path):
    written = []

    def work(_):
        files = {name: (lambda file, name=name: written.append(name)) for name in ("c", "a", "b")}
        return Output(files, {}, {"0": lambda file: written.append("0")})

    assert map_images(work, {"key": 1}, tmp_path, jobs=1, **quiet).ok
    assert written == ["c", "a", "b", "0"]


def test_a_callable_may_write_anywhere_in_its_file(tmp_path):
    def write(file):
        file.seek(4)
        file.write(b"end")
        file.seek(0)
        file.write(b"four")

    map_images(lambda _: Output({"a": write}), {"key": 1}, tmp_path, jobs=1, **quiet)
    (line,) = lines(tmp_path / "manifest.jsonl")
    assert (tmp_path / "a").read_bytes() == b"fourend"
    assert line["files"]["a"] == {"sha256": hashlib.sha256(b"fourend").hexdigest(), "size": 7}


def cut(file):
    file.write(b"half")
    raise ValueError("no more")


def full(file):
    file.write(b"half")
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (cut, "ValueError: no more"),
        (full, "OSError: [Errno 28] No space left on device: 'deep/a'"),  # named as the user knows it
        (lambda file: Path("/no/such/photo").read_bytes(), "FileNotFoundError: [Errno 2] No such file or directory"),
        (lambda file: file.close(), "ValueError"),
        (lambda file: file.write("text"), "TypeError"),
        (lambda: None, "TypeError"),
    ],
)
def test_a_callable_that_fails_fails_its_item_alone_and_leaves_nothing(write, reason, tmp_path):
    def work(name):
        return Output({"deep/a": write, "deep/b": b"b"} if name == "bad" else {"good": lambda file: file.write(b"g")})

    report = map_images(work, {"bad": "bad", "good": "good"}, tmp_path, jobs=1, **quiet)
    assert report.failed.keys() == {"bad"}
    assert report.failed["bad"].startswith(reason)
    assert snapshot(tmp_path).keys() == {"good", "manifest.jsonl", "failures.jsonl"}


def test_a_file_that_a_callable_cannot_read_is_named_and_not_the_output(tmp_path):
    missing = tmp_path / "photo.png"
    report = map_images(
        lambda _: Output({"shard": lambda file: file.write(missing.read_bytes())}),
        {"key": 1},
        tmp_path / "out",
        **quiet,
    )
    assert str(missing) in report.failed["key"]
    assert "shard" not in report.failed["key"]


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux")
def test_a_file_of_200_megabytes_never_lies_in_memory(tmp_path):
    block = bytes(2**20)

    def write(file):
        for _ in range(200):
            file.write(block)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert map_images(lambda _: Output({"large": write}), {"key": 1}, tmp_path, jobs=1, **quiet).ok
    assert (tmp_path / "large").stat().st_size == 200 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 2**10  # kilobytes


def test_an_error_after_the_files_were_written_leaves_none_of_them(tmp_path):
    def work(_):
        record = {}
        return Output({"a": lambda file: record.update(bad=float("nan"))}, record)

    report = map_images(work, {"key": 1}, tmp_path, jobs=1, **quiet)
    assert report.failed["key"].startswith("ValueError: the record must hold what JSON can")
    assert snapshot(tmp_path).keys() == {"manifest.jsonl", "failures.jsonl"}


@pytest.mark.parametrize("workers", [loky, threads, dask])
def test_remarks_come_back_and_stand_in_no_file(workers, tmp_path):
    def work(word):
        remark = {}
        return Output({word: lambda file: remark.update(seconds=0.25)}, remark=remark)

    items = {"a": "a", "b": "b"}
    with workers():
        report = map_images(work, items, tmp_path, **quiet)
    assert report.remarks == {"a": {"seconds": 0.25}, "b": {"seconds": 0.25}}
    assert b"seconds" not in b"".join(filter(None, snapshot(tmp_path).values()))
    assert map_images(work, items, tmp_path, jobs=1, resume=True, **quiet).remarks == {}


@pytest.mark.parametrize("remark", [{"x": float("inf")}, [1], {"x": object()}])
def test_a_remark_that_is_none_fails_its_item(remark, tmp_path):
    report = map_images(lambda _: Output({}, remark=remark), {"a": 1}, tmp_path, jobs=1, **quiet)
    assert "the remark must" in report.failed["a"]


def test_a_ledger_of_another_name_is_the_manifest_in_all_but_its_name(tmp_path):
    def work(word):
        return Output({f"{word}.txt": word.encode(), "manifest.jsonl": b"mine"} if word == "a" else {word: b""})

    items = {"a": "a", "b": "b"}
    report = map_images(work, items, tmp_path, jobs=1, ledger="ledger.jsonl", **quiet)
    assert report.ok
    assert snapshot(tmp_path).keys() == {"a.txt", "b", "manifest.jsonl", "ledger.jsonl"}
    assert [line["key"] for line in lines(tmp_path / "ledger.jsonl")] == ["a", "b"]
    again = map_images(work, items, tmp_path, jobs=1, resume=True, ledger="ledger.jsonl", **quiet)
    assert again.skipped == ("a", "b")
    (tmp_path / "a.txt").unlink()
    again = map_images(work, items, tmp_path, jobs=1, resume=True, ledger="ledger.jsonl", **quiet)
    assert again.finished == ("a",)


def test_no_output_may_have_the_name_of_the_ledger(tmp_path):
    output = Output({"ledger.jsonl": b""})
    for jobs in (1, 2):
        report = map_images(lambda _: output, {"a": 1, "b": 2}, tmp_path, jobs=jobs, ledger="ledger.jsonl", **quiet)
        assert "belongs to the batch itself" in report.failed["a"]


@pytest.mark.parametrize(
    ("ledger", "error"),
    [(3, TypeError)]
    + [(name, ValueError) for name in ("", ".", "..", "a/b", "/a", "failures.jsonl", ".pixkern-x", "a\0b", "\ud800")],
)
def test_a_ledger_that_is_no_name_of_a_file_is_refused_before_anything_is_written(ledger, error, tmp_path):
    with pytest.raises(error, match="ledger"):
        map_images(streamed, {"key": "a"}, tmp_path / "out", ledger=ledger, **quiet)
    assert not (tmp_path / "out").exists()


def test_a_photo_that_cannot_be_read_is_no_reason_not_to_ask_the_function(tmp_path, monkeypatch):
    photo = tmp_path / "photo"
    photo.write_bytes(b"pixels")

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("pixkern.pipelines._batch_manifest.file_sha256", refuse)
    report = map_images(lambda path: Output({"a": b"without"}), {"key": photo}, tmp_path / "out", jobs=1, **quiet)
    assert report.ok
    (line,) = lines(tmp_path / "out" / "manifest.jsonl")
    assert line["input"] is None
