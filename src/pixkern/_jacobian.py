"""What a lens does to areas and shapes, measured over a frame without sampling any pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check, _threads
from ._native import lenses as _cpu
from .lenses import Lens

_LATTICE = 192  # points a side: percentiles to 1/36,864 of the frame, in about 5 ms
_POINTS = 1 << 16  # of the residual's cells at a time
_PERCENTILES = {"p0_1": 0.1, "p1": 1.0, "p50": 50.0, "p99": 99.0}


@dataclass(frozen=True)
class JacobianStats:
    """Of the map from a corrected image to its photo, with Jacobian J and positions in pixels.

    Attributes
    ----------
    determinant_min, determinant_max : float
        Of det J: area of the photo per area of the corrected image. Below zero the map folds.
    determinant_percentiles : dict
        "p0_1", "p1", "p50", "p99": det J that 0.1, 1, 50 and 99 % of the frame stay below.
    folded_fraction : float
        Part of the frame with det J <= 0; above zero whenever `determinant_min` is not positive.
    anisotropy_p99 : float
        Ratio of J's singular values that 99 % of the frame stay below.
    monotone : bool
        Whether the radial map grows over the whole frame, in closed form; see `Lens.is_monotone`.
    out_of_bounds_fraction : float
        Part of the frame whose position lies outside the centres of the photo's edge pixels.
    displacement_max, displacement_mean : float
        Distance between a pixel and its position.
    residual_max, residual_gradient_max : float
        Largest displacement of the residual, and largest singular value of its derivative; 0 without one.
    non_finite : int
        Points that have no finite position or Jacobian; they count in no other figure.
    """

    determinant_min: float
    determinant_max: float
    determinant_percentiles: Mapping[str, float]
    folded_fraction: float
    anisotropy_p99: float
    monotone: bool
    out_of_bounds_fraction: float
    displacement_max: float
    displacement_mean: float
    residual_max: float
    residual_gradient_max: float
    non_finite: int


def jacobian_stats(
    lens: Lens,
    size: tuple[int, int],
    *,
    residual: Any = None,
    source_size: tuple[int, int] | None = None,
    threads: int | None = None,
) -> JacobianStats:
    """Measure whether and how a warp folds, stretches and moves a frame.

    Derivatives are exact: the lens's in closed form, the residual's per cell of its bilinear field. Fractions
    and percentiles are taken at the centres of up to 192 x 192 equal parts of the frame; extremes also along
    its edge and, with a residual, on both sides of every node, where a piecewise bilinear field has them.

    Parameters
    ----------
    lens : Lens
    size : (width, height)
        Of the corrected image.
    residual : (h, w, 2) float32, optional
        As `warp` takes it.
    source_size : (width, height), optional
        Of the photo. Default: `size`.
    threads : int, optional
        At most this many threads.

    Returns
    -------
    JacobianStats

    Raises
    ------
    TypeError, ValueError
        `lens` is no Lens, or a shape does not fit.

    Examples
    --------
    >>> from pixkern.lenses import BrownConrady
    >>> folding = BrownConrady(1000, (999.5, 749.5), radial=(-0.45, 0.02))
    >>> stats = jacobian_stats(folding, (2000, 1500))
    >>> stats.monotone, round(stats.folded_fraction, 3), round(stats.determinant_min, 2)
    (False, 0.235, -0.3)
    """
    if not isinstance(lens, Lens):
        raise TypeError(f"lens must be a Lens, got {type(lens).__name__}")
    size = _check.size(size)
    source = np.array(size if source_size is None else _check.size(source_size, "source_size"))
    field = None
    if residual is not None:
        given = residual if isinstance(residual, np.ndarray) else np.asarray(residual)
        field = _check.array(given, "residual", dtypes=(np.float32,), ndim=(3,)).astype(np.float64)
        if field.shape[2] != 2 or 0 in field.shape:
            raise ValueError(f"residual needs shape (h, w, 2), got {field.shape}")
        field = field[: 1 if size[1] == 1 else None, : 1 if size[0] == 1 else None]  # what a frame of one pixel sees
        field = np.pad(field, [(0, int(n == 1)) for n in field.shape[:2]] + [(0, 0)], mode="edge")
    frame = _Frame(lens, size, field, threads)
    inside = frame.measure(*frame.centres())
    edges = [frame.measure(*points) for points in frame.limits()]
    everywhere = [inside, *edges]
    outside = ((inside.position < 0) | (inside.position > source - 1)).any(axis=-1)
    low = min(part.determinant_min for part in everywhere)
    return JacobianStats(
        determinant_min=low,
        determinant_max=max(part.determinant_max for part in everywhere),
        determinant_percentiles={name: _percentile(inside.determinant, at) for name, at in _PERCENTILES.items()},
        folded_fraction=max(_fraction(inside.determinant <= 0), 1 / _LATTICE**2 if low <= 0 else 0.0),
        anisotropy_p99=_percentile(inside.anisotropy, 99.0),
        monotone=lens.is_monotone(size),
        out_of_bounds_fraction=_fraction(outside),
        displacement_max=max(part.moved_max for part in everywhere),
        displacement_mean=float(inside.moved.mean()) if inside.moved.size else math.nan,
        residual_max=0.0 if field is None else float(np.nanmax(np.hypot(field[..., 0], field[..., 1]), initial=0.0)),
        residual_gradient_max=max(part.gradient for part in everywhere),
        non_finite=sum(part.lost for part in everywhere),
    )


@dataclass(frozen=True)
class _Measured:
    """Of the points that have them; `lost` counts those that have not."""

    position: np.ndarray
    determinant: np.ndarray
    anisotropy: np.ndarray
    moved: np.ndarray
    gradient: float
    lost: int

    @property
    def determinant_min(self) -> float:
        return float(self.determinant.min(initial=math.inf))

    @property
    def determinant_max(self) -> float:
        return float(self.determinant.max(initial=-math.inf))

    @property
    def moved_max(self) -> float:
        return float(self.moved.max(initial=0.0))


@dataclass(frozen=True)
class _Frame:
    lens: Lens
    size: tuple[int, int]
    field: np.ndarray | None  # (h, w, 2) float64, at least 2 x 2
    threads: int | None

    @property
    def _nodes_per_pixel(self) -> np.ndarray:
        assert self.field is not None
        return (np.array(self.field.shape[1::-1]) - 1) / np.maximum(np.array(self.size) - 1, 1)

    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """The centres of equal parts of the frame, and their cells."""
        return self._in_cells(_lattice(*((np.arange(n) + 0.5) * side / n - 0.5 for n, side in self._counts())))

    def limits(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The edge of the frame; then the corners of the residual's cells, some rows of cells at a time."""
        x, y = (np.linspace(0, side - 1, min(side, n + 1)) for n, side in self._counts())
        yield self._in_cells(np.concatenate([_lattice(x, y[[0, -1]]), _lattice(x[[0, -1]], y)]))
        if self.field is None:
            return
        rows, cols = np.array(self.field.shape[:2]) - 1
        step = max(1, _POINTS // (4 * cols))
        for top in range(0, rows, step):
            cells = _lattice(np.arange(cols), np.arange(top, min(top + step, rows)))
            for corner in _lattice(np.arange(2), np.arange(2)):
                yield (cells + corner) / self._nodes_per_pixel, cells

    def _counts(self) -> list[tuple[int, int]]:
        return [(min(side, _LATTICE), side) for side in self.size]

    def _in_cells(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.field is None:
            return points, points
        last = np.array(self.field.shape[1::-1]) - 2
        return points, np.clip((points * self._nodes_per_pixel).astype(np.int64), 0, last)

    def measure(self, points: np.ndarray, cells: np.ndarray) -> _Measured:
        def run(kernel: Any, *shape: int) -> np.ndarray:
            out = np.empty((len(points), *shape))
            numbers = self.lens.packed()
            cost = 40 * len(points)
            _threads.split(
                lambda a, b: kernel(numbers, points, out, a, b), len(points), elements=cost, threads=self.threads
            )
            return out

        points = np.ascontiguousarray(points)
        position, jacobian = run(_cpu.map_points, 2), run(_cpu.jacobians, 2, 2)
        gradient = 0.0
        if self.field is not None:
            shift, derivative = self._residual(points, cells)
            position, jacobian = position + shift, jacobian + derivative
            known = derivative[np.isfinite(derivative).all(axis=(1, 2))]
            gradient = float(_singular_values(known)[0].max(initial=0.0))
        fine = np.isfinite(position).all(axis=-1) & np.isfinite(jacobian).all(axis=(1, 2))
        large, small = _singular_values(jacobian[fine])
        a, b, c, d = jacobian[fine].reshape(-1, 4).T
        with np.errstate(divide="ignore"):
            anisotropy = np.where(small > 0, large / small, np.inf)
        moved = np.hypot(*(position - points)[fine].T)
        return _Measured(position[fine], a * d - b * c, anisotropy, moved, gradient, int((~fine).sum()))

    def _residual(self, points: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Value (N, 2) and derivative (N, 2, 2) of the bilinear field, each point taken within its cell."""
        assert self.field is not None
        along, down = (points * self._nodes_per_pixel - cells).T[:, :, None]
        left, top = cells.T
        a, b = self.field[top, left], self.field[top, left + 1]
        c, d = self.field[top + 1, left], self.field[top + 1, left + 1]
        upper, lower = a + along * (b - a), c + along * (d - c)
        slopes = [(b - a) + down * ((d - c) - (b - a)), lower - upper]
        return upper + down * (lower - upper), np.stack(slopes, axis=-1) * self._nodes_per_pixel


def _lattice(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _singular_values(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The larger and the smaller of each (2, 2) matrix: half the sum and difference of the two radii below."""
    a, b, c, d = matrices.reshape(-1, 4).T
    plus, minus = np.hypot(a + d, c - b), np.hypot(a - d, c + b)
    return 0.5 * (plus + minus), 0.5 * np.abs(plus - minus)


def _percentile(values: np.ndarray, at: float) -> float:
    return float(np.percentile(values, at, method="lower")) if values.size else math.nan


def _fraction(mask: Any) -> float:
    return float(mask.mean()) if mask.size else 0.0
