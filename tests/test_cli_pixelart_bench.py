"""`pixkern pixelart bench`: what it prints, writes and returns, with a method of which the answers are known."""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixkern.cli import _pixelart_bench
from pixkern.demo import demo_sprites
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.pixelart import bench

ALL = ("easy", "medium", "hard", "1x", "2x", "3x", "8x")


def paint(truth: np.ndarray, tier: str, seed: int) -> tuple[np.ndarray, dict]:
    """Pictures of four pixels a cell, tinted by the seed."""
    image = truth.repeat(4, 0).repeat(4, 1)
    image[0, 0] = seed % 251
    return image, {"cell_x": 4.0, "cell_y": 4.0}


def every_fourth(image: np.ndarray) -> bench.Answer:
    """Right for pictures of 4 pixels a cell alone."""
    if cv2.getNumThreads() != 1:
        raise RuntimeError("not on one thread")
    return bench.Answer(image[2::4, 2::4], (4.0, 4.0), confidence=0.5)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    made = bench.cases

    def cases(sprites, **options):
        return made(sprites, corrupt=paint, **options)

    monkeypatch.setattr(bench, "cases", cases)
    method = bench.Method("pixkern", every_fourth, lambda answer, _: answer)
    monkeypatch.setattr(bench, "own_method", lambda: method)


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    _pixelart_bench.add_to(parser.add_subparsers())
    chosen = parser.parse_args(["bench", *map(str, arguments)])
    return chosen.run(chosen)


@pytest.fixture
def sprites(tmp_path) -> Path:
    folder = tmp_path / "sprites"
    folder.mkdir()
    for seed, size in enumerate(((16, 16), (24, 18), (20, 20))):
        pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
        (folder / f"s{seed}.png").write_bytes(encode_image(pixels, ".png"))
    return folder


def test_the_table_has_a_row_per_tier_and_scale(sprites, capsys):
    assert run("--sprites", sprites, "--count", 2) == 0
    lines = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(row[1] for row in cells[2:]) == ALL
    counts = dict(zip(ALL, (row[2] for row in cells[2:]), strict=True))
    assert counts == dict.fromkeys(ALL[:3], "2") | dict.fromkeys(ALL[3:], "3")
    exact = dict(zip(ALL, (row[3] for row in cells[2:]), strict=True))
    assert exact == dict.fromkeys(ALL[:3], "100.0") | dict.fromkeys(ALL[3:], "0.0")


def test_without_a_folder_the_built_in_sprites_are_taken(capsys):
    assert run("--tiers", "easy", "--count", 1, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["settings"] == {"sprites": "built in", "tiers": ["easy"], "count": 1, "seed": 0}
    assert {outcome["name"] for outcome in report["outcomes"]} == set(demo_sprites())


def test_tiers_are_chosen_and_the_seed_makes_other_pictures(sprites, capsys):
    def order(seed: int) -> list[str]:
        assert run("--sprites", sprites, "--tiers", "hard,easy", "--count", 9, "--seed", seed, "--json") == 0
        report = json.loads(capsys.readouterr().out)
        assert [row["tier"] for row in report["rows"]] == ["hard", "easy", *ALL[3:]]
        return [outcome["name"] for outcome in report["outcomes"]]

    assert order(1) == order(1) != order(2)


def test_a_folder_takes_the_table_the_rows_and_what_was_not_recovered(sprites, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    assert run("--sprites", sprites, "--tiers", "medium", "--count", 1, "--out", out) == 0
    assert (out / "table.md").read_text() == capsys.readouterr().out
    assert len((out / "outcomes.csv").read_text().splitlines()) == 1 + 1 + 4 * 3
    assert json.loads((out / "bench.json").read_text())["settings"]["sprites"] == str(sprites)
    names = {path.name for path in (out / "failures").iterdir()}
    assert names == {
        f"{scale}x-{number:03d}-s{number}-{what}.png"
        for scale in (1, 2, 3, 8)
        for number in range(3)
        for what in ("picture", "truth", "pixkern")
    }
    truth = read_image(sprites / "s1.png").pixels
    assert np.array_equal(read_image(out / "failures" / "2x-001-s1-truth.png").pixels, truth)
    assert np.array_equal(read_image(out / "failures" / "2x-001-s1-picture.png").pixels[1::2, 1::2], truth)


def test_answers_that_fail_are_named_and_end_with_1(sprites, capsys, monkeypatch):
    def fail(image: np.ndarray) -> object:
        raise ValueError("no grid here")

    monkeypatch.setattr(bench, "own_method", lambda: bench.Method("pixkern", fail, lambda answer, _: answer))
    assert run("--sprites", sprites, "--tiers", "easy", "--count", 1) == 1
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1 + 4 * 3
    assert all("ValueError: no grid here" in line for line in captured.err.splitlines())
    assert captured.out.splitlines()[-1].endswith(" 3 |"), "the table counts them"


def test_threads_of_opencv_are_as_before(sprites):
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        assert run("--sprites", sprites, "--tiers", "easy", "--count", 1, "--json") == 0
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tiers", "easy,harder"), "no tier 'harder'"),
        (("--tiers", ""), "no tier ''"),
        (("--tiers", "easy,easy"), "stands twice"),
        (("--tiers", "diffusion,"), "only easy, medium, hard, diffusion"),
        (("--count", "0"), "at least 1"),
        (("--seed", "-1"), "whole number"),
    ],
)
def test_bad_use_ends_with_2_and_says_what_is_wrong(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_an_error_before_any_work(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        run("--sprites", tmp_path / "nowhere")
