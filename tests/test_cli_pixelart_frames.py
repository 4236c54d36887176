"""`pixkern pixelart restore` of frames: kinds of files in and out, and one clear line for what goes wrong."""

import csv
import json

import cv2
import numpy as np
import pytest
from frames_cases import walk

from pixkern import set_threads
from pixkern.cli import main
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.pixelart.animation import Animation, read_animation, write_animation
from pixkern.pipelines.pixelart.sheets import join_sheet, split_sheet

WALK = walk(12)[::2]
LARGE = WALK.repeat(5, 1).repeat(5, 2)
TIMES = (100, 50, 70, 200, 30, 90)
pytestmark = pytest.mark.skipif(not hasattr(cv2, "imencodeanimation"), reason="OpenCV before 4.12 writes no animations")


@pytest.fixture(autouse=True)
def _default_threads():
    yield
    set_threads(None)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with an animation, a sheet, and a folder of frames whose order of bytes is another."""
    monkeypatch.chdir(tmp_path)
    for suffix in (".gif", ".png", ".webp"):
        write_animation(tmp_path / f"walk{suffix}", Animation(tuple(LARGE), TIMES, 2))
    (tmp_path / "sheet.png").write_bytes(encode_image(join_sheet(LARGE, 3, 2), ".png"))
    (tmp_path / "frames").mkdir()
    for k, frame in enumerate(LARGE):
        (tmp_path / "frames" / f"f{k + 7}.png").write_bytes(encode_image(frame, ".png"))
    return tmp_path


def run(*arguments):
    return main(["pixelart", "restore", *map(str, arguments)])


@pytest.mark.parametrize("given", ["walk.gif", "walk.png", "walk.webp"])
@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_an_animation_becomes_an_animation_of_any_kind(place, given, suffix, capsys):
    assert run(given, f"out{suffix}") == 0
    back = read_animation(place / f"out{suffix}")
    assert (np.stack(back.frames) == WALK).all()
    assert back.durations == TIMES
    assert back.loops == 2
    said = capsys.readouterr()
    width, height = WALK.shape[2], WALK.shape[1]
    assert f"6 frames: restored, {width} x {height} sprites, cells of 5.00 x 5.00 pixels" in said.out
    assert said.err == ""


def test_an_animation_becomes_numbered_files_in_a_folder(place):
    assert run("walk.gif", "out") == 0
    assert sorted(path.name for path in (place / "out").iterdir()) == [f"walk_{k:03d}.png" for k in range(6)]
    assert (read_image(place / "out" / "walk_004.png").pixels == WALK[4]).all()


def test_a_sheet_becomes_a_sheet_or_an_animation(place):
    assert run("sheet.png", "out.png", "--sheet", "3x2") == 0
    assert (split_sheet(read_image(place / "out.png").pixels, 3, 2) == WALK).all()
    assert run("sheet.png", "out.gif", "--sheet", "3x2", "--duration", "40") == 0
    back = read_animation(place / "out.gif")
    assert back.durations == (40,) * 6
    assert (np.stack(back.frames) == WALK).all()
    assert run("walk.gif", "wide.png", "--to-sheet", "6x1") == 0
    assert (split_sheet(read_image(place / "wide.png").pixels, 6, 1) == WALK).all()


def test_a_folder_of_frames_keeps_its_names_or_becomes_an_animation_in_natural_order(place):
    assert run("frames", "out", "--shared-grid") == 0
    assert sorted(path.name for path in (place / "out").iterdir()) == sorted(f"f{k + 7}.png" for k in range(6))
    assert (read_image(place / "out" / "f10.png").pixels == WALK[3]).all()
    assert run("frames", "out.gif", "--shared-grid") == 0
    back = read_animation(place / "out.gif")
    assert (np.stack(back.frames) == WALK).all()
    assert back.durations == (100,) * 6


def test_grey_and_rgb_frames_of_one_folder_become_rgb(place):
    (place / "frames" / "f9.png").write_bytes(encode_image(np.full(LARGE.shape[1:3], 50, np.uint8), ".png"))
    assert run("frames", "out", "--shared-grid") == 0
    assert read_image(place / "out" / "f9.png").pixels.shape == WALK.shape[1:]


def test_frames_cropped_each_on_its_own(place):
    for k, cut in enumerate((0, 2, 3, 1, 4, 2)):
        (place / "frames" / f"f{k + 7}.png").write_bytes(encode_image(np.ascontiguousarray(LARGE[k, cut:]), ".png"))
    assert run("frames", "out", "--shared-grid", "--cropped") == 0
    assert all((read_image(place / "out" / f"f{k + 7}.png").pixels == WALK[k]).all() for k in range(6))
    assert run("frames", "other", "--shared-grid") == 1  # of different sizes


def test_pictures_beside_the_sprites_are_animations_too(place):
    assert run("walk.gif", "out.png", "--preview", "3", "--overlay", "--diff", "--heatmap") == 0
    assert (np.stack(read_animation(place / "out.preview.png").frames) == WALK.repeat(3, 1).repeat(3, 2)).all()
    for kind in ("overlay", "difference"):
        assert len(read_animation(place / f"out.{kind}.png").frames) == 6
    assert read_image(place / "out.heatmap.png").pixels.shape[:2] == LARGE.shape[1:3]  # alike in all frames: one lasts


def test_json_csv_and_palette_tell_what_was_found(place, capsys):
    assert run("walk.gif", "out.gif", "--json", "--csv", "t.csv", "--save-palette", "p.hex", "--colours", "6") == 0
    told = json.loads(capsys.readouterr().out)
    assert [frame["name"] for frame in told["frames"]] == [f"walk.gif#{k}" for k in range(6)]
    assert [frame["milliseconds"] for frame in told["frames"]] == list(TIMES)
    assert told["sprite_width"] == WALK.shape[2]
    assert told["cell_x"] == 5
    assert told["files"] == ["out.gif"]
    assert len(told["palette"]) <= 6
    with open(place / "t.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [f"walk.gif#{k}" for k in range(6)]
    assert len((place / "p.hex").read_text().split()) == len(told["palette"])


def test_half_and_strict_reach_frames(place, capsys):
    assert run("walk.gif", "out.gif", "--half") == 0
    assert read_animation(place / "out.gif").frames[0].shape[1] == 2 * WALK.shape[2]
    flat = np.full((40, 40, 3), 7, np.uint8)
    for k in range(6):
        (place / "frames" / f"f{k + 7}.png").write_bytes(encode_image(flat, ".png"))
    assert run("frames", "out", "--shared-grid", "--strict") == 3
    assert "degenerate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["walk.gif", "walk.gif"], "both input and output"),
        (["frames", "frames", "--shared-grid"], "both input and output"),
        (["walk.gif", "out.jpg"], "animations are written as"),
        (["walk.gif", "out.gif", "--to-sheet", "6x1"], "sheets are written"),
        (["walk.gif", "out.png", "--to-sheet", "2x2"], "do not fit"),
        (["walk.gif", "out", "--to-sheet", "2x3"], "name a file"),
        (["frames", "out.png", "--shared-grid", "--sheet", "2x3"], "one picture"),
        (["walk.gif", "out.gif", "--jobs", "2"], "--jobs is for"),
        (["walk.gif", "none/out.gif"], "no folder"),
        (["walk.gif", "out.gif", "--csv", "none/t.csv"], "no folder"),
        (["frames/f7.png", "out.png", "--cropped"], "--cropped is for frames"),
        (["frames/f7.png", "out.png", "--to-sheet", "1x1"], "--to-sheet is for frames"),
        (["frames/f7.png", "out.png", "--duration", "40"], "--duration is for frames"),
        (["walk.gif", "-"], "one picture"),
        (["half.gif", "out.gif"], "truncated"),
        (["mixed", "out", "--shared-grid"], "only still images"),
        (["twins", "out", "--shared-grid"], "one name"),
        (["walk.gif", "out.gif", "--cropped", "--size", "4x4"], "of one frame"),
    ],
)
def test_bad_use_is_one_clear_line_and_writes_nothing(place, arguments, told, capsys):
    (place / "half.gif").write_bytes((place / "walk.gif").read_bytes()[:700])
    for folder, names in (("mixed", ["a.gif", "b.png"]), ("twins", ["a.png", "a.webp"])):
        (place / folder).mkdir()
        for name in names:
            source = place / "walk.gif" if name.endswith(".gif") else place / "frames" / "f7.png"
            (place / folder / name).write_bytes(source.read_bytes())
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert run(*arguments) == 1
    said = capsys.readouterr()
    assert told in said.err
    assert said.err.count("\n") == 1
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_more_colours_than_a_gif_holds_are_told(place, capsys):
    noise = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), np.uint8).repeat(6, 1).repeat(6, 2)
    write_animation(place / "noise.png", Animation(tuple(noise), (50, 50)))
    assert run("noise.png", "out.gif") == 0
    assert "255 colours" in capsys.readouterr().err
    assert run("noise.png", "out.gif", "--colours", "255") == 0
    assert capsys.readouterr().err == ""
