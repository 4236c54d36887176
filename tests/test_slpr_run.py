"""Whole runs of the renderer: the same files however they are made, what fails fails alone, and what a plan says."""

import json
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from slpr_runs import config, lines, names, prepared, results

from pixkern import _threads
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.slpr import Asset, Config, Interrupted, run
from pixkern.pipelines.slpr import run as run_function

CASES = 12
QUIET = {"progress": False}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run in this process, what it was asked for, and its report."""
    asked = config(tmp_path_factory.mktemp("whole"))
    report = run(asked, jobs=1, **QUIET)
    assert report.ok
    return asked, report


def changed(asked, **settings):
    return replace(asked, settings=replace(asked.settings, **settings))


def test_two_workers_write_the_files_of_one(whole):
    asked, report = whole
    again = run(asked, jobs=2, **QUIET)
    assert again.folder != report.folder
    assert len(again.finished) == CASES
    assert results(again.folder) == results(report.folder)
    assert names(again.folder) == names(report.folder)


def test_results_depend_neither_on_threads_nor_on_the_order_of_the_assets(whole, tmp_path):
    asked, report = whole
    turned = replace(changed(asked, output_root=tmp_path), assets=asked.assets[::-1], configs=asked.configs[::-1])
    try:
        _threads.set_threads(2)
        again = run(turned, jobs=1, **QUIET)
    finally:
        _threads.set_threads(None)
    ordered = ("index.html", "manifest.jsonl", "resolved_config.json")
    one, other = ({k: v for k, v in results(each.folder).items() if k not in ordered} for each in (report, again))
    assert one == other
    assert again.records == report.records


# Killed at an encoded picture in the middle of the run, or from outside with its workers at work.

KILLED_WITHIN = """
import os, signal, sys
from pixkern.pipelines.slpr import Config, case_files, run
count, encode = 0, case_files.encode_image
def deadly(*arguments, **options):
    global count
    count += 1
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return encode(*arguments, **options)
case_files.encode_image = deadly
run(Config.load(sys.argv[1]), jobs=1, progress=False)
"""
WITH_WORKERS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background is born deaf to it
from pixkern.cli import main
sys.exit(main(["slpr", "run", sys.argv[1], "--jobs", "2", "--no-progress"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("picture", [1, 60, 110])
def test_a_run_that_was_killed_half_way_resumes_to_the_files_of_one_that_was_not(whole, picture):
    asked, report = whole
    root = report.folder.parent
    before = set(root.iterdir())
    killed = subprocess.run([sys.executable, "-c", KILLED_WITHIN, root.parent / "run.yaml", str(picture)], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (folder,) = set(root.iterdir()) - before
    assert not (folder / "index.html").exists()
    done = len(lines(folder / "manifest.jsonl")) if (folder / "manifest.jsonl").exists() else 0
    again = run(asked, resume=folder, jobs=1, **QUIET)
    assert (len(again.skipped), len(again.finished)) == (done, CASES - done)
    assert (picture == 1) == (done == 0)
    assert results(folder) == results(report.folder)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a process group")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_struck_with_its_workers_leaves_whole_files_and_resumes_to_the_same(blow, tmp_path):
    longer = {"samples_per_render": 300, "zoom_levels": [100, 500]}  # so that the blow comes before the end
    report = run(config(tmp_path / "whole", **longer), jobs=2, **QUIET)
    file = prepared(tmp_path / "struck", output_root=str(tmp_path / "outputs"), log_level="INFO", **longer)
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_WORKERS, file], start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if any(len(lines(path)) >= 2 for path in (tmp_path / "outputs").glob("*/manifest.jsonl")):
            break
        time.sleep(0.002)
    os.killpg(process.pid, blow)
    told = process.communicate(timeout=60)[1]
    (folder,) = (tmp_path / "outputs").iterdir()
    if blow == signal.SIGINT:
        assert process.returncode == 130
        assert f"pixkern: interrupted; go on with: pixkern slpr run {file} --resume {folder}" in told
        assert not list(folder.glob(".pixkern-*"))
    else:
        assert process.returncode == -signal.SIGKILL
    for name, content in results(folder).items():  # half of nothing
        if "/" in name and not name.startswith(".pixkern-"):
            assert content == (report.folder / name).read_bytes()
    again = run(Config.load(file), resume=True, jobs=2, **QUIET)
    assert again.folder == folder
    assert len(again.skipped) >= 2
    assert again.finished
    same = ("resolved_config.json", "manifest.jsonl")  # which hold where the images are, and the hash of that
    one, other = ({k: v for k, v in results(each).items() if k not in same} for each in (folder, report.folder))
    assert one == other


def test_an_interrupt_tells_which_folder_to_resume(whole, tmp_path, monkeypatch):
    asked = changed(whole[0], output_root=tmp_path)
    module = sys.modules["pixkern.pipelines.slpr.run"]

    def interrupted(case):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "run_case", interrupted)
    with pytest.raises(Interrupted) as caught:
        run(asked, jobs=1, **QUIET)
    assert [caught.value.folder] == list(tmp_path.iterdir())
    assert isinstance(caught.value, KeyboardInterrupt)
    assert not (caught.value.folder / "index.html").exists()


def test_resume_takes_the_newest_run_of_the_same_configuration(whole, tmp_path):
    asked = changed(whole[0], output_root=tmp_path, samples_per_render=1, zoom_levels=(100,))
    first, second = (run(asked, jobs=1, **QUIET) for _ in range(2))
    other = run(changed(asked, seed=8), jobs=1, **QUIET)
    again = run(changed(asked, num_cores=1, log_level="DEBUG"), resume=True, **QUIET)
    assert again.folder == second.folder
    assert again.finished == ()
    assert again.skipped == second.finished
    assert again.records == second.records
    assert len({first.folder, second.folder, other.folder}) == 3


def test_runs_of_one_second_have_folders_in_the_order_they_began(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "strftime", lambda *_: "20260102-030405")
    from pixkern.pipelines.slpr import _run_folder

    asked = changed(whole[0], output_root=tmp_path)
    folders = [_run_folder.start(asked) for _ in range(11)]
    assert [folder.name[15:] for folder in folders] == ["", *(f"-{n}" for n in range(2, 12))]
    assert _run_folder.newest(asked) == (folders[-1], "")


def test_resume_without_such_a_run_starts_one_and_says_why(whole, tmp_path):
    asked = changed(whole[0], output_root=tmp_path, samples_per_render=1, zoom_levels=(100,), log_level="INFO")
    first = run(asked, resume=True, jobs=1, **QUIET)
    assert "no run of this configuration to resume: there is none in" in (first.folder / "run.log").read_text()
    second = run(changed(asked, color_mode="gray"), resume=True, jobs=1, **QUIET)
    assert second.folder != first.folder
    assert 'differs in global.color_mode: "rgb" there, "gray" here' in (second.folder / "run.log").read_text()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"seed": 8}, "global.seed: 7 there, 8 here"),
        ({"samples_per_render": 6}, "global.samples_per_render: 5 there, 6 here"),
        ({"zoom_levels": (100,)}, "global.zoom_levels[1]: 150 there, nothing here"),
        ({"profiling": False}, "global.profiling: true there, false here"),
    ],
)
def test_a_folder_of_another_configuration_is_not_resumed(whole, settings, told):
    asked, report = whole
    before = results(report.folder)
    with pytest.raises(ValueError) as caught:
        run(changed(asked, **settings), resume=report.folder, **QUIET)
    assert str(caught.value) == f"{report.folder} is a run of another configuration, which differs in {told}"
    assert results(report.folder) == before


def test_what_is_no_folder_of_a_run_is_not_resumed(whole, tmp_path):
    with pytest.raises(ValueError, match="is not the folder of a run"):
        run(whole[0], resume=tmp_path, **QUIET)
    (tmp_path / "resolved_config.json").write_text("{}")
    with pytest.raises(ValueError, match="damaged"):
        run(whole[0], resume=tmp_path, **QUIET)
    assert list(tmp_path.iterdir()) == [tmp_path / "resolved_config.json"]


def test_an_image_that_changed_is_rendered_again_and_nothing_else(tmp_path):
    asked = config(tmp_path / "here", samples_per_render=1, zoom_levels=[100])
    report = run(asked, jobs=1, **QUIET)
    (tmp_path / "here" / "images" / "grey.png").write_bytes(encode_image(np.full((9, 9), 40, np.uint8), ".png"))
    again = run(asked, resume=True, jobs=1, **QUIET)
    assert again.finished == ("grey/blocks", "grey/calm", "grey/loose")
    assert len(again.skipped) == CASES - 3
    assert again.folder == report.folder


def test_files_that_are_called_like_cases_do_not_disturb_resume(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = config(tmp_path / "here", samples_per_render=1, zoom_levels=[100])
    assert run(asked, jobs=1, **QUIET).ok
    (tmp_path / "grey").mkdir()
    for name in ("calm", "grey/calm", "rgb"):
        (tmp_path / name).write_text("a file that happens to be in the working folder")
    assert len(run(asked, resume=True, jobs=1, **QUIET).skipped) == CASES


def test_a_seed_is_drawn_once_and_recorded(tmp_path):
    asked = config(tmp_path / "here", samples_per_render=1, zoom_levels=[100], seed=None)
    first = run(asked, jobs=1, **QUIET)
    recorded = Config.load(first.folder / "resolved_config.json")
    assert recorded.settings.seed is not None
    assert recorded == changed(asked, seed=recorded.settings.seed)
    second = run(asked, jobs=1, **QUIET)
    assert Config.load(second.folder / "resolved_config.json").settings.seed != recorded.settings.seed
    for resume, report in ((first.folder, first), (True, second)):
        again = run(asked, resume=resume, jobs=1, **QUIET)
        assert (again.folder, len(again.skipped)) == (report.folder, CASES)
    repeated = run(recorded, jobs=1, **QUIET)
    assert results(repeated.folder) == results(first.folder)


def test_an_image_that_cannot_be_read_fails_alone(tmp_path):
    asked = config(tmp_path / "here", samples_per_render=1, zoom_levels=[100])
    file = tmp_path / "here" / "images" / "deep.png"
    file.write_bytes(file.read_bytes()[:-20])
    (tmp_path / "here" / "images" / "clear.png").unlink()
    report = run(asked, jobs=2, **QUIET)
    assert not report.ok
    assert len(report.finished) == CASES - 6
    assert {key.split("/")[0] for key in report.failed} == {"deep", "clear"}
    assert all("\n" not in reason for reason in report.failed.values())
    assert "ImageError" in report.failed["deep/calm"]
    assert "deep/calm failed" in (report.folder / "run.log").read_text()
    assert "ImageError" in (report.folder / "index.html").read_text()
    assert not (report.folder / "deep").exists()


def test_the_log_tells_of_the_run_and_its_handlers_are_gone_afterwards(whole, tmp_path, capsys):
    logger = logging.getLogger("pixkern")
    before = (logger.level, list(logger.handlers))
    asked = changed(whole[0], output_root=tmp_path, samples_per_render=1, zoom_levels=(100,), log_level="INFO")
    report = run(asked, jobs=1, **QUIET)
    log = (report.folder / "run.log").read_text()
    assert (logger.level, logger.handlers) == before
    assert capsys.readouterr().err == log
    for told in ("is a new run", "4 assets x 3 configs", "stochastic", "12 cases done, 0 from before, 0 failed"):
        assert told in log
    silent = run(changed(asked, log_level="ERROR"), jobs=1, **QUIET)
    assert (silent.folder / "run.log").read_text() == ""
    assert capsys.readouterr().err == ""


def test_timings_of_all_cases_are_added_up(whole):
    _, report = whole
    recorded = json.loads((report.folder / "run_timings.json").read_text())
    assert recorded == report.timings
    each = [json.loads(path.read_text()) for path in report.folder.glob("*/*/timings.json")]
    assert len(each) == CASES
    for stage in ("pyramid", "stochastic", "save", "metrics"):
        totals = [case[stage]["total"] for case in each]
        assert recorded[stage]["total"] == pytest.approx(math.fsum(totals))
        assert recorded[stage]["count"] == sum(case[stage]["count"] for case in each)


def test_times_that_are_damaged_are_left_out_and_cost_nothing_else(tmp_path):
    asked = config(tmp_path / "here", samples_per_render=1, zoom_levels=[100])
    report = run(asked, jobs=1, **QUIET)
    for name, text in (("calm", "{"), ("loose", "[1]"), ("blocks", '{"save": {}}')):
        (report.folder / "grey" / name / "timings.json").write_text(text)
    again = run(asked, resume=True, jobs=1, **QUIET)
    assert len(again.skipped) == CASES
    assert again.timings["save"]["count"] == report.timings["save"]["count"] * (CASES - 3) // CASES
    log = (report.folder / "run.log").read_text()
    assert log == ""  # a warning, of a run that shows errors


def test_a_run_without_profiling_writes_no_times(whole, tmp_path):
    report = run(changed(whole[0], output_root=tmp_path, profiling=False), jobs=1, **QUIET)
    assert report.timings == {}
    timed = {name for name in names(whole[1].folder) if name.endswith("timings.json")}
    assert names(report.folder) == names(whole[1].folder) - timed
    assert len(timed) == CASES + 1
    plan = run(changed(whole[0], profiling=False), jobs=1, dry_run=True).plan
    assert plan.files == len([name for name in names(report.folder) if "/thumbnails/" not in name])


def test_the_environment_is_recorded_without_the_names_of_host_and_user(whole, monkeypatch):
    monkeypatch.setenv("PIXKERN_THREADS", "3")
    from pixkern.pipelines.slpr.environment import environment

    told = json.loads((whole[1].folder / "environment.json").read_text())
    assert {"pixkern", "python", "machine", "packages", "backends"} <= told.keys()
    assert {"numpy", "opencv-python-headless"} <= told["packages"].keys()
    assert told["machine"]["cpu_level"] in ("base", "v3", "v4")
    assert environment()["settings"]["PIXKERN_THREADS"] == "3"
    parts = json.dumps(told).replace('"', " ").replace("-", " ").split()
    assert socket.gethostname() not in parts
    assert str(Path.home()) not in json.dumps(told)


def test_a_plan_says_what_the_run_then_does_and_writes_nothing(whole, tmp_path):
    asked, report = whole
    dry = run(changed(asked, output_root=tmp_path / "never"), dry_run=True, jobs=2)
    assert list(tmp_path.iterdir()) == []
    assert dry.folder is None
    plan = dry.plan
    assert [case.key for case in plan.cases] == [f"{a.name}/{c.name}" for a in asked.assets for c in asked.configs]
    written = [name for name in names(report.folder) if "/thumbnails/" not in name]
    assert plan.files == len(written)
    for case in plan.cases:
        assert case.files == len([name for name in written if name.startswith(f"{case.key}/")])
        for zoom, size in case.outputs.items():
            assert read_image(report.folder / case.key / f"average_{zoom}.png").size == size
        assert case.work == 5 * sum(math.prod(size) for size in case.outputs.values())
    assert plan.workers == 2
    assert plan.seconds >= max(case.seconds for case in plan.cases) > 0
    assert plan.bytes_per_worker <= plan.bytes <= 2 * plan.bytes_per_worker
    assert "estimate" in str(plan)
    assert str(plan).endswith("nothing was written")
    assert json.loads(json.dumps(plan.to_dict()))["files"] == plan.files


def test_a_plan_names_what_will_fail(whole, tmp_path):
    (tmp_path / "none.png").write_bytes(b"no image")
    bad = Asset("bad", tmp_path / "none.png")
    dry = run(replace(whole[0], assets=(whole[0].assets[0], bad)), dry_run=True, jobs=1)
    assert not dry.ok
    assert sorted(dry.plan.unreadable) == ["bad/blocks", "bad/calm", "bad/loose"]
    assert "bad/calm: will fail: ImageError" in str(dry.plan)
    assert len(dry.plan.cases) == 3


def test_the_progress_bar_ends_at_the_work_of_the_plan(whole, tmp_path, capsys):
    run(changed(whole[0], output_root=tmp_path, samples_per_render=1, zoom_levels=(100,)), jobs=1)
    last = capsys.readouterr().err.rstrip().split("\r")[-1]
    assert "100%" in last


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"jobs": 0}, ValueError, "jobs must be at least 1"),
        ({"jobs": "two"}, TypeError, "jobs must be an integer"),
        ({"dry_run": True, "resume": True}, ValueError, "a dry run writes nothing that could be resumed"),
    ],
)
def test_bad_options_are_refused_before_any_folder_is_made(whole, tmp_path, options, error, told):
    asked = changed(whole[0], output_root=tmp_path / "never")
    with pytest.raises(error, match=told):
        run(asked, **QUIET, **options)
    assert not (tmp_path / "never").exists()


def test_a_path_is_not_a_configuration():
    with pytest.raises(TypeError, match=r"Config.load\(path\)"):
        run_function("quick_rgb.yaml")
