"""What is measured of a correction before it may touch a photo, and the limits it must keep.

A correction is measured twice. In the photo's own camera: determinants, stretch, displacement and residual,
so that the numbers do not depend on the crop. In the camera of the output: folds, points that are no numbers
and the part of the frame that looks past the photo, because a wider output also shows more of the map.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from math import hypot, inf
from typing import Any, Literal

import numpy as np

from pixkern.lenses import Inverted, Lens
from pixkern.warp import jacobian_stats

from .prediction import Evidence

Status = Literal["hybrid", "param_only", "param_only_conservative", "identity"]
"""The rungs of the ladder: lens and residual, the lens alone, a part of the lens, the photo as it is."""


@dataclass(frozen=True)
class Thresholds:
    """The limits of a safe correction; `docs/safety.md` gives the reason for each.

    The defaults are for lenses that were estimated from the photo itself. `Thresholds.measured()` are the
    ones for lenses that somebody measured or chose: a fisheye profile bends more than any estimate may.

    Determinants are of the map from the corrected image to the photo, areas of the photo per area of the
    corrected image at the photo's own focal length; lengths are fractions of the frame's half diagonal.

    Examples
    --------
    >>> Thresholds().determinant_min, Thresholds.measured().displacement_max
    (0.2, inf)
    >>> strict = Thresholds(out_of_bounds_max=0.0)
    """

    determinant_min: float = 0.2
    determinant_p1: float = 0.4
    determinant_max: float = 4.0
    anisotropy_p99: float = 2.5
    displacement_max: float = 0.2
    out_of_bounds_max: float = 0.12
    residual_max: float = 0.01
    residual_share: float = 0.5
    residual_floor: float = 0.001
    residual_gradient_max: float = 0.2
    straightness_ratio: float = 1.02

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value >= 0:
                raise ValueError(f"{name} must be a number of at least 0, got {value!r}")

    @classmethod
    def measured(cls) -> Thresholds:
        """For calibrations and profiles: any lens that does not fold, whatever it bends."""
        return cls(
            determinant_min=1e-3,
            determinant_p1=0.0,
            determinant_max=inf,
            anisotropy_p99=inf,
            displacement_max=inf,
            out_of_bounds_max=inf,
        )


@dataclass(frozen=True)
class Measurement:
    """What was measured of one map. Units as in `Thresholds`, except `displacement_mean_px` and `residual_px`."""

    determinant_min: float
    determinant_p1: float
    determinant_p50: float
    determinant_p99: float
    determinant_max: float
    anisotropy_p99: float
    folded_fraction: float
    monotone: bool
    out_of_bounds_fraction: float
    displacement_max: float
    displacement_mean_px: float
    residual_max: float
    residual_share: float
    residual_gradient_max: float
    non_finite: int


@dataclass(frozen=True)
class Step:
    """One rung of the ladder: what was tried, whether it was safe, and every reason against it.

    `scale` is the part of the deviation from the prior that was left: 1 is the whole prediction.
    """

    status: Status
    safe: bool
    reasons: tuple[str, ...] = ()
    scale: float = 1.0
    measurement: Measurement | None = None


@dataclass(frozen=True)
class SafetyReport:
    """Every rung that was tried, in order; the last is the one that was used."""

    steps: tuple[Step, ...]
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def used(self) -> Step:
        """The rung the result stands on."""
        return self.steps[-1]

    @property
    def safe(self) -> bool:
        """Whether the used rung keeps every limit; the identity always does."""
        return self.used.safe

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the rungs above the used one were refused."""
        return tuple(f"{step.status}: {reason}" for step in self.steps for reason in step.reasons)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it; infinite limits become None."""
        return {
            "safe": self.safe,
            "status": self.used.status,
            "thresholds": {name: None if value == inf else value for name, value in asdict(self.thresholds).items()},
            "steps": [plain(asdict(step)) for step in self.steps],
        }


def half_diagonal(size: tuple[int, int]) -> float:
    """Half the diagonal of a frame of `size` (width, height), in pixels."""
    return hypot(*size) / 2


def measure(
    lens: Lens,
    size: tuple[int, int],
    *,
    residual: np.ndarray | None = None,
    framed: tuple[Lens, np.ndarray | None] | None = None,
    threads: int | None = None,
) -> Measurement:
    """Measure a correction over the whole frame, without sampling any pixel.

    Parameters
    ----------
    lens : Lens
        From the corrected image to the photo.
    size : (width, height)
        Of the photo and of the corrected image, in pixels.
    residual : (h, w, 2) float32, optional
        Added to the lens's coordinates; source pixels.
    framed : (lens, residual), optional
        The same correction in the camera of the output; by default the photo's.
    threads : int, optional
        See `pixkern.set_threads`.

    Returns
    -------
    Measurement

    Examples
    --------
    >>> from pixkern.lenses import BrownConrady
    >>> found = measure(BrownConrady(200, (159.5, 119.5), (-0.1,)), (320, 240))
    >>> found.monotone, round(found.displacement_max, 3)
    (True, 0.099)
    """
    own = lens if isinstance(lens, Inverted) else replace(lens, view=None)  # an inverted lens's view is its input's
    stats = jacobian_stats(own, size, residual=residual, threads=threads)
    output = stats
    if framed is not None and (framed[0] != own or framed[1] is not residual):
        output = jacobian_stats(framed[0], size, residual=framed[1], threads=threads)
    bent = stats if residual is None else jacobian_stats(own, size, threads=threads)
    unit = half_diagonal(size)
    percentiles = stats.determinant_percentiles
    return Measurement(
        determinant_min=stats.determinant_min,
        determinant_p1=percentiles["p1"],
        determinant_p50=percentiles["p50"],
        determinant_p99=percentiles["p99"],
        determinant_max=stats.determinant_max,
        anisotropy_p99=stats.anisotropy_p99,
        folded_fraction=max(stats.folded_fraction, output.folded_fraction),
        monotone=stats.monotone and output.monotone,
        out_of_bounds_fraction=output.out_of_bounds_fraction,
        displacement_max=stats.displacement_max / unit,
        displacement_mean_px=stats.displacement_mean,
        residual_max=stats.residual_max / unit,
        residual_share=stats.residual_max / bent.displacement_max if bent.displacement_max else 0.0,
        residual_gradient_max=stats.residual_gradient_max,
        non_finite=stats.non_finite + output.non_finite,
    )


def reasons_against(measured: Measurement, limits: Thresholds) -> tuple[str, ...]:
    """Every limit that `measured` breaks, in words; empty if it is safe."""
    if measured.non_finite:
        return (f"{measured.non_finite} points of the map are not finite",)
    found = []
    if not measured.monotone:
        found.append("the radial map stops growing inside the frame")
    if not measured.folded_fraction <= 0:
        found.append(f"{measured.folded_fraction:.2%} of the frame is folded over")
    checks = (
        ("determinant min", measured.determinant_min, "below", limits.determinant_min),
        ("determinant p1", measured.determinant_p1, "below", limits.determinant_p1),
        ("determinant max", measured.determinant_max, "above", limits.determinant_max),
        ("anisotropy p99", measured.anisotropy_p99, "above", limits.anisotropy_p99),
        ("displacement max / half diagonal", measured.displacement_max, "above", limits.displacement_max),
        ("out-of-bounds fraction", measured.out_of_bounds_fraction, "above", limits.out_of_bounds_max),
        ("residual max / half diagonal", measured.residual_max, "above", limits.residual_max),
        ("residual gradient max", measured.residual_gradient_max, "above", limits.residual_gradient_max),
    )
    for name, value, side, limit in checks:
        if not (value >= limit if side == "below" else value <= limit):
            found.append(f"{name} {value:.4g} is {side} {limit:g}")
    if measured.residual_max > limits.residual_floor and measured.residual_share > limits.residual_share:
        share, most = measured.residual_share, limits.residual_share
        found.append(f"residual max / lens displacement max {share:.4g} is above {most:g}")
    return tuple(found)


def reasons_against_evidence(evidence: Evidence | None, limits: Thresholds) -> tuple[str, ...]:
    """Why the photo's own lines speak against an estimate; empty if they do not."""
    if evidence is None:
        return ()
    before, after = evidence.straightness_before, evidence.straightness_after
    if not after <= before * limits.straightness_ratio:
        return (f"lines get less straight: {before:.3f} px before, {after:.3f} px after",)
    return ()


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: lists for tuples and arrays, None for numbers that are not finite."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
