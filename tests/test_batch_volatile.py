"""Volatile outputs of a batch: files like the others, except that nobody compares their bytes."""

from __future__ import annotations

import time

import pytest
from batch_items import lines, loky, quiet, snapshot

from pixkern.pipelines._batch_manifest import VOLATILE
from pixkern.pipelines.batch import Output, map_images


def timed(word):
    return Output({f"{word}/text": word.encode()}, {"word": word}, {f"{word}/times": str(time.time_ns()).encode()})


def test_two_runs_write_the_same_manifest_over_different_times(tmp_path):
    for name in ("first", "second"):
        with loky.values[0]():
            assert map_images(timed, {word: word for word in "abc"}, tmp_path / name, **quiet).ok
    first, second = snapshot(tmp_path / "first"), snapshot(tmp_path / "second")
    assert first.keys() == second.keys()
    assert {path for path in first if first[path] != second[path]} == {f"{word}/times" for word in "abc"}
    (line, *_) = lines(tmp_path / "first" / "manifest.jsonl")
    assert line["files"]["a/times"] == VOLATILE == {"volatile": True}
    assert set(line["files"]["a/text"]) == {"sha256", "size"}


@pytest.mark.parametrize(
    ("damage", "again"), [("changed", ()), ("gone", ("b",)), ("a folder", ("b",)), ("text changed", ("b",))]
)
def test_a_resumed_run_asks_only_that_they_are_there(damage, again, tmp_path):
    items = {word: word for word in "abc"}
    map_images(timed, items, tmp_path, jobs=1, **quiet)
    times = tmp_path / "b" / "times"
    if damage == "changed":
        times.write_bytes(b"cut")
    elif damage == "text changed":
        (tmp_path / "b" / "text").write_bytes(b"B")
    else:
        times.unlink()
    if damage == "a folder":
        times.mkdir()
    report = map_images(timed, items, tmp_path, jobs=1, resume=True, **quiet)
    if damage == "a folder":  # in the way of the file, and not ours to remove
        assert report.failed.keys() == {"b"}
        return
    assert report.finished == again
    assert (times.read_bytes() == b"cut") == (damage == "changed")


def test_they_have_one_owner_and_go_with_the_files_of_their_item(tmp_path):
    outputs = {
        "b": Output({"b": b""}, {}, {"shared": b"b"}),
        "a": Output({"a": b""}, {}, {"shared": b"a", "mine": b"a"}),
    }
    report = map_images(lambda key: outputs[key], {"b": "b"}, tmp_path, jobs=1, **quiet)
    assert snapshot(tmp_path).keys() == {"b", "shared", "manifest.jsonl"}
    report = map_images(lambda key: outputs[key], {"a": "a", "b": "b"}, tmp_path, jobs=1, resume=True, **quiet)
    assert report.failed == {"b": "OutputTaken: the output 'shared' belongs to item 'a', first by key"}
    assert snapshot(tmp_path).keys() == {"a", "mine", "shared", "manifest.jsonl", "failures.jsonl"}
    assert (tmp_path / "shared").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (Output({"x": b""}, {}, {"x": b""}), "ValueError: an output is either volatile or not, 'x' is both"),
        (Output({"x": b""}, {}, {"x/y": b""}), "ValueError: an output cannot be both a file and a folder: 'x'"),
        (Output({}, {}, {"../x": b""}), "ValueError: the path of an output must be relative"),
        (Output({}, {}, {"x": "text"}), "TypeError: the contents of 'x' must be bytes or a callable, got str"),
    ],
)
def test_they_are_held_to_the_same_rules(output, reason, tmp_path):
    report = map_images(lambda _: output, {"a": 1}, tmp_path, jobs=1, **quiet)
    assert report.failed["a"].startswith(reason)
    assert snapshot(tmp_path).keys() == {"manifest.jsonl", "failures.jsonl"}


def test_a_line_that_says_less_of_a_file_is_no_line(tmp_path):
    map_images(timed, {"a": "a"}, tmp_path, jobs=1, **quiet)
    text = (tmp_path / "manifest.jsonl").read_text()
    for wrong in ('{"volatile": false}', "{}", '{"volatile": true, "size": 3}', "7"):
        (tmp_path / "manifest.jsonl").write_text(text.replace('{"volatile": true}', wrong))
        assert map_images(timed, {"a": "a"}, tmp_path, jobs=1, resume=True, **quiet).finished == ("a",)
