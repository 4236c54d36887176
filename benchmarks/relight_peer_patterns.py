"""Ten shadow patterns with NumPy and OpenCV: (H, W) float32, 1 in shadow, 0 in light, blurred as a penumbra is.

Lengths are shares of the longer side. Noise is Perlin's, its gradients interpolated along rows before they are along
columns, so that no array of the picture's size is ever gathered.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pixkern.shadows import PATTERN_WEIGHTS

KERNELS = (21, 31, 41, 51)  # pixels at 1024

Shape = tuple[int, int]
Generator = np.random.Generator


def drawn(shape: Shape, draw: Generator) -> np.ndarray:
    """One of the kinds by its weight, with a penumbra."""
    return pattern(str(draw.choice(list(PATTERN_WEIGHTS), p=list(PATTERN_WEIGHTS.values()))), shape, draw)


def pattern(kind: str, shape: Shape, draw: Generator) -> np.ndarray:
    """A pattern of this kind, with a penumbra."""
    kernel = int(draw.choice(KERNELS) * max(shape) / 1024) | 1
    return cv2.GaussianBlur(KINDS[kind](shape, draw), (kernel, kernel), 0)


def perlin(shape: Shape, cell: float, draw: Generator) -> np.ndarray:
    """Perlin's gradient noise (2002, with his quintic) on a lattice of `cell` pixels.

    With u, v the faded fractions, g = (a, b) the gradients and x, y the fractions, noise is the v-mean of rows
    A + y B, where A = mean_u(a0 x, a1 (x - 1)) and B = mean_u(b0, b1) depend on the lattice's row and on x alone.
    """
    y, x = (np.arange(length, dtype=np.float32) / np.float32(cell) for length in shape)
    row, col = y.astype(np.intp), x.astype(np.intp)
    y, x = y - row.astype(np.float32), x - col.astype(np.float32)
    angle = draw.uniform(0, 2 * np.pi, (row[-1] + 2, col[-1] + 2)).astype(np.float32)
    across, along = np.cos(angle), np.sin(angle)
    u, v = _fade(x), _fade(y)[:, None]
    a = across[:, col] * x * (1 - u) + across[:, col + 1] * (x - 1) * u
    b = along[:, col] * (1 - u) + along[:, col + 1] * u
    y = y[:, None]
    noise = b[row]
    noise *= y
    noise += a[row]
    noise *= 1 - v
    below = b[row + 1]
    below *= y - 1
    below += a[row + 1]
    below *= v
    noise += below
    return noise


def fbm(shape: Shape, cell: float, octaves: int, persistence: float, draw: Generator) -> np.ndarray:
    """Octaves of Perlin noise, each twice as fine and `persistence` times as strong."""
    noise = perlin(shape, cell, draw)
    for octave in range(1, octaves):
        finer = perlin(shape, max(cell / 2**octave, 1.0), draw)
        finer *= np.float32(persistence**octave)
        noise += finer
    return noise


def _fade(t: np.ndarray) -> np.ndarray:
    return t * t * t * (t * (t * 6 - 15) + 10)


def _turned(shape: Shape, angle: float) -> np.ndarray:
    """How far pixels lie along a direction, in shares of the longer side."""
    side = max(shape)
    y, x = (np.arange(length, dtype=np.float32) / np.float32(side) for length in shape)
    return np.float32(np.cos(angle)) * x + (np.float32(np.sin(angle)) * y)[:, None]


def _bars(along: np.ndarray, period: float, share: float, phase: float) -> np.ndarray:
    """1 on the first `share` of every period."""
    place = along * np.float32(1 / period) + np.float32(phase)
    place -= np.floor(place)
    return (place < share).astype(np.float32)


def tree_foliage(shape: Shape, draw: Generator) -> np.ndarray:
    noise = fbm(shape, max(shape) * draw.uniform(0.05, 0.12), 4, 0.55, draw)
    return (noise > np.float32(draw.uniform(-0.1, 0.1))).astype(np.float32)


def venetian_blind(shape: Shape, draw: Generator) -> np.ndarray:
    along = _turned(shape, np.pi / 2 + draw.uniform(-0.25, 0.25))
    return _bars(along, draw.uniform(0.04, 0.1), draw.uniform(0.4, 0.6), draw.random())


def window(shape: Shape, draw: Generator) -> np.ndarray:
    turn, frame = draw.uniform(-0.3, 0.3), draw.uniform(0.08, 0.16)
    bars = _bars(_turned(shape, turn), draw.uniform(0.25, 0.45), frame, draw.random())
    rails = _bars(_turned(shape, turn + np.pi / 2), draw.uniform(0.25, 0.45), frame, draw.random())
    return np.maximum(bars, rails, out=bars)


def branch(shape: Shape, draw: Generator) -> np.ndarray:
    canvas, side = np.zeros(shape, np.uint8), max(shape)
    tips = [(draw.random() * shape[1], shape[0], draw.uniform(-2.2, -0.9), 0.28 * side, 0.03 * side)]
    while tips:
        x, y, angle, length, width = tips.pop()
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        cv2.line(canvas, (int(x), int(y)), (int(end[0]), int(end[1])), 255, max(1, int(width)), cv2.LINE_AA)
        if length > 0.03 * side:
            turns = draw.uniform(0.2, 0.8, 2) * (-1, 1)
            tips += [(*end, angle + turn, length * draw.uniform(0.65, 0.8), width * 0.65) for turn in turns]
    return canvas.astype(np.float32) / 255


def curtain(shape: Shape, draw: Generator) -> np.ndarray:
    along = _turned(shape, draw.uniform(-0.1, 0.1))
    sway = 0.02 * np.sin(_turned(shape, np.pi / 2) * np.float32(draw.uniform(3, 9)))
    folds = np.sin((along + sway) * np.float32(2 * np.pi / draw.uniform(0.06, 0.14)))
    return 0.5 + 0.5 * folds


def fence(shape: Shape, draw: Generator) -> np.ndarray:
    turn = draw.uniform(-0.1, 0.1)
    pickets = _bars(_turned(shape, turn), draw.uniform(0.06, 0.12), draw.uniform(0.4, 0.6), draw.random())
    rails = _bars(_turned(shape, turn + np.pi / 2), 0.35, 0.12, draw.random())
    return np.maximum(pickets, rails, out=pickets)


def voronoi(shape: Shape, draw: Generator) -> np.ndarray:
    count = int(draw.integers(30, 80))
    seeds = np.ones(shape, np.uint8)
    seeds[draw.integers(0, shape[0], count), draw.integers(0, shape[1], count)] = 0
    _, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    return (draw.random(count + 1) < 0.5).astype(np.float32)[labels]


def lattice(shape: Shape, draw: Generator) -> np.ndarray:
    period, share = draw.uniform(0.05, 0.1), draw.uniform(0.15, 0.3)
    rising = _bars(_turned(shape, np.pi / 4), period, share, draw.random())
    falling = _bars(_turned(shape, -np.pi / 4), period, share, draw.random())
    return np.maximum(rising, falling, out=rising)


def cloud(shape: Shape, draw: Generator) -> np.ndarray:
    noise = fbm(shape, max(shape) * draw.uniform(0.25, 0.5), 5, 0.5, draw)
    return np.clip(0.5 + 1.5 * noise, 0, 1)


def screen(shape: Shape, draw: Generator) -> np.ndarray:
    period = draw.uniform(0.03, 0.05)
    wires = _bars(_turned(shape, 0.0), period, 0.35, draw.random())
    return np.maximum(wires, _bars(_turned(shape, np.pi / 2), period, 0.35, draw.random()), out=wires)


KINDS: dict[str, Callable[[Shape, Generator], np.ndarray]] = {
    kind.__name__: kind
    for kind in (
        tree_foliage,
        venetian_blind,
        window,
        branch,
        curtain,
        fence,
        voronoi,
        lattice,
        cloud,
        screen,
    )
}
