"""Foliage and branches as lists of strokes, leaves and discs, grown from a pattern's numbers by hashes of its seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._pattern import Pattern, directions, uniform_numbers

SHAPE = 8  # numbers of a shape: kernels/maths/shapes.h
_VIEW = 0.5  # half of a picture's longer side
_STREAM = 4  # of words; a row of it for each thing that is drawn
_CANOPY = 1.0  # half the side of the square that sprays and gaps are strewn over
_CLUMPS = 12  # nodes of the density of sprays along a side
_LEAVES = 4  # pairs of leaves on a spray


Joint = tuple[np.ndarray, np.ndarray, np.ndarray]  # x, y, degrees
Limbs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # and lengths, radii at the beginning


class Draws:
    """Numbers in [0, 1), a new row of them for each call."""

    def __init__(self, seed: int) -> None:
        """Start with the first row."""
        self._seed, self._row = seed, 0

    def __call__(self, count: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """`count` numbers in [low, high)."""
        self._row += 1
        return low + (high - low) * uniform_numbers(self._seed, _STREAM, self._row - 1, count)


def strokes(x0: Any, y0: Any, r0: Any, x1: Any, y1: Any, r1: Any, opacity: float = 1.0) -> np.ndarray:
    """Segments with a radius at either end."""
    return _shapes(0, opacity, x0, y0, r0, x1, y1, r1)


def leaves(x: Any, y: Any, degrees: Any, length: Any, width: Any, opacity: Any = 1.0) -> np.ndarray:
    """Leaves by their middles, axes, lengths and widths."""
    cosine, sine = directions(degrees)
    l, w = np.asarray(length) / 2, np.asarray(width) / 2  # noqa: E741  # of kernels/maths/shapes.h
    radius = (l * l + w * w) / (2 * w)
    return _shapes(1, opacity, x, y, cosine, -sine, radius, radius - w)


def discs(x: Any, y: Any, radius: Any, opacity: float) -> np.ndarray:
    """Discs: leaves as wide as long."""
    return _shapes(1, opacity, x, y, 1, 0, radius, 0)


def _shapes(kind: int, opacity: Any, *numbers: Any) -> np.ndarray:
    columns = np.broadcast_arrays(kind, opacity, *(np.atleast_1d(number) for number in numbers))
    return np.stack(columns, axis=1).astype(np.float32)


def foliage(pattern: Pattern) -> np.ndarray:
    """Sprays of leaves, round gaps where the sun shines through, and a few sprays before the gaps."""
    draw = Draws(pattern.seed)
    density = draw(_CLUMPS * _CLUMPS).reshape(_CLUMPS, _CLUMPS)
    behind = _sprays(pattern, draw, 0.7 + 1.5 * pattern.coverage, density)
    gaps = _gaps(pattern, draw)
    before = _sprays(pattern, draw, 0.25 * pattern.coverage, density)
    return np.concatenate([behind, gaps, before])


def _crowded(density: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Density between its nodes, which span the canopy, smoothly."""
    at = []
    for place in (x, y):
        steps = np.clip((place + _CANOPY) / (2 * _CANOPY), 0, 1) * (_CLUMPS - 1)
        node = np.minimum(steps.astype(np.int64), _CLUMPS - 2)
        at.append((node, steps - node))
    (col, s), (row, t) = at
    upper = density[row, col] + s * (density[row, col + 1] - density[row, col])
    lower = density[row + 1, col] + s * (density[row + 1, col + 1] - density[row + 1, col])
    return upper + t * (lower - upper)


def _sprays(pattern: Pattern, draw: Draws, layers: float, density: np.ndarray) -> np.ndarray:
    """Leaves in pairs along stalks, one at the end; `layers`: their area over that of the canopy."""
    leaf_area = 0.7 * pattern.size * (pattern.size / pattern.aspect)
    count = int(layers * (2 * _CANOPY) ** 2 / ((2 * _LEAVES + 1) * leaf_area))
    x, y = draw(count, -_CANOPY, _CANOPY), draw(count, -_CANOPY, _CANOPY)
    turn = pattern.angle + 360 * pattern.irregularity * draw(count, -0.5, 0.5)
    scale = 1 + 0.5 * pattern.irregularity * draw(count, -1, 1)
    length = 2.2 * pattern.size * scale
    kept = draw(count) < 2.2 * _crowded(density, x, y) - 0.6 + 0.6 * pattern.coverage
    near = kept & (np.abs(x + pattern.x) < _VIEW + length + 0.03) & (np.abs(y + pattern.y) < _VIEW + length + 0.03)
    x, y, turn, scale, length = (values[near] for values in (x + pattern.x, y + pattern.y, turn, scale, length))
    cosine, sine = directions(turn) if len(turn) else (turn, turn)
    stalk = pattern.size * scale
    found = [strokes(x, y, 0.05 * stalk, x + length * cosine, y - length * sine, 0.02 * stalk)]
    for leaf in range(2 * _LEAVES + 1):
        pair, side = leaf // 2, 1 if leaf % 2 else -1
        last = leaf == 2 * _LEAVES
        along = length * (1.0 if last else (pair + 0.8) / (_LEAVES + 0.3))
        uneven = draw(len(near))[near]
        lean = turn + (0 if last else side * (58 - 6 * pair)) + 30 * pattern.irregularity * (uneven - 0.5)
        long = pattern.size * scale * (0.8 + 0.3 * uneven) * (1 if pair else 0.85)
        c, s = directions(lean) if len(lean) else (lean, lean)
        found.append(
            leaves(
                x + along * cosine + 0.5 * long * c,
                y - along * sine - 0.5 * long * s,
                lean,
                long,
                long / pattern.aspect,
                0.75 + 0.25 * uneven,
            )
        )
    return np.concatenate(found)


def _gaps(pattern: Pattern, draw: Draws) -> np.ndarray:
    """Images of the sun: many small discs, few large ones, crowded about some places."""
    count = int(60 + 420 * (1 - pattern.coverage))
    centres = 24
    cx, cy = draw(centres, -_CANOPY, _CANOPY), draw(centres, -_CANOPY, _CANOPY)
    which = np.minimum((draw(count) * centres).astype(np.int64), centres - 1)
    spread = 0.3 * (draw(count) + draw(count) - 1), 0.3 * (draw(count) + draw(count) - 1)
    x, y = cx[which] + spread[0] + pattern.x, cy[which] + spread[1] + pattern.y
    chance = draw(count)
    radius = pattern.size * (0.14 + 0.42 * chance * chance * chance)
    near = (np.abs(x) < _VIEW + 0.1) & (np.abs(y) < _VIEW + 0.1)
    x, y, radius = x[near], y[near], radius[near]
    return np.concatenate([discs(x, y, radius * share, -0.6) for share in (1, 0.85, 0.7)])


def branch(pattern: Pattern) -> np.ndarray:
    """A bough across the picture, its branches, and their twigs: each bends on its way and is thinner to its end."""
    draw = Draws(pattern.seed)
    bend = 34 * pattern.irregularity
    (cosine,), (sine,) = directions(pattern.angle)
    x = np.array([pattern.x - 0.8 * cosine, pattern.x - 0.8 * cosine + 0.3 * sine])
    y = np.array([pattern.y + 0.8 * sine, pattern.y + 0.8 * sine + 0.3 * cosine])
    turn = pattern.angle + bend * (draw(2) - 0.5) + np.array([0.0, 16.0])
    length = 1.3 * pattern.size * np.array([1.0, 0.85])
    radius = pattern.coverage * pattern.size * np.array([0.8, 0.5])
    limbs = (x, y, turn, length, radius)
    grown = []
    for joints, children in ((9, 8), (6, 5), (5, 4), (3, 0)):
        points, drawn = _limbs(limbs, joints, bend, draw)
        grown.append(drawn)
        if children:
            limbs = _sprouts(points, limbs, joints, children, draw)
    return np.concatenate(grown)


def _limbs(limbs: Limbs, joints: int, bend: float, draw: Draws) -> tuple[list[Joint], np.ndarray]:
    """Limbs of `joints` segments each: where every joint is, and their strokes."""
    x, y, turn, length, radius = limbs
    points: list[Joint] = [(x, y, turn)]
    drawn = []
    for joint in range(joints):
        turn = turn + bend * (draw(len(x)) - 0.5)
        cosine, sine = directions(turn)
        from_radius, to_radius = (radius * (1 - 0.75 * end / joints) for end in (joint, joint + 1))
        to_x, to_y = x + length / joints * cosine, y - length / joints * sine
        drawn.append(strokes(x, y, from_radius, to_x, to_y, to_radius))
        x, y = to_x, to_y
        points.append((x, y, turn))
    return points, np.concatenate(drawn)


def _sprouts(points: list[Joint], limbs: Limbs, joints: int, children: int, draw: Draws) -> Limbs:
    """The beginnings of the next limbs: from the last joints of each limb, to the left and right in turns."""
    *_, length, radius = limbs
    found = []
    for child in range(children):
        x, y, turn = points[joints - children + 1 + child]
        count = len(x)
        side = np.where((np.arange(count) + child) % 2 == 0, 1, -1)
        lean = side * (32 + 26 * draw(count))
        share = 1 - 0.75 * (joints - children + 1 + child) / joints
        shorter = (0.22 + 0.36 * (1 - child / children)) * (0.7 + 0.6 * draw(count))
        found.append((x, y, turn + lean, length * shorter, 0.62 * radius * (0.35 + 0.65 * share)))
    x, y, turn, length, radius = (np.concatenate(values) for values in zip(*found, strict=True))
    return x, y, turn, length, radius
