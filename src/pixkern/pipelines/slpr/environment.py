"""What a run was made with: versions and machine, without the names of hosts and users."""

from __future__ import annotations

import os
import platform
from typing import Any

from pixkern import _threads, backends, cpu_level
from pixkern._versions import versions


def environment() -> dict[str, Any]:
    """Versions, the kind of machine and system, and what pixkern can use of it, as JSON holds it.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.environment import environment
    >>> environment()["machine"]["cores"] >= 1
    True
    """
    found = {name: value for name, value in versions().items() if not name.startswith("backend ")}
    return {
        "pixkern": found.pop("pixkern"),
        "python": {"version": found.pop("python"), "implementation": platform.python_implementation()},
        "machine": {
            "platform": found.pop("platform"),
            "architecture": platform.machine(),
            "cores": _threads.cores(),
            "cpu_level": cpu_level(),
        },
        "settings": {name: os.environ[name] for name in ("PIXKERN_CPU", "PIXKERN_THREADS") if name in os.environ},
        "backends": {name: backend.available for name, backend in backends().items()},
        "packages": found,
    }
