"""Run a function of a test module in a process of its own, at another CPU level or thread count."""

import os
import subprocess
import sys
from pathlib import Path

from pixkern import cpu_level

LEVELS = ("base", "v3", "v4")
AVAILABLE = LEVELS[: LEVELS.index(cpu_level()) + 1] if not os.environ.get("PIXKERN_CPU") else (cpu_level(),)


def run_at(level: str, module: str, function: str, *, threads: int = 1) -> str:
    """What `module.function()` prints at `level`."""
    code = f"import pixkern, {module}; assert pixkern.cpu_level() == {level!r}; {module}.{function}()"
    environment = {**os.environ, "PIXKERN_CPU": level, "PIXKERN_THREADS": str(threads)}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), environment.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
