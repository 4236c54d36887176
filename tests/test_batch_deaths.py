"""Batch runs whose workers die, or that are struck themselves: what was finished stays finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from batch_items import dask, kill_after, lines, loky, quiet, ray, shout, snapshot

from pixkern.pipelines import _batch_item
from pixkern.pipelines._batch_manifest import read_ledger
from pixkern.pipelines.batch import map_images


@pytest.mark.parametrize("workers", [loky, dask, ray])
def test_a_killed_worker_costs_no_finished_work(workers, tmp_path):
    (tmp_path / "marks").mkdir()
    names = [f"n{i:02}" for i in range(16)]
    items = {name: {"marks": str(tmp_path / "marks"), "name": name} for name in names}
    items["n03 killer"] = {"marks": str(tmp_path / "marks"), "name": "killer"}
    with workers():
        report = map_images(kill_after, items, tmp_path / "out", **quiet)
    assert report.finished == tuple(names)
    assert list(report.failed) == ["n03 killer"]
    assert report.failed["n03 killer"].startswith("WorkerDied: its process died, twice")
    marks = [path.name.partition("-")[0] for path in (tmp_path / "marks").iterdir()]
    assert set(marks) == set(names)
    assert len(marks) <= len(names) + 2  # the neighbour of the killer may be hit in each of the two deaths
    assert set(snapshot(tmp_path / "out")) == {f"{name}.txt" for name in names} | {"manifest.jsonl", "failures.jsonl"}


@pytest.mark.parametrize("workers", [loky, dask, ray])
def test_an_item_whose_process_dies_once_is_done_at_the_second_attempt(workers, tmp_path):
    def work(name):
        mark = tmp_path / f"{name} was here"
        if name == "c" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return shout(name)

    items = {name: name for name in "abcdef"}
    with workers():
        report = map_images(work, items, tmp_path / "out", **quiet)
    assert (report.finished, report.failed) == (tuple("abcdef"), {})
    map_images(shout, items, tmp_path / "fresh", jobs=1, **quiet)
    assert snapshot(tmp_path / "out") == snapshot(tmp_path / "fresh")


class Hostile:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (7,)


def test_workers_that_die_before_any_item_end_the_run_with_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_batch_item.Task, "packed", lambda task: Hostile())
    with pytest.raises(RuntimeError, match="the workers cannot run any item"):
        map_images(shout, {"a": "a", "b": "b"}, tmp_path, jobs=2, **quiet)
    assert snapshot(tmp_path) == {"manifest.jsonl": b""}


def test_a_worker_that_finds_the_result_of_a_dead_one_does_not_run_the_item_again(tmp_path):
    place = _batch_item.Place(tmp_path, "0", os.getpid(), None, False)
    task = _batch_item.Task(4, "key", "word")
    first = _batch_item.run_item(task, place, shout)
    assert _batch_item.run_item(task, place, pytest.fail) == first
    (tmp_path / "4" / "result").write_text('{"half a')
    second = _batch_item.run_item(task, place, shout)
    assert second.line == first.line
    assert second.folder != first.folder


def test_an_item_that_two_processes_died_of_is_not_given_a_third(tmp_path):
    place = _batch_item.Place(tmp_path, "0", os.getpid(), None, False)
    for attempt in range(2):
        (tmp_path / "4" / str(attempt)).mkdir(parents=True)
    result = _batch_item.run_item(_batch_item.Task(4, "key", "word"), place, pytest.fail)
    assert result.error == _batch_item.DIED


def test_an_interrupt_keeps_what_is_finished_and_resume_does_the_rest(tmp_path):
    items = {key: key for key in "abcd"}

    def work(key):
        if key == "c":
            raise KeyboardInterrupt
        return shout(key)

    with pytest.raises(KeyboardInterrupt):
        map_images(work, items, tmp_path / "out", jobs=1, **quiet)
    assert [line["key"] for line in lines(tmp_path / "out" / "manifest.jsonl")] == ["a", "b"]
    report = map_images(shout, items, tmp_path / "out", jobs=1, resume=True, **quiet)
    assert (report.skipped, report.finished) == (("a", "b"), ("c", "d"))
    map_images(shout, items, tmp_path / "fresh", jobs=1, **quiet)
    assert snapshot(tmp_path / "out") == snapshot(tmp_path / "fresh")


SCRIPT = """
import signal, sys, time
from pixkern.pipelines.batch import Output, map_images

def slow(number):
    time.sleep(0.05)
    return Output({f"{number}.bin": bytes(100_000)}, {"number": number})

signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background is born deaf to it
report = map_images(slow, {f"{n:03}": n for n in range(60)}, sys.argv[1], jobs=2, resume=True, progress=False)
print(len(report.skipped), len(report.finished))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a process group")
@pytest.mark.parametrize("blow", ["SIGINT", "SIGKILL"])
def test_a_run_that_is_struck_leaves_whole_files_and_resume_does_the_rest(blow, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    out_dir = tmp_path / "out"
    command = [sys.executable, str(tmp_path / "script.py"), str(out_dir)]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)
    while len(read_ledger(out_dir / "manifest.jsonl")) < 5:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    os.killpg(process.pid, getattr(signal, blow))
    process.communicate(timeout=60)
    assert process.returncode != 0
    finished = read_ledger(out_dir / "manifest.jsonl")
    assert 5 <= len(finished) < 60
    assert all(path.stat().st_size == 100_000 for path in out_dir.glob("*.bin"))
    again = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    skipped, ran = map(int, again.stdout.split())
    assert (skipped, ran) == (len(finished), 60 - len(finished))
    assert len(snapshot(out_dir)) == 61  # the manifest and the outputs: what was staged is gone
