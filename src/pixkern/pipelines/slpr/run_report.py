"""What a run did, or how far it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .plan import Plan

__all__ = ["Interrupted", "RunReport"]


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; what is finished is in `folder`, and ``run(config, resume=folder)`` does the rest.

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"interrupted; resume {folder}")
        self.folder = folder


@dataclass(frozen=True)
class RunReport:
    """What `run` did.

    Parameters
    ----------
    folder : Path or None
        Of the results; None after a dry run.
    finished, skipped : tuple of str
        "asset/config" of the cases done now, and of those that a resumed run found finished.
    failed : mapping of str to str
        Cases that failed, and why, in one line each.
    records : mapping of str to mapping
        What ``metrics.json`` says, of the finished and skipped cases.
    timings : mapping
        What ``run_timings.json`` says; empty without profiling.
    plan : Plan, optional
        Of a dry run.

    Examples
    --------
    >>> from pixkern.pipelines.slpr import RunReport
    >>> RunReport(None, failed={"photo/calm": "ImageError: photo.jpg: empty file"}).ok
    False
    """

    folder: Path | None
    finished: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    timings: Mapping[str, Any] = field(default_factory=dict)
    plan: Plan | None = None

    @property
    def ok(self) -> bool:
        """Whether no case failed, or, in a dry run, no asset is known to fail."""
        return not self.failed

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return {
            "folder": None if self.folder is None else str(self.folder),
            "finished": list(self.finished),
            "skipped": list(self.skipped),
            "failed": dict(self.failed),
            "records": {key: dict(record) for key, record in self.records.items()},
            "timings": dict(self.timings),
        }
