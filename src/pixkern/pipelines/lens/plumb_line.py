"""A lens estimated from a photo itself: straight lines of the scene must be straight in the corrected image.

    edges          sub-pixel points in chains                                  edges.py
    arcs           chains cut into smooth pieces, the frame's own left out     arcs.py
    vote           the k1 that most arcs agree on                              radial_fit.py
    lines          arcs that continue each other under that lens, joined       collinear.py
    vote again     longer lines tell more                                      radial_fit.py
    fit            k1 and k2, robustly                                         radial_fit.py
    gate           whether to believe it                                       here

Source of the principle: Brown, "Close-range camera calibration", Photogrammetric Engineering 37(8), 1971
(plumb lines); Devernay & Faugeras, "Straight lines have to be straight", Machine Vision and Applications
13(1), 2001 (without any target).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import hypot

import cv2
import numpy as np

from pixkern.lenses import BrownConrady

from .arcs import Samples, inside, sampled, smooth_arcs
from .collinear import joined
from .edges import Chains, edge_chains
from .grey import luma
from .line_fit import straightness
from .prediction import Evidence, Prediction
from .radial_fit import K1, STRONGEST_K2, ballot, deviation, fit, lens_of, residuals

__all__ = ["Gate", "estimate", "estimate_pooled", "straightness"]

SOURCE = "plumb-line"
_WORKING = 1000  # pixels, longer side: blur and noise are then the same for all photos, and time is bounded
_SMALLEST = 96  # pixels, shorter side: below, an edge is known to worse than 1 % of the half diagonal
_SHORTEST = 0.035  # of the diagonal
_SHORTEST_PIXELS = 20  # working pixels: less than this has no bend that could be measured
_ARCS = 4  # fewer cannot outvote each other
_NOISE_FIRST, _NOISE_THEN = 0.7, 0.5  # working pixels of bend, before and after lines are joined
_RIVAL = 0.08  # of k1: further from the winner a peak is another answer, not its flank
_LEFT_THE_PEAK = 0.08  # of k1: a fit that walks further has followed other curves than the vote
_STRAIGHT = 1.0  # working pixels RMS of a line that counts as evidence
_LINE = 0.08  # half diagonals: least length of it
_TOGETHER = np.cos(np.deg2rad(20))  # lines seen from the centre under directions that differ less run together


@dataclass(frozen=True)
class Gate:
    """What an estimate must show before a photo is touched; `docs/automatic_estimation.md` measures each.

    Attributes
    ----------
    peak_margin : float
        By how much, of its votes, the winner beats every k1 further than 0.08 from it. Curves that are no lines
        raise all of the vote alike.
    identity_margin : float
        By how much it beats no distortion at all. A photo that is straight already is left alone.
    deviation : float
        Largest standard deviation of k1, from drawing the lines again: no handful of lines may decide.
    lines, length : int, float
        Least number of straight lines and their least length together, in half diagonals.
    surround : float
        Least part of that length that is left without the lines that run together: on one side of the centre and
        within 20 degrees of one direction. The lanes of a road agree on a bend that is not the lens's.

    Examples
    --------
    >>> strict = Gate(deviation=0.01)
    """

    peak_margin: float = 0.1
    identity_margin: float = 0.1
    deviation: float = 0.03
    lines: int = 20
    length: float = 8.0
    surround: float = 0.1

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value >= 0:
                raise ValueError(f"{name} must be a number of at least 0, got {value!r}")

    def reasons_against(self, evidence: Evidence, identity_margin: float, surround: float) -> tuple[str, ...]:
        """Every demand that is not met, in words; empty if the estimate may be used."""
        demands = (
            ("peak margin", evidence.peak_margin, "below", self.peak_margin),
            ("margin over no distortion", identity_margin, "below", self.identity_margin),
            ("deviation of k1", evidence.deviation, "above", self.deviation),
            ("number of lines", evidence.lines, "below", self.lines),
            ("length of lines / half diagonal", evidence.length, "below", self.length),
            ("part of the lines that do not run together", surround, "below", self.surround),
        )
        return tuple(
            f"{name} {value:.3g} is {side} {limit:g}"
            for name, value, side, limit in demands
            if not (value >= limit if side == "below" else value <= limit)
        )


def estimate(image: np.ndarray, *, gate: Gate | None = None) -> Prediction:
    """Estimate the lens of one photo from the lines in it.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        See `pixkern.pipelines.lens.grey.luma`. Not cropped: the lens is taken to be centred.
    gate : Gate, optional

    Returns
    -------
    Prediction
        `lens` is a `BrownConrady` with (k1, k2), its focal length half the diagonal, its centre the photo's;
        None where there is nothing to see. `accepted` tells whether to use it. The same bits on every run.

    Raises
    ------
    TypeError, ValueError
        Not an image.

    Examples
    --------
    >>> import numpy as np
    >>> estimate(np.zeros((480, 640), np.uint8)).reasons
    ('only 0 smooth edges are seen, 4 are needed',)
    """
    return estimate_pooled([image], gate=gate)


def estimate_pooled(images: Iterable[np.ndarray], *, gate: Gate | None = None) -> Prediction:
    """Estimate the one lens of many photos of one size: all lines vote together.

    Parameters
    ----------
    images : iterable of (H, W) or (H, W, C), uint8, uint16 or float32
        Of one camera, lens and zoom; they are read one at a time, and only their edges are kept.
    gate : Gate, optional

    Returns
    -------
    Prediction
        As `estimate`; ``details["photos"]`` counts the photos.

    Raises
    ------
    TypeError, ValueError
        Not images, photos of different sizes, or none at all.
    """
    size: tuple[int, int] | None = None
    arcs: list[Chains] = []
    pixel = 0.0
    for image in images:
        plane = luma(image)
        own = (plane.shape[1], plane.shape[0])
        if size is not None and own != size:
            raise ValueError(f"photos of one lens need one size, got {own} after {size}; pool each size by itself")
        size = own
        found, pixel = _arcs(plane)
        arcs.append(found)
    if size is None:
        raise ValueError("images is empty; a lens needs at least one photo")
    if min(size) < _SMALLEST:
        return _nothing(f"the photo has {size[0]} x {size[1]} pixels, {_SMALLEST} a side are needed", len(arcs))
    count = sum(map(len, arcs))
    if count < _ARCS:
        return _nothing(f"only {count} smooth edges are seen, {_ARCS} are needed", len(arcs))
    return _solve(arcs, size, pixel, gate or Gate())


def _nothing(reason: str, photos: int) -> Prediction:
    return Prediction(lens=None, source=SOURCE, accepted=False, reasons=(reason,), details={"photos": photos})


def _arcs(plane: np.ndarray) -> tuple[Chains, float]:
    """Smooth arcs in half diagonals from the centre, and the size of a working pixel in that unit."""
    rows, cols = plane.shape
    unit = hypot(cols, rows) / 2
    shrink = min(1.0, _WORKING / max(rows, cols))
    if min(rows, cols) < _SMALLEST:
        return Chains(np.empty((0, 2)), np.empty(0, np.intp)), 1 / unit
    size = (max(1, round(cols * shrink)), max(1, round(rows * shrink)))
    if size != (cols, rows):
        plane = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    shortest = max(_SHORTEST_PIXELS, _SHORTEST * hypot(*size))
    chains = edge_chains(plane, shortest=int(shortest))
    found = inside(smooth_arcs(chains, shortest=shortest), size)
    centred = (found.points + 0.5) / size * (cols, rows) - (cols / 2, rows / 2)
    return Chains(centred / unit, found.starts), 1 / (unit * shrink)


def _solve(arcs: list[Chains], size: tuple[int, int], pixel: float, gate: Gate) -> Prediction:
    votes = ballot(sampled(_together(arcs)), pixel, _NOISE_FIRST).sum(axis=0)
    first = float(K1[np.argmax(votes)])
    lines = sampled(_together([joined(own, lens_of(first, first**2), pixel) for own in arcs]))
    each = ballot(lines, pixel, _NOISE_THEN)
    votes = each.sum(axis=0)
    peak = float(K1[np.argmax(votes)])

    k1, k2, weights = fit(lines, pixel, peak)
    if not _sane(k1, k2, peak):
        k1, k2 = peak, peak**2
    evidence = _evidence(lines, weights, (k1, k2), peak, each, pixel=pixel, unit=hypot(*size) / 2)
    identity_margin = float(1 - votes[np.argmin(np.abs(K1))] / votes.max())
    surround = _surround(lines, k1, k2, pixel)
    reasons = gate.reasons_against(evidence, identity_margin, surround)
    (width, height), unit = size, hypot(*size) / 2
    return Prediction(
        lens=BrownConrady((unit, unit), ((width - 1) / 2, (height - 1) / 2), (k1, k2), size=size),
        source=SOURCE,
        evidence=evidence,
        accepted=not reasons,
        reasons=reasons,
        details={"photos": len(arcs), "identity_margin": identity_margin, "surround": surround},
    )


def _sane(k1: float, k2: float, peak: float) -> bool:
    inside_the_frame = lens_of(k1, k2).monotone_radius > 1
    return abs(k1 - peak) < _LEFT_THE_PEAK and abs(k2) < STRONGEST_K2 and inside_the_frame


def _together(parts: list[Chains]) -> Chains:
    points = np.concatenate([part.points for part in parts])
    return Chains(points, np.cumsum(np.concatenate([[0], *(part.lengths for part in parts)]))[:-1])


def _straight(lines: Samples, k1: float, k2: float, pixel: float) -> np.ndarray:
    rms = np.sqrt(np.mean(residuals(lines, k1, k2) ** 2, axis=1))
    return (rms < _STRAIGHT * pixel) & (lines.weights * pixel > _LINE)


def _evidence(
    lines: Samples,
    weights: np.ndarray,
    found: tuple[float, float],
    peak: float,
    each: np.ndarray,
    *,
    pixel: float,
    unit: float,
) -> Evidence:
    straight = _straight(lines, *found, pixel)
    votes = each.sum(axis=0)
    rival = votes[np.abs(K1 - peak) > _RIVAL].max()

    def rms(k1: float, k2: float) -> float:
        squares = np.mean(residuals(lines, k1, k2) ** 2, axis=1)
        return float(unit * np.sqrt(np.sum(weights * squares) / np.sum(weights))) if weights.any() else 0.0

    return Evidence(
        lines=int(straight.sum()),
        length=float(lines.weights[straight].sum() * pixel),
        peak_margin=float(1 - rival / votes.max()),
        deviation=deviation(each, peak),
        straightness_before=rms(0.0, 0.0),
        straightness_after=rms(*found),
    )


def _surround(lines: Samples, k1: float, k2: float, pixel: float) -> float:
    """Least part of the straight lines' length that is left when those of one direction and one side are gone."""
    straight = _straight(lines, k1, k2, pixel)
    if not straight.any():
        return 0.0
    weights, points = lines.weights[straight], lines.points[straight]
    chord = points[:, -1] - points[:, 0]
    normal = np.stack([-chord[:, 1], chord[:, 0]], axis=1)
    foot = normal * np.sign(np.sum(normal * points.mean(axis=1), axis=1, keepdims=True))  # from the centre to the line
    angle = np.arctan2(foot[:, 1], foot[:, 0])
    elsewhere = np.cos(angle[None] - np.deg2rad(np.arange(0, 360, 5))[:, None]) < _TOGETHER
    return float((elsewhere @ weights).min() / weights.sum())
