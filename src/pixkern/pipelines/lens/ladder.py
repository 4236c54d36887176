"""The ladder of corrections, from all that was predicted down to the photo as it is.

    hybrid                    lens and residual
    param_only                the lens alone
    param_only_conservative   the lens moved towards its prior, just so far that it is safe
    identity                  nothing

The first rung that keeps every limit is used, and every rung above it says why it was refused.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import inf
from typing import Any

import numpy as np

from pixkern.lenses import Inverted, KannalaBrandt, Lens

from .crop import Crop, CropError, Framing, frame
from .prediction import Prediction
from .safety import (
    SafetyReport,
    Status,
    Step,
    Thresholds,
    measure,
    reasons_against,
    reasons_against_evidence,
)

_HALVINGS = 8  # the scale of the conservative rung is found to 1/256: finer than any estimate is known
_LEAST_SCALE = 1 / 16  # less than this of a correction is not worth a resampling
_CAMERAS = ("focal", "center", "size", "view")


@dataclass(frozen=True, eq=False)
class Choice:
    """The rung that is used: `framing` is None for the identity."""

    framing: Framing | None
    report: SafetyReport

    @property
    def status(self) -> Status:
        """Name of the rung."""
        return self.report.used.status


def choose(
    prediction: Prediction,
    size: tuple[int, int],
    *,
    crop: Crop,
    limits: Thresholds,
    threads: int | None = None,
) -> Choice:
    """Climb down until a rung is safe.

    Parameters
    ----------
    prediction : Prediction
        With a lens, or None in its place for none.
    size : (width, height)
        Of the photo, in pixels.
    crop : {"valid", "keep-all", "same-size"}
        See `pixkern.pipelines.lens.crop.frame`; a crop that is impossible is a reason against a rung.
    limits : Thresholds
    threads : int, optional
        See `pixkern.set_threads`.

    Returns
    -------
    Choice
        Its report's last step is safe, always.

    Examples
    --------
    >>> from pixkern.lenses import BrownConrady
    >>> folding = Prediction(BrownConrady(200, (159.5, 119.5), (-0.45,)), "an example")
    >>> choice = choose(folding, (320, 240), crop="valid", limits=Thresholds())
    >>> choice.status, choice.report.used.scale
    ('param_only_conservative', 0.4375)
    """
    lens, residual = prediction.lens, prediction.residual
    steps: list[Step] = []
    # "keep-all" looks past the photo on purpose, and says where with its alpha
    applied = replace(limits, out_of_bounds_max=inf) if crop == "keep-all" else limits

    def attempt(
        status: Status, lens: Lens, residual: np.ndarray | None, scale: float = 1.0
    ) -> tuple[Step, Framing | None]:
        if residual is not None and not np.isfinite(residual).all():
            return Step(status, False, ("the residual is not finite",), scale), None
        try:
            framing = frame(lens, size, crop, residual=residual)
        except CropError as error:
            return Step(status, False, (str(error),), scale), None
        measured = measure(lens, size, residual=residual, framed=(framing.lens, framing.residual), threads=threads)
        reasons = reasons_against(measured, applied)
        return Step(status, not reasons, reasons, scale, measured), framing

    def used(step: Step, framing: Framing | None) -> Choice:
        return Choice(framing, SafetyReport((*steps, step), limits))

    def identity(*reasons: str) -> Choice:
        if reasons:
            steps.append(Step("hybrid" if residual is not None else "param_only", False, reasons))
        return used(Step("identity", True), None)

    if not prediction.accepted:
        return identity(*(prediction.reasons or ("the estimator does not trust its answer",)))
    if lens is None:
        return identity(*prediction.reasons)
    against = reasons_against_evidence(prediction.evidence, limits)
    if against:  # a smaller part of a wrong answer is wrong too
        return identity(*against)

    if residual is not None:
        step, framing = attempt("hybrid", lens, residual)
        if step.safe:
            return used(step, framing)
        steps.append(step)
    step, framing = attempt("param_only", lens, None)
    if step.safe:
        return used(step, framing)
    steps.append(step)

    low, high = 0.0, 1.0
    best: tuple[Step, Framing | None] | None = None
    last = step
    try:
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            last, framing = attempt("param_only_conservative", towards(lens, prediction.prior, middle), None, middle)
            if last.safe:
                low, best = middle, (last, framing)
            else:
                high = middle
    except ValueError as error:  # no way from this lens to its prior
        last = Step("param_only_conservative", False, (str(error),))
    if best is not None and (best[0].scale >= _LEAST_SCALE or prediction.prior is not None):
        return used(*best)
    if best is not None:
        last = replace(best[0], safe=False, reasons=(f"only {best[0].scale:.3f} of the correction is safe",))
    steps.append(last)
    return identity()


def towards(lens: Lens, prior: Lens | None, scale: float) -> Lens:
    """The lens whose numbers lie `scale` of the way from the prior's to this lens's.

    All coefficients shrink by one factor, so that the shape of the correction stays what was predicted.

    Parameters
    ----------
    lens : Lens
    prior : Lens, optional
        Of the same model. None: no distortion, at the lens's own focal length and centre.
    scale : float
        0 is the prior, 1 the lens.

    Raises
    ------
    ValueError
        The two are of different models, or there is no prior and the model has no undistorted member whose
        coefficients are zero (fisheye).

    Examples
    --------
    >>> from pixkern.lenses import Division
    >>> towards(Division(500, (320, 240), radial=(-0.2,)), None, 0.5).radial
    (-0.1, 0.0)
    """
    if isinstance(lens, Inverted) and (prior is None or isinstance(prior, Inverted)):
        return towards(lens.lens, prior and prior.lens, scale).inverted()
    if prior is None and isinstance(lens, KannalaBrandt):
        raise ValueError(f"{type(lens).__name__} has no undistorted member to move towards")
    if prior is not None and type(prior) is not type(lens):
        raise ValueError(f"{type(lens).__name__} cannot move towards a prior of model {type(prior).__name__}")
    blended: dict[str, Any] = {}
    for field in fields(lens):
        if field.name in ("size", "view") or (prior is None and field.name in _CAMERAS):
            continue
        wanted = np.asarray(getattr(lens, field.name), dtype=np.float64)
        start = np.zeros_like(wanted) if prior is None else np.asarray(getattr(prior, field.name), dtype=np.float64)
        value = start + scale * (wanted - start)
        blended[field.name] = float(value) if value.ndim == 0 else tuple(value.tolist())
    return replace(lens, **blended)
