"""Data sets of corrupted sprites, and `pixkern pixelart synth`: files, index, resume, and what fails alone."""

import argparse
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from synth_cases import figure, noise_sprite

from pixkern.cli import _pixelart_synth
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.pixelart.synth import TIERS, Recipe, corrupt
from pixkern.pipelines.pixelart.synth_dataset import INDEX, sprite_paths, write_dataset

RECIPE = Recipe(cell=(5, 4), crop=(0.2, 0, 0, 0), noise=3)


@pytest.fixture
def art(tmp_path):
    folder = tmp_path / "art"
    (folder / "more").mkdir(parents=True)
    (folder / "a.png").write_bytes(encode_image(figure(), ".png"))
    (folder / "b.png").write_bytes(encode_image(noise_sprite(9, 7, channels=4), ".png"))
    (folder / "grey.png").write_bytes(encode_image(noise_sprite(8, 8)[..., 0].copy(), ".png"))
    (folder / "more" / "a.png").write_bytes(encode_image(noise_sprite(6, 6), ".png"))
    (folder / "notes.txt").write_text("no image")
    return folder


def written(sprites, out, how=RECIPE, **options):
    return write_dataset(sprites, out, how, **{"count": 4, "seed": 3, "jobs": 1, "progress": False, **options})


def lines(out):
    return [json.loads(line) for line in (out / INDEX).read_text().splitlines()]


def contents(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


def synth(capsys, *arguments):
    parser = argparse.ArgumentParser()
    _pixelart_synth.add_to(parser.add_subparsers(required=True))
    chosen = parser.parse_args(["synth", *map(str, arguments)])
    code = chosen.run(chosen)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_files_folders_and_patterns_name_sprites_once_and_in_order(art):
    everything = [art / "a.png", art / "b.png", art / "grey.png"]
    assert sprite_paths([art]) == everything
    assert sprite_paths([art / "b.png", art]) == [art / "b.png", art / "a.png", art / "grey.png"]
    assert sprite_paths([f"{art}/*"]) == everything
    assert sprite_paths([str(art / "**" / "a.*")]) == [art / "a.png", art / "more" / "a.png"]
    for nothing in (art / "missing.png", f"{art}/*.gif", f"{art}/*.txt"):
        with pytest.raises(ValueError, match="no image file is named by"):
            sprite_paths([nothing])


def test_pictures_truths_and_lines_of_the_index_belong_together(art, tmp_path):
    report = written(sprite_paths([art]), tmp_path / "out")
    assert report.finished == ("00000", "00001", "00002", "00003")
    index = lines(tmp_path / "out")
    assert [line["sprite"] for line in index] == ["a.png", "b.png", "grey.png", "a.png"]
    assert [line["image"] for line in index][:2] == ["00000_a.png", "00001_b.png"]
    assert len({line["seed"] for line in index}) == 4
    for line in index:
        sprite = read_image(art / line["sprite"]).pixels
        sprite = np.dstack([sprite] * 3) if sprite.ndim == 2 else sprite
        assert np.array_equal(read_image(tmp_path / "out" / line["truth"]).pixels, sprite)
        made = corrupt(sprite, RECIPE, seed=line["seed"])
        assert np.array_equal(read_image(tmp_path / "out" / line["image"]).pixels, made.image)
        assert {name: line[name] for name in made.labels.record()} == json.loads(json.dumps(made.labels.record()))
        assert line["tier"] is None


@pytest.mark.parametrize("tier", TIERS)
def test_each_picture_of_a_tier_has_a_recipe_of_its_own_that_its_line_tells(art, tmp_path, tier):
    written([art / "a.png"], tmp_path / "out", tier, max_side=300)
    index = lines(tmp_path / "out")
    assert {line["tier"] for line in index} == {tier}
    recipes = [Recipe.of(line["recipe"]) for line in index]
    assert len({recipe.cell for recipe in recipes}) > 1
    again = corrupt(figure(), recipes[3], seed=index[3]["seed"]).image
    assert np.array_equal(read_image(tmp_path / "out" / index[3]["image"]).pixels, again)


def test_jobs_change_nothing_and_fewer_pictures_are_the_first_of_more(art, tmp_path):
    sprites = sprite_paths([art])
    written(sprites, tmp_path / "one", "diffusion", max_side=250, count=5)
    written(sprites, tmp_path / "two", "diffusion", max_side=250, count=5, jobs=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    written(sprites, tmp_path / "few", "diffusion", max_side=250, count=2)
    assert lines(tmp_path / "few") == lines(tmp_path / "one")[:2]
    written(sprites, tmp_path / "other", "diffusion", max_side=250, count=5, seed=4)
    assert not {line["seed"] for line in lines(tmp_path / "other")} & {line["seed"] for line in lines(tmp_path / "one")}


def test_a_resumed_run_makes_what_is_missing_and_what_has_changed(art, tmp_path):
    sprites, out = sprite_paths([art]), tmp_path / "out"
    written(sprites, out)
    first = contents(out)
    (out / "00002_grey.png").unlink()
    report = written(sprites, out, resume=True)
    assert (report.finished, len(report.skipped)) == (("00002",), 3)
    assert contents(out) == first
    assert written(sprites, out, resume=True, max_side=1000).skipped == ()
    (art / "b.png").write_bytes(encode_image(noise_sprite(9, 7, seed=2), ".png"))
    assert written(sprites, out, resume=True, max_side=1000).finished == ("00001",)


def test_a_sprite_that_cannot_be_used_fails_alone(art, tmp_path):
    (art / "c.png").write_bytes((art / "a.png").read_bytes()[:60])
    (art / "d.png").write_bytes(encode_image(noise_sprite(4, 4).astype(np.uint16) * 257, ".png"))
    (art / "e.png").write_bytes(encode_image(noise_sprite(90, 4), ".png"))
    report = written(sorted(art.glob("[a-e].png")), tmp_path / "out", "easy", count=5, max_side=300)
    assert report.finished == ("00000", "00001")
    assert "truncated" in report.failed["00002"]
    assert "a sprite needs 8 bits per sample, got uint16" in report.failed["00003"]
    assert "a sprite of 90 x 4 pixels needs max_side of at least 360" in report.failed["00004"]
    assert len(lines(tmp_path / "out")) == 2


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"count": 0}, ValueError, "count must be at least 1"),
        ({"count": 2.0}, TypeError, "count must be an integer"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"how": "soft"}, ValueError, "tier must be one of"),
        ({"how": 3}, TypeError, "tier_or_recipe must be a Recipe or one of"),
        ({"sprites": []}, ValueError, "there are no sprites"),
        ({"max_side": 0}, ValueError, "max_side must be at least 1"),
        ({"max_side": 9.5}, TypeError, "max_side must be an integer"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_written(art, tmp_path, options, kind, message):
    with pytest.raises(kind, match=f"^{message}"):
        written(**{"sprites": [art / "a.png"], "out": tmp_path / "out", **options})
    assert not (tmp_path / "out").exists()


def test_pictures_are_not_written_among_the_sprites(art):
    before = contents_of_files(art)
    for folder in (art, art / "more" / ".."):
        with pytest.raises(ValueError, match="would be written among the sprites"):
            written(sprite_paths([art]), folder)
    assert contents_of_files(art) == before


def contents_of_files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_command_writes_what_the_function_writes(art, tmp_path, capsys):
    options = ("--tier", "hard", "--count", 4, "--seed", 3, "--max-side", 300, "--jobs", 1)
    code, out, err = synth(capsys, art, tmp_path / "cli", *options)
    assert (code, out, err) == (0, f"4 pictures, 0 failed; see {tmp_path / 'cli' / INDEX}\n", "")
    written(sprite_paths([art]), tmp_path / "function", "hard", max_side=300)
    assert contents(tmp_path / "cli") == contents(tmp_path / "function")
    out = synth(capsys, art, tmp_path / "cli", *options, "--resume")[1]
    assert out.startswith("4 pictures (4 from an earlier run), 0 failed")
    code, out, _ = synth(capsys, art, tmp_path / "cli", *options, "--json")
    assert code == 0
    assert list(json.loads(out)["records"].values()) == lines(tmp_path / "cli")


def test_the_command_makes_one_picture_of_each_sprite_of_the_tier_medium_by_default(art, tmp_path, capsys):
    code, out, _ = synth(capsys, art / "a.png", art / "more" / "a.png", tmp_path / "out", "--jobs", 1)
    assert code == 0
    assert out.startswith("2 pictures, 0 failed")
    assert [line["tier"] for line in lines(tmp_path / "out")] == ["medium"] * 2
    assert [line["size"] for line in lines(tmp_path / "out")] == [[24, 20], [6, 6]]


def test_the_command_takes_a_recipe_from_a_file(art, tmp_path, capsys):
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps(RECIPE.record()))
    assert synth(capsys, art / "a.png", tmp_path / "out", "--recipe", file, "--jobs", 1)[0] == 0
    assert Recipe.of(lines(tmp_path / "out")[0]["recipe"]) == RECIPE
    for text in ("{", "[]", '{"cell": [8, 8], "noise": -1}', '{"cell": [8, 8], "noise_level": 1}', "{}"):
        file.write_text(text)
        with pytest.raises(ValueError, match=r"recipe\.json holds no recipe: "):
            synth(capsys, art / "a.png", tmp_path / "other", "--recipe", file)


def test_the_command_tells_what_failed_and_ends_with_1(art, tmp_path, capsys):
    (art / "b.png").write_bytes(b"")
    code, out, err = synth(capsys, art, tmp_path / "out", "--jobs", 1)
    assert code == 1
    assert out.startswith("2 pictures, 1 failed")
    assert err == f"pixkern: picture 00001: ImageError: {art / 'b.png'}: the file is empty\n"


def test_the_tiers_of_the_command_are_those_of_the_library():
    assert _pixelart_synth._TIERS == TIERS


def test_written_png_files_hold_what_other_readers_see(art, tmp_path):
    written([art / "b.png"], tmp_path / "out", count=1)
    line = lines(tmp_path / "out")[0]
    seen = cv2.imread(os.fspath(tmp_path / "out" / line["image"]), cv2.IMREAD_UNCHANGED)
    expected = corrupt(noise_sprite(9, 7, channels=4), RECIPE, seed=line["seed"]).image
    assert np.array_equal(cv2.cvtColor(seen, cv2.COLOR_BGRA2RGBA), expected)
    assert Path(line["image"]).name == line["image"]
