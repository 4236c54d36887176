"""Resumed batch runs: what holds is not done again, and everything else is."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from batch_items import lines, quiet, shout, snapshot
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixkern.pipelines._batch_manifest import identity
from pixkern.pipelines.batch import Output, map_images


def damage(out_dir, photos, how):
    if how == "input changed":
        (photos / "b").write_bytes(b"New")
    elif how == "input touched":
        os.utime(photos / "b", (0, 0))
    elif how == "output gone":
        (out_dir / "b.out").unlink()
    elif how == "output changed":
        (out_dir / "b.out").write_bytes(b"BBx")
    elif how == "output cut":
        (out_dir / "b.out").write_bytes(b"BB")
    elif how == "line gone":
        kept = [text for text in (out_dir / "manifest.jsonl").read_text().splitlines() if '"key": "b"' not in text]
        (out_dir / "manifest.jsonl").write_text("\n".join(kept))
    elif how == "line points outside":
        text = (out_dir / "manifest.jsonl").read_text()
        (out_dir / "manifest.jsonl").write_text(text.replace('{"b.out"', '{"../b.out"'))
        (out_dir / "b.out").replace(out_dir.parent / "b.out")


@pytest.mark.parametrize(
    ("how", "again"),
    [("nothing", []), ("input touched", []), ("configuration", list("abc"))]
    + [(how, ["b"]) for how in ("input changed", "output gone", "output changed", "output cut", "line gone")]
    + [("line points outside", ["b"])],
)
def test_resume_runs_what_does_not_hold_any_more_and_nothing_else(how, again, tmp_path):
    photos, ran = tmp_path / "photos", []
    photos.mkdir()
    for name in "abc":
        (photos / name).write_bytes(name.encode() * 3)
    items = {name: str(photos / name) for name in "abc"}

    def work(path):
        ran.append(Path(path).name)
        return Output({f"{Path(path).name}.out": Path(path).read_bytes().upper()})

    map_images(work, items, tmp_path / "out", jobs=1, configuration={"strength": 1, "crop": "valid"}, **quiet)
    ran.clear()
    damage(tmp_path / "out", photos, how)
    configuration = {"crop": "valid", "strength": 2 if how == "configuration" else 1}
    report = map_images(work, items, tmp_path / "out", jobs=1, resume=True, configuration=configuration, progress=False)
    assert ran == again == list(report.finished)
    assert set(report.skipped) == set("abc") - set(again)
    assert sorted(report.records) == list("abc")
    map_images(work, items, tmp_path / "fresh", jobs=1, configuration=configuration, **quiet)
    assert snapshot(tmp_path / "out") == snapshot(tmp_path / "fresh")


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(0, 10_000))
def test_a_manifest_cut_anywhere_resumes_to_the_same_bytes(cut, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp("out")
    items = {key: key for key in "abc"}
    map_images(shout, items, out_dir, jobs=1, **quiet)
    whole = snapshot(out_dir)
    manifest = (out_dir / "manifest.jsonl").read_bytes()
    cut %= len(manifest) + 1
    (out_dir / "manifest.jsonl").write_bytes(manifest[:cut])
    report = map_images(shout, items, out_dir, jobs=1, resume=True, **quiet)
    assert len(report.skipped) == sum(cut >= end for end in line_ends(manifest))
    assert snapshot(out_dir) == whole


def line_ends(manifest):
    return [position for position, byte in enumerate(manifest) if byte == ord("\n")]


def test_without_resume_all_run_again_and_foreign_files_stay(tmp_path):
    (tmp_path / "foreign").write_bytes(b"mine")
    for _ in range(2):
        report = map_images(shout, {"a": "a", "b": "b"}, tmp_path, jobs=1, **quiet)
        assert report.finished == ("a", "b")
    map_images(shout, {"a": "a"}, tmp_path, jobs=1, **quiet)
    assert [line["key"] for line in lines(tmp_path / "manifest.jsonl")] == ["a"]
    assert (tmp_path / "foreign").read_bytes() == b"mine"
    assert (tmp_path / "b.txt").read_bytes() == b"B"


def test_resume_keeps_the_lines_of_items_it_is_not_asked_for(tmp_path):
    map_images(shout, {"a": "a", "b": "b"}, tmp_path, jobs=1, **quiet)
    before = (tmp_path / "manifest.jsonl").read_bytes()
    assert map_images(shout, {"a": "a"}, tmp_path, resume=True, **quiet).skipped == ("a",)
    assert (tmp_path / "manifest.jsonl").read_bytes() == before
    map_images(shout, {"renamed": "b"}, tmp_path, jobs=1, resume=True, **quiet)  # asks for the files of "b"
    assert [line["key"] for line in lines(tmp_path / "manifest.jsonl")] == ["a", "renamed"]


def test_a_function_that_changes_its_item_does_not_change_what_resume_compares(tmp_path):
    def work(numbers):
        numbers.append(2)
        return Output({})

    assert map_images(work, {"a": [1]}, tmp_path, jobs=1, **quiet).finished == ("a",)
    assert map_images(work, {"a": [1]}, tmp_path, jobs=1, resume=True, **quiet).skipped == ("a",)


def test_an_item_that_was_finished_and_now_fails_leaves_the_manifest(tmp_path):
    map_images(shout, {"a": "a", "b": "b"}, tmp_path, jobs=1, **quiet)
    report = map_images(shout, {"a": "a", "b": 3}, tmp_path, jobs=1, resume=True, **quiet)
    assert (report.skipped, list(report.failed)) == (("a",), ["b"])
    assert [line["key"] for line in lines(tmp_path / "manifest.jsonl")] == ["a"]


def test_an_item_of_unknown_contents_runs_again(tmp_path):
    for _ in range(2):
        assert map_images(lambda _: Output({}), {"a": object()}, tmp_path, jobs=1, resume=True, **quiet).finished


@dataclass
class Pair:
    left: object
    right: object


names = st.text("ab1 \n\ud800", max_size=4)  # none of a file or a folder: those stand for what they hold
things = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary() | names,
    lambda inner: st.lists(inner) | st.dictionaries(names, inner) | st.builds(Pair, inner, inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(thing=things, other=things)
@example(thing=1, other=True)
@example(thing=1, other=1.0)
@example(thing="1", other=b"1")
def test_identity_is_that_of_the_contents(thing, other):
    assert identity(pickle.loads(pickle.dumps(thing))) == identity(thing) is not None
    assert (identity(thing) == identity(other)) == (repr(thing) == repr(other))


def test_identity_of_a_file_is_that_of_its_bytes_wherever_it_lies(tmp_path):
    for name, contents in {"a": b"same", "b": b"same", "c": b"else"}.items():
        (tmp_path / name).write_bytes(contents)
    same, moved, other = (identity([str(tmp_path / name), 1]) for name in "abc")
    assert same == moved == identity([tmp_path / "b", 1])
    assert same != other
    assert identity(tmp_path) is None  # what a folder holds is not looked at
    assert identity(tmp_path / "missing") is None


def test_identity_of_arrays_is_that_of_values_shape_and_dtype():
    grey = np.arange(6, dtype=np.uint8)
    assert identity(grey) == identity(np.arange(12, dtype=np.uint8).reshape(6, 2).T[0] // 2)
    assert len({identity(x) for x in (grey, grey.reshape(2, 3), grey.view(np.int8), grey + 1, grey.tolist())}) == 5
