"""What goes wrong with models, and what both runtimes need before they run one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ._fingerprint import sha256
from ._opencv import resized

MOST_SIDE = 8192  # pixels of a model's input; more is a damaged file, not a network


class ModelError(ValueError):
    """The file is no model, not one of these settings, or it answers with what is no answer."""


def file_sha256(path: Path) -> str:
    """Of a model's file; read again only when the file changes."""
    found = path.stat()
    return _digest(str(path), found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _digest(path: str, modified: int, size: int) -> str:
    return sha256(Path(path).read_bytes())


def tensor(image: np.ndarray, size: tuple[int, int], mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    """(h, w, 3) float32: the photo at (width, height), in [0, 1], without `mean`, over `std`."""
    small = resized(np.ascontiguousarray(image), size)
    unit = small.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)
    return (unit - np.array(mean, np.float32)) / np.array(std, np.float32)


def as_planes(values: Any, name: str, *, first: bool) -> np.ndarray:
    """An output as (h, w, c) float32; `first`: channels are its second axis and not its last."""
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        raise ModelError(f"{name}: needs an output of floats, got {getattr(values, 'dtype', type(values).__name__)}")
    shape = values.shape
    if values.ndim == 2:
        values = values[None, :, :, None]
    elif values.ndim == 3:
        values = values[..., None]
    elif values.ndim == 4 and first:
        values = values.transpose(0, 2, 3, 1)
    if values.ndim != 4 or values.shape[0] != 1 or 0 in values.shape:
        wanted = "(1, c, h, w)" if first else "(1, h, w, c)"
        raise ModelError(f"{name}: needs an output {wanted}, (1, h, w) or (h, w), got {shape}")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as such
        return np.ascontiguousarray(values[0], np.float32)
