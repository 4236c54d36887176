"""Compiled image kernels, exact and the same bits everywhere, and five pipelines on top."""

from . import gridscore, lenses, lifting, metrics, pyramid, quantize, rans, retinex, shading, shadows, warp
from ._dispatch import Backend, BackendUnavailable, backends, cpu_level
from ._threads import set_threads
from ._versions import __version__, show_versions

__all__ = [
    "Backend",
    "BackendUnavailable",
    "__version__",
    "backends",
    "cpu_level",
    "gridscore",
    "lenses",
    "lifting",
    "metrics",
    "pyramid",
    "quantize",
    "rans",
    "retinex",
    "set_threads",
    "shading",
    "shadows",
    "show_versions",
    "warp",
]
