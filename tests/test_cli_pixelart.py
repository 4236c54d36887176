"""`pixkern pixelart restore` and `feedback`: what is written where, exit codes, and one clear line for what goes wrong.

The restoration itself is a stand-in with cells of 5 pixels, so that every option can be seen to arrive.
"""

import argparse
import csv
import dataclasses
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pixelart_results import even, found, grid, sprite

from pixkern import set_threads
from pixkern.cli import _pixelart_options, main
from pixkern.pipelines import pixelart
from pixkern.pipelines.files import decode_image, encode_image, read_image
from pixkern.pipelines.pixelart import Options, Restoration, Warned, feedback, palette, pictures
from pixkern.pipelines.pixelart.directory import restore_files
from pixkern.pipelines.pixelart.report import COLUMNS
from pixkern.pipelines.pixelart.sprite_file import FileOptions

HERO, FOE = sprite(4, 3, 3, seed=1), sprite(5, 6, 4, seed=2)
FOE[2, 1, 3] = 128  # or WebP drops its alpha


@pytest.fixture(autouse=True)
def _default_threads():
    yield
    set_threads(None)


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """A restoration with cells of 5 pixels, or of half or double that; what it is asked for, call by call."""
    calls = []

    def restore(image, **options):
        calls.append(options)
        if image.max() == 0:
            raise ValueError("all black")
        return answer(image, 5)

    monkeypatch.setattr(pixelart, "restore", restore, raising=False)
    return calls


def answer(image, pitch):
    cells = np.ascontiguousarray(image[pitch // 2 :: pitch, pitch // 2 :: pitch])
    lines = [even(side, pitch) for side in cells.shape[1::-1]]
    unsure = (Warned("low_confidence", "it may be another"),) if (image[0, 0] == 255).all() else ()
    colours = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    done = found(cells, *lines, image=image, warnings=unsure, palette=colours)
    return _Changing(**{name: getattr(done, name) for name in done.__dataclass_fields__})


class _Changing(Restoration):
    def half(self):
        pitch = self.grid.cell[0] / 2
        return replace(
            self, grid=grid(even(self.size[0] * 2, pitch), even(self.size[1] * 2, pitch)), sprite=self._every(2)
        )

    def double(self):
        return replace(self, grid=grid([0, *even(1, 5)[1:] * 4], [0, 15]), sprite=self.sprite[:1, :1])

    def _every(self, times):
        return self.sprite.repeat(times, 0).repeat(times, 1)


@pytest.fixture
def at(tmp_path, monkeypatch):
    """A working folder with pictures, one of them in a folder inside."""
    monkeypatch.chdir(tmp_path)
    for name, cells in {"hero.png": HERO, "foe.webp": FOE, "deep/er/grey.bmp": HERO[..., 0]}.items():
        path = tmp_path / "art" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_image(cells.repeat(5, 0).repeat(5, 1), path.suffix))
    return tmp_path


def unsure(at, name="unsure.png"):
    cells = HERO.copy()
    cells[0, 0] = 255
    (at / "art" / name).write_bytes(encode_image(cells.repeat(5, 0).repeat(5, 1), ".png"))


def run(capsys, *arguments):
    code = main(["pixelart", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def refused(capsys, *arguments):
    """Bad use: the exit code 2, and one line."""
    with pytest.raises(SystemExit) as caught:
        main(["pixelart", *map(str, arguments)])
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


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_one_picture_becomes_the_file_that_is_named(at, capsys):
    code, out, err = run(capsys, "restore", "art/hero.png", "hero.png")
    assert (code, err) == (0, "")
    told = (
        "hero.png: restored, 4 x 3 sprite, cells of 5.00 x 5.00 pixels, 1.50 % differ, confidence 0.97; wrote hero.png"
    )
    assert out == told + "\n"
    assert np.array_equal(read_image("hero.png").pixels, HERO)
    assert files(at) == ["art/deep/er/grey.bmp", "art/foe.webp", "art/hero.png", "hero.png"]


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".tiff", ".PNG"])
def test_sprites_are_written_in_every_format_that_loses_nothing(at, capsys, suffix):
    assert run(capsys, "restore", "art/foe.webp", f"foe{suffix}")[0] == 0
    assert np.array_equal(read_image(f"foe{suffix}").pixels, FOE)


def test_a_format_that_loses_something_is_refused_before_anything_is_read(at, capsys):
    err = complaint(capsys, "restore", "art/hero.png", "hero.jpg")
    assert "without loss, as .png" in err
    assert "no alpha" in complaint(capsys, "restore", "art/foe.webp", "foe.bmp")


def test_pictures_are_written_beside_the_sprite(at, capsys):
    (at / "out").mkdir()
    asked_for = ("--preview", "7", "--overlay", "--diff", "--heatmap")
    assert run(capsys, "restore", "art/hero.png", "out/it.png", *asked_for)[0] == 0
    names = ["it.difference.png", "it.heatmap.png", "it.overlay.png", "it.png", "it.preview.png"]
    assert files("out") == names
    image = read_image("art/hero.png").pixels
    good = answer(image, 5)
    for name, drawn in {
        "preview": pictures.preview(HERO, 7),
        "overlay": pictures.overlay(image, good.grid),
        "difference": pictures.difference_picture(image, good),
        "heatmap": pictures.heat_map(good),
    }.items():
        assert np.array_equal(read_image(f"out/it.{name}.png").pixels, drawn), name


def test_json_has_everything_and_is_all_there_is_on_stdout(at, capsys):
    unsure(at)
    code, out, err = run(capsys, "restore", "art/unsure.png", "it.png", "--json", "--preview", "2")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["path"] == "art/unsure.png"
    assert said["output"] == "it.png"
    assert said["files"] == ["it.png", "it.preview.png"]
    assert said["lines"]["y"] == [0, 5, 10, 15]
    assert said["warnings"] == [{"code": "low_confidence", "message": "it may be another"}]


def test_warnings_are_lines_on_stderr_and_strict_makes_them_exit_code_3(at, capsys):
    unsure(at)
    code, _, err = run(capsys, "restore", "art/unsure.png", "it.png")
    assert (code, err) == (0, "pixkern: art/unsure.png: low_confidence: it may be another\n")
    assert run(capsys, "restore", "art/unsure.png", "it.png", "--strict")[0] == 3
    assert run(capsys, "restore", "art/hero.png", "it.png", "--strict")[0] == 0
    assert run(capsys, "restore", "art", "out", "--strict", "--jobs", "1")[0] == 3
    assert run(capsys, "restore", "art", "out", "--strict", "--jobs", "1", "--resume")[0] == 3
    (at / "art" / "bad.png").write_bytes(b"no image")
    assert run(capsys, "restore", "art", "out", "--strict", "--jobs", "1")[0] == 1
    assert read_image("it.png").size == (4, 3)


def test_the_table_has_a_row_for_each_picture(at, capsys):
    assert run(capsys, "restore", "art/hero.png", "it.png", "--csv", "one.csv")[0] == 0
    (one,) = csv.DictReader(io.StringIO(Path("one.csv").read_text()))
    assert (one["path"], one["sprite_width"], one["seconds"]) == ("art/hero.png", "4", "0.250000")
    for name in ("=bad.png", "worse.png"):
        (at / "art" / name).write_bytes(b"no image")
    assert run(capsys, "restore", "art", "out", "--csv", "out/all.csv", "--jobs", "1")[0] == 1
    rows = list(csv.DictReader(io.StringIO(Path("out/all.csv").read_text())))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["path"] for row in rows] == ["'=bad.png", "deep/er/grey.bmp", "foe.webp", "hero.png", "worse.png"]
    assert [row["status"] for row in rows] == ["failed", "restored", "restored", "restored", "failed"]
    assert [row["seconds"] for row in rows] == ["", "0.250000", "0.250000", "0.250000", ""]
    assert "not an image" in rows[0]["warnings"]


def test_a_resumed_run_has_the_whole_table_and_does_only_what_is_missing(at, capsys, asked):
    run(capsys, "restore", "art", "out", "--jobs", "1")
    asked.clear()
    unsure(at)
    code, out, _ = run(capsys, "restore", "art", "out", "--jobs", "1", "--resume", "--csv", "all.csv")
    assert code == 0
    assert len(asked) == 1
    assert "4 sprites (3 from an earlier run); 0 failed" in out
    assert len(list(csv.DictReader(io.StringIO(Path("all.csv").read_text())))) == 4
    asked.clear()
    run(capsys, "restore", "art", "out", "--jobs", "1", "--resume", "--drift", "none")
    assert len(asked) == 4


def test_a_resumed_run_notices_another_palette_in_a_file_of_the_same_name(at, capsys, asked):
    for count, colour in ((3, (1, 2, 3)), (0, (1, 2, 3)), (3, (9, 9, 9))):
        palette.save_palette("colours.gpl", np.array([colour], np.uint8))
        asked.clear()
        run(capsys, "restore", "art", "out", "--jobs", "1", "--resume", "--palette", "colours.gpl")
        assert len(asked) == count


def test_a_folder_goes_into_a_folder_with_all_inside(at, capsys):
    code, out, err = run(capsys, "restore", "art", "out", "--jobs", "1", "--overlay")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "3 sprites; 0 failed"
    assert files("out") == sorted(
        [
            "manifest.jsonl",
            *(f"{name}{end}" for name in ("deep/er/grey", "foe", "hero") for end in (".json", ".overlay.png", ".png")),
        ]
    )
    assert np.array_equal(read_image("out/deep/er/grey.png").pixels, HERO[..., 0])
    assert json.loads(Path("out/foe.json").read_text())["path"] == "foe.webp"


def test_workers_write_the_same_files_as_one_process(at, capsys):
    run(capsys, "restore", "art", "one", "--jobs", "1")
    run(capsys, "restore", "art", "one", "--jobs", "1", "--json")
    first = {name: Path("one", name).read_bytes() for name in files("one")}
    run(capsys, "restore", "art", "two", "--jobs", "1")
    assert {name: Path("two", name).read_bytes() for name in files("two")} == first


def test_patterns_files_and_folders_go_together(at, capsys):
    assert run(capsys, "restore", "art/*.png", "art/deep", "art/foe.webp", "out", "--jobs", "1")[0] == 0
    assert [name for name in files("out") if name.endswith(".png")] == ["er/grey.png", "foe.png", "hero.png"]
    assert run(capsys, "restore", "art/**/*.bmp", "out2", "--jobs", "1")[0] == 0
    assert "deep/er/grey.png" in files("out2")
    assert run(capsys, "restore", "art/hero.png", "art/*", "out3", "--jobs", "1")[0] == 0


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(at, capsys):
    (at / "art" / "hero.png").rename(at / "h[1].png")
    assert run(capsys, "restore", "h[1].png", "it.png")[0] == 0


def test_a_picture_goes_into_a_folder_under_its_name(at, capsys):
    (at / "there.d").mkdir()
    assert run(capsys, "restore", "art/hero.png", "there.d")[0] == 0
    assert run(capsys, "restore", "art/hero.png", "new")[0] == 0
    assert "hero.png" in files("there.d")
    assert "hero.png" in files("new")


def test_results_inside_the_input_folder_are_no_input_of_the_next_run(at, capsys):
    run(capsys, "restore", "art", "art/out", "--jobs", "1", "--overlay")
    before = files("art")
    code, out, _ = run(capsys, "restore", "art", "art/out", "--jobs", "1", "--overlay")
    assert (code, out.splitlines()[-1]) == (0, "3 sprites; 0 failed")
    assert files("art") == before


@pytest.mark.parametrize("folder", [True, False])
def test_no_picture_beside_a_sprite_is_written_over_an_input(at, capsys, folder):
    (at / "art" / "hero.webp").write_bytes(encode_image(HERO.repeat(5, 0).repeat(5, 1), ".webp"))
    (at / "art" / "hero.png").rename(at / "art" / "hero.overlay.png")
    before = {name: Path("art", name).read_bytes() for name in files("art")}
    if folder:
        arguments = ("art/hero.webp", "art/hero.overlay.png", "art", "--overlay", "--jobs", "1")
    else:
        arguments = ("art/hero.overlay.png", "art/hero.png", "--overlay")
    assert "art/hero.overlay.png" in complaint(capsys, "restore", *arguments)
    assert {name: Path("art", name).read_bytes() for name in files("art")} == before


def test_no_picture_beside_a_sprite_is_written_over_another_input(at):
    images = {"foe.webp": at / "art" / "foe.webp", "other.png": at / "foe.overlay.png"}
    images["other.png"].write_bytes((at / "art" / "hero.png").read_bytes())
    with pytest.raises(ValueError, match=r"written over itself: .*foe\.overlay\.png"):
        restore_files(images, at, FileOptions(overlay=True), jobs=1, progress=False)
    assert restore_files(images, at, FileOptions(preview=2), jobs=1, progress=False).ok


@pytest.mark.parametrize(("space", "cells", "kept"), [(b"RGB ", HERO, True), (b"GRAY", HERO, False)])
@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_a_colour_profile_is_kept_where_it_fits(at, capsys, space, cells, kept, suffix):
    profile = bytes(16) + space + bytes(108)
    (at / "it.tif").write_bytes(encode_image(cells.repeat(5, 0).repeat(5, 1), ".tif", icc=profile))
    assert run(capsys, "restore", "it.tif", f"out{suffix}")[0] == 0
    assert read_image(f"out{suffix}").icc == (profile if kept and suffix == ".png" else None)


def test_two_pictures_of_one_name_are_refused_and_two_of_one_sprite_fail_one(at, capsys):
    (at / "more").mkdir()
    (at / "more" / "hero.png").write_bytes((at / "art" / "hero.png").read_bytes() + b"")
    assert "one name in the output" in complaint(capsys, "restore", "art/hero.png", "more/hero.png", "out")
    (at / "art" / "hero.webp").write_bytes(encode_image(HERO.repeat(5, 0).repeat(5, 1), ".webp"))
    code, _, err = run(capsys, "restore", "art", "out", "--jobs", "1")
    assert code == 1
    assert "hero.webp: the output 'hero.json' belongs to item 'hero.png'" in err


def test_a_bad_file_fails_alone_with_one_line(at, capsys):
    (at / "art" / "bad.png").write_bytes((at / "art" / "hero.png").read_bytes()[:-9])
    (at / "art" / "black.png").write_bytes(encode_image(np.zeros((5, 5), np.uint8), ".png"))
    code, out, err = run(capsys, "restore", "art", "out", "--jobs", "1")
    assert code == 1
    assert "3 sprites; 2 failed" in out
    assert (
        err.splitlines()
        == [
            "pixkern: bad.png: truncated: the file ends inside an IEND chunk",
            "pixkern: black.png: all black",
        ]
        or err.count("\n") == 2
    )
    assert "hero.png" in files("out")
    code, out, _ = run(capsys, "restore", "art", "out", "--jobs", "1", "--json")
    assert code == 1
    assert sorted(json.loads(out)["failed"]) == ["bad.png", "black.png"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none.png", "out.png"), "no such file or folder: none.png"),
        (("art/*.gif", "out"), "no image matches art/*.gif"),
        (("empty", "out"), "no images in empty"),
        (("notes.txt", "out.png"), "not an image"),
        (("art", "notes.txt"), "need a folder"),
        (("art/hero.png", "art/hero.png"), "written over itself"),
        (("art", "art"), "written over itself"),
        (("art/hero.png", "art"), "written over itself"),
        (("art/hero.png", "none/it.png"), "there is no folder none"),
        (("art/hero.png", "it.png", "--csv", "it.png"), "cannot be two outputs"),
        (("art/hero.png", "it.png", "--csv", "art/hero.png"), "written over itself"),
        (("art/hero.png", "it.png", "--csv", "none/a.csv"), "there is no folder none"),
        (("art", "out", "--csv", "none/a.csv"), "there is no folder none"),
        (("art", "out", "--save-palette", "p.gpl"), "for one picture"),
        (("art/hero.png", "it.png", "--save-palette", "p.xyz"), "no palette format"),
        (("art/hero.png", "it.png", "--jobs", "2"), "--jobs is for folders"),
        (("art/hero.png", "it.png", "--resume"), "--resume is for folders"),
        (("-", "art", "out"), "- stands for one picture"),
        (("art", "-"), "- stands for one picture"),
        (("art/hero.png", "-", "--json"), "--json goes"),
        (("art/hero.png", "-", "--overlay"), "--overlay goes"),
        (("art/hero.png", "it.gif"), "without loss"),
        (("art", "out", "--size", "4x4", "--cell", "8"), "size fixes the number of cells"),
        (("art", "out", "--palette", "notes.txt"), "notes.txt"),
        (("black.png", "it.png"), "all black"),
        (("float.tif", "it.png"), "8 bits a sample"),
    ],
)
def test_what_cannot_be_done_is_one_line(at, capsys, arguments, told):
    (at / "empty").mkdir()
    (at / "notes.txt").write_text("x" * 100)
    (at / "black.png").write_bytes(encode_image(np.zeros((5, 5), np.uint8), ".png"))
    (at / "float.tif").write_bytes(encode_image(np.ones((5, 5), np.float32), ".tif"))
    assert told in complaint(capsys, "restore", *arguments)
    assert not Path("it.png").exists()
    assert not Path("out").exists()


class _Stream:
    def __init__(self, data=b""):
        self.buffer = io.BytesIO(data)

    def flush(self):
        pass

    def write(self, text):
        assert not text


def test_a_picture_goes_through_a_pipe(at, capsys, monkeypatch):
    stdout = _Stream()
    monkeypatch.setattr(sys, "stdin", _Stream((at / "art" / "foe.webp").read_bytes()))
    monkeypatch.setattr(sys, "stdout", stdout)
    assert main(["pixelart", "restore", "-", "-"]) == 0
    assert np.array_equal(decode_image(stdout.buffer.getvalue()).pixels, FOE)


def test_a_pipe_that_brings_no_image_is_named(at, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", _Stream(b"GIF89a"))
    assert complaint(capsys, "restore", "-", "it.png").startswith("pixkern: stdin: truncated")


def test_every_option_reaches_the_restoration(at, capsys, asked):
    given = {
        "--cell": ("12.5x11", "cell", (12.5, 11.0)),
        "--offset": ("3,0.5", "offset", (3.0, 0.5)),
        "--min-cell": ("2.5", "min_cell", 2.5),
        "--max-cell": ("64", "max_cell", 64.0),
        "--no-square": (None, "square", False),
        "--drift": ("free", "drift", "free"),
        "--border": ("drop", "border", "drop"),
        "--colour": ("mode", "colour", "mode"),
        "--colours": ("16", "colours", 16),
        "--dither": ("bayer4", "dither", "bayer4"),
        "--alpha": ("128", "alpha", 128),
        "--background": ("#ff00Fe", "background", (255, 0, 254)),
        "--top-k": ("7", "top_k", 7),
        "--threads": ("2", "threads", 2),
    }
    line = [part for flag, (text, _, _) in given.items() for part in (flag, text) if part is not None]
    assert run(capsys, "restore", "art/hero.png", "it.png", *line)[0] == 0
    palette.save_palette("c.gpl", np.array([[1, 2, 3]], np.uint8))
    assert run(capsys, "restore", "art/hero.png", "it.png", "--size", "32x24", "--palette", "c.gpl")[0] == 0
    assert asked == [
        {name: value for _, name, value in given.values()},
        {"size": (32, 24), "palette": Path("c.gpl")},
    ]
    flags = {*(name for _, name, _ in given.values()), "size", "palette", "ranker"}
    assert flags == {field.name for field in dataclasses.fields(Options)} | {"threads"}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((), {}),
        (("--cell", "8"), {"cell": 8.0}),
        (("--square",), {"square": True}),
        (("--colors", "auto", "--color", "centre"), {"colours": "auto", "colour": "centre"}),
        (("--alpha", "keep"), {"alpha": "keep"}),
        (("--alpha", "binarize"), {"alpha": "binarise"}),
        (("--background", "none"), {"background": None}),
        (("--colours", "none"), {"colours": None}),
        (("--background", "auto"), {"background": "auto"}),
        (("--background", "1, 2,3"), {"background": (1, 2, 3)}),
    ],
)
def test_an_option_that_is_not_given_is_left_to_the_restoration(at, capsys, asked, arguments, options):
    assert run(capsys, "restore", "art/hero.png", "it.png", *arguments)[0] == 0
    assert asked == [options]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--cell", "0"),
        ("--cell", "nan"),
        ("--cell", "1x2x3"),
        ("--cell", "x"),
        ("--offset", "3"),
        ("--offset=-1,0",),
        ("--size", "32"),
        ("--size", "0x3"),
        ("--min-cell", "-1"),
        ("--drift", "wild"),
        ("--border", "cut"),
        ("--colour", "mean"),
        ("--colours", "0"),
        ("--colours", "some"),
        ("--palette", "none.gpl"),
        ("--dither", "random"),
        ("--alpha", "256"),
        ("--alpha", "some"),
        ("--background", "#fff"),
        ("--background", "1,2"),
        ("--background", "1,2,256"),
        ("--top-k", "0"),
        ("--ranker", "none.onnx"),
        ("--half", "--double"),
        ("--preview", "0"),
        ("--jobs", "0"),
    ],
)
def test_bad_use_is_said_so(at, capsys, arguments):
    assert arguments[0].split("=")[0] in refused(capsys, "restore", "art/hero.png", "it.png", *arguments)


def test_the_dithers_are_those_of_the_palette():
    parser = argparse.ArgumentParser()
    _pixelart_options.add_restore_options(parser)
    (dither,) = (action for action in parser._actions if action.dest == "dither")
    assert tuple(dither.choices) == palette.DITHERS


def test_half_and_double_take_the_other_grid(at, capsys):
    run(capsys, "restore", "art/hero.png", "half.png", "--half")
    assert np.array_equal(read_image("half.png").pixels, HERO.repeat(2, 0).repeat(2, 1))
    run(capsys, "restore", "art/hero.png", "double.png", "--double")
    assert read_image("double.png").size == (1, 1)


def test_a_bad_ranker_is_one_line_before_any_picture_is_read(at, capsys, asked):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")
    (at / "bad.onnx").write_bytes(b"no model")
    assert "not a model" in complaint(capsys, "restore", "art", "out", "--ranker", "bad.onnx")
    assert asked == []
    assert not Path("out").exists()


def test_the_palette_is_saved(at, capsys):
    assert run(capsys, "restore", "art/hero.png", "it.png", "--save-palette", "p.hex", "--colours", "2")[0] == 0
    assert palette.load_palette("p.hex").tolist() == [[1, 2, 3], [4, 5, 6]]


def test_without_a_palette_the_sprite_s_own_colours_are_saved(at, capsys, monkeypatch):
    monkeypatch.setattr(pixelart, "restore", lambda image: replace(answer(image, 5), palette=None))
    assert run(capsys, "restore", "art/hero.png", "it.png", "--save-palette", "p.hex")[0] == 0
    assert {*map(tuple, palette.load_palette("p.hex").tolist())} == {*map(tuple, HERO.reshape(-1, 3).tolist())}


def test_16_bits_are_rounded_and_said_so(at, capsys):
    nearest = np.where(HERO > 100, HERO * 257.0 - 128, HERO * 257.0 + 128)  # one step before halfway to the next
    deep = nearest.astype(np.uint16).repeat(5, 0).repeat(5, 1)
    (at / "deep.png").write_bytes(encode_image(deep, ".png"))
    code, _, err = run(capsys, "restore", "deep.png", "it.png", "--csv", "it.csv")
    assert (code, err) == (0, "pixkern: deep.png: depth: 16 bits a sample were rounded to 8\n")
    assert np.array_equal(read_image("it.png").pixels, HERO)
    (one,) = csv.DictReader(io.StringIO(Path("it.csv").read_text()))
    assert one["warnings"] == "depth"


def test_a_name_of_two_lines_is_told_in_one(at, capsys):
    os.rename("art/hero.png", "art/he\nro.png")
    code, out, _ = run(capsys, "restore", "art/he\nro.png", "it.png")
    assert code == 0
    assert out.count("\n") == 1


def test_feedback_is_added_listed_and_exported(at, capsys):
    unsure(at)
    code, out, err = run(capsys, "feedback", "add", "art/hero.png", "--verdict", "correct", "--notes", "=fine, really")
    assert (code, err) == (0, "")
    assert out.endswith("art/hero.png: correct, 4 x 3 sprite, cells of 5.00 x 5.00 pixels; added to feedback_log.csv\n")
    code, _, err = run(capsys, "feedback", "add", "art/unsure.png", "--verdict", "incorrect", "--cell", "5")
    assert (code, err) == (0, "pixkern: art/unsure.png: low_confidence: it may be another\n")
    code, out, err = run(capsys, "feedback", "list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].endswith("; =fine, really")
    assert lines[2] == "2 entries, 2 pictures, of which 1 have a grid that is right"
    assert len(run(capsys, "feedback", "list", "--verdict", "incorrect")[1].splitlines()) == 2
    said = json.loads(run(capsys, "feedback", "list", "--json")[1])
    assert [entry["overrides"] for entry in said] == [{}, {"cell": 5.0}]
    assert said[0]["notes"] == "=fine, really"
    code, out, _ = run(capsys, "feedback", "export")
    (truth,) = (json.loads(line) for line in out.splitlines())
    assert (truth["cell"], truth["size"], truth["source"]) == ([5.0, 5.0], [4, 3], "human")
    assert run(capsys, "feedback", "export", "truth.jsonl")[0] == 0
    assert Path("truth.jsonl").read_text() == out


def test_feedback_of_another_grid_says_which(at, capsys):
    code, out, _ = run(capsys, "feedback", "add", "art/hero.png", "--verdict", "correct", "--half", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["parameters"] == {"cell": [2.5, 2.5], "offset": [0.0, 0.0], "size": [8, 6]}
    assert said["overrides"] == {"change": "half"}
    assert len(feedback.read("feedback_log.csv").entries) == 1


def test_feedback_goes_into_the_log_that_is_named(at, capsys):
    assert run(capsys, "feedback", "add", "art/hero.png", "--verdict", "correct", "--log", "mine.csv")[0] == 0
    assert len(feedback.read("mine.csv").entries) == 1
    assert not Path("feedback_log.csv").exists()


def test_a_damaged_line_of_a_log_is_told_and_the_rest_is_there(at, capsys):
    run(capsys, "feedback", "add", "art/hero.png", "--verdict", "correct")
    with open("feedback_log.csv", "ab") as file:
        file.write(b"damage\n")
    for command in ("list", "export"):
        code, out, err = run(capsys, "feedback", command)
        assert code == 0
        assert err == "pixkern: feedback_log.csv: line 3: 8 cells are expected, got 1\n"
        assert out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list",), "feedback_log.csv: No such file"),
        (("export", "--log", "none.csv"), "none.csv: No such file"),
        (("list", "--log", "other.csv"), "no feedback log"),
        (("add", "none.png", "--verdict", "correct"), "none.png: No such file"),
        (("add", "other.csv", "--verdict", "correct"), "not an image"),
        (("add", "art/hero.png", "--verdict", "correct", "--log", "other.csv"), "no log of this kind"),
        (("add", "art/hero.png", "--verdict", "correct", "--log", "none/log.csv"), "No such file"),
    ],
)
def test_feedback_that_cannot_be_kept_is_one_line(at, capsys, arguments, told):
    Path("other.csv").write_text("a,b\n")
    assert told in complaint(capsys, "feedback", *arguments)
    assert Path("other.csv").read_text() == "a,b\n"


def test_the_log_is_never_written_over_by_its_export(at, capsys):
    run(capsys, "feedback", "add", "art/hero.png", "--verdict", "correct")
    assert "written over itself" in complaint(capsys, "feedback", "export", "feedback_log.csv")
    assert len(feedback.read("feedback_log.csv").entries) == 1


def test_feedback_without_a_verdict_is_bad_use(at, capsys):
    assert "--verdict" in refused(capsys, "feedback", "add", "art/hero.png")
