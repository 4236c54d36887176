"""`pixkern slpr run`: what it prints, its exit codes, and what is refused in one line."""

import json

import pytest
from slpr_runs import names, prepared

from pixkern import _threads, set_threads
from pixkern.cli import main

SMALL = {"samples_per_render": 2, "zoom_levels": [100]}


@pytest.fixture(autouse=True)
def _threads_as_before():
    yield
    set_threads(None)


@pytest.fixture
def file(tmp_path):
    return prepared(tmp_path / "here", **SMALL)


def slpr(capsys, *arguments):
    code = main(["slpr", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def runs(file):
    outputs = file.parent / "outputs"
    return sorted(outputs.iterdir()) if outputs.exists() else []


def test_a_run_says_where_it_is_and_how_many_cases_it_did(file, capsys):
    code, out, err = slpr(capsys, "run", file, "--jobs", 1, "--no-progress")
    (folder,) = runs(file)
    assert (code, out, err) == (0, f"{folder}: 12 cases; 0 failed\n", "")
    code, out, err = slpr(capsys, "run", file, "--resume", "--jobs", 1, "--no-progress")
    assert (code, out, err) == (0, f"{folder}: 12 cases (12 from an earlier run); 0 failed\n", "")
    code, out, err = slpr(capsys, "run", file, "--resume", folder, "--jobs", 1, "--no-progress")
    assert (code, out) == (0, f"{folder}: 12 cases (12 from an earlier run); 0 failed\n")
    assert runs(file) == [folder]


def test_there_is_a_progress_bar_unless_it_is_not_wanted(file, capsys):
    _, out, err = slpr(capsys, "run", file, "--jobs", 1)
    assert "100%" in err
    assert "%" not in out


def test_json_is_all_there_is_on_stdout(file, capsys):
    code, out, _ = slpr(capsys, "run", file, "--jobs", 1, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["folder"] == str(runs(file)[0])
    assert len(told["finished"]) == 12
    assert told["records"]["grey/calm"]["at_100_percent"]["average"]["psnr"] > 15
    code, out, _ = slpr(capsys, "run", file, "--dry-run", "--json")
    assert code == 0
    assert len(json.loads(out)["cases"]) == 12


def test_a_dry_run_prints_the_plan_and_writes_nothing(file, capsys):
    before = names(file.parent)
    code, out, err = slpr(capsys, "run", file, "--dry-run", "--jobs", 2)
    assert (code, err) == (0, "")
    assert "deep/loose: 19 x 20 to 100 %: 19 x 20; 760 pixels x samples, about " in out
    assert " with 2 workers, about " in out
    assert names(file.parent) == before


def test_an_image_that_cannot_be_read_is_named_and_the_exit_code_is_1(file, capsys):
    (file.parent / "images" / "grey.png").write_bytes(b"")
    code, out, err = slpr(capsys, "run", file, "--jobs", 1, "--no-progress")
    assert code == 1
    assert out.endswith(": 9 cases; 3 failed\n")
    assert [line.split(" ERROR   ")[1].split(":")[0] for line in err.splitlines()] == [
        f"grey/{name} failed" for name in ("blocks", "calm", "loose")
    ]
    code, out, err = slpr(capsys, "run", file, "--dry-run")
    assert code == 1
    assert "grey/calm: will fail: ImageError" in out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seed:", "sead:", "global.sead: no such key, did you mean seed?"),
        ("samples_per_render: 2", "samples_per_render: many", "global.samples_per_render: must be a whole number"),
        ("images/grey.png", "images/gray.png", "no such file: "),
        ("configs:", "configs: [", "not YAML at line"),
    ],
)
def test_a_bad_configuration_is_one_line_and_exit_code_1(file, capsys, old, new, told):
    file.write_text(file.read_text().replace(old, new))
    code, out, err = slpr(capsys, "run", file)
    assert (code, out) == (1, "")
    assert err.startswith(f"pixkern: {file}: ")
    assert told in err
    assert err.count("\n") == 1
    assert runs(file) == []


def test_what_cannot_be_resumed_or_is_not_there_is_one_line(file, capsys, tmp_path):
    code, _, err = slpr(capsys, "run", file, "--resume", tmp_path)
    assert (code, err) == (1, f"pixkern: {tmp_path} is not the folder of a run: it has no resolved_config.json\n")
    code, _, err = slpr(capsys, "run", tmp_path / "none.yaml")
    assert (code, err) == (1, f"pixkern: {tmp_path / 'none.yaml'}: No such file or directory\n")
    code, _, err = slpr(capsys, "run", file, "--dry-run", "--resume")
    assert (code, err.count("\n")) == (1, 1)


def test_threads_are_those_asked_for(file, capsys):
    assert slpr(capsys, "run", file, "--threads", 3, "--jobs", 1, "--no-progress")[0] == 0
    assert _threads.limit() == 3


@pytest.mark.parametrize("arguments", [["run"], ["run", "a.yaml", "--jobs", "0"], ["run", "a.yaml", "--job"], []])
def test_bad_use_has_exit_code_2(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        slpr(capsys, *arguments)
    assert caught.value.code == 2
