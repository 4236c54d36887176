"""A small log-log plot, drawn by OpenCV: points and lines over ticks that people read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from .convergence import ROUNDING, Convergence

__all__ = ["Curve", "convergence_plot", "loglog_plot"]

Colour = tuple[int, int, int]

_SIZE = (900, 640)
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 876, 78, 566  # of the frame, in pixels
_INK, _GRID, _PAPER = (40, 40, 40), (222, 222, 222), 255
_BLUE, _ORANGE, _GREY = (31, 99, 180), (217, 95, 2), (125, 125, 125)
_STRIP = 32  # pixels at the left for the label of the y axis
_MOST_TICKS = 9
_TITLE = 0.7  # height of its letters, as OpenCV measures them
_SHIFT = 4  # cv2 draws at 1/16 of a pixel
_MARKER = 6
_DASH = 9


@dataclass(frozen=True)
class Curve:
    """Points above 0 and how they are shown. `marks` says "points", "line" or "dashes"."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    marks: Literal["points", "line", "dashes"]
    colour: Colour


def convergence_plot(convergence: Convergence, title: str) -> np.ndarray:
    """The rms of averages against N, as predicted, and a line of slope -1/2; (640, 900, 3) uint8."""
    counts, rms, predicted = convergence.samples, convergence.rms, convergence.predicted
    if rms[0] < ROUNDING:
        return _nothing(title, "nothing varies: every sample is the expectation")
    measured = "measured" if convergence.slope is None else f"measured: slope {convergence.slope:.3f}"
    guide = [rms[0] / 2 * math.sqrt(counts[0] / count) for count in counts]
    curves = [
        Curve("predicted: sqrt(mean variance / N)", counts, predicted, "line", _ORANGE),
        Curve("slope -1/2", counts, guide, "dashes", _GREY),
        Curve(measured, counts, rms, "points", _BLUE),
    ]
    visible = [curve for curve in curves if min(curve.y) > 0]
    return loglog_plot(visible, title, "N, samples in the average", "rms deviation from the expectation")


def loglog_plot(curves: Sequence[Curve], title: str, x_label: str, y_label: str) -> np.ndarray:
    """Curves over logarithmic axes, RGB uint8."""
    across = _Axis.over([x for curve in curves for x in curve.x], _LEFT, _RIGHT)
    up = _Axis.over([y for curve in curves for y in curve.y], _BOTTOM, _TOP)
    picture = _page(title)
    for tick in _binary_ticks(across) or _decimal_ticks(across):
        x = round(across.place(tick))
        cv2.line(picture, (x, _TOP), (x, _BOTTOM), _GRID)
        _text(picture, _count(tick), (x, _BOTTOM + 22), 0.5)
    for tick in _decimal_ticks(up):
        y = round(up.place(tick))
        cv2.line(picture, (_LEFT, y), (_RIGHT, y), _GRID)
        _text(picture, f"{tick:g}", (_LEFT - 8, y + 5), 0.5, align=1.0)
    cv2.rectangle(picture, (_LEFT, _TOP), (_RIGHT, _BOTTOM), _INK)
    for curve in curves:
        points = [(across.place(x), up.place(y)) for x, y in zip(curve.x, curve.y, strict=True)]
        _draw(picture, points, curve)
    _legend(picture, curves)
    _text(picture, x_label, ((_LEFT + _RIGHT) // 2, _SIZE[1] - 22), 0.6)
    strip = np.full((_STRIP, _SIZE[1], 3), _PAPER, np.uint8)
    _text(strip, y_label, (_SIZE[1] - (_TOP + _BOTTOM) // 2, _STRIP - 8), 0.6)
    picture[:, :_STRIP] = np.rot90(strip)
    return picture


@dataclass(frozen=True)
class _Axis:
    """From a value's logarithm to pixels."""

    low: float
    high: float
    begin: int
    end: int

    @classmethod
    def over(cls, values: Sequence[float], begin: int, end: int) -> _Axis:
        low, high = math.log10(min(values)), math.log10(max(values))
        margin = max(0.04 * (high - low), 0.05)
        return cls(low - margin, high + margin, begin, end)

    def place(self, value: float) -> float:
        return self.begin + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.begin)


def _binary_ticks(axis: _Axis) -> list[float]:
    """Powers of two, or every second, third, ... of them where they are many."""
    step = math.log10(2)
    powers = range(math.ceil(axis.low / step), math.floor(axis.high / step) + 1)
    return [2.0**power for power in powers[:: 1 + len(powers) // (2 * _MOST_TICKS)]]


def _decimal_ticks(axis: _Axis) -> list[float]:
    """All tenths of decades, 1-2-5, or decades: the finest that are not too many."""
    for digits in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5, 7), (1, 2, 5), (1,)):
        decades = range(math.floor(axis.low), math.ceil(axis.high) + 1)
        ticks = [float(f"{digit}e{decade}") for decade in decades for digit in digits]
        inside = [tick for tick in ticks if axis.low <= math.log10(tick) <= axis.high]
        if len(inside) <= _MOST_TICKS:
            break
    return inside[:: 1 + len(inside) // (2 * _MOST_TICKS)]


def _draw(picture: np.ndarray, points: Sequence[tuple[float, float]], curve: Curve) -> None:
    if curve.marks == "points":
        for point in points:
            cv2.circle(picture, _fixed(point), _MARKER << _SHIFT, curve.colour, -1, cv2.LINE_AA, _SHIFT)
        return
    if len(points) == 1:
        ((x, y),) = points
        points = [(x - 4 * _MARKER, y), (x + 4 * _MARKER, y)]
    for begin, end in itertools.pairwise(points):
        for a, b in _dashes(begin, end) if curve.marks == "dashes" else [(begin, end)]:
            cv2.line(picture, _fixed(a), _fixed(b), curve.colour, 2, cv2.LINE_AA, _SHIFT)


def _dashes(
    begin: tuple[float, float], end: tuple[float, float]
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    length = math.dist(begin, end)
    pieces = max(1, round(length / (2 * _DASH)))

    def at(share: float) -> tuple[float, float]:
        return begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share

    return [(at(piece / pieces), at((piece + 0.5) / pieces)) for piece in range(pieces)]


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * (1 << _SHIFT)), round(point[1] * (1 << _SHIFT))


def _legend(picture: np.ndarray, curves: Sequence[Curve]) -> None:
    """One line above the frame, where no curve can be."""
    left, y = _LEFT, _TOP - 16
    for curve in curves:
        spots = [(left + 16, y)] if curve.marks == "points" else [(left, y), (left + 32, y)]
        _draw(picture, spots, curve)
        _text(picture, curve.label, (left + 40, y + 5), 0.5, align=0.0)
        left += 64 + _width(curve.label, 0.5)


def _nothing(title: str, reason: str) -> np.ndarray:
    picture = _page(title)
    cv2.rectangle(picture, (_LEFT, _TOP), (_RIGHT, _BOTTOM), _INK)
    _text(picture, reason, ((_LEFT + _RIGHT) // 2, (_TOP + _BOTTOM) // 2), 0.7)
    return picture


def _page(title: str) -> np.ndarray:
    picture = np.full((_SIZE[1], _SIZE[0], 3), _PAPER, np.uint8)
    letters = title.encode("ascii", "replace").decode()  # all that OpenCV's fonts have
    whole = letters
    while _width(letters, _TITLE) > _RIGHT - _LEFT:
        whole = whole[:-1]
        letters = f"{whole}..."
    _text(picture, letters, ((_LEFT + _RIGHT) // 2, 30), _TITLE)
    return picture


def _count(tick: float) -> str:
    """In figures, and large ones as powers of two, which neither touch nor leave the page."""
    power = math.log2(tick)
    return f"2^{power:.0f}" if tick >= 1e5 and power.is_integer() else f"{tick:g}"


def _text(picture: np.ndarray, text: str, at: tuple[int, int], scale: float, *, align: float = 0.5) -> None:
    """With its base line at `at`; align 0 begins there, 1 ends there."""
    place = (round(at[0] - align * _width(text, scale)), at[1])
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)


def _width(text: str, scale: float) -> int:
    return int(cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0])
