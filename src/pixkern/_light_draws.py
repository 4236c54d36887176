"""Colours and directions of lights."""

from __future__ import annotations

import math

from ._lights import number
from ._native import shading as _cpu

_TO_RGB = (  # XYZ to linear sRGB, IEC 61966-2-1
    (3.2406, -1.5372, -0.4986),
    (-0.9689, 1.8758, 0.0415),
    (0.0557, -0.2040, 1.0570),
)
_LUMINANCE = (0.2126, 0.7152, 0.0722)


def colour_temperature(kelvin: float) -> tuple[float, float, float]:
    """Colour of a black body.

    Parameters
    ----------
    kelvin : float
        Its temperature, 1,000 to 15,000. A candle has 1,900, a light bulb 2,700, the sun 5,800, a blue sky 10,000.

    Returns
    -------
    (r, g, b)
        Linear light of sRGB's primaries, with a luminance 0.2126 r + 0.7152 g + 0.0722 b of 1: an intensity for
        `DirectionalLight`. Below 1,900 K blue would be negative, as the colour is beyond what sRGB has; it is 0 there.

    Raises
    ------
    TypeError, ValueError
        No number, or out of range.

    Notes
    -----
    Only sums, products and quotients: the same bits everywhere. From 2,000 K on, the chromaticity is within 1.2e-4 in
    u and v (CIE 1960) of Planck's law. sRGB's white is daylight, no black body: the nearest is at 6,500 K, slightly
    magenta.

    Source: Krystek, "An algorithm to calculate correlated colour temperature", Color Research & Application 10(1),
    1985.

    Examples
    --------
    >>> [round(c, 2) for c in colour_temperature(2700)]
    [1.93, 0.8, 0.19]
    """
    t = number(kelvin, "kelvin")
    if not 1000 <= t <= 15000:
        raise ValueError(f"kelvin must be 1000 to 15000, got {kelvin!r}")
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    xyz = (x / y, 1.0, (1 - x - y) / y)
    rgb = [max((row[0] * xyz[0] + row[1] * xyz[1]) + row[2] * xyz[2], 0.0) for row in _TO_RGB]
    luminance = (_LUMINANCE[0] * rgb[0] + _LUMINANCE[1] * rgb[1]) + _LUMINANCE[2] * rgb[2]
    return rgb[0] / luminance, rgb[1] / luminance, rgb[2] / luminance


def hemisphere(u: float, v: float, *, elevation: tuple[float, float] = (0.0, 90.0)) -> tuple[float, float, float]:
    """Direction on the hemisphere that faces the viewer, uniform in area for uniform u and v.

    Parameters
    ----------
    u, v : float
        From 0 to 1. `u` is the height z between the sines of the two elevations, `v` the azimuth in turns, from x
        towards y.
    elevation : (low, high)
        Degrees above the image plane, 0 to 90, low <= high: directions come from this band of the hemisphere. 90 is
        the viewer.

    Returns
    -------
    (x, y, z)
        Of unit length; x to the right, y up, z to the viewer.

    Raises
    ------
    TypeError, ValueError
        No numbers, or out of range.

    Notes
    -----
    By Archimedes, the area of a band of a sphere is proportional to its height, so z is uniform, not the elevation.
    Within 1e-15; sine and cosine are our own, so the bits are the same everywhere.

    Examples
    --------
    >>> hemisphere(0.0, 0.25)
    (0.0, 1.0, 0.0)
    >>> hemisphere(1.0, 0.0)
    (0.0, 0.0, 1.0)
    """
    for value, name in ((u, "u"), (v, "v")):
        if not 0 <= number(value, name) <= 1:
            raise ValueError(f"{name} must be 0 to 1, got {value!r}")
    try:
        low, high = (number(angle, "elevation") for angle in elevation)
    except (TypeError, ValueError):
        raise ValueError(f"elevation must be (low, high) in degrees, got {elevation!r}") from None
    if not 0 <= low <= high <= 90:
        raise ValueError(f"elevation must be 0 <= low <= high <= 90, got {elevation!r}")
    bottom, top = _cpu.direction(low / 360)[1], _cpu.direction(high / 360)[1]
    z = bottom + (top - bottom) * float(u)
    radius = math.sqrt((1 - z) * (1 + z))
    cosine, sine = _cpu.direction(float(v))
    return radius * cosine, radius * sine, z
