"""How far two pictures agree, place by place: edges, straight lines, gradient directions, structure, levels.

Each measure is exactly 1 for equal pictures and looks at places, not at counts: the histogram of edges, line
angles or gradient directions of a distorted photo is almost that of the corrected one, so it says nothing.
All work on brightness in grey levels of 0 to 255.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

_SMOOTHING = 1.0  # sigma in pixels before edges and gradients: grain and JPEG blocks are no shapes
_CANNY_LOW, _CANNY_HIGH = 40, 100  # of the Sobel gradient, which is 8 times the slope in levels per pixel

_LINE_LENGTH = 0.04  # of the diagonal: what is shorter says little of straightness
_LEAST_LENGTH = 20.0  # pixels, for the same reason
_LINE_STEP = 2.0  # pixels between the points at which a line is compared
_SEARCH = 8  # pixels to either side in which a line is looked for
_LEAST_SLOPE = 2.0  # grey levels per pixel that make an edge point
_SAME = 0.5  # of the reference's slope: what is weaker is another edge
_NEAR = 1.5  # pixels: the reference's own edge lies this close to its line

_SSIM_WINDOW, _SSIM_SIGMA = 11, 1.5
_SSIM_C1, _SSIM_C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_SSIM_ROWS = 256  # rows at a time: float64 moments of a whole photo would be large


def edges(levels: np.ndarray) -> np.ndarray:
    """Edge pixels of a picture in grey levels, (H, W) bool. Canny, PAMI 8(6), 1986."""
    smooth = cv2.GaussianBlur(levels, (0, 0), _SMOOTHING, borderType=cv2.BORDER_REFLECT_101)
    return cv2.Canny(_as_uint8(smooth), _CANNY_LOW, _CANNY_HIGH, apertureSize=3, L2gradient=True) > 0


def dice(found: np.ndarray, wanted: np.ndarray) -> float:
    """2 |A and B| / (|A| + |B|) of two sets of pixels; 1 if both are empty. Dice, Ecology 26(3), 1945."""
    total = int(found.sum()) + int(wanted.sum())
    return 2 * int((found & wanted).sum()) / total if total else 1.0


def tolerant_f1(found: np.ndarray, wanted: np.ndarray) -> float:
    """Harmonic mean of precision and recall, where a neighbour, straight or diagonal, is as good as the pixel."""
    found_count, wanted_count = int(found.sum()), int(wanted.sum())
    if not found_count or not wanted_count:
        return float(found_count == wanted_count)
    precision = int((found & _grown(wanted)).sum()) / found_count
    recall = int((wanted & _grown(found)).sum()) / wanted_count
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def gradient_agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Mean of cos(2 angle) between the gradients of each pixel, weighted by the longer of the two.

    1 where directions agree up to their sign, 0 for directions at random or an edge where there is none; the
    mean is at least 0.
    """
    ax, ay = gradients(first)
    bx, by = gradients(second)
    a, b = ax * ax + ay * ay, bx * bx + by * by
    weight = np.sqrt(np.maximum(a, b))
    total = weight.sum(dtype=np.float64)
    if total == 0:
        return 1.0
    dot, cross, product = ax * bx + ay * by, ax * by - ay * bx, a * b
    cosine = np.divide(dot * dot - cross * cross, product, out=np.zeros_like(product), where=product > 0)
    mean = float((weight * cosine).sum(dtype=np.float64) / total)
    return min(1.0, max(0.0, mean))  # rounding may lead past 1


def gradients(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope to the right and downwards, in grey levels per pixel, (H, W) float64 each."""
    smooth = cv2.GaussianBlur(levels.astype(np.float64), (0, 0), _SMOOTHING, borderType=cv2.BORDER_REFLECT_101)
    sobel = [
        cv2.Sobel(smooth, cv2.CV_64F, dx, 1 - dx, ksize=3, scale=1 / 8, borderType=cv2.BORDER_REFLECT_101)
        for dx in (1, 0)
    ]
    return sobel[0], sobel[1]


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Mean structural similarity, -1 to 1.

    Gaussian window of 11 x 11, sigma 1.5, K1 0.01, K2 0.03, range 255, mean over the places where the window
    fits; in a picture smaller than the window, over all places of the mirrored picture. Source: Wang, Bovik,
    Sheikh & Simoncelli, IEEE Trans. Image Processing 13(4), 2004, eq. 13.
    """
    pad = _SSIM_WINDOW // 2
    if min(first.shape) < _SSIM_WINDOW:
        first, second = (np.pad(x, pad, mode="symmetric") for x in (first, second))
    kernel = cv2.getGaussianKernel(_SSIM_WINDOW, _SSIM_SIGMA, cv2.CV_64F)
    total, count = 0.0, 0
    for top in range(0, first.shape[0] - 2 * pad, _SSIM_ROWS):
        rows = slice(top, top + _SSIM_ROWS + 2 * pad)
        x, y = first[rows].astype(np.float64), second[rows].astype(np.float64)

        def mean(z: np.ndarray) -> np.ndarray:
            return cv2.sepFilter2D(z, cv2.CV_64F, kernel, kernel)[pad:-pad, pad:-pad]

        mx, my = mean(x), mean(y)
        xx, yy, xy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
        similar = (2 * mx * my + _SSIM_C1) * (2 * xy + _SSIM_C2)
        similar /= (mx * mx + my * my + _SSIM_C1) * (xx + yy + _SSIM_C2)
        total += float(similar.sum())
        count += similar.size
    return total / count


@dataclass(frozen=True)
class LineAgreement:
    """How the straight lines of the reference are kept; see `line_agreement`."""

    position: float
    straightness: float


def line_agreement(prediction: np.ndarray, reference: np.ndarray) -> LineAgreement | None:
    """Whether the straight lines of the reference run at the same place, and straight, in the prediction.

    Line segments of the reference are followed in steps of 2 pixels. At each point the edge of the reference is
    located across the line, to a fraction of a pixel, and then the nearest edge of the prediction within 8
    pixels that has the same polarity and at least half the slope; d is the distance between the two. `position`
    is the mean of 1 / (1 + d^2) over all points, 0 where there is no such edge. `straightness` is the same with
    what is left of d after each line's own shift and turn, and 0 for a line of which less than half is found.

    None if the reference has no line of at least 4 % of its diagonal, and 20 pixels.

    Source of the segments: Grompone von Gioi, Jakubowicz, Morel & Randall, "LSD: a Line Segment Detector",
    IPOL 2, 2012.
    """
    points = _line_points(reference)
    if points is None:
        return None
    x = points[1]
    least = np.full(len(x), _LEAST_SLOPE)
    wanted, slope = _nearest_edge(gradients(reference), points, np.zeros(len(x)), least)
    kept = np.abs(wanted) <= _NEAR  # False where there is none
    if not kept.any():
        return None
    points, wanted, slope = tuple(v[kept] for v in points), wanted[kept], slope[kept]
    line, along = points[0], points[3]
    found, _ = _nearest_edge(gradients(prediction), points, np.rint(wanted), _SAME * slope)
    seen = np.isfinite(found)
    found = np.where(seen, found, wanted)
    distance = found - wanted
    bow = _bow(distance, along, line, seen)
    share = np.bincount(line, seen) / np.maximum(np.bincount(line), 1)
    whole = seen & (share[line] >= 0.5)
    position = np.where(seen, 1 / (1 + distance**2), 0.0).mean()
    straightness = np.where(whole, 1 / (1 + bow**2), 0.0).mean()
    return LineAgreement(float(position), float(straightness))


def _line_points(levels: np.ndarray) -> tuple[np.ndarray, ...] | None:
    """Line number, x, y, position along the line, and the normal towards the brighter side, of each point."""
    found = cv2.createLineSegmentDetector().detect(_as_uint8(levels))[0]
    if found is None:
        return None
    ends = np.asarray(found, dtype=np.float64).reshape(-1, 4)
    direction = ends[:, 2:] - ends[:, :2]
    length = np.hypot(direction[:, 0], direction[:, 1])
    long = length >= max(_LINE_LENGTH * math.hypot(*levels.shape), _LEAST_LENGTH)
    if not long.any():
        return None
    ends, length, direction = ends[long], length[long], direction[long] / length[long, None]
    count = (length // _LINE_STEP).astype(np.intp)
    line = np.repeat(np.arange(len(count)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    along = (step + 0.5) * (length / count)[line]
    x, y = ends[line, 0] + along * direction[line, 0], ends[line, 1] + along * direction[line, 1]
    normal_x, normal_y = -direction[:, 1], direction[:, 0]
    slope_x, slope_y = gradients(levels)
    rise = _sample(slope_x, x, y) * normal_x[line] + _sample(slope_y, x, y) * normal_y[line]
    sign = np.where(np.bincount(line, rise) < 0, -1.0, 1.0)
    return line, x, y, along, (sign * normal_x)[line], (sign * normal_y)[line]


def _nearest_edge(
    slopes: tuple[np.ndarray, np.ndarray], points: tuple[np.ndarray, ...], start: np.ndarray, least: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where on each normal the picture rises most near `start`, in pixels, and how steeply.

    That is the local maximum of the slope, of at least `least`, that is nearest to `start`; nan if there is none.
    """
    _, x, y, _, normal_x, normal_y = points
    offsets = np.arange(-_SEARCH - 1, _SEARCH + 2.0)  # one more at each end, so that all within can be maxima
    at_x, at_y = x[:, None] + offsets * normal_x[:, None], y[:, None] + offsets * normal_y[:, None]
    rise = _sample(slopes[0], at_x, at_y) * normal_x[:, None] + _sample(slopes[1], at_x, at_y) * normal_y[:, None]
    before, here, after = rise[:, :-2], rise[:, 1:-1], rise[:, 2:]
    top = (here >= before) & (here > after) & (here >= least[:, None])
    away = np.where(top, np.abs(offsets[1:-1] - start[:, None]), np.inf)
    best = away.argmin(axis=1)
    rows = np.arange(len(best))
    before, here, after = before[rows, best], here[rows, best], after[rows, best]
    curvature = before - 2 * here + after
    found = top[rows, best]
    shift = np.divide(0.5 * (before - after), curvature, out=np.zeros_like(here), where=found)  # a parabola's top
    return np.where(found, offsets[best + 1] + shift, np.nan), here


def _bow(distance: np.ndarray, along: np.ndarray, line: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What is left of `distance` after a straight line was fitted to the seen points of each line."""

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(line, seen * values) / np.maximum(np.bincount(line, seen), 1)

    s = along - mean(along)[line]
    d = distance - mean(distance)[line]
    spread = mean(s * s)
    turn = np.divide(mean(s * d), spread, out=np.zeros_like(spread), where=spread > 0)
    return d - turn[line] * s


def _sample(plane: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear, in float64, borders continued."""
    rows, cols = plane.shape
    x, y = np.clip(x, 0, cols - 1), np.clip(y, 0, rows - 1)
    c, r = np.minimum(x.astype(np.intp), max(cols - 2, 0)), np.minimum(y.astype(np.intp), max(rows - 2, 0))
    right, down = np.minimum(c + 1, cols - 1), np.minimum(r + 1, rows - 1)
    u, v = x - c, y - r
    return (1 - v) * ((1 - u) * plane[r, c] + u * plane[r, right]) + v * (
        (1 - u) * plane[down, c] + u * plane[down, right]
    )


def _grown(pixels: np.ndarray) -> np.ndarray:
    return cv2.dilate(pixels.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _as_uint8(levels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
