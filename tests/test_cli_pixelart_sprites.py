"""`pixkern pixelart` with the restoration itself, on sprites that come with pixkern."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from test_cli_pixelart import complaint, files, run

from pixkern.cli import _demo_pixelart
from pixkern.demo import demo_sprites
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.pixelart import feedback, palette, restore
from pixkern.pipelines.pixelart.pictures import difference_picture, heat_map, overlay
from pixkern.pipelines.pixelart.synth import corrupt

NAMES = sorted(demo_sprites())[:3]


@pytest.fixture
def at(tmp_path, monkeypatch):
    """A working folder with three sprites, each of them enlarged 8 times."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "art").mkdir()
    for name in NAMES:
        pixels = demo_sprites()[name].repeat(8, 0).repeat(8, 1)
        (tmp_path / "art" / f"{name}.png").write_bytes(encode_image(pixels, ".png"))
    return tmp_path


def test_enlarged_sprites_come_back_with_a_record_and_a_row_of_each(at, capsys):
    code, _, err = run(capsys, "restore", "art", "out", "--jobs", "1", "--csv", "out.csv", "--strict")
    assert (code, err) == (0, "")
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(Path("out.csv").read_text()))}
    for name in NAMES:
        sprite = demo_sprites()[name]
        assert np.array_equal(read_image(f"out/{name}.png").pixels, sprite)
        row, record = rows[f"{name}.png"], json.loads(Path(f"out/{name}.json").read_text())
        assert (int(row["sprite_width"]), int(row["sprite_height"])) == sprite.shape[1::-1]
        assert float(row["cell_x"]) == float(row["cell_y"]) == 8
        assert float(row["difference_percent"]) == 0
        assert record["lines"]["x"] == list(range(0, 8 * sprite.shape[1] + 1, 8))
        assert {"half", "double"} <= {one["relation"] for one in record["alternatives"]}
        assert record["options"]["drift"] == "mild"


def test_the_files_are_the_same_bytes_for_any_number_of_processes(at, capsys):
    pictures = ("--overlay", "--diff", "--heatmap", "--preview", "2")
    for out, jobs in (("one", 1), ("two", 2)):
        assert run(capsys, "restore", "art", out, "--jobs", jobs, *pictures)[0] == 0
    assert files("one") == files("two")
    for name in files("one"):
        if not name.endswith(".json"):  # records hold the time
            assert Path("one", name).read_bytes() == Path("two", name).read_bytes(), name


def test_half_and_double_are_those_of_the_restoration(at, capsys):
    path = f"art/{NAMES[0]}.png"
    found = restore(read_image(path).pixels)
    for change in ("half", "double"):
        assert run(capsys, "restore", path, "it.png", f"--{change}")[0] == 0
        assert np.array_equal(read_image("it.png").pixels, getattr(found, change)().sprite)


def test_a_palette_is_found_saved_and_used_again(at, capsys):
    path = f"art/{NAMES[0]}.png"
    assert run(capsys, "restore", path, "it.png", "--colours", "4", "--save-palette", "it.gpl")[0] == 0
    colours = palette.load_palette("it.gpl")
    assert len(colours) <= 4
    first = Path("it.png").read_bytes()
    assert run(capsys, "restore", path, "again.png", "--palette", "it.gpl")[0] == 0
    assert Path("again.png").read_bytes() == first


@pytest.mark.parametrize("tier", ["easy", "medium", "hard"])
def test_as_much_is_red_as_the_restoration_says(tier):
    image = corrupt(demo_sprites()[NAMES[2]], tier, seed=7).image
    found = restore(image, colours=None)  # differences are told before colours are pooled
    drawn = difference_picture(image, found).astype(int)
    redness = drawn[..., 0] - drawn[..., 1]
    assert (redness > 0).mean() == pytest.approx(found.difference.total / 100, abs=1e-9)  # one rounding of a ratio
    coldest = (0, 0, 4)  # of the map "inferno"
    hot = (heat_map(found) != coldest).any(axis=2)
    assert hot[redness == 255].all()
    assert hot.any() == (redness == 255).any()


@pytest.mark.parametrize("options", [{}, {"border": "drop", "cell": 9.0}, {"background": "auto"}, {"colours": 3}])
def test_every_kind_of_restoration_can_be_drawn(options):
    sprite = demo_sprites()[NAMES[1]]
    image = sprite.repeat(8, 0).repeat(8, 1)[3:, 5:]
    found = restore(image, **options)
    for drawn in (overlay(image, found.grid, scale=1), difference_picture(image, found), heat_map(found)):
        assert drawn.shape == (*image.shape[:2], 3)


def test_options_that_contradict_each_other_are_one_line_before_any_picture_is_read(at, capsys):
    err = complaint(capsys, "restore", "art", "out", "--size", "4x4", "--cell", "8")
    assert "size" in err
    assert not Path("out").exists()


def test_feedback_judges_the_grid_that_is_restored(at, capsys):
    path = f"art/{NAMES[0]}.png"
    assert run(capsys, "feedback", "add", path, "--verdict", "correct")[0] == 0
    (label,) = feedback.read("feedback_log.csv").labels()
    assert label.cell == (8, 8)
    assert label.offset == (0, 0)
    assert label.size == demo_sprites()[NAMES[0]].shape[1::-1]


def test_the_demo_recovers_its_sprites(tmp_path, capsys):
    assert _demo_pixelart.run(tmp_path) == []
    out = capsys.readouterr().out
    for name, tier, _ in _demo_pixelart._SHOWN:
        truth, found = demo_sprites()[name], read_image(tmp_path / f"{name}-restored.png").pixels
        assert found.shape == truth.shape
        assert "{} x {}".format(*truth.shape[1::-1]) in out
        assert read_image(tmp_path / f"{name}-{tier}.png").pixels.shape > truth.shape
    assert read_image(tmp_path / "pixelart.png").pixels.shape[1] == 4 * (_demo_pixelart._PANEL + 8)


def test_the_demo_says_which_sprite_it_did_not_recover(tmp_path, monkeypatch):
    monkeypatch.setattr(_demo_pixelart, "restore", lambda image: restore(image, cell=13.0))
    assert [problem.split(":")[0] for problem in _demo_pixelart.run(tmp_path)] == [
        name for name, _, _ in _demo_pixelart._SHOWN
    ]
