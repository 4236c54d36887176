"""Shadows that a height field casts on itself."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check, _threads
from ._dispatch import place
from ._masks import inside
from ._native import shadows as _cpu

_LEAST_RISE = 1e-6  # per step: below, a ray crosses any image without coming down by more than rounding
_MOST_RISE = 1e30  # NOWHERE in kernels/maths/shadows.h: heights stay comparable
_MOST_LIGHTS = 1024
# Cosine and sine of the golden angle, pi (3 - sqrt 5): the next point of Vogel's spiral is the last one turned by it.
_GOLDEN = (-0.7373688780783197, 0.6754902942615238)


@dataclass(frozen=True)
class _Light:
    """One direction, as the kernel takes it: after `turns` quarter turns against the clock, the light stands above."""

    turns: int
    slope: float
    rise: float


def cast_shadow(
    height: Any,
    direction: Sequence[float],
    *,
    mask: Any = None,
    softness: float = 0.0,
    samples: int = 16,
    bias: float = 0.0,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    r"""Where a directional light reaches a height field that stands in its own light.

    Parameters
    ----------
    height : (H, W) float32
        Pixels towards the viewer. What is not a number is no surface: it casts nothing and is 1 in the result. NumPy,
        CuPy or torch. Copied if not in C order.
    direction : 3 numbers
        From the surface to the light: x to the right, y up, z to the viewer, z > 0. Of any length.
    mask : (H, W) bool, uint8 or float32, optional
        Where the field is: True, 128 and more, 0.5 and more. Outside, nothing casts a shadow and the result is 1.
    softness : float
        Size of the light over its distance: the tangent of half the angle that it is seen under, 0 to 1. 0: one point;
        0.0047: the sun. More is the mean over `samples` lights on a disc, so that shadows widen with the distance from
        what casts them. All of the disc must stand above the picture plane.
    samples : int
        1 to 1024. Used if `softness` is not 0; time is proportional.
    bias : float
        Pixels by which a surface may be too low before it is in shadow: more than the steps of a quantised field.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `height` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : (H, W) float32, optional
        Where to write; C order, no overlap with `height` or `mask`.

    Returns
    -------
    (H, W) float32
        Transmittance: 1 lit, 0 in shadow, as `pixkern.shading.shade` takes it.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or parameters that are no numbers.
    ValueError
        Another shape, an empty array, a light that is not above the picture plane (elevation below 0.0001 degrees),
        parameters out of range, an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Definition. Lines run away from the light, one per column (per row if the light stands more at a side than above or
    below), through whole pixels in the row that is nearest to it. Heights on a line are interpolated linearly, and a
    point of it at h is shaded by the highest ray that grazes what lies before it, c = max over i >= 1 of
    (h_i - i rise), where h_i is i steps nearer to the light and a ray comes down by `rise` pixels a step. It gets
    1 - clamp((c - h - bias) / rise, 0, 1), and a pixel what the two lines beside it say, linearly. So a step of height
    h casts a shadow that ends h / tan(elevation) behind its last high pixel, with one step of half-light before its
    end, and what faces the light without an obstacle is lit exactly.

    A flat field is 1 everywhere, a light straight above gives 1 everywhere, and turning field and light by 90 degrees
    turns the result, bit by bit. A lower light never lights more. Heights are compared in float32: the shadow of
    something i steps away is right as if its height were rounded i times. The same bits for every thread count and CPU
    level, and on CUDA. Memory: the result, a byte per pixel with a mask, and 80 kB of stack per thread; time does not
    depend on the length of shadows.

    Sources: Max, "Horizon mapping: shadows for bump-mapped surfaces", The Visual Computer 4(2), 1988; Timonen &
    Westerholm, "Scalable height field self-shadowing", Computer Graphics Forum 29(2), 2010; Vogel, "A better way to
    construct the sunflower head", Mathematical Biosciences 44(3-4), 1979.

    Examples
    --------
    >>> wall = np.zeros((1, 8), np.float32)
    >>> wall[0, 5] = 3
    >>> cast_shadow(wall, (1, 0, 1))  # from the right, at 45 degrees: three pixels, the last one where the ray lands
    array([[1., 1., 1., 0., 0., 1., 1., 1.]], dtype=float32)
    """
    spot = place(height, backend, "height")
    field = _check.array(spot.native(height, "height"), "height", dtypes=(np.float32,), ndim=(2,))
    if 0 in field.shape:
        raise ValueError(f"height is empty, got shape {field.shape}")
    bias = _number(bias, "bias", -1e9, 1e9)
    lights = _lights(direction, _number(softness, "softness", 0, 1), _count(samples))
    within = None if mask is None else inside(spot, mask, field.shape)
    asked = None if mask is None else spot.native(mask, "mask")
    result = _check.output(spot.writable(out), field.shape, np.float32, (field, within, asked), spot.arrays)
    for number, light in enumerate(lights):
        _cast(spot.where, light, bias, (number, len(lights)), (field, within, result), threads)
    return out if out is not None else spot.give_back(result, height)


def _cast(
    where: str, light: _Light, bias: float, which: tuple[int, int], given: tuple[Any, ...], threads: int | None
) -> None:
    """Add one light's shadow to the result; the last one makes a mean of it."""
    field, result = (_turned(array, light.turns) for array in (given[0], given[2]))
    within = None if given[1] is None else _turned(given[1], light.turns)
    rows, cols = field.shape
    reach = math.floor(light.slope * (rows - 1))
    first, lines = -max(reach, 0), cols + abs(reach)
    if where == "cuda":
        _launch(light, bias, which, (field, within, result), (first, lines))
        return
    _threads.split(
        lambda begin, end: _cpu.cast_shadow(
            field, within, result, light.slope, light.rise, bias, *which, first, begin, end
        ),
        lines,
        elements=field.size,
        threads=threads,
    )


def _turned(array: Any, turns: int) -> Any:
    """A view of `array` after quarter turns against the clock."""
    if turns == 0:
        return array
    if turns == 1:
        return array.T[::-1]
    return array[::-1, ::-1] if turns == 2 else array.T[:, ::-1]


def _launch(
    light: _Light, bias: float, which: tuple[int, int], arrays: tuple[Any, ...], lines: tuple[int, int]
) -> None:
    from ._cuda import kernel

    field, within, result = arrays
    sizes = (*(stride // field.itemsize for stride in field.strides), *field.shape, *lines)
    ray = (np.float64(light.slope), np.float32(light.rise), np.float32(bias))
    given = (field, field if within is None else within, np.int32(within is not None), result)
    arguments = (*given, *map(np.int64, sizes), *ray, np.int32(which[0]), np.float32(which[1]))
    kernel("shadows", "cast_shadow")((-(-lines[1] // 64),), (64,), arguments)


def _lights(direction: Sequence[float], softness: float, samples: int) -> list[_Light]:
    """The light, or the lights on its disc: Vogel's spiral across the direction, which turns with it."""
    x, y, z = unit(direction)
    level = math.sqrt(x * x + y * y)
    if z <= softness * level:
        raise ValueError(
            f"direction must point above the picture plane (z > 0){' with all of the disc' if softness else ''}, got "
            f"{tuple(direction)!r}{f' and softness {softness}' if softness else ''}"
        )
    if softness == 0:
        return [_light(x, y, z)]
    side = (-y / level, x / level, 0.0) if level else (1.0, 0.0, 0.0)
    up = (-z * side[1], z * side[0], x * side[1] - y * side[0])  # the direction times `side`
    cosine, sine = 1.0, 0.0
    lights = []
    for number in range(samples):
        radius = softness * math.sqrt((number + 0.5) / samples)
        a, b = radius * cosine, radius * sine
        lights.append(_light(*(d + a * s + b * u for d, s, u in zip((x, y, z), side, up, strict=True))))
        cosine, sine = cosine * _GOLDEN[0] - sine * _GOLDEN[1], cosine * _GOLDEN[1] + sine * _GOLDEN[0]
    return lights


def unit(direction: Sequence[float]) -> tuple[float, float, float]:
    """`direction` of length 1."""
    given = _check.finite(direction, "direction")
    if given.shape != (3,):
        raise ValueError(f"direction must be three numbers (x, y, z), got {direction!r}")
    most = float(np.abs(given).max())
    if most == 0:
        raise ValueError("direction must not be (0, 0, 0)")
    x, y, z = (float(part) / most for part in given)
    length = math.sqrt((x * x + y * y) + z * z)
    return x / length, y / length, z / length


def _light(x: float, y: float, z: float) -> _Light:
    turns = 0
    while (x or y) and not (y > 0 and -y <= x < y):
        x, y, turns = -y, x, turns + 1
    rise = min(z / y, _MOST_RISE) if y else _MOST_RISE
    if rise < _LEAST_RISE:
        raise ValueError(
            f"direction must be at least 0.0001 degrees above the picture plane, got z / |x, y| = {z / y:g}"
        )
    return _Light(turns, -x / y if y else 0.0, rise)


def _number(value: float, name: str, low: float, high: float) -> float:
    given = _check.finite(value, name)
    if given.ndim or not low <= given <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}")
    return float(given)


def _count(samples: int) -> int:
    if isinstance(samples, bool) or not hasattr(samples, "__index__"):
        raise TypeError(f"samples must be an integer, got {type(samples).__name__}")
    if not 1 <= operator.index(samples) <= _MOST_LIGHTS:
        raise ValueError(f"samples must be 1 to {_MOST_LIGHTS}, got {samples}")
    return operator.index(samples)
