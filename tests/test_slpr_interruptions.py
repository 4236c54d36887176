"""Runs of the renderer as a user starts and stops them, and on dask: no half file, and the same files in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import pytest
from batch_items import dask_cluster
from slpr_runs import config, prepared, results

from pixkern.pipelines.slpr import Config, run

LONGER = {"samples_per_render": 300, "zoom_levels": [100, 500]}  # so that an interrupt hits a case at work
OF_THE_PLACE = {"resolved_config.json", "manifest.jsonl"}  # where the images are, and the hash of that


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The files of an uninterrupted run on loky."""
    report = run(config(tmp_path_factory.mktemp("whole"), **LONGER), jobs=2, progress=False)
    assert len(report.finished) == 12
    return pictures(report.folder)


def pictures(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in results(folder).items() if name not in OF_THE_PLACE}


def started(file: Path, jobs: int) -> subprocess.Popen[str]:
    """`python -m pixkern.cli slpr run` in a group of processes of its own."""
    listening = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler); "  # it may be deaf
    module = "runpy.run_module('pixkern.cli', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", listening + module]
    command += ["slpr", "run", str(file), "--jobs", str(jobs)]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_cases(process: subprocess.Popen[str], root: Path, count: int) -> Path:
    """Until that many cases are finished; the folder of the run."""
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        for manifest in root.glob("*/manifest.jsonl"):
            if manifest.read_bytes().count(b"}\n") + manifest.read_bytes().endswith(b"}") >= count:
                return manifest.parent
        time.sleep(0.001)
    pytest.fail(f"no run to interrupt: {process.communicate()}")


def is_empty(group: int) -> bool:
    """Whether no process of a group is left, after some time to go."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to another process")
@pytest.mark.parametrize("blows", [1, 2], ids=["patient", "impatient"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_leaves_whole_files_and_nothing_else_and_resume_does_the_rest(jobs, blows, whole, tmp_path):
    file = prepared(tmp_path, **LONGER)
    process = started(file, jobs)
    folder = wait_for_cases(process, tmp_path / "outputs", 3)
    for blow in range(blows):
        time.sleep(0.05 * blow)
        os.kill(process.pid, signal.SIGINT)  # to the caller alone, not to its workers
    told = process.communicate(timeout=120)[1]
    assert process.returncode == 130 if blows == 1 else process.returncode != 0, (process.returncode, told)
    assert "Traceback" not in told or blows == 2
    assert is_empty(process.pid)  # no worker goes on
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    written = {name: (folder / name).read_bytes() for name in left if name in whole}
    assert written.items() <= whole.items()
    assert not [name for name in left if name.endswith((".part", ".tmp"))]
    if blows == 1:  # who does not wait may leave the hidden folder to the next run
        assert not list(folder.glob(".*"))
        assert f"--resume {folder}" in told
    again = run(Config.load(file), resume=folder, jobs=1, progress=False)
    assert len(again.skipped) >= 3
    assert again.finished
    assert pictures(folder) == whole
    assert not list(folder.glob(".*"))


def test_dask_writes_the_files_of_loky(whole, tmp_path):
    asked = config(tmp_path, **LONGER)
    with dask_cluster():
        report = run(asked, progress=False)
    assert len(report.finished) == 12
    assert pictures(report.folder) == whole


def test_threads_write_the_files_of_loky(whole, tmp_path):
    with joblib.parallel_config(backend="threading", n_jobs=2):
        report = run(config(tmp_path, **LONGER), progress=False)
    assert len(report.finished) == 12
    assert pictures(report.folder) == whole
