"""`pixkern relight generate` as it is typed."""

from __future__ import annotations

import json

import pytest
from relight_sets import photos

from pixkern.cli import main
from pixkern.pipelines.relight.config import Config


@pytest.fixture
def root(tmp_path):
    photos(tmp_path, "a.png", "b.png")
    (tmp_path / "set.yaml").write_text("output: {intermediates: false}")
    return tmp_path


def relight(root, *options):
    return main(["relight", "generate", str(root / "set.yaml"), "--jobs", "1", *options])


def test_it_writes_a_data_set_and_says_so_in_a_few_lines(root, capsys):
    assert relight(root) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(f"{root / 'dataset'}: 2 samples; no photo failed\n")
    assert "images/s; time in decode" in out
    assert (root / "dataset" / "outputs" / "a_output.png").is_file()


def test_a_configuration_is_written_once_and_is_one(tmp_path, capsys):
    file = tmp_path / "new.yaml"
    assert main(["relight", "generate", str(file), "--write-config"]) == 0
    assert file.read_text(encoding="utf-8") == Config.template()
    assert Config.load(file) == Config(root=tmp_path)
    file.write_text("mine")
    assert main(["relight", "generate", str(file), "--write-config"]) == 1
    assert file.read_text() == "mine"
    assert capsys.readouterr().err == f"pixkern: {file}: File exists\n"


def test_options_stand_in_place_of_what_the_file_says(root, capsys):
    assert relight(root, "--variants", "3", "--num-samples", "4", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["samples"], told["made"], told["failed"]) == (4, 4, {})
    assert relight(root, "--variants", "3", "--resume", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["samples"], told["made"]) == (6, 3)


def test_a_dry_run_lists_the_samples_and_writes_nothing(root, capsys):
    assert relight(root, "--dry-run", "--variants", "2") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out == f"{root / 'dataset'}: 4 samples to make\na_0\na_1\nb_0\nb_1\n"
    assert not (root / "dataset").exists()
    assert relight(root, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["plan"] == {"samples": ["a", "b"], "held": [], "shards": []}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("output: {layuot: shards}", "output.layuot: no such key, did you mean layout?"),
        ("variants: none", "variants: must be a whole number, got 'none'"),
        ("a: [", "not YAML at line 1, column 5"),
        ("input: {folder: nowhere}", "input.folder: no such folder"),
    ],
)
def test_a_wrong_configuration_is_told_in_one_line(text, told, root, capsys):
    (root / "set.yaml").write_text(text)
    assert relight(root) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("pixkern: ")
    assert err.count("\n") == 1
    assert told in err


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path, capsys):
    assert main(["relight", "generate", str(tmp_path / "none.yaml")]) == 1
    assert capsys.readouterr().err == f"pixkern: {tmp_path / 'none.yaml'}: No such file or directory\n"


@pytest.mark.parametrize("option", ["--variants", "--num-samples", "--jobs"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5"])
def test_numbers_must_be_whole_and_at_least_1(option, value, root, capsys):
    with pytest.raises(SystemExit) as stop:
        relight(root, option, value)
    assert stop.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_an_interrupt_says_how_to_go_on(root, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("pixkern.pipelines.batch.run_all", interrupted)
    assert relight(root) == 130
    assert capsys.readouterr().err.endswith(f"go on with: pixkern relight generate {root / 'set.yaml'} --resume\n")
