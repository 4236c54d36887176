"""What scores are: of one photo, of a directory, their means, and how they are written down."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pixkern._atomic import write_atomically

WEIGHTS = {"edge": 0.40, "line": 0.22, "gradient": 0.18, "ssim": 0.15, "mae": 0.05}
"""Weights of the total. Half of `edge` is the Dice coefficient, half the tolerant F1; half of `line` is the
position of the lines, half their straightness; `mae` counts as 1 - MAE / 255."""

Status = Literal["scored", "missing", "extra", "wrong-size", "unreadable"]


@dataclass(frozen=True)
class Scores:
    """Agreement of a prediction with its reference; 1 is equal, except for `mae`.

    Attributes
    ----------
    edge_dice : float
        Dice coefficient of the edge pixels, 0 to 1.
    edge_f1 : float
        F1 of the edge pixels with a tolerance of one pixel, 0 to 1.
    line_position, line_straightness : float or None
        Whether the straight lines of the reference are where they should be, and straight, 0 to 1. None if the
        reference has no long straight line; the other weights then share the total.
    gradient : float
        Agreement of the gradient directions, 0 to 1.
    ssim : float
        Structural similarity, -1 to 1; what is below 0 counts as 0 in the total.
    mae : float
        Mean absolute error over pixels and channels in levels of 0 to 255; 0 is equal.
    """

    edge_dice: float
    edge_f1: float
    line_position: float | None
    line_straightness: float | None
    gradient: float
    ssim: float
    mae: float

    @property
    def edge(self) -> float:
        """Mean of the two edge scores."""
        return (self.edge_dice + self.edge_f1) / 2

    @property
    def line(self) -> float | None:
        """Mean of the two line scores; None without lines."""
        if self.line_position is None or self.line_straightness is None:
            return None
        return (self.line_position + self.line_straightness) / 2

    @property
    def total(self) -> float:
        """Weighted mean by `WEIGHTS`, 0 to 1; exactly 1 for equal images."""
        parts = {
            "edge": self.edge,
            "line": self.line,
            "gradient": self.gradient,
            "ssim": max(0.0, self.ssim),
            "mae": 1 - self.mae / 255,
        }
        counted = [(WEIGHTS[name], value) for name, value in parts.items() if value is not None]
        return sum(weight * value for weight, value in counted) / sum(weight for weight, _ in counted)


NOTHING = Scores(0, 0, 0, 0, 0, 0, 255)  # what a prediction is worth that is not there; its total is 0


@dataclass(frozen=True)
class ImageScore:
    """One image of a directory: what came of it, and its scores, which are the worst unless it was scored."""

    id: str
    split: str | None
    status: Status
    scores: Scores
    note: str = ""

    @property
    def total(self) -> float:
        """The total score; 0 unless it was scored."""
        return self.scores.total


@dataclass(frozen=True)
class ScoreReport:
    """Scores of a directory of predictions, by id.

    Examples
    --------
    >>> report = ScoreReport((ImageScore("a", None, "missing", Scores(0, 0, None, None, 0, 0, 255)),))
    >>> report.total, report.missing, report.ok
    (0.0, ('a',), False)
    """

    images: tuple[ImageScore, ...]

    @property
    def total(self) -> float:
        """Mean of the totals of all images; one that is missing, extra, of wrong size or unreadable counts as 0."""
        return float(np.mean([image.total for image in self.images])) if self.images else 0.0

    @property
    def scores(self) -> Scores:
        """Mean of each measure over all images; those of lines over the images that have some."""
        means = {}
        for field in fields(Scores):
            values = [getattr(image.scores, field.name) for image in self.images]
            known = [value for value in values if value is not None]
            means[field.name] = float(np.mean(known)) if known else None
        return Scores(**means) if self.images else NOTHING  # type: ignore[arg-type]  # only lines can be None

    @property
    def splits(self) -> dict[str, ScoreReport]:
        """The report of each split by its name, sorted."""
        names = sorted({image.split for image in self.images if image.split is not None})
        return {name: ScoreReport(tuple(i for i in self.images if i.split == name)) for name in names}

    @property
    def ok(self) -> bool:
        """Whether every image was scored."""
        return all(image.status == "scored" for image in self.images)

    @property
    def missing(self) -> tuple[str, ...]:
        """Ids that are expected and have no prediction."""
        return self._with("missing")

    @property
    def extra(self) -> tuple[str, ...]:
        """Ids of predictions that nobody expects."""
        return self._with("extra")

    @property
    def wrong_size(self) -> tuple[str, ...]:
        """Ids of predictions of another size than their reference."""
        return self._with("wrong-size")

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Ids of predictions that are no image that can be read."""
        return self._with("unreadable")

    def _with(self, status: Status) -> tuple[str, ...]:
        return tuple(image.id for image in self.images if image.status == status)


_COLUMNS = ("total", "edge_dice", "edge_f1", "line_position", "line_straightness", "gradient", "ssim", "mae")


def scores_csv(report: ScoreReport) -> str:
    """One line per image: id, split, status, total, the measures to six decimals, and a note."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "split", "status", *_COLUMNS, "note"))
    for image in report.images:
        values = [image.total, *(getattr(image.scores, name) for name in _COLUMNS[1:])]
        numbers = ["" if value is None else f"{value:.6f}" for value in values]
        writer.writerow((image.id, image.split or "", image.status, *numbers, image.note))
    return text.getvalue()


def scores_json(report: ScoreReport) -> str:
    """The whole report: totals and means of all and of each split, the weights, and every image."""

    def summary(part: ScoreReport) -> dict[str, Any]:
        return {"images": len(part.images), "total": part.total, "means": asdict(part.scores)}

    images: Sequence[dict[str, Any]] = [{**asdict(image), "total": image.total} for image in report.images]
    content = {
        **summary(report),
        "ok": report.ok,
        "weights": WEIGHTS,
        "splits": {name: summary(part) for name, part in report.splits.items()},
        "missing": report.missing,
        "extra": report.extra,
        "wrong_size": report.wrong_size,
        "unreadable": report.unreadable,
        "scores": images,
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def write_scores(report: ScoreReport, path: str | os.PathLike[str]) -> None:
    """Write a report as `.csv` or `.json`, whole or not at all."""
    writers = {".csv": scores_csv, ".json": scores_json}
    write = writers.get(Path(path).suffix.lower())
    if write is None:
        raise ValueError(f"a report is written as .csv or .json, got {os.fspath(path)!r}")
    write_atomically(path, write(report).encode())
