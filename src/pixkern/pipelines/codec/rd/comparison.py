"""A whole comparison: what was asked for, what was measured, and where."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from pixkern._versions import versions

from .encoder import Encoder
from .summary import BDRate, LosslessSize, Speed, bd_rates, lossless_sizes, speeds
from .sweep import Sweep


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    encoders : tuple of Encoder
        Those that ran.
    missing : mapping of str to str
        Encoders that were asked for and cannot run here, and why.
    anchor : str or None
        The lossy encoder that BD-rates are against; None without one.
    sweep : Sweep
        All rows and failures.
    settings : mapping of str to str
        Crop, repeats and jobs, as tables say them.
    machine : mapping of str to str
        Date, processor and versions.
    """

    encoders: tuple[Encoder, ...]
    missing: Mapping[str, str]
    anchor: str | None
    sweep: Sweep
    settings: Mapping[str, str]
    machine: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether every encoder ran on every image at every quality."""
        return not (self.missing or self.sweep.failures or self.sweep.unread)

    @cached_property
    def bd_rates(self) -> Mapping[str, Mapping[str, BDRate]]:
        """By encoder and measure; empty without an anchor."""
        return bd_rates(self.sweep.rows, self.anchor) if self.anchor is not None else {}

    @cached_property
    def lossless_sizes(self) -> Mapping[str, LosslessSize]:
        """By encoder; empty unless the first lossless encoder ran."""
        first = self.first_lossless
        return lossless_sizes(self.sweep.rows, first) if first is not None else {}

    @property
    def first_lossless(self) -> str | None:
        """PNG if it ran, else the first lossless encoder."""
        names = [encoder.name for encoder in self.encoders if encoder.lossless]
        return "png" if "png" in names else next(iter(names), None)

    @cached_property
    def speeds(self) -> Mapping[str, Speed]:
        """By encoder."""
        return speeds(self.sweep.rows)


def machine() -> dict[str, str]:
    """Date, processor, and the versions of what takes part."""
    found = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        **versions(),
    }
    for name in ("scipy", "pillow", "imagecodecs", "matplotlib"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
