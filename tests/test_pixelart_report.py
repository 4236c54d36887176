"""Rows and records of restorations: stable columns, all that was found, and files that others can read."""

import csv
import io
import json

import numpy as np
import pytest
from pixelart_results import even, found, grid, sprite

from pixkern import __version__
from pixkern.pipelines.pixelart import Alternative, Options, Warned
from pixkern.pipelines.pixelart.report import COLUMNS, failed_row, hex_colour, plain, record, row, table

NAMES = (
    "path,width,height,sprite_width,sprite_height,cell_x,cell_y,offset_x,offset_y,difference_percent,core_percent,"
    "halo_percent,confidence,status,runner_ups,seconds,warnings"
)


def full():
    lines = grid([0, 3.5, 16, 28.5, 40], [0, 12, 24, 33])
    half = grid(np.linspace(0, 40, 9), np.linspace(0, 33, 7))
    return found(
        sprite(4, 3, 4),
        lines.lines_x,
        lines.lines_y,
        alternatives=(
            Alternative(lines, 0.75, "candidate"),
            Alternative(half, 0.125, "half"),
            Alternative(lines, 0.0625, "candidate"),
        ),
        warnings=(Warned("low_confidence", "it may be another"), Warned("small_cells", "cells under 3 px")),
        palette=np.array([[1, 2, 3, 255], [255, 0, 16, 0]], np.uint8),
        background=np.array([255, 0, 255], np.uint8),
        options=Options(cell=(10, 11), size=None),
    )


def test_the_columns_are_those_that_others_count_on():
    assert ",".join(COLUMNS) == NAMES
    assert table([]) == NAMES + "\n"


def test_a_row_says_what_was_found():
    assert row(full(), "art/hero.png") == {
        "path": "art/hero.png",
        "width": 40,
        "height": 33,
        "sprite_width": 4,
        "sprite_height": 3,
        "cell_x": 12.5,
        "cell_y": 12.0,
        "offset_x": 3.5,
        "offset_y": 0.0,
        "difference_percent": 1.5,
        "core_percent": 0.5,
        "halo_percent": 3.25,
        "confidence": 0.97,
        "status": "restored",
        "runner_ups": "8x6:0.1250:half 4x3:0.0625:candidate",
        "seconds": 0.25,
        "warnings": "low_confidence small_cells",
    }


def test_every_row_has_the_columns_and_comes_back_from_the_table():
    rows = [row(full(), 'a "b", c.png'), failed_row("-bad\n.png", "=half a file"), row(found(), "")]
    read = list(csv.DictReader(io.StringIO(table(rows))))
    assert [list(one) for one in read] == [list(COLUMNS)] * 3
    assert read[0]["path"] == 'a "b", c.png'
    for name, value in rows[0].items():
        if isinstance(value, float):
            assert float(read[0][name]) == value  # all of them have six digits at most
    assert read[1]["path"] == "'-bad\\n.png"
    assert read[1]["warnings"] == "'=half a file"
    assert read[1]["status"] == "failed"
    assert {read[1][name] for name in COLUMNS[1:13]} == {""}


def test_a_table_has_one_line_for_each_row():
    assert table([failed_row("a\r\nb\u2028c\x0b.png", "x")] * 3).count("\n") == 4
    assert len(table([failed_row("a\r\nb\u2028c\x0b.png", "x")]).splitlines()) == 2


def test_a_record_is_json_with_all_lines_and_alternatives():
    good = full()
    found_again = json.loads(json.dumps(record(good, "hero.png"), allow_nan=False))
    flat = row(good, "hero.png")
    for name in set(COLUMNS) - {"runner_ups", "warnings"}:
        assert found_again[name] == flat[name]
    assert found_again["lines"] == {"x": [0, 3.5, 16, 28.5, 40], "y": [0, 12, 24, 33]}
    first, second, third = found_again["alternatives"]
    assert first["lines"] == found_again["lines"]
    assert second["size"] == [8, 6]
    assert (second["probability"], second["relation"]) == (0.125, "half")
    assert second["lines"]["x"] == list(even(8, 5))
    assert second["cell"] == [5.0, 5.5]
    assert third["offset"] == [3.5, 0.0]
    assert found_again["warnings"][1] == {"code": "small_cells", "message": "cells under 3 px"}
    assert found_again["palette"] == ["#010203ff", "#ff001000"]
    assert found_again["background"] == "#ff00ff"
    assert found_again["options"]["cell"] == [10, 11]
    assert found_again["options"]["size"] is None
    assert found_again["options"]["drift"] == "mild"
    assert found_again["pixkern"] == __version__


def test_a_record_without_palette_and_background_says_none():
    said = record(found())
    assert said["palette"] is None
    assert said["background"] is None
    assert said["path"] == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.array([[1, 2]]), [[1, 2]]),
        (float("nan"), None),
        (np.array([np.inf]), [None]),
        ({1: (True, None)}, {"1": [True, None]}),
        (np.zeros, "zeros"),
        (object(), "object"),
    ],
)
def test_plain_is_what_json_can_hold(value, expected):
    assert plain(value) == expected
    json.dumps(plain(value), allow_nan=False)


@pytest.mark.parametrize(("colour", "text"), [((0, 255), "#00ff"), (7, "#07"), ((1, 2, 3, 4), "#01020304")])
def test_colours_are_hexadecimal(colour, text):
    assert hex_colour(colour) == text
