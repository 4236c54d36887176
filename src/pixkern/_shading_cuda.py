"""Launches of kernels/cuda/shading.cu: one thread per pixel, going round again where the grid is smaller."""

from __future__ import annotations

from typing import Any

import numpy as np

_THREADS = 256
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid


def launch(name: str, count: int, *arguments: Any) -> None:
    """Run the entry point on `count` elements, the number of which is its last argument."""
    from ._cuda import kernel

    blocks = min(-(-count // _THREADS), _MOST_BLOCKS)
    kernel("shading", name)((blocks,), (_THREADS,), (*arguments, np.int64(count)))
