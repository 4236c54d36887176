"""A comparison as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from .comparison import Comparison
from .measure import Row
from .summary import MEASURES

_COLUMNS = tuple(column.name for column in fields(Row))


def rows_csv(rows: Sequence[Row]) -> str:
    """One line per row: its attributes, with bits per pixel after the bytes; empty where there is no value."""
    place = _COLUMNS.index("bytes") + 1
    return _csv(
        (*_COLUMNS[:place], "bpp", *_COLUMNS[place:]),
        (
            (*values[:place], f"{row.bpp:.6f}", *values[place:])
            for row in rows
            for values in [[_cell(getattr(row, name)) for name in _COLUMNS]]
        ),
    )


def bd_rates_csv(comparison: Comparison) -> str:
    """One line per encoder and image, and one with the mean (image "mean"): percent, empty where there is none."""

    def lines() -> Iterable[Sequence[str]]:
        for encoder, found in comparison.bd_rates.items():
            images = sorted({image for one in found.values() for image in (*one.per_image, *one.without)})
            for image in images:
                yield encoder, image, *(_cell(found[measure].per_image.get(image)) for measure in MEASURES)
            yield encoder, "mean", *(_cell(found[measure].mean) for measure in MEASURES)

    return _csv(("encoder", "image", *MEASURES), lines())


def comparison_json(comparison: Comparison) -> str:
    """All of a comparison."""
    sweep = comparison.sweep
    content = {
        "ok": comparison.ok,
        "anchor": comparison.anchor,
        "settings": comparison.settings,
        "machine": comparison.machine,
        "encoders": {
            encoder.name: {"title": encoder.title, "library": encoder.library, "settings": encoder.settings}
            for encoder in comparison.encoders
        },
        "missing": comparison.missing,
        "unread": sweep.unread,
        "failures": [asdict(failure) for failure in sweep.failures],
        "bd_rates": {
            encoder: {
                measure: {"mean": one.mean, "per_image": one.per_image, "without": one.without}
                for measure, one in found.items()
            }
            for encoder, found in comparison.bd_rates.items()
        },
        "lossless": {name: asdict(size) for name, size in comparison.lossless_sizes.items()},
        "megabytes_per_second": {name: asdict(speed) for name, speed in comparison.speeds.items()},
        "rows": [{**asdict(row), "bpp": row.bpp} for row in sweep.rows],
    }
    return json.dumps(content, indent=1, allow_nan=False, default=dict) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _csv(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    return text.getvalue()
