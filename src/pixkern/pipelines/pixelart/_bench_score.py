"""One answer against the truth: what "recovered", "tolerant" and "octave error" mean."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

WRONG = 32
"""A pixel of a sprite is wrong when any of its channels is off by more than this."""

MOST_WRONG = 0.02
"""A sprite of the right size is recovered when less than this share of its pixels is wrong."""

OCTAVE = (0.67, 1.5)
"""An axis with fewer or more cells than the truth times these is an octave error."""

CELL_TOLERANCE = 0.5
"""Pixels by which the cell may be off per axis."""


@dataclass(frozen=True, eq=False)
class Case:
    """A picture, and the sprite in it.

    Attributes
    ----------
    name : str
        Of the sprite.
    tier : str
    number : int
        Of the picture in its tier.
    image : ndarray, (H, W, 3) uint8
    truth : ndarray, (h, w, 3) uint8
    cell : (float, float)
        Mean size of a cell in the picture, x and y, pixels.
    """

    name: str
    tier: str
    number: int
    image: np.ndarray
    truth: np.ndarray
    cell: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a method makes of a picture.

    Attributes
    ----------
    sprite : ndarray, (h, w), (h, w, 3) or (h, w, 4) uint8
    cell : (float, float)
        Size of a cell, x and y, pixels.
    sizes : tuple of (int, int)
        Widths and heights the method holds possible, the best first. Default: that of the sprite.
    confidence : float, optional
        Probability, 0 to 1, that the size is exact, of a method that tells one.

    Raises
    ------
    ValueError
        The sprite is of another shape or dtype.
    """

    sprite: np.ndarray
    cell: tuple[float, float]
    sizes: tuple[tuple[int, int], ...] = ()
    confidence: float | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.sprite.shape, self.sprite.dtype
        if dtype != np.uint8 or len(shape) not in (2, 3) or shape[2:] not in ((), (3,), (4,)):
            raise ValueError(f"a sprite is (h, w), (h, w, 3) or (h, w, 4) uint8, got {shape} {dtype}")


@dataclass(frozen=True)
class Outcome:
    """One answer, scored. What an answer that failed cannot have is False, or None for numbers.

    Attributes
    ----------
    method : str
    tier : str
    number : int
    name : str
    truth_size : (int, int)
        Width and height of the true sprite.
    pixels : int
        Of the picture.
    seconds : float
        CPU time of the answer.
    size : (int, int) or None
        Width and height of the sprite that was found.
    exact : bool
        The size is the true one.
    within_one : bool
        It is off by at most one cell per axis.
    recovered : bool
        Exact, and less than 2 % of the sprite's pixels have a channel off by more than 32.
    tolerant : bool
        Within one, and less than 2 % are so where the two sprites overlap, in the best of the nine positions that
        differ by at most one cell per axis.
    identical : bool
        Every pixel is the true one.
    top_three : bool
        The true size is among the first three distinct sizes of the answer.
    octave : bool
        On some axis more than 1.5 times or less than 0.67 times the true number of cells.
    cell_right : bool
        The cell is within half a pixel per axis.
    wrong : float or None
        Share of wrong pixels, where the size is exact.
    colour_error : float or None
        Mean absolute error per channel, where the size is exact.
    confidence : float or None
    error : str or None
        Why there is no answer.
    """

    method: str
    tier: str
    number: int
    name: str
    truth_size: tuple[int, int]
    pixels: int
    seconds: float
    size: tuple[int, int] | None = None
    exact: bool = False
    within_one: bool = False
    recovered: bool = False
    tolerant: bool = False
    identical: bool = False
    top_three: bool = False
    octave: bool = False
    cell_right: bool = False
    wrong: float | None = None
    colour_error: float | None = None
    confidence: float | None = None
    error: str | None = None


def score(case: Case, answer: Answer | str, *, method: str = "pixkern", seconds: float = 0.0) -> Outcome:
    """Compare an answer with the truth.

    Colours are compared as RGB: a grey sprite counts as three equal channels, and alpha is left out.

    Parameters
    ----------
    case : Case
    answer : Answer or str
        Or why there is none.
    method : str
    seconds : float
        CPU time of the answer.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> truth = np.zeros((8, 12, 3), np.uint8)
    >>> case = Case("black", "easy", 0, truth.repeat(4, 0).repeat(4, 1), truth, (4.0, 4.0))
    >>> score(case, Answer(truth[:, :-1], (48 / 11, 4.0))).within_one
    True
    """
    height, width = case.truth.shape[:2]
    shared = (method, case.tier, case.number, case.name, (width, height), case.image.shape[0] * case.image.shape[1])
    if isinstance(answer, str):
        return Outcome(*shared, seconds, error=answer)
    sprite, truth = _rgb(answer.sprite), _rgb(case.truth)
    size = sprite.shape[1], sprite.shape[0]
    exact = size == (width, height)
    within_one = abs(size[0] - width) <= 1 and abs(size[1] - height) <= 1
    wrong = _wrong(sprite, truth) if exact else None
    ratios = size[0] / width, size[1] / height
    return Outcome(
        *shared,
        seconds,
        size=size,
        exact=exact,
        within_one=within_one,
        recovered=wrong is not None and wrong < MOST_WRONG,
        tolerant=within_one and _best_overlap(sprite, truth) < MOST_WRONG,
        identical=exact and bool((sprite == truth).all()),
        top_three=(width, height) in list(dict.fromkeys(answer.sizes or (size,)))[:3],
        octave=min(ratios) < OCTAVE[0] or max(ratios) > OCTAVE[1],
        cell_right=all(abs(found - true) <= CELL_TOLERANCE for found, true in zip(answer.cell, case.cell, strict=True)),
        wrong=wrong,
        colour_error=float(np.abs(sprite - truth).mean()) if exact else None,
        confidence=answer.confidence,
    )


def _rgb(sprite: np.ndarray) -> np.ndarray:
    """(h, w, 3) int16."""
    if sprite.ndim == 2:
        sprite = np.broadcast_to(sprite[..., None], (*sprite.shape, 3))
    return sprite[..., :3].astype(np.int16)


def _wrong(sprite: np.ndarray, truth: np.ndarray) -> float:
    """Share of wrong pixels; 1 where there are none at all."""
    return float((np.abs(sprite - truth).max(axis=2) > WRONG).mean()) if truth.size else 1.0


def _best_overlap(sprite: np.ndarray, truth: np.ndarray) -> float:
    """The least share of wrong pixels where the two overlap, one shifted by -1, 0 or 1 cells per axis."""
    return min(
        _wrong(*_overlap(sprite, truth, down, across)) for down, across in itertools.product((-1, 0, 1), repeat=2)
    )


def _overlap(sprite: np.ndarray, truth: np.ndarray, down: int, across: int) -> tuple[np.ndarray, np.ndarray]:
    """The parts that lie on each other when the sprite's first cell lies on cell (down, across) of the truth."""
    a = sprite[max(-down, 0) :, max(-across, 0) :]
    b = truth[max(down, 0) :, max(across, 0) :]
    rows, cols = min(a.shape[0], b.shape[0]), min(a.shape[1], b.shape[1])
    return a[:rows, :cols], b[:rows, :cols]
