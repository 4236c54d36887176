"""What runs here: for bug reports and for tables of measurements."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

__version__ = metadata.version("pixkern")

_OF_INTEREST = (
    "numpy",
    "opencv-python-headless",
    "joblib",
    "numba",
    "onnxruntime",
    "onnxruntime-gpu",
    "cupy-cuda12x",
    "cupy-cuda13x",
    "torch",
    "dask",
    "ray",
)


def versions() -> dict[str, str]:
    """Versions and backends as text, in the order `show_versions` prints them."""
    from ._dispatch import backends

    found = {"pixkern": __version__, "python": sys.version.split()[0], "platform": platform.platform()}
    for name in _OF_INTEREST:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    for name, backend in backends().items():
        found[f"backend {name}"] = backend.detail if backend.available else f"unavailable: {backend.detail}"
    if "onnxruntime" in found and "onnxruntime-gpu" in found:
        found["warning"] = "onnxruntime and onnxruntime-gpu are both installed and overwrite each other; remove one"
    return found


def show_versions() -> None:
    """Print the versions of pixkern and of what it uses, the CPU level, threads and GPU.

    Examples
    --------
    >>> pixkern.show_versions()  # doctest: +ELLIPSIS
    pixkern ...
    """
    for name, value in versions().items():
        print(f"{name:24} {value}")
