"""Many outcomes as one row of a table."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ._bench_score import Outcome


@dataclass(frozen=True)
class Summary:
    """One method on one tier.

    Attributes
    ----------
    method, tier : str
    count : int
        Pictures.
    exact, within_one, recovered, tolerant, identical, top_three, octave, cell_right : float
        Percent of the pictures; see `Outcome`.
    colour_error : float or None
        Median over the pictures of exact size of the mean absolute error per channel.
    brier : float or None
        Mean squared difference of the confidence from "the size is exact" (0 or 1), of a method that tells one; 0.25
        is what a coin knows.
    milliseconds, milliseconds_95 : float
        CPU time per picture, median and 95th percentile.
    per_megapixel, per_megapixel_95 : float
        The same, divided by the megapixels of each picture.
    errors : int
        Pictures without an answer.
    """

    method: str
    tier: str
    count: int
    exact: float
    within_one: float
    recovered: float
    tolerant: float
    identical: float
    top_three: float
    octave: float
    cell_right: float
    colour_error: float | None
    brier: float | None
    milliseconds: float
    milliseconds_95: float
    per_megapixel: float
    per_megapixel_95: float
    errors: int


_COLUMNS: tuple[tuple[str, Callable[[Summary], object]], ...] = (
    ("method", lambda row: row.method),
    ("tier", lambda row: row.tier),
    ("n", lambda row: row.count),
    ("exact %", lambda row: f"{row.exact:.1f}"),
    ("+-1 %", lambda row: f"{row.within_one:.1f}"),
    ("recovered %", lambda row: f"{row.recovered:.1f}"),
    ("tolerant %", lambda row: f"{row.tolerant:.1f}"),
    ("identical %", lambda row: f"{row.identical:.1f}"),
    ("top 3 %", lambda row: f"{row.top_three:.1f}"),
    ("octave %", lambda row: f"{row.octave:.1f}"),
    ("cell %", lambda row: f"{row.cell_right:.1f}"),
    ("colour", lambda row: "-" if row.colour_error is None else f"{row.colour_error:.2f}"),
    ("ms", lambda row: f"{row.milliseconds:.1f}"),
    ("ms p95", lambda row: f"{row.milliseconds_95:.1f}"),
    ("ms/MP", lambda row: f"{row.per_megapixel:.1f}"),
    ("ms/MP p95", lambda row: f"{row.per_megapixel_95:.1f}"),
    ("errors", lambda row: row.errors),
)


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """One row for the outcomes of one method on one tier.

    Parameters
    ----------
    outcomes : sequence of Outcome
        At least one.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        No outcomes, or those of several methods or tiers.

    Examples
    --------
    >>> done = Outcome("pixkern", "easy", 0, "owl", (16, 16), 4096, 0.002, size=(16, 16), exact=True, recovered=True)
    >>> failed = Outcome("pixkern", "easy", 1, "cat", (16, 16), 4096, 0.004, error="no grid")
    >>> row = summarise([done, failed])
    >>> row.recovered, row.milliseconds, row.errors
    (50.0, 3.0, 1)
    """
    named = {(outcome.method, outcome.tier) for outcome in outcomes}
    if len(named) != 1:
        raise ValueError(f"a summary is of one method on one tier, got {len(named)}")
    ((method, tier),) = named
    times = np.array([1e3 * outcome.seconds for outcome in outcomes])
    megapixels = np.array([outcome.pixels / 1e6 for outcome in outcomes])
    colours = [outcome.colour_error for outcome in outcomes if outcome.colour_error is not None]
    told = [(outcome.confidence, outcome.exact) for outcome in outcomes if outcome.confidence is not None]

    def percent(name: str) -> float:
        return 100 * sum(bool(getattr(outcome, name)) for outcome in outcomes) / len(outcomes)

    return Summary(
        method=method,
        tier=tier,
        count=len(outcomes),
        exact=percent("exact"),
        within_one=percent("within_one"),
        recovered=percent("recovered"),
        tolerant=percent("tolerant"),
        identical=percent("identical"),
        top_three=percent("top_three"),
        octave=percent("octave"),
        cell_right=percent("cell_right"),
        colour_error=float(np.median(colours)) if colours else None,
        brier=float(np.mean([(sure - exact) ** 2 for sure, exact in told])) if told else None,
        milliseconds=float(np.median(times)),
        milliseconds_95=float(np.percentile(times, 95)),
        per_megapixel=float(np.median(times / megapixels)),
        per_megapixel_95=float(np.percentile(times / megapixels, 95)),
        errors=sum(outcome.error is not None for outcome in outcomes),
    )


def summaries(outcomes: Iterable[Outcome]) -> list[Summary]:
    """One row per tier and method, in the order in which they first occur.

    A method whose time ran out has met only the first pictures of a tier. For each such count the first method gets
    one more row, ``"<method>, first <count>"``: only rows of the same pictures compare.
    """
    tiers: dict[str, dict[str, list[Outcome]]] = {}
    for outcome in outcomes:
        tiers.setdefault(outcome.tier, {}).setdefault(outcome.method, []).append(outcome)
    rows = []
    for methods in tiers.values():
        first = next(iter(methods.values()))
        fewer = sorted({len(group) for group in methods.values() if len(group) < len(first)})
        rows.append(summarise(first))
        for count in fewer:
            part = summarise(first[:count])
            rows.append(replace(part, method=f"{part.method}, first {count}"))
        rows += [summarise(group) for group in list(methods.values())[1:]]
    return rows


@dataclass(frozen=True)
class Reliability:
    """The answers of one range of confidence: where it is calibrated, `confidence` and `exact` are alike.

    Attributes
    ----------
    low, high : float
        The confidence is at least `low` and below `high`; in the last range it may be 1.
    count : int
    confidence : float
        Its mean.
    exact : float
        Share of exact sizes.
    """

    low: float
    high: float
    count: int
    confidence: float
    exact: float


def reliability(
    outcomes: Iterable[Outcome], *, edges: Sequence[float] = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 1.0)
) -> list[Reliability]:
    """How often the size is exact, by how sure the method was of it.

    Parameters
    ----------
    outcomes : iterable of Outcome
        Those without a confidence are left out.
    edges : sequence of float
        Of the ranges, from 0 to 1, increasing.

    Returns
    -------
    list of Reliability
        Of the ranges that have answers.

    Examples
    --------
    >>> sure = Outcome("pixkern", "easy", 0, "owl", (16, 16), 4096, 0.002, exact=True, confidence=0.97)
    >>> [(row.low, row.high, row.count, row.exact) for row in reliability([sure])]
    [(0.95, 0.99, 1, 1.0)]
    """
    told = [(outcome.confidence, outcome.exact) for outcome in outcomes if outcome.confidence is not None]
    places = np.searchsorted(np.asarray(edges)[1:-1], [sure for sure, _ in told], side="right")
    rows = []
    for place, (low, high) in enumerate(itertools.pairwise(edges)):
        inside = [one for one, where in zip(told, places, strict=True) if where == place]
        if inside:
            mean, exact = np.mean(inside, axis=0).tolist()
            rows.append(Reliability(low, high, len(inside), mean, exact))
    return rows


def table(rows: Sequence[Summary]) -> str:
    """The rows as a Markdown table that is also legible as text; a line per row, ended by a line feed.

    Examples
    --------
    >>> outcome = Outcome("pixkern", "easy", 0, "owl", (16, 16), 4096, 0.002, size=(16, 16), exact=True)
    >>> table([summarise([outcome])]).split(" | ")[:3]
    ['| method ', 'tier', 'n']
    """
    lines = [[title for title, _ in _COLUMNS], *([str(cell(row)) for _, cell in _COLUMNS] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    text = [" | ".join(_placed(line, widths)) for line in lines]
    rule = "|".join("-" * (width + 2) if left else "-" * (width + 1) + ":" for left, width in _sides(widths))
    return "".join(f"| {line} |\n" for line in text[:1]) + f"|{rule}|\n" + "".join(f"| {line} |\n" for line in text[1:])


def _sides(widths: Sequence[int]) -> Iterable[tuple[bool, int]]:
    """Whether a column is flush left, as the two of names are, and its width."""
    return ((column < 2, width) for column, width in enumerate(widths))


def _placed(line: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    return (
        cell.ljust(width) if left else cell.rjust(width)
        for cell, (left, width) in zip(line, _sides(widths), strict=True)
    )
