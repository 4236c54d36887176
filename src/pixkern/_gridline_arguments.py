"""What profiles, pitches and the numbers beside them must be before kernels see them."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _check

MOST_ENTRIES = 2**28  # of a profile, so that positions and counts fit the kernels' 32 bits
MOST_PITCH = 2.0**31
UNSOUND = "profile must be finite and at least 0 everywhere; evidence below 0 has no meaning, clip it"


def profile(x: Any, *, least: int) -> Any:
    """A profile of at least so many entries; see `_check.array`."""
    if x.ndim == 1 and not least <= len(x) <= MOST_ENTRIES:  # first, as the next line may copy it
        raise ValueError(f"profile needs {least} to 2**28 entries, got {len(x)}")
    return _check.array(x, "profile", dtypes=(np.float32,), ndim=(1,))


def pitches(values: Any) -> np.ndarray:
    """(k,) float64."""
    found = np.ascontiguousarray(_check.finite(values, "pitches"))
    if np.ndim(values) != 1:
        raise ValueError(f"pitches need 1 axis, got shape {np.shape(values)}")
    if len(found) and not (found.min() >= 1 and found.max() <= MOST_PITCH):
        raise ValueError(f"pitches must be 1 to 2**31 pixels, got {found.min()} to {found.max()}")
    return found


def number(value: Any, name: str, least: float, most: float) -> float:
    """A number in a range, which infinity may end."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be {least:g} to {most:g}, got {value}")
    return float(value)
