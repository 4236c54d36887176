"""How often sprites are recovered, and at what cost: ours and anybody else's on the same pictures.

Sprites are corrupted tier by tier (`pixkern.pipelines.pixelart.synth.corrupt`), or only upscaled, which has to give
back the very same pixels; every method restores every picture, and what it answers is compared with the truth.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._bench_cases import TIERS, UPSCALES, Corruptor, corrupted_cases, read_sprites, upscaled_cases
from ._bench_files import outcomes_csv, report_json, write_report
from ._bench_score import Answer, Case, Outcome, score
from ._bench_summary import Reliability, Summary, reliability, summaries, summarise, table

__all__ = [
    "TIERS",
    "UPSCALES",
    "Answer",
    "Case",
    "Method",
    "Outcome",
    "Reliability",
    "Summary",
    "cases",
    "measure",
    "outcomes_csv",
    "own_method",
    "read_sprites",
    "reliability",
    "report_json",
    "score",
    "summaries",
    "summarise",
    "table",
    "write_report",
]


def _the_picture(image: np.ndarray) -> np.ndarray:
    return image


@dataclass(frozen=True)
class Method:
    """A way to restore a picture.

    Parameters
    ----------
    name : str
    run : callable
        run(what `prepare` made of the picture) -> result. Only this is timed.
    read : callable
        read(result, the picture) -> `Answer`; it may raise ValueError where the result holds none.
    prepare : callable, optional
        prepare(picture) -> what `run` takes. Default: the picture.
    limit : float
        CPU seconds per tier. Once they are spent the method meets no more pictures of that tier.
    """

    name: str
    run: Callable[[Any], Any]
    read: Callable[[Any, np.ndarray], Answer]
    prepare: Callable[[np.ndarray], Any] = _the_picture
    limit: float = math.inf


def own_method(**options: Any) -> Method:
    """`pixkern.pipelines.pixelart.restore` on one thread.

    Parameters
    ----------
    **options
        As `restore` takes them. Default: its own.
    """
    from . import restore

    return Method("pixkern", lambda image: restore(image, threads=1, **options), _own_answer)


def _own_answer(found: Any, _: np.ndarray) -> Answer:
    sizes = (found.size, *(other.grid.size for other in found.alternatives))
    return Answer(found.sprite, found.cell, sizes, found.confidence)


def cases(
    sprites: Mapping[str, np.ndarray],
    *,
    tiers: Sequence[str] = TIERS,
    count: int = 200,
    seed: int = 0,
    upscales: Sequence[int] = UPSCALES,
    corrupt: Corruptor | None = None,
) -> Iterator[Case]:
    """The pictures of a bench, made one by one, so that only one is in memory.

    Parameters
    ----------
    sprites : mapping of str to ndarray, (h, w, 3) uint8
        True sprites by name.
    tiers : sequence of str
        That `corrupt` knows.
    count : int
        Pictures per tier. The sprites take turns; fewer pictures are the first of more.
    seed : int
        Another seed makes other pictures.
    upscales : sequence of int
        Every sprite is also a picture as it is (1), and with each pixel painted as a square of so many; the tiers of
        these are called "1x", "2x" ... They come last.
    corrupt : callable, optional
        corrupt(truth, tier, seed) -> (image, labels), where labels has an attribute ``cell`` or items "cell_x" and
        "cell_y": the mean size of a cell. Default: `pixkern.pipelines.pixelart.synth.corrupt`.

    Returns
    -------
    iterator of Case

    Raises
    ------
    ValueError
        No sprites; what `corrupt` refuses.

    Examples
    --------
    >>> sprites = {"dots": np.eye(5, dtype=np.uint8)[..., None].repeat(3, axis=2)}
    >>> [(case.tier, case.image.shape) for case in cases(sprites, tiers=(), upscales=(1, 3))]
    [('1x', (5, 5, 3)), ('3x', (15, 15, 3))]
    """
    corrupt = corrupt or _corrupted
    for tier in tiers:
        yield from corrupted_cases(sprites, tier, count=count, seed=seed, corrupt=corrupt)
    for scale in upscales:
        yield from upscaled_cases(sprites, scale)


def _corrupted(truth: np.ndarray, tier: str, seed: int) -> tuple[np.ndarray, Any]:
    from . import synth

    made = synth.corrupt(truth, tier, seed=seed)
    return made.image, made.labels


def measure(
    pictures: Iterable[Case],
    methods: Sequence[Method],
    *,
    seen: Callable[[Case, Answer | str, Outcome], object] | None = None,
    clock: Callable[[], float] = time.process_time,
) -> Iterator[Outcome]:
    """Let every method restore every picture.

    The methods take turns, each picture beginning with another one, so that whatever else the machine does meets all
    of them. Before the first picture each has run once on it: what is made on a first call is not counted. An
    exception is an answer that failed.

    Parameters
    ----------
    pictures : iterable of Case
    methods : sequence of Method
    seen : callable, optional
        seen(case, answer or why there is none, outcome), called for each.
    clock : callable
        Seconds. Default: CPU seconds of this process, all its threads together.

    Returns
    -------
    iterator of Outcome
        In the order of `methods` for each picture.

    Examples
    --------
    >>> image = np.zeros((4, 4, 3), np.uint8)
    >>> same = Method("same", lambda picture: picture, lambda found, picture: Answer(found, (1.0, 1.0)))
    >>> [outcome.identical for outcome in measure([Case("flat", "1x", 0, image, image, (1.0, 1.0))], [same])]
    [True]
    """
    spent: defaultdict[tuple[str, str], float] = defaultdict(float)
    for turn, case in zip(itertools.count(), pictures):
        if turn == 0:
            for method in methods:
                _answer(method, case, clock)
        able = [method for method in methods if spent[method.name, case.tier] < method.limit]
        first = turn % max(len(able), 1)
        done = {}
        for method in able[first:] + able[:first]:
            answer, seconds = _answer(method, case, clock)
            spent[method.name, case.tier] += seconds
            done[method.name] = answer, score(case, answer, method=method.name, seconds=seconds)
        for method in able:
            answer, outcome = done[method.name]
            if seen is not None:
                seen(case, answer, outcome)
            yield outcome


def _answer(method: Method, case: Case, clock: Callable[[], float]) -> tuple[Answer | str, float]:
    """The answer, or why there is none, and the seconds it took."""
    prepared = method.prepare(case.image.copy())  # what a method does to its picture, no other sees
    began = clock()
    try:
        result = method.run(prepared)
    except Exception as error:
        return f"{type(error).__name__}: {error}", clock() - began
    seconds = clock() - began
    try:
        return method.read(result, case.image), seconds
    except ValueError as error:
        return f"{type(error).__name__}: {error}", seconds
