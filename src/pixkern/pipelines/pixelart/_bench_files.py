"""A bench as files: the table, a row per picture, all of it as JSON, and the pictures that were not recovered."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..batch import write_atomically
from ..files import encode_image
from ._bench_score import Answer, Case, Outcome
from ._bench_summary import summaries, table

TABLE = "table.md"
OUTCOMES = "outcomes.csv"
REPORT = "bench.json"
FAILURES = "failures"

_COLUMNS = tuple(column.name for column in fields(Outcome))


def outcomes_csv(outcomes: Sequence[Outcome]) -> str:
    """A line per outcome: its attributes; sizes as 16x16, yes or no as 1 or 0, empty where there is no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(getattr(outcome, name)) for name in _COLUMNS] for outcome in outcomes)
    return text.getvalue()


def report_json(outcomes: Sequence[Outcome], settings: Mapping[str, Any]) -> str:
    """The settings, the rows of the table and all outcomes."""
    content = {
        "settings": dict(settings),
        "rows": [asdict(row) for row in summaries(outcomes)],
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def write_report(folder: str | os.PathLike[str], outcomes: Sequence[Outcome], settings: Mapping[str, Any]) -> None:
    """Write ``table.md``, ``outcomes.csv`` and ``bench.json`` to a folder, which is made if it is not there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / TABLE, table(summaries(outcomes)).encode())
    write_atomically(folder / OUTCOMES, outcomes_csv(outcomes).encode())
    write_atomically(folder / REPORT, report_json(outcomes, settings).encode())


def write_failure(folder: str | os.PathLike[str], case: Case, answer: Answer | str, outcome: Outcome) -> None:
    """Write the picture, the truth and what was found to ``failures/``, unless the sprite was recovered.

    Of a picture that is only upscaled (tiers "1x", "2x" ...) everything is written that is not identical.
    """
    if outcome.identical if case.tier.removesuffix("x").isdecimal() else outcome.recovered:
        return
    place = Path(folder) / FAILURES
    place.mkdir(parents=True, exist_ok=True)
    start = f"{case.tier}-{case.number:03d}-{Path(case.name).stem}"
    named = {"picture": case.image, "truth": case.truth}
    if isinstance(answer, Answer):
        named[outcome.method] = answer.sprite
    for what, pixels in named.items():
        write_atomically(place / f"{start}-{what}.png", encode_image(pixels, ".png"))


def _cell(value: Any) -> object:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value
