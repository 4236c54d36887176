"""Runs that are killed: no half file, no manifest of half a data set, and after resume the bytes of one whole run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import yaml
from relight_sets import config, contents, photos, quiet

from pixkern.pipelines.relight.generate import LEDGER, generate

COUNT = 9
OPTIONS = {"variants": 2, "output": {"shard_size": 5, "folder": "out"}}

# The command as a user starts it, and where asked for an axe that falls at the n-th call of a function.
PROGRAM = """
import os, signal, sys
from pixkern.pipelines.relight.config import Config
from pixkern.pipelines.relight import generate as module, shards, work
import pixkern.pipelines.relight.generate
from pixkern.pipelines import batch, _batch_item
module = sys.modules["pixkern.pipelines.relight.generate"]
file, jobs, place, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
if place:
    owner, name = {"between publishing and the ledger": (batch, "append"), "while publishing": (batch.os, "replace"),
                   "within a file": (_batch_item, "file_sha256"), "before the manifest": (module, "write_lines"),
                   "before the table": (module, "write_parquet")}[place]
    kept, calls = getattr(owner, name), []
    def axe(*arguments, **options):
        calls.append(1)
        if len(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept(*arguments, **options)
    setattr(owner, name, axe)
print("ready", flush=True)
module.generate(Config.load(file), jobs=jobs, resume=True, progress=False)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Photos, and the data sets of uninterrupted runs."""
    root = photos(tmp_path_factory.mktemp("whole"), *(f"p{number:02}.png" for number in range(COUNT)))
    for layout in ("folders", "shards"):
        asked = config(root, given={**OPTIONS, "output": {**OPTIONS["output"], "layout": layout, "folder": layout}})
        assert generate(asked, **quiet).samples == 2 * COUNT
    return root


def prepared(whole: Path, folder: Path, layout: str) -> Path:
    file = folder / "set.yaml"
    told = {**OPTIONS, "input": {"folder": str(whole / "photos")}, "output": {**OPTIONS["output"], "layout": layout}}
    file.write_text(yaml.safe_dump(told))
    return file


def started(file: Path, jobs: int, place: str = "", count: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(file), str(jobs), place, str(count)]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(file: Path, layout: str, whole: Path) -> None:
    """Resume with whatever is there; the same bytes as in one run, and nothing else."""
    for left in (file.parent / "out").glob("shards/*.tar"):
        with tarfile.open(left) as tar:  # what has its name is whole
            assert tar.getmembers()
    process = started(file, 1)
    told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert contents(file.parent / "out") == contents(whole / layout)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("layout", "jobs"), [("folders", 2), ("shards", 1)])
def test_killed_at_random_points_again_and_again(layout, jobs, whole, tmp_path):
    file = prepared(whole, tmp_path, layout)
    chance = random.Random(f"{layout} {jobs}")
    kills = 0
    for _ in range(3):
        process = started(file, jobs)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.4) if jobs == 1 else chance.uniform(0.5, 1.5))  # workers take a while to start
        if process.poll() is None:
            kills += 1
            os.killpg(process.pid, signal.SIGKILL)  # with its workers, as the end of a job in a cluster
        process.communicate()
        assert not any(".part" in path.name for path in (tmp_path / "out").rglob("*"))
    assert kills
    finished(file, layout, whole)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    ("place", "count", "layout"),
    [
        ("between publishing and the ledger", 3, "folders"),
        ("between publishing and the ledger", 2, "shards"),
        ("while publishing", 2, "shards"),  # the shard is there, the lines about it are not
        ("within a file", 2, "shards"),
        ("before the manifest", 1, "folders"),
        ("before the table", 1, "shards"),
    ],
)
def test_killed_where_it_is_most_awkward(place, count, layout, whole, tmp_path):
    file = prepared(whole, tmp_path, layout)
    process = started(file, 1, place, count)
    told = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, told
    assert (tmp_path / "out" / "manifest.jsonl").exists() == (place == "before the table")
    assert not (tmp_path / "out" / "summary.json").exists()
    finished(file, layout, whole)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to another process")
def test_an_interrupt_keeps_what_is_finished(whole, tmp_path):
    file = prepared(whole, tmp_path, "folders")
    process = started(file, 2)
    ledger = tmp_path / "out" / LEDGER
    until = time.monotonic() + 60
    while (not ledger.exists() or ledger.read_bytes().count(b"{") < 3) and time.monotonic() < until:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=120)
    assert not list((tmp_path / "out").glob(".pixkern-*"))
    made = generate(config(whole, given=yaml.safe_load(file.read_text()) | {
        "output": {**OPTIONS["output"], "folder": str(tmp_path / "out")}}), resume=True, **quiet)  # fmt: skip
    assert made.made <= 2 * COUNT - 2
    assert contents(tmp_path / "out") == contents(whole / "folders")
