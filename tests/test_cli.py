"""The command line: exit codes, one clear line for what goes wrong, and no traceback."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from pixkern import __version__, set_threads
from pixkern.cli import main
from pixkern.demo import boards, photo
from pixkern.lenses import BrownConrady, load, load_profile, save
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.lens import correct

SIZE = (72, 48)
LENS = BrownConrady(np.hypot(*SIZE) / 2, (35.5, 23.5), (-0.12, 0.01), size=SIZE)


@pytest.fixture(autouse=True)
def _default_threads():
    yield
    set_threads(None)


@pytest.fixture
def at(tmp_path, monkeypatch):
    """A working folder with two photos, a bad file and a lens file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for count in range(2):
        pixels = np.random.default_rng(count).integers(0, 256, (48, 72, 3), np.uint8)
        (tmp_path / "in" / f"{count}.png").write_bytes(encode_image(pixels, ".png"))
    save(tmp_path / "lens.yml", LENS)
    return tmp_path


def bad_file(at):
    (at / "in" / "bad.png").write_bytes(b"no image")


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def refused(capsys, *arguments):
    """Bad use: the exit code 2, and one line."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("pixkern")
    assert told.count("\n") == 1
    return told.strip()


def complaint(capsys, *arguments):
    code, out, err = run(capsys, *arguments)
    assert code == 1
    assert out == ""
    assert err.startswith("pixkern: ")
    assert err.count("\n") == 1
    return err


def test_version_and_help_exit_with_0(capsys):
    for arguments in (
        ["--version"],
        ["--help"],
        ["lens", "--help"],
        ["lens", "correct", "--help"],
        ["codec", "rd", "--help"],
        ["demo", "--help"],
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    assert f"pixkern {__version__}" in capsys.readouterr().out


def test_bad_use_is_2(capsys):
    assert "required" in refused(capsys)
    assert "invalid choice" in refused(capsys, "lense")
    assert "invalid choice" in refused(capsys, "lens", "correct", "a", "b", "--crop", "tight")
    assert "whole number" in refused(capsys, "lens", "correct", "a", "b", "--jobs", "0")
    assert "from 1 to 100" in refused(capsys, "lens", "correct", "a", "b", "--quality", "0")
    assert "with its dot" in refused(capsys, "lens", "submit", "a", "--ids", "b", "--out", "c", "--suffix", "jpg")
    assert "9x6" in refused(capsys, "lens", "calibrate", "a", "--pattern", "9", "--out", "b")
    assert "not allowed with" in refused(capsys, "lens", "correct", "a", "b", "--profile", "x", "--checkpoint", "y")


def test_importing_the_command_line_is_light():
    heavy = ["cv2", "joblib", "yaml", "tqdm", "onnxruntime", "numba", "cupy", "torch", "matplotlib", "scipy", "PIL"]
    script = f"import sys, pixkern.cli; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_module_runs_as_a_program_and_passes_its_exit_code_on(at):
    command = [sys.executable, "-m", "pixkern.cli", "lens", "correct", "nothing.jpg", "out.jpg"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr == "pixkern: nothing.jpg: No such file or directory\n"


def test_info_says_what_runs_here(capsys):
    code, out, _ = run(capsys, "info")
    assert code == 0
    assert __version__ in out
    code, out, _ = run(capsys, "info", "--json")
    told = json.loads(out)
    assert told["versions"]["pixkern"] == __version__
    assert told["backends"]["cpu"]["available"] is True
    assert told["cpu_level"] in ("base", "v3", "v4")


def test_a_photo_is_corrected_with_metadata_beside_it(at, capsys):
    code, out, err = run(capsys, "lens", "correct", "in/0.png", "out.png", "--profile", "lens.yml")
    assert (code, err) == (0, "")
    assert "param_only" in out
    expected = correct(read_image("in/0.png").pixels, predictor=at / "lens.yml").image
    assert np.array_equal(read_image("out.png").pixels, expected)
    assert json.loads((at / "out.png.json").read_text())["status"] == "param_only"


def test_a_photo_goes_into_a_folder_under_its_name(at, capsys):
    (at / "there").mkdir()
    code, _, _ = run(capsys, "lens", "correct", "in/0.png", "there", "--predictor", "lens.yml", "--crop", "same-size")
    assert code == 0
    assert sorted(os.listdir(at / "there")) == ["0.png", "0.png.json"]
    code, _, _ = run(capsys, "lens", "correct", "in/1.png", "there", "--suffix", ".webp")
    assert code == 0
    assert read_image(at / "there" / "1.webp").format == "WebP"
    assert "says its own" in complaint(capsys, "lens", "correct", "in/1.png", "1.png", "--suffix", ".webp")


@pytest.mark.parametrize("profile", [("--profile", "lens.yml"), ()], ids=["corrected", "identity"])
def test_the_name_of_the_output_says_its_format(at, capsys, profile):
    run(capsys, "lens", "correct", "in/0.png", "same.png", *profile)
    for name, kind in (("out.tif", "TIFF"), ("out.JPG", "JPEG")):
        code, out, err = run(capsys, "lens", "correct", "in/0.png", name, *profile)
        assert (code, err) == (0, "")
        assert name in out
        assert read_image(name).format == kind
    assert np.array_equal(read_image("out.tif").pixels, read_image("same.png").pixels)


def test_options_of_the_photo_reach_the_correction(at, capsys):
    for options in (["--crop", "keep-all"], ["--interpolation", "nearest"], ["--border", "zeros"]):
        code, out, _ = run(capsys, "lens", "correct", "in/0.png", "o.png", "--profile", "lens.yml", "--json", *options)
        assert code == 0
        assert json.loads(out)[options[0][2:]] == options[1]


def test_a_dry_run_of_a_photo_writes_nothing(at, capsys):
    code, _, _ = run(capsys, "lens", "correct", "in/0.png", "out.png", "--profile", "lens.yml", "--dry-run")
    assert code == 0
    assert not (at / "out.png").exists()


def test_a_photo_without_lines_is_copied_and_says_why(at, capsys):
    code, out, _ = run(capsys, "lens", "correct", "in/0.png", "out.png")
    assert code == 0
    assert "identity (" in out
    assert (at / "out.png").read_bytes() == (at / "in" / "0.png").read_bytes()


def test_what_is_wrong_with_one_photo_is_one_line(at, capsys):
    bad_file(at)
    profile = ("--profile", "lens.yml")
    assert "not an image" in complaint(capsys, "lens", "correct", "in/bad.png", "out.png", *profile)
    assert "over itself" in complaint(capsys, "lens", "correct", "in/0.png", "in/0.png", *profile)
    assert "suffix must be one of" in complaint(capsys, "lens", "correct", "in/0.png", "out.gif", *profile)
    assert "no alpha" in complaint(capsys, "lens", "correct", "in/0.png", "out.jpg", *profile, "--crop", "keep-all")
    assert "nowhere/out.png: No such" in complaint(capsys, "lens", "correct", "in/0.png", "nowhere/out.png", *profile)
    assert "no file 'auto'" in complaint(capsys, "lens", "correct", "in/0.png", "out.png", "--profile", "auto")
    assert "--focal-length" in complaint(capsys, "lens", "correct", "in/0.png", "out.png", "--focal-length", "50")
    assert "no file" in complaint(capsys, "lens", "correct", "in/0.png", "out.png", "--profile", "none.yml")
    assert "for folders" in complaint(capsys, "lens", "correct", "in/0.png", "out.png", "--pool")
    assert "no such model" in complaint(capsys, "lens", "correct", "in/0.png", "out.png", "--checkpoint", "m.onnx")
    (at / "bad.onnx").write_bytes(b"?")
    assert "bad.onnx" in complaint(capsys, "lens", "correct", "in/0.png", "out.png", "--checkpoint", "bad.onnx")
    assert "--lens chooses from a lens file" in complaint(
        capsys, "lens", "correct", "in/0.png", "out.png", "--checkpoint", "bad.onnx", "--lens", "x"
    )
    (at / "bad.yml").write_text("camera_matrix: !!python/object:os.system 1")
    assert "bad.yml" in complaint(capsys, "lens", "correct", "in/0.png", "out.png", "--profile", "bad.yml")
    assert not (at / "out.png").exists()


def test_a_file_name_cannot_break_the_line(at, capsys):
    bad, good = (at / "in" / f"{kind}\nlines\x1b[31m.png" for kind in ("bad", "good"))
    bad.write_bytes(b"")
    good.write_bytes((at / "in" / "0.png").read_bytes())
    profile = ("--profile", "lens.yml", "--dry-run")
    code, out, err = run(capsys, "lens", "correct", "in", "out", "--jobs", "1", *profile)
    assert code == 1
    assert err.count("\n") == 1
    assert out.count("\n") == 4  # a line for each photo, and the sum
    code, alone, _ = run(capsys, "lens", "correct", good, "out.png", *profile)
    assert code == 0
    assert alone.count("\n") == 1
    assert "\x1b" not in out + err + alone


def test_a_folder_is_corrected_and_bad_photos_make_the_code_1(at, capsys):
    arguments = ("lens", "correct", "in", "out", "--profile", "lens.yml", "--jobs", "1")
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    assert "2 photos: 2 param_only; 0 failed" in out
    assert (at / "out" / "report.html").is_file()
    bad_file(at)
    code, out, err = run(capsys, *arguments, "--resume")
    assert code == 1
    assert "(2 from an earlier run)" in out
    assert err.startswith("pixkern: bad.png: not an image")
    assert err.count("\n") == 1


def test_a_folder_run_as_json(at, capsys):
    bad_file(at)
    code, out, _ = run(
        capsys, "lens", "correct", "in", "out", "--profile", "lens.yml", "--jobs", "1", "--json", "--dry-run"
    )
    told = json.loads(out)
    assert code == 1
    assert told["finished"] == ["0.png", "1.png"]
    assert told["records"]["0.png"]["status"] == "param_only"
    assert list(told["failed"]) == ["bad.png"]
    assert not (at / "out").exists()


def test_a_folder_that_is_none_is_one_line(at, capsys):
    (at / "empty").mkdir()
    assert "no photos" in complaint(capsys, "lens", "correct", "empty", "out")
    assert "over themselves" in complaint(capsys, "lens", "correct", "in", "in")
    assert "no photos" in complaint(capsys, "lens", "calibrate", "empty", "--out", "lens.json")
    assert "--out must end in" in complaint(capsys, "lens", "calibrate", "in", "--out", "lens.txt")
    assert "no folder nowhere" in complaint(capsys, "lens", "calibrate", "in", "--out", "nowhere/lens.yml")
    assert "--predictor auto" in complaint(capsys, "lens", "correct", "in", "out", "--pool", "--profile", "lens.yml")
    assert "leave one of them out" in complaint(capsys, "lens", "correct", "in", "out", "--dry-run", "--resume")
    assert not (at / "out").exists()


@pytest.fixture(scope="module")
def board_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boards")
    for name, data in list(boards().items())[:5]:
        (folder / name).write_bytes(data)
    return folder


def test_calibrate_writes_a_lens_that_straightens_the_boards(board_folder, tmp_path, capsys):
    out = tmp_path / "lens.json"
    code, told, _ = run(capsys, "lens", "calibrate", board_folder, "--pattern", "9x6", "--out", out, "--json")
    assert code == 0
    figures = json.loads(told)
    assert figures["boards"] == 5
    assert figures["straightness_before_px"] > 0.5
    assert figures["straightness_after_px"] <= 0.10  # the figure of the whole set of boards
    assert load_profile(out).provenance["method"] == "checkerboard"
    assert load(out).size == (640, 480)
    code, told, _ = run(capsys, "lens", "calibrate", board_folder, "--out", tmp_path / "lens.yml")
    assert code == 0
    assert "px RMS after" in told
    assert load(tmp_path / "lens.yml").radial[:2] == pytest.approx(load(out).radial[:2], rel=1e-12)  # text of YAML


def test_auto_pools_the_photos_of_a_folder(board_folder, tmp_path, capsys):
    out = tmp_path / "out"
    code, _, _ = run(capsys, "lens", "correct", board_folder, out, "--pool", "--jobs", "1")
    assert code == 0
    lenses = [json.loads(path.read_text())["lens"] for path in sorted((out / "metadata").iterdir())]
    assert len(lenses) == 5
    assert all(lens == lenses[0] for lens in lenses)
    assert -0.25 < lenses[0]["parameters"]["radial"][0] < -0.1  # calibrated: -0.164 in half diagonals


def test_score_and_submit_take_what_correct_wrote(at, capsys):
    run(capsys, "lens", "correct", "in", "out", "--profile", "lens.yml", "--jobs", "1")
    code, out, _ = run(capsys, "lens", "score", "out", "out", "--jobs", "1")
    assert code == 0
    assert "total 1.0000 over 2 photos" in out
    (at / "ids.csv").write_text("id\n0\n1\n")
    submit = ("lens", "submit", "out", "--ids", "ids.csv", "--originals", "in", "--jobs", "1", "--out")
    code, out, _ = run(capsys, *submit, "a.zip", "--json")
    assert code == 0
    assert json.loads(out)["names"] == ["0.png", "1.png"]
    run(capsys, *submit, "b.zip")
    assert (at / "a.zip").read_bytes() == (at / "b.zip").read_bytes()
    code, out, _ = run(capsys, "lens", "verify", "a.zip", "--ids", "ids.csv")
    assert code == 0
    assert "2 photos" in out


def test_score_and_submit_name_every_problem(at, capsys):
    run(capsys, "lens", "correct", "in", "out", "--profile", "lens.yml", "--jobs", "1")
    (at / "out" / "1.png").unlink()
    code, out, err = run(capsys, "lens", "score", "out", "in", "--jobs", "1", "--json")
    assert code == 1
    assert "1: missing" in err
    assert json.loads(out)
    (at / "ids.csv").write_text("id\n0\n1\n2\n")
    code, out, err = run(capsys, "lens", "submit", "out", "--ids", "ids.csv", "--jobs", "1", "--out", "a.zip")
    assert (code, out) == (1, "")
    assert len(err.strip().splitlines()) >= 2
    assert all(line.startswith("pixkern: ") for line in err.strip().splitlines())
    assert not (at / "a.zip").exists()
    assert "none.zip" in complaint(capsys, "lens", "verify", "none.zip")
    assert "needs --ids" in complaint(capsys, "lens", "verify", "none.zip", "--only", "val")
    assert "needs --split" in complaint(capsys, "lens", "score", "out", "in", "--only", "val")


def test_submit_refuses_what_was_not_safe(at, capsys):
    run(capsys, "lens", "correct", "in", "out", "--profile", "lens.yml", "--jobs", "1")
    path = at / "out" / "metadata" / "0.png.json"
    told = json.loads(path.read_text())
    told["safety"]["safe"] = False
    path.write_text(json.dumps(told))
    (at / "ids.csv").write_text("id\n0\n1\n")
    assert "0" in complaint(capsys, "lens", "submit", "out", "--ids", "ids.csv", "--jobs", "1", "--out", "a.zip")


def test_an_interruption_is_130_and_one_line(at, capsys, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("pixkern.pipelines.lens.photo_file.correct", interrupt)
    before = signal.getsignal(signal.SIGINT)
    try:
        code, _, err = run(capsys, "lens", "correct", "in/0.png", "out.png", "--profile", "lens.yml")
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL  # the next one ends the process at once
    finally:
        signal.signal(signal.SIGINT, before)
    assert (code, err) == (130, "pixkern: interrupted\n")


@pytest.mark.slow
def test_the_demo_straightens_its_photos(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("pixkern.cli._demo_codec.run", lambda out: [])
    monkeypatch.setattr("pixkern.cli._demo_slpr.run", lambda out: [])
    monkeypatch.setattr("pixkern.cli._demo_pixelart.run", lambda out: [])
    monkeypatch.setattr("pixkern.cli._demo_relight.run", lambda out: [])
    code, out, err = run(capsys, "demo", "--out", tmp_path / "demo")
    assert (code, err) == (0, "")
    assert "calibrated from 13 photos" in out
    for name in ("board.png", "building.png"):
        assert read_image(tmp_path / "demo" / name).pixels.ndim == 3
    assert load(tmp_path / "demo" / "lens.yml").size == (640, 480)


def test_the_demo_says_what_did_not_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("pixkern.cli._demo_lens.run", lambda out, backend: ["one"])
    monkeypatch.setattr("pixkern.cli._demo_codec.run", lambda out: ["two"])
    monkeypatch.setattr("pixkern.cli._demo_slpr.run", lambda out: ["three"])
    monkeypatch.setattr("pixkern.cli._demo_pixelart.run", lambda out: ["four"])
    monkeypatch.setattr("pixkern.cli._demo_relight.run", lambda out: ["five"])
    code, _, err = run(capsys, "demo", "--out", tmp_path)
    assert (code, err) == (1, "pixkern: one\npixkern: two\npixkern: three\npixkern: four\npixkern: five\n")


def test_the_photos_of_the_demo_are_shipped():
    assert len(boards()) == 13
    assert all(data[:2] == b"\xff\xd8" for data in (*boards().values(), photo("building.jpg")))
