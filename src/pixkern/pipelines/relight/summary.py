"""What a run of the generator did, and what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Plan", "Summary"]

_STAGES = ("decode", "mask", "albedo", "normals", "shading", "encode")
_TOO_MUCH = 0.5  # of the time


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Parameters
    ----------
    samples : tuple of str
        The names of the samples that would be made, in order.
    held : tuple of str
        The names of those that are there and hold.
    shards : tuple of str
        The paths of the shards that would be written; none in the layout "folders".
    """

    samples: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    shards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """What a run of `generate` did.

    Parameters
    ----------
    folder : path
        The data set.
    samples : int
        In the data set now; of a dry run 0.
    made : int
        Of these in this run; the others were there.
    failed : mapping of str to str
        By the name of a photo: why it is not, or not wholly, in the data set.
    wall : float
        Seconds that the run took.
    seconds : mapping of str to float
        By stage, over all processes: "decode", "mask", "albedo", "normals", "shading", "encode".
    notes : tuple of str
        What the user should know.
    plan : Plan, optional
        What would be done: of a dry run.

    Examples
    --------
    >>> from pathlib import Path
    >>> from pixkern.pipelines.relight.summary import Summary
    >>> summary = Summary(Path("dataset"), 8, 6, {}, 2.0, {"decode": 0.5, "shading": 0.5, "encode": 3.0})
    >>> summary.images_per_second, summary.encoding
    (3.0, 0.75)
    >>> print(summary)
    dataset: 8 samples (2 from an earlier run); no photo failed
    2.0 s, 3.00 images/s; time in decode 12 %, shading 12 %, encode 75 %
    warning: encoding takes 75 % of the time; output.format jpeg or output.intermediates false take less
    """

    folder: Path
    samples: int
    made: int
    failed: Mapping[str, str]
    wall: float
    seconds: Mapping[str, float]
    notes: tuple[str, ...] = ()
    plan: Plan | None = None

    @property
    def ok(self) -> bool:
        """Whether no photo failed."""
        return not self.failed

    @property
    def images_per_second(self) -> float:
        """Samples made in this run over its seconds, with all its processes."""
        return self.made / self.wall if self.wall > 0 else 0.0

    @property
    def encoding(self) -> float:
        """The share of encoding in the time of all stages."""
        total = sum(self.seconds.values())
        return self.seconds.get("encode", 0.0) / total if total > 0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """What ``summary.json`` holds."""
        told: dict[str, Any] = {
            "folder": str(self.folder),
            "samples": self.samples,
            "made": self.made,
            "failed": dict(self.failed),
            "notes": list(self.notes),
        }
        if self.plan is not None:
            plan = self.plan
            return told | {
                "plan": {"samples": list(plan.samples), "held": list(plan.held), "shards": list(plan.shards)}
            }
        return told | {
            "wall": self.wall,
            "images_per_second": self.images_per_second,
            "seconds": dict(self.seconds),
            "encoding": self.encoding,
        }

    @property
    def lines(self) -> list[str]:
        """What a person wants to read of it."""
        return self._planned() if self.plan is not None else self._done()

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def _planned(self) -> list[str]:
        assert self.plan is not None
        shards = f" in {_counted(len(self.plan.shards), 'shard')}" if self.plan.shards else ""
        held = f"; {len(self.plan.held)} are there" if self.plan.held else ""
        told = [f"{self.folder}: {_counted(len(self.plan.samples), 'sample')} to make{shards}{held}"]
        return [*told, *(self.plan.shards or self.plan.samples), *self._notes()]

    def _done(self) -> list[str]:
        earlier = f" ({self.samples - self.made} from an earlier run)" if self.samples > self.made else ""
        failed = f"{_counted(len(self.failed), 'photo')} failed" if self.failed else "no photo failed"
        told = [f"{self.folder}: {_counted(self.samples, 'sample')}{earlier}; {failed}"]
        total = sum(self.seconds.values())
        if self.made and total > 0:
            known = [*_STAGES, *sorted(self.seconds.keys() - set(_STAGES))]
            shares = [f"{stage} {self.seconds[stage] / total:.0%}" for stage in known if stage in self.seconds]
            split = ", ".join(shares).replace("%", " %")
            told.append(f"{self.wall:.1f} s, {self.images_per_second:.2f} images/s; time in {split}")
            if self.encoding > _TOO_MUCH:
                told.append(
                    f"warning: encoding takes {self.encoding:.0%} of the time; ".replace("%", " %")
                    + "output.format jpeg or output.intermediates false take less"
                )
        return told + self._notes()

    def _notes(self) -> list[str]:
        return [f"note: {note}" for note in self.notes]


def _counted(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"
