"""Shadow patterns as records of plain numbers, and how they are drawn; docs/shadow_patterns.md has their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np

from . import _check
from ._native import patterns as _cpu
from ._noise import seed_of, within

PATTERN_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "tree_foliage": 0.20,
        "venetian_blind": 0.18,
        "window": 0.15,
        "branch": 0.12,
        "curtain": 0.10,
        "fence": 0.08,
        "voronoi": 0.07,
        "lattice": 0.05,
        "cloud": 0.03,
        "screen": 0.02,
    }
)
"""How often each kind is drawn by default; `perlin` is drawn by name only."""

KINDS = (*PATTERN_WEIGHTS, "perlin")
DRAWS = 16  # stream of words for what a pattern is drawn from; 0 to 15 are noise, hashes of kernels and shapes
_SOFTNESS = (0.003, 0.008)

# What is drawn for each kind, uniformly between two numbers; what is not named keeps its default.
_RANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "tree_foliage": {
        "angle": (0, 360),
        "size": (0.055, 0.09),
        "aspect": (1.8, 2.6),
        "coverage": (0.45, 0.75),
        "irregularity": (0.5, 1),
    },
    "venetian_blind": {
        "angle": (-14, 14),
        "size": (0.05, 0.085),
        "aspect": (5, 8),
        "coverage": (0.42, 0.6),
        "irregularity": (0, 0.35),
        "slant": (-0.35, 0.35),
    },
    "window": {
        "angle": (-12, 12),
        "size": (0.18, 0.26),
        "aspect": (1, 1.4),
        "coverage": (0.1, 0.17),
        "slant": (-0.45, 0.45),
        "columns": (2, 3),
        "rows": (2, 3),
    },
    "branch": {
        "angle": (0, 360),
        "size": (0.9, 1.25),
        "coverage": (0.022, 0.034),
        "irregularity": (0.5, 1),
    },
    "curtain": {
        "angle": (-4, 4),
        "size": (0.09, 0.16),
        "coverage": (0.45, 0.6),
        "irregularity": (0.35, 0.8),
        "slant": (0, 0.3),
    },
    "fence": {
        "y": (-0.25, -0.12),
        "angle": (-4, 4),
        "size": (0.1, 0.15),
        "coverage": (0.5, 0.64),
        "irregularity": (0, 0.4),
        "slant": (-0.55, 0.55),
    },
    "voronoi": {"size": (0.13, 0.21), "coverage": (0.07, 0.12), "irregularity": (0.75, 1)},
    "lattice": {
        "angle": (-5, 5),
        "size": (0.1, 0.16),
        "aspect": (1.2, 1.8),
        "coverage": (0.22, 0.34),
        "irregularity": (0, 0.15),
    },
    "cloud": {"size": (0.4, 0.7), "coverage": (0.4, 0.6), "irregularity": (0.4, 0.5), "threshold": (-0.05, 0.05)},
    "screen": {
        "angle": (-15, 15),
        "size": (0.024, 0.034),
        "aspect": (0.95, 1.05),
        "coverage": (0.3, 0.42),
        "irregularity": (0, 0.25),
    },
    "perlin": {"size": (0.25, 0.25), "irregularity": (0.05, 0.85), "threshold": (0.15, 0.15)},
}
_SMALLEST_LEAF = 2e-4  # of a picture's area: some 50,000 of them
_LIMITS: Mapping[str, tuple[float, float]] = {
    "x": (-0.25, 0.25),
    "y": (-0.25, 0.25),
    "angle": (-360, 360),
    "size": (0.01, 4),
    "aspect": (0.1, 20),
    "coverage": (0, 1),
    "irregularity": (0, 1),
    "slant": (-0.9, 0.9),
    "threshold": (-1, 1),
    "softness": (0, 0.25),
}


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A shadow pattern: everything that decides its shape, as plain numbers.

    Lengths are in units of the picture's longer side, so that a pattern fits pictures of any size. Places are measured
    from the picture's middle, x to the right and y down. What a number means to each kind is in the table of the guide;
    a kind takes no notice of those it has no use for.

    Parameters
    ----------
    kind : str
        One of "tree_foliage", "venetian_blind", "window", "branch", "curtain", "fence", "voronoi", "lattice", "cloud",
        "screen", "perlin".
    seed : int
        0 to 2**64 - 1: what is irregular about the pattern.
    x, y : float
        Where its middle is, -0.25 to 0.25.
    angle : float
        By how many degrees it is turned counter-clockwise, -360 to 360.
    size : float
        0.01 to 4: of a leaf, slat, pane, fold, cell, mesh, or the main branch.
    aspect : float
        0.1 to 20: its height over its width.
    coverage : float
        0 to 1: how much of it is shade; for bars, their width over `size`.
    irregularity : float
        0 to 1: how much its parts differ; for noise, the persistence.
    slant : float
        -0.9 to 0.9: perspective, or the shear of light that falls in from the side.
    threshold : float
        -1 to 1: the noise above which there is shade.
    columns, rows : int
        1 to 16: the panes of a window.
    softness : float
        0 to 0.25: standard deviation of the Gaussian that softens all edges.

    Raises
    ------
    TypeError, ValueError
        A field of another type, or out of its range.

    Examples
    --------
    >>> blind = pixkern.shadows.draw_pattern("venetian_blind", seed=3)
    >>> Pattern(**blind.record()) == blind
    True
    """

    kind: str
    seed: int
    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0
    size: float = 0.1
    aspect: float = 1.0
    coverage: float = 0.5
    irregularity: float = 0.5
    slant: float = 0.0
    threshold: float = 0.0
    columns: int = 2
    rows: int = 2
    softness: float = 0.005

    def __post_init__(self) -> None:
        _check.choice(self.kind, "kind", KINDS)
        object.__setattr__(self, "seed", seed_of(self.seed))
        for name, (least, most) in _LIMITS.items():
            object.__setattr__(self, name, within(getattr(self, name), name, least, most))
        for name in ("columns", "rows"):
            count = within(getattr(self, name), name, 1, 16)
            if count != int(count):
                raise TypeError(f"{name} must be an integer, got {getattr(self, name)!r}")
            object.__setattr__(self, name, int(count))
        if self.kind == "tree_foliage" and self.size * self.size / self.aspect < _SMALLEST_LEAF:
            raise ValueError(
                f"tree_foliage needs leaves of size**2 / aspect >= {_SMALLEST_LEAF:g}, or there are too many of them; "
                f"got size {self.size:g} and aspect {self.aspect:g}"
            )

    def record(self) -> dict[str, Any]:
        """The fields as a dictionary for JSON; ``Pattern(**record)`` is the same pattern, with the same bits.

        Examples
        --------
        >>> Pattern(kind="cloud", seed=1).record()["size"]
        0.1
        """
        return asdict(self)


def draw_pattern(kind: str, *, seed: int) -> Pattern:
    """Draw the parameters of a shadow pattern, each uniformly within the range that suits its kind.

    Parameters
    ----------
    kind : str
        A kind of pattern; see `Pattern`.
    seed : int
        0 to 2**64 - 1. The same kind and seed give the same pattern on every machine.

    Returns
    -------
    Pattern
        Its softness is between 0.003 and 0.008 of the longer side: 3 to 8 pixels in a picture of 1024.

    Raises
    ------
    TypeError, ValueError
        An unknown kind, or a seed that is no integer of 64 bits.

    Notes
    -----
    Draws are hashes of (seed, kind, name of the field), rounded to six digits. `perlin` has the law of foreign shadows
    of Zhang et al.: 4 x 4 cells, four octaves, persistence between 0.05 and 0.85, threshold 0.15.

    Source: X. Zhang et al., "Portrait shadow manipulation", ACM Trans. Graphics 39(4), 2020, section 4.1.

    Examples
    --------
    >>> draw_pattern("window", seed=1).columns in (2, 3)
    True
    """
    ranges = _RANGES[_check.choice(kind, "kind", KINDS)]
    word = seed_of(seed)
    names = [field.name for field in fields(Pattern) if field.name not in ("kind", "seed")]
    numbers = dict(zip(names, uniform_numbers(word, DRAWS, KINDS.index(kind), len(names)), strict=True))
    drawn: dict[str, Any] = {}
    for name, (low, high) in {"x": (-0.1, 0.1), "y": (-0.1, 0.1), "softness": _SOFTNESS, **ranges}.items():
        share = float(numbers[name])
        if name in ("columns", "rows"):
            drawn[name] = int(low) + int(share * (high - low + 1))
        else:
            drawn[name] = round(low + share * (high - low), 6)
    return Pattern(kind=kind, seed=word, **drawn)


def uniform_numbers(seed: int, stream: int, row: int, count: int) -> np.ndarray:
    """`count` numbers in [0, 1) that are hashes of where they stand; kernels/maths/random.h has the law."""
    numbers = np.empty(max(count, 1))
    _cpu.uniform_numbers(seed, stream, row, numbers)
    return numbers[:count]


def directions(degrees: Any) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines with the same bits on every machine."""
    turns = np.ascontiguousarray(np.atleast_1d(np.asarray(degrees, np.float64)) / 360)
    cosines, sines = np.empty_like(turns), np.empty_like(turns)
    _cpu.directions(turns, cosines, sines)
    return cosines, sines
