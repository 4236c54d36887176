"""How far points that should lie on a line are from one: total least squares for many lines at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pixkern.lenses import Lens


def line_residuals(points: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Signed perpendicular distances of points from the best-fit lines of their groups.

    The line of a group minimises the sum of squared perpendicular distances: it passes through the mean, at
    the angle a with tan 2a = 2 sxy / (sxx - syy) (Pearson, "On lines and planes of closest fit", 1901).

    Parameters
    ----------
    points : (N, 2) float64
        The groups one after the other.
    starts : (G,) int
        Where each group starts; the first is 0, all groups have at least one point.

    Returns
    -------
    (N,) float64
        In the unit of `points`.

    Examples
    --------
    >>> line_residuals(np.array([(0.0, 0.0), (1.0, 0.1), (2.0, 0.0)]), np.array([0])).round(3)
    array([-0.033,  0.067, -0.033])
    """
    counts = np.diff(np.append(starts, len(points)))
    means = np.add.reduceat(points, starts) / counts[:, None]
    x, y = (points - np.repeat(means, counts, axis=0)).T
    xx, xy, yy = (np.add.reduceat(product, starts) for product in (x * x, x * y, y * y))
    angle = np.repeat(0.5 * np.arctan2(2 * xy, xx - yy), counts)
    return y * np.cos(angle) - x * np.sin(angle)


def straightness(lines: Sequence[np.ndarray], lens: Lens | None = None) -> float:
    """RMS perpendicular distance of the points of lines from their best-fit lines, after correction.

    Parameters
    ----------
    lines : sequence of (N_i, 2) array_like
        Points of the photo, in pixels, that lie on one straight line of the scene each.
    lens : Lens, optional
        The correction; its own `view` decides the pixel of the answer. None: as photographed.

    Returns
    -------
    float
        Pixels of the corrected image, over all points of all lines; 0 without lines, infinite where the lens
        cannot bring a point back.

    Examples
    --------
    >>> round(straightness([[(0, 0), (10, 0.3), (20, 0)]]), 4)
    0.1414
    """
    groups = [np.asarray(line, dtype=np.float64).reshape(-1, 2) for line in lines]
    groups = [group for group in groups if len(group)]
    if not groups:
        return 0.0
    points = np.concatenate(groups)
    starts = np.cumsum([0, *map(len, groups)][:-1])
    if lens is not None:
        points, valid = lens.inverse(points)
        if not valid.all():
            return float("inf")
    return float(np.sqrt(np.mean(line_residuals(points, starts) ** 2)))
