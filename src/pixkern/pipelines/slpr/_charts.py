"""Test charts as functions of position: float64 in [0, 1], (size, size) or (size, size, 3)."""

from __future__ import annotations

import cv2
import numpy as np

_FADE_FROM, _NYQUIST = 0.35, 0.5  # cycles per pixel: full contrast up to the first, none from the second on
_SQUARES = 16
_SPOKES = 36
_EDGE_DEGREES, _EDGE_DARK, _EDGE_BRIGHT = 5.0, 0.2, 0.8
_IMPULSE_PERIOD = 16
_WORDS = "Quick jumps vex 0123456789"
_TEXT_HEIGHTS = (7, 9, 12, 16, 22, 30, 40)  # pixels of a capital letter in a picture of 512


def gradient_grey(size: int) -> np.ndarray:
    """Black on the left to white on the right."""
    return np.broadcast_to(np.linspace(0, 1, size), (size, size))


def gradient_hue(size: int) -> np.ndarray:
    """All hues from left to right; from black over the pure colour in the middle to white at the bottom."""
    hue = np.arange(size)[None, :] / size
    height = np.linspace(0, 2, size)[:, None]
    return _rgb(hue, np.minimum(1, 2 - height), np.minimum(1, height))


def checker(size: int) -> np.ndarray:
    """16 x 16 squares. A pixel that lies on several is their mean by area."""
    side = size / _SQUARES
    edges = np.arange(size + 1)
    primitive = side - np.abs(edges % (2 * side) - side)  # of the wave that is +1 on one square and -1 on the next
    wave = np.diff(primitive)
    return 0.5 + 0.5 * wave[:, None] * wave[None, :]


def zone_plate(size: int, positions: np.ndarray | None = None) -> np.ndarray:
    """cos(pi (x^2 + y^2) / size) about the centre: x / size cycles per pixel along x, and the same along y.

    That is half a cycle at the border, so no pixel aliases; what comes near fades to grey, so that no interpolation
    is asked for what it cannot know.
    """
    x = _centred(size) if positions is None else positions
    fade = _faded(np.abs(x) / size)
    phase = np.pi * x**2 / size
    wave = np.cos(phase[:, None] + phase[None, :])
    return 0.5 + 0.5 * wave * fade[:, None] * fade[None, :]


def siemens_star(size: int) -> np.ndarray:
    """36 sinusoidal cycles around the centre: 36 / (2 pi r) cycles per pixel at radius r."""
    x, y, radius = _polar(size)
    frequency = _SPOKES / (2 * np.pi * np.maximum(radius, 1e-9))
    wave = np.cos(_SPOKES * np.arctan2(y, x))
    return 0.5 + 0.5 * wave * _faded(frequency) * _disc(radius, 0.47 * size)


def slanted_edge(size: int) -> np.ndarray:
    """A straight edge 5 degrees off the vertical; each pixel is the exact area on both of its sides."""
    angle = np.deg2rad(_EDGE_DEGREES)
    x = _centred(size)
    a, b = np.cos(angle), np.sin(angle)
    covered = _half_plane(x[None, :] * a + x[:, None] * b, a, b)
    return _EDGE_DARK + (_EDGE_BRIGHT - _EDGE_DARK) * covered


def impulses(size: int) -> np.ndarray:
    """A white pixel every 16 pixels."""
    values = np.zeros((size, size))
    values[_IMPULSE_PERIOD // 2 :: _IMPULSE_PERIOD, _IMPULSE_PERIOD // 2 :: _IMPULSE_PERIOD] = 1
    return values


def colour_wheel(size: int) -> np.ndarray:
    """Hue by angle, saturation by radius, on white."""
    x, y, radius = _polar(size)
    rim = 0.48 * size
    colours = _rgb(np.arctan2(y, x) / (2 * np.pi) % 1, np.minimum(radius / rim, 1), np.ones_like(radius))
    inside = _disc(radius, rim)[..., None]
    return inside * colours + (1 - inside)


def text(size: int) -> np.ndarray:
    """One line in several heights, black on white and, in the lower half, white on black."""
    half = size // 2
    page = np.full((half, size), 255, np.uint8)
    bottom = 0.0
    for height in _TEXT_HEIGHTS:
        scale = height * size / 512 / 21  # a capital of OpenCV's simplex letters is 21 units tall
        bottom += 1.7 * height * size / 512
        thickness = max(1, round(height * size / 512 / 10))
        place = (round(size / 40), round(bottom))
        words = _WORDS
        while place[0] + cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)[0][0] > size:
            words = words.rpartition(" ")[0]
        cv2.putText(page, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 0, thickness, cv2.LINE_AA)
    return np.vstack([page, 255 - page, np.zeros((size - 2 * half, size), np.uint8)]) / 255


def _centred(size: int) -> np.ndarray:
    return np.arange(size) - (size - 1) / 2


def _polar(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = _centred(size)[None, :]
    y = -x.T  # angles run anticlockwise, as mathematics and colour wheels have it
    return x, y, np.sqrt(x * x + y * y)


def _faded(frequency: np.ndarray) -> np.ndarray:
    """A raised cosine: 1 up to the first frequency, 0 from the second on."""
    share = np.clip((frequency - _FADE_FROM) / (_NYQUIST - _FADE_FROM), 0, 1)
    return 0.5 + 0.5 * np.cos(np.pi * share)


def _disc(radius: np.ndarray, rim: float) -> np.ndarray:
    """How much of a pixel lies inside: its distance to the rim stands for the area (under 0.1 off)."""
    return np.clip(rim - radius + 0.5, 0, 1)


def _half_plane(distance: np.ndarray, a: float, b: float) -> np.ndarray:
    """Area of a unit square with its centre at signed `distance` along the unit normal (a, b), a >= b > 0, that lies
    on the positive side: the integral of the square's shadow on the normal, a trapezium of sides a + b and a - b."""

    def ramp(t: np.ndarray) -> np.ndarray:
        return np.maximum(t, 0) ** 2 / (2 * a * b)

    wide, narrow = (a + b) / 2, (a - b) / 2
    return ramp(distance + wide) - ramp(distance + narrow) - ramp(distance - narrow) + ramp(distance - wide)


def _rgb(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """HSV (all in [0, 1]) to RGB."""
    corner = 6 * hue[..., None] + np.array([0.0, 4.0, 2.0])
    pure = np.clip(np.abs(corner % 6 - 3) - 1, 0, 1)
    return value[..., None] * (1 - saturation[..., None] * (1 - pure))
