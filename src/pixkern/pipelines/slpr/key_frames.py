"""Key frames of a zoom, and the views between them."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Literal

Easing = Literal["smooth", "linear"]
EASINGS: tuple[Easing, ...] = ("smooth", "linear")

# The views must be the same on every machine: decimal rounds exp and ln correctly, the C library's differ.
_EXACT = Context(prec=40)
_MOST_FRAMES = 10**6  # eleven hours at 25 per second; views are made at once


@dataclass(frozen=True)
class KeyFrame:
    """What is seen at one time.

    Attributes
    ----------
    time : float
        In any unit: seconds, or the number of the frame. Only ratios of differences matter.
    center : (x, y), optional
        The source position, in pixels, in the middle of the picture. Default: the middle of the image. Where the
        view would leave the image, it is moved inside.
    scale : float, optional
        Output pixels per source pixel. Default: the smallest, at which the view is as large as fits into the image.
    """

    time: float
    center: tuple[float, float] | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        """Check; raises TypeError or ValueError."""
        _number("time", self.time)
        if self.center is not None:
            if not isinstance(self.center, list | tuple) or len(self.center) != 2:
                raise TypeError(f"center must be (x, y), got {self.center!r}")
            for name, value in zip(("x", "y"), self.center, strict=True):
                _number(f"center {name}", value)
            object.__setattr__(self, "center", tuple(map(float, self.center)))
        if self.scale is not None:
            _number("scale", self.scale)
            if self.scale <= 0:
                raise ValueError(f"scale must be positive, got {self.scale}")


@dataclass(frozen=True)
class View:
    """The part of an image that fills a frame.

    Attributes
    ----------
    window : (x0, y0, x1, y1)
        Source positions of the first and the last pixel, as `pixkern.pyramid.render` takes it.
    scale : float
        Output pixels per source pixel.
    """

    window: tuple[float, float, float, float]
    scale: float


def smallest_scale(image_size: tuple[int, int], size: tuple[int, int]) -> float:
    """The scale at which a frame of `size` (width, height) sees as much as fits into the image.

    Raises
    ------
    ValueError
        The image has 1 pixel along an axis along which the frame has more.

    Examples
    --------
    >>> smallest_scale((512, 512), (256, 103))
    0.49902152641878667
    """
    scale = 0.0
    for name, have, want in zip(("wide", "high"), image_size, size, strict=True):
        if want > 1:
            if have == 1:
                raise ValueError(f"the image is 1 pixel {name}: a frame of {size[0]} x {size[1]} cannot lie inside it")
            scale = max(scale, (want - 1) / (have - 1))
    return scale or 1.0


def views(
    keys: Sequence[KeyFrame],
    image_size: tuple[int, int],
    size: tuple[int, int],
    frames: int,
    *,
    easing: Easing = "smooth",
) -> list[View]:
    """The views of a zoom, evenly spread over the time from the first key frame to the last, both included.

    Parameters
    ----------
    keys : sequence of KeyFrame
        At least one, in the order of their times.
    image_size, size : (width, height)
        Of the image and of the frames, in pixels.
    frames : int
        With 1, only the first key frame is seen.
    easing : {"smooth", "linear"}
        How time passes between two key frames: "smooth" starts and stops gently (3 t^2 - 2 t^3).

    Returns
    -------
    list of View

    Raises
    ------
    TypeError
        A key frame is none.
    ValueError
        No keys, times that do not grow, a view larger than the image (the message says the smallest scale), or
        no frames, or more than a million.

    Notes
    -----
    The scale runs geometrically from s0 to s1, s = s0 (s1 / s0)^t: each frame enlarges the last one by as much.
    The centre runs so that one source point p stays where it is on the screen. (p - c) s = (p - c0) s0 = (p - c1) s1
    gives p = (s1 c1 - s0 c0) / (s1 - s0) and

        c = c0 + u (c1 - c0),    u = (1/s - 1/s0) / (1/s1 - 1/s0) = (1 - exp(-a t)) / (1 - exp(-a)),    a = ln(s1 / s0),

    which is the straight line u = t where the scales are the same, a plain pan. All the picture grows out of p, the
    pan goes with constant speed on the screen, and as the half width of a window is proportional to 1/s, every edge
    of it is (1 - u) times its place at the one key frame plus u times that at the other: windows between key frames
    that lie inside the image do too. For far pans at large scales, put a key frame of a small scale between: the
    optimal path zooms out and in again (J. J. van Wijk, W. A. A. Nuij, "Smooth and efficient zooming and panning",
    IEEE InfoVis 2003).

    Examples
    --------
    >>> keys = [KeyFrame(0, scale=1), KeyFrame(1, center=(300, 200), scale=16)]
    >>> [round(view.scale, 6) for view in views(keys, (512, 512), (512, 512), 5, easing="linear")]
    [1.0, 2.0, 4.0, 8.0, 16.0]
    """
    _checked(keys, frames, easing)
    stations = [_station(key, number, image_size, size) for number, key in enumerate(keys, 1)]
    times = [key.time for key in keys]
    span = times[-1] - times[0]
    found = []
    for frame in range(frames):
        time = times[0] + (span * frame / (frames - 1) if frames > 1 else 0.0)
        after = min(bisect.bisect_right(times, time), len(keys) - 1)
        before = max(after - 1, 0)
        passed = (time - times[before]) / (times[after] - times[before]) if after > before else 0.0
        if easing == "smooth":
            passed = passed * passed * (3 - 2 * passed)
        found.append(_between(stations[before], stations[after], min(passed, 1.0)))
    return found


def _checked(keys: Sequence[KeyFrame], frames: int, easing: str) -> None:
    if not keys:
        raise ValueError("a zoom needs at least one key frame")
    for key in keys:
        if not isinstance(key, KeyFrame):
            raise TypeError(f"keys must be KeyFrame, got {type(key).__name__}")
    for number, (before, after) in enumerate(itertools.pairwise(keys), 1):
        if not before.time < after.time:
            raise ValueError(
                f"times of key frames must grow: number {number} is at {before.time}, the next at {after.time}"
            )
    if isinstance(frames, bool) or not isinstance(frames, int):
        raise TypeError(f"frames must be an int, got {type(frames).__name__}")
    if not 1 <= frames <= _MOST_FRAMES:
        raise ValueError(f"frames must be 1 to {_MOST_FRAMES}, got {frames}")
    if easing not in EASINGS:
        raise ValueError(f"easing must be one of {', '.join(EASINGS)}, got {easing!r}")


def _station(key: KeyFrame, number: int, image_size: tuple[int, int], size: tuple[int, int]) -> View:
    """The view of a key frame, moved inside the image."""
    smallest = smallest_scale(image_size, size)
    scale = smallest if key.scale is None else float(key.scale)
    if scale < smallest * (1 - 1e-9):
        raise ValueError(
            f"key frame {number} sees more than the image ({image_size[0]} x {image_size[1]}): the smallest scale for "
            f"frames of {size[0]} x {size[1]} is {math.ceil(smallest * 1e4) / 1e4}, got {key.scale}"
        )
    center = key.center or ((image_size[0] - 1) / 2, (image_size[1] - 1) / 2)
    edges = []
    for place, have, want in zip(center, image_size, size, strict=True):
        seen = min((want - 1) / scale, have - 1.0)
        first = min(max(place - seen / 2, 0.0), have - 1.0 - seen)
        edges.append((first, min(first + seen, have - 1.0)))
    (x0, x1), (y0, y1) = edges
    return View((x0, y0, x1, y1), scale)


def _between(before: View, after: View, passed: float) -> View:
    if passed <= 0.0:
        return before
    if passed >= 1.0:
        return after
    log_ratio = _EXACT.subtract(_ln(after.scale), _ln(before.scale))
    if log_ratio == 0:
        scale, share = before.scale, passed
    else:
        gone = _EXACT.multiply(log_ratio, Decimal(passed))
        scale = float(_EXACT.multiply(Decimal(before.scale), _EXACT.exp(gone)))
        share = float(_EXACT.divide(1 - _EXACT.exp(-gone), 1 - _EXACT.exp(-log_ratio)))
    x0, y0, x1, y1 = (
        min(max(a + share * (b - a), min(a, b)), max(a, b)) for a, b in zip(before.window, after.window, strict=True)
    )
    return View((x0, y0, x1, y1), scale)


def octave(scale: float) -> tuple[int, float]:
    """(m, f): scale = 2^(m + f), 0 <= f < 1."""
    mantissa, exponent = math.frexp(scale)
    return exponent - 1, float(_EXACT.divide(_ln(2 * mantissa), _ln(2.0)))


def _ln(value: float) -> Decimal:
    return _EXACT.ln(Decimal(value))


def _number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
