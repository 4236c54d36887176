"""Batch runs: the same bytes in whatever way the items run, one owner for each path, one bar over all of them."""

from __future__ import annotations

import hashlib
import itertools
import os

import joblib
import pytest
from batch_items import dask, lines, loky, misbehave, quiet, ray, shout, snapshot, surroundings, threads
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixkern import _threads
from pixkern.pipelines import _batch_item, batch
from pixkern.pipelines.batch import Output, map_images


@pytest.mark.parametrize("workers", [loky, threads, dask, ray])
def test_any_workers_write_the_same_bytes_as_one(workers, tmp_path):
    items = {f"k{i}": ("write" if i % 5 else "raise", i) for i in range(23)}
    one = map_images(misbehave, items, tmp_path / "one", jobs=1, **quiet)
    with workers():
        many = map_images(misbehave, dict(reversed(items.items())), tmp_path / "many", **quiet)
    assert snapshot(tmp_path / "many") == snapshot(tmp_path / "one")
    assert many == one
    assert len(one.finished) == 18
    assert len(one.failed) == 5


def test_manifest_tells_every_file_with_its_sha256_and_the_contents_of_the_item(tmp_path):
    photo = tmp_path / "photo"
    photo.write_bytes(b"pixels")
    report = map_images(
        lambda path: Output({"b": path.read_bytes() * 2, "a": b""}, {"n": (1, None)}), {"p": photo}, tmp_path / "out"
    )
    (line,) = lines(tmp_path / "out" / "manifest.jsonl")
    for path, contents in {"a": b"", "b": b"pixelspixels"}.items():
        assert (tmp_path / "out" / path).read_bytes() == contents
        assert line["files"][path] == {"sha256": hashlib.sha256(contents).hexdigest(), "size": len(contents)}
    assert line["key"] == "p"
    assert report.records == {"p": {"n": [1, None]}} == {"p": line["record"]}
    assert report.ok


def test_each_finished_item_is_in_the_manifest_and_out_of_the_staging_folder_before_the_next_one_runs(tmp_path):
    def count(_):
        path = tmp_path / "manifest.jsonl"
        staged = len(list(tmp_path.glob(".pixkern-*/*")))
        return Output({}, {"listed": len(lines(path)) if path.exists() else 0, "staged": staged})

    for _ in range(2):  # the second run starts a manifest of its own
        report = map_images(count, dict.fromkeys("abcd"), tmp_path, jobs=1, **quiet)
        assert [report.records[key]["listed"] for key in "abcd"] == [0, 1, 2, 3]
        assert [report.records[key]["staged"] for key in "abcd"] == [1, 1, 1, 1]  # the item at work


def test_workers_use_one_thread_each_and_several_processes(tmp_path):
    report = map_images(surroundings, dict.fromkeys("abcdefgh"), tmp_path, jobs=2, **quiet)
    assert {(record["variable"], record["limit"]) for record in report.records.values()} == {("1", 1)}
    assert os.getpid() not in {record["pid"] for record in report.records.values()}


def test_an_item_beside_others_in_the_caller_s_thread_uses_that_alone_and_leaves_it_as_it_was(tmp_path):
    def work(_):
        ranges = []
        _threads.split(lambda *ends: ranges.append(ends), 4, elements=1 << 30, threads=4)
        return Output({}, {"ranges": ranges})

    place = _batch_item.Place(tmp_path, "0", os.getpid(), None, one_thread=True)
    assert _batch_item.run_item(_batch_item.Task(0, "key", None), place, work).line["record"] == {"ranges": [[0, 4]]}
    assert len(work(None).record["ranges"]) == 4


def test_no_items_make_an_empty_manifest(tmp_path):
    report = map_images(shout, {}, tmp_path / "new" / "folder")
    assert (report.finished, report.skipped, report.failed, report.ok) == ((), (), {}, True)
    assert snapshot(tmp_path / "new" / "folder") == {"manifest.jsonl": b""}


some_paths = st.sets(st.sampled_from(["x", "y", "z", "x/y", "x/y/z", "d/x", "d/y"]), min_size=1, max_size=3)


def clash(first, second):
    return any(f"{a}/".startswith(f"{b}/") or f"{b}/".startswith(f"{a}/") for a in first for b in second)


@settings(max_examples=25, deadline=None)
@given(wishes=st.dictionaries(st.sampled_from("abcdef"), some_paths, min_size=2), draw=st.randoms())
@example(wishes={"a": {"x"}, "b": {"x", "y"}, "c": {"y"}}, draw=None)
def test_a_path_belongs_to_the_first_key_in_whatever_order_the_items_finish(wishes, draw, tmp_path_factory):
    items = {key: {path: f"{key} {path}".encode() for path in paths} for key, paths in wishes.items()}
    items = {key: files for key, files in items.items() if not any(clash({p}, files.keys() - {p}) for p in files)}
    losers = [key for key in items if any(other < key and clash(items[other], items[key]) for other in items)]
    orders = itertools.permutations(items) if draw is None else [sorted(items), draw.sample(sorted(items), len(items))]
    written = []
    for order in orders:
        out_dir = tmp_path_factory.mktemp("out")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch, "run_all", in_order([sorted(items).index(key) for key in order]))
            report = map_images(Output, items, out_dir, **quiet)
        assert list(report.failed) == sorted(losers)
        written.append(snapshot(out_dir))
    assert all(files == written[0] for files in written)
    expected = {path: contents for key in items if key not in losers for path, contents in items[key].items()}
    assert {path for path, contents in written[0].items() if contents is not None} - expected.keys() <= {
        "manifest.jsonl", "failures.jsonl"
    }  # fmt: skip
    assert expected.items() <= written[0].items()


def in_order(numbers):
    """Items that all run and then end in this order."""

    def run_all(function, tasks, place, workers):
        results = {task.number: _batch_item.run_item(task, place, function) for task in tasks}
        yield from (results[number] for number in numbers)

    return run_all


def test_the_reason_of_a_taken_output_names_the_path_and_its_owner(tmp_path):
    report = map_images(Output, {"b": {"x": b"b"}, "a": {"x": b"a"}}, tmp_path, jobs=2, **quiet)
    assert report.failed == {"b": "OutputTaken: the output 'x' belongs to item 'a', first by key"}
    assert (tmp_path / "x").read_bytes() == b"a"


def test_an_item_that_comes_first_takes_its_path_from_one_that_a_resumed_run_finds_finished(tmp_path):
    map_images(Output, {"b": {"x": b"b", "y": b"b"}}, tmp_path, jobs=1, **quiet)
    report = map_images(Output, {"b": {"x": b"b", "y": b"b"}, "a": {"x": b"a"}}, tmp_path, resume=True, **quiet)
    assert (report.finished, report.skipped, list(report.failed)) == (("a",), (), ["b"])
    map_images(Output, {"b": {"x": b"b", "y": b"b"}, "a": {"x": b"a"}}, tmp_path.with_name("fresh"), **quiet)
    assert snapshot(tmp_path) == snapshot(tmp_path.with_name("fresh"))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("weights", [None, {"a": 10, "b": 0.5, "bad": 3, "c": 0}])
def test_one_bar_counts_the_weights_of_all_items_however_they_end(jobs, weights, tmp_path, monkeypatch, capsys):
    bars = []

    class Bar(batch.tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            bars.append(self)

    monkeypatch.setattr(batch, "tqdm", Bar)
    items = {"a": ("write", 1), "b": ("write", 2), "bad": ("raise", "x"), "c": ("write", 3)}
    map_images(misbehave, {"a": items["a"]}, tmp_path, jobs=1, **quiet)
    map_images(misbehave, items, tmp_path, jobs=jobs, resume=True, weights=weights)
    quiet_bar, bar = bars
    assert quiet_bar.disable
    assert bar.n == bar.total == (4 if weights is None else 13.5)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "100%" in captured.err
    assert "1 failed" in captured.err


def test_without_progress_nothing_is_printed(tmp_path, capfd):
    map_images(shout, {"a": "a", "b": "b"}, tmp_path, jobs=2, **quiet)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"fn": 3}, TypeError, "fn must be a function"),
        ({"items": ["a"]}, TypeError, "items must be a mapping"),
        ({"items": {1: "a"}}, TypeError, "strings as keys"),
        ({"jobs": 0}, ValueError, "at least 1, got 0"),
        ({"jobs": 1.5}, TypeError, "jobs must be an integer"),
        ({"jobs": True}, TypeError, "jobs must be an integer"),
        ({"configuration": {"x": object()}}, TypeError, "configuration must hold what JSON can"),
        ({"configuration": float("inf")}, TypeError, "configuration must hold what JSON can"),
        ({"weights": {}}, ValueError, "'a' has none"),
        ({"weights": {"a": -1}}, ValueError, "not negative, got -1 for 'a'"),
        ({"weights": {"a": float("nan")}}, ValueError, "finite"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(arguments, error, text, tmp_path):
    given = {"fn": shout, "items": {"a": "a"}, "progress": False} | arguments
    with pytest.raises(error, match=text):
        map_images(given.pop("fn"), given.pop("items"), tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def test_the_multiprocessing_backend_is_refused_because_it_hangs_when_a_worker_dies(tmp_path):
    with joblib.parallel_config(backend="multiprocessing"), pytest.raises(ValueError, match="use loky, dask or ray"):
        map_images(shout, {"a": "a", "b": "b"}, tmp_path / "out", **quiet)
    assert not (tmp_path / "out").exists()
