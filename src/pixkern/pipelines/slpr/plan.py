"""What a run is going to do, and about how long and in how much memory: the plan that a dry run prints."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixkern import _threads
from pixkern.pipelines.files import ImageError, read_header

from ._run_cost import Cost, kind, measured_costs, memory
from .case import Case, cases, output_size, work
from .config import Config

__all__ = ["Plan", "PlannedCase", "make_plan"]


@dataclass(frozen=True)
class PlannedCase:
    """What one case is going to do.

    Attributes
    ----------
    key : str
        "asset/config".
    size : (width, height)
        Of the image.
    outputs : mapping of int to (width, height)
        Size of the pictures at each zoom level, in percent.
    work : int
        Output pixels times samples.
    files : int
        How many it writes, besides the thumbnails of the contact sheet.
    seconds : float
        Estimated, on one core.
    bytes : int
        Estimated peak of the memory of a process that does it.
    """

    key: str
    size: tuple[int, int]
    outputs: Mapping[int, tuple[int, int]]
    work: int
    files: int
    seconds: float
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What a run is going to do; ``str()`` of it is a table.

    Attributes
    ----------
    cases : tuple of PlannedCase
    workers : int
        Processes at once.
    unreadable : mapping of str to str
        Cases that will fail because their image cannot be read, and why.
    profiling : bool
        Whether stages are timed.
    """

    cases: tuple[PlannedCase, ...]
    workers: int
    unreadable: Mapping[str, str] = field(default_factory=dict)
    profiling: bool = True

    @property
    def work(self) -> int:
        """Output pixels times samples of all cases."""
        return sum(case.work for case in self.cases)

    @property
    def files(self) -> int:
        """Files of all cases and of the run, besides thumbnails."""
        return sum(case.files for case in self.cases) + _OF_THE_RUN + self.profiling + bool(self.unreadable)

    @property
    def seconds(self) -> float:
        """Estimated: each case goes to the worker that is free first."""
        busy = [0.0] * self.workers
        for case in self.cases:
            heapq.heapreplace(busy, busy[0] + case.seconds)
        return max(busy)

    @property
    def bytes_per_worker(self) -> int:
        """Estimated peak of the process that does the largest case."""
        return max((case.bytes for case in self.cases), default=0)

    @property
    def bytes(self) -> int:
        """Estimated peak of all workers, when the largest cases meet."""
        return sum(heapq.nlargest(self.workers, (case.bytes for case in self.cases)))

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return {
            "cases": [
                {
                    "key": case.key,
                    "size": list(case.size),
                    "outputs": {str(zoom): list(size) for zoom, size in case.outputs.items()},
                    "pixels_x_samples": case.work,
                    "files": case.files,
                    "estimated_seconds": case.seconds,
                    "estimated_bytes": case.bytes,
                }
                for case in self.cases
            ],
            "unreadable": dict(self.unreadable),
            "workers": self.workers,
            "pixels_x_samples": self.work,
            "files": self.files,
            "estimated_seconds": self.seconds,
            "estimated_bytes_per_worker": self.bytes_per_worker,
            "estimated_bytes": self.bytes,
        }

    def __str__(self) -> str:
        lines = [_told(case) for case in self.cases]
        lines += [f"{key}: will fail: {reason}" for key, reason in self.unreadable.items()]
        in_all = f"{len(self.cases)} case{'s' * (len(self.cases) != 1)}, {self.work:.3g} pixels x samples"
        memories = f"{_size(self.bytes_per_worker)} a worker, {_size(self.bytes)} in all"
        lines += [
            f"{in_all}, {self.files} files and their thumbnails",
            f"estimate, from a short render on this machine: {_time(self.seconds)} with {self.workers} "
            f"worker{'s' * (self.workers != 1)}, about {memories}",
            "nothing was written",
        ]
        return "\n".join(lines)


_OF_THE_RUN = 5  # run.log, environment.json, resolved_config.json, manifest.jsonl, index.html


def _told(case: PlannedCase) -> str:
    outputs = ", ".join(f"{zoom} %: {width} x {height}" for zoom, (width, height) in case.outputs.items())
    cost = f"{case.work:.3g} pixels x samples, about {_time(case.seconds)}, {_size(case.bytes)}"
    return f"{case.key}: {case.size[0]} x {case.size[1]} to {outputs}; {cost}"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def make_plan(config: Config, *, jobs: int | None = None) -> Plan:
    """The plan of a run; reads the headers of the images, and renders a small synthetic one to measure the machine.

    Parameters
    ----------
    config : Config
        With a seed.
    jobs : int, optional
        Processes at once; default: as in `pixkern.pipelines.slpr.run`.

    Returns
    -------
    Plan
    """
    everything = cases(config)
    headers, unreadable = _headers(everything)
    workers = max(1, min(jobs or config.settings.num_cores or _threads.cores(), len(everything)))
    costs = measured_costs([everything[key] for key in headers], one_thread=workers > 1)
    planned = [
        _planned(key, everything[key], size, bit_depth, costs[kind(everything[key])])
        for key, (size, bit_depth) in headers.items()
    ]
    return Plan(tuple(planned), workers, unreadable, config.settings.profiling)


def works(everything: Mapping[str, Case]) -> dict[str, float]:
    """Output pixels times samples of each case: the progress bar's units. 0 where the image cannot be read."""
    headers, unreadable = _headers(everything)
    return {key: 0.0 if key in unreadable else float(work(everything[key], headers[key][0])) for key in everything}


def _planned(key: str, case: Case, size: tuple[int, int], bit_depth: int, cost: Cost) -> PlannedCase:
    return PlannedCase(
        key=key,
        size=size,
        outputs={zoom: output_size(size, zoom) for zoom in case.zooms},
        work=work(case, size),
        files=file_count(case),
        seconds=cost.seconds(case, size),
        bytes=memory(case, size, bit_depth),
    )


def file_count(case: Case) -> int:
    """Files of a case besides thumbnails: pictures of the image and its pyramid, renders, and JSON."""
    pictures = 2 + (case.config.pyramid_levels > 0) + 2 * len(case.zooms) + 3
    return pictures + 1 + (case.granularity is not None)


def _headers(everything: Mapping[str, Case]) -> tuple[dict[str, tuple[tuple[int, int], int]], dict[str, str]]:
    """Size and bit depth for each case, and the cases whose image cannot be read; each file is read once."""
    told: dict[Path, tuple[tuple[int, int], int] | str] = {}
    for path in {case.asset.path for case in everything.values()}:
        try:
            header = read_header(path.read_bytes())
            told[path] = header.size, header.bit_depth
        except (ImageError, OSError) as error:
            told[path] = " ".join(f"{type(error).__name__}: {error}".split())
    answers = {key: told[case.asset.path] for key, case in everything.items()}
    known = {key: answer for key, answer in answers.items() if not isinstance(answer, str)}
    return known, {key: answer for key, answer in answers.items() if isinstance(answer, str)}
