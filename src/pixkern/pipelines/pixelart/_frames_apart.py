"""One cell size for frames that were cropped each on its own, so that every frame has its grid in another place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pixkern.gridscore import comb_scan

from . import _candidates, _ranking
from ._candidates import Axis, Candidates
from ._detection import Detection, Found, allowed
from ._frames_detection import MOST_MEASURED, joint_texture, spread
from ._options import Options
from ._pitches import FEWEST_CELLS, Pitches
from .grid import Grid

_OF_ONE_FRAME = ("size", "offset", "ranker")


class ApartDetection:
    """Frames prepared once for any number of questions about their common cell size.

    Parameters
    ----------
    frames : sequence of (H, W) or (H, W, 3) uint8
        Without alpha, of any sizes.
    threads : int, optional
    """

    def __init__(self, frames: Sequence[np.ndarray], *, threads: int | None = None) -> None:
        self._each = [Detection(frame, threads=threads) for frame in frames]
        self._ranked = [self._each[k] for k in spread(len(frames), MOST_MEASURED)]
        self._threads = threads

    def find(self, options: Options) -> tuple[Found, list[Grid]]:
        """What was found, as the first frame has it, and the grid of each frame."""
        for name in _OF_ONE_FRAME:
            if getattr(options, name) is not None:
                raise ValueError(f"{name} is of one frame, and with same_place=False each has a grid of its own")
        if options.cell is not None or self._are_exact(options):
            found = [one.find(options) for one in self._each]
            return found[0], [one.grid for one in found]
        pairs = _candidates.pairs(self._combs(0, options), self._combs(1, options), options.square)
        if not pairs:
            return self._without(options)
        each = [
            _candidates.candidates(one.scorer, one.axes, pairs, options.drift, square=options.square)
            for one in self._ranked
        ]
        return self._best(each, options)

    def _are_exact(self, options: Options) -> bool:
        """Whether all frames are exact upscales by one cell."""
        exact = [each.exact_cell(options) for each in self._each]
        cells = {one[:2] if one is not None and allowed(one, options) else None for one in exact}
        return len(cells) == 1 and None not in cells

    def _without(self, options: Options) -> tuple[Found, list[Grid]]:
        """No pitch fits; the frames are as they are unless all are flat."""
        found = [one.without(options) for one in self._each]
        first = max(found, key=lambda one: one.status == "native")
        return first, [one.grid for one in found]

    def _best(self, each: list[Candidates], options: Options) -> tuple[Found, list[Grid]]:
        """Of pitches and stiffnesses, those that explain the frames best in the mean of all features."""
        together = replace(
            each[0],
            features=_mean([one.features for one in each]),
            error=_mean([one.error for one in each]),
            contrast=_mean([one.contrast for one in each]),
        )
        scores = np.asarray(together.features @ _ranking.WEIGHTS)
        texture = joint_texture([one.texture() for one in self._ranked])
        confidence = _ranking.confidence(together, scores, texture)
        first = self._each[0]
        if confidence.native > _ranking.SURELY_NATIVE:
            grids = [one.native() for one in self._each]
            chance = {"chosen": confidence.native, "rest": 1 - confidence.native}
            rivals = first.rivals(grids[0], together, scores, options, **chance, relation="native")
            return Found(grids[0], confidence.native, "native", rivals), grids
        best = _ranking.best(together, scores)
        keys = [(lines.pitch, lines.stiffness) for lines in together.meshes[best]]
        grids = [_grid(one, keys, float(scores[best])) for one in self._each]
        rivals = first.rivals(grids[0], together, scores, options, rest=1 - confidence.native)
        return Found(grids[0], confidence.exact, "restored", rivals), grids

    def _combs(self, axis: int, options: Options) -> Pitches:
        """Combs of all ranked frames, each with a phase of its own, weighted by their evidence."""
        axes = [each.axes[axis] for each in self._ranked]
        shortest = min(one.length for one in axes)
        most = shortest / FEWEST_CELLS if options.max_cell is None else min(options.max_cell, shortest / 2)
        found = max(axes, key=lambda one: one.length).scan(options.min_cell, most)
        strength, windowed, weight = np.zeros((3, len(found.pitch)))
        for one in axes:
            for scale in np.unique(found.scale):
                here = found.scale == scale
                profile = one.profiles[min(int(scale), len(one.profiles) - 1)]
                evidence = float(profile.sum(dtype=np.float64))
                combs = comb_scan(profile, found.pitch[here], threads=self._threads)
                strength[here] += evidence * combs.strength
                windowed[here] += evidence * combs.windowed
                weight[here] += evidence
        weight = np.maximum(weight, 1.0)
        return found._replace(strength=strength / weight, windowed=windowed / weight)


def _grid(frame: Detection, keys: Sequence[tuple[float, float]], score: float) -> Grid:
    x, y = (_lines(axis, key) for axis, key in zip(frame.axes, keys, strict=True))
    return Grid.of(x, y, (keys[0][0], keys[1][0]), score)


def _lines(axis: Axis, key: tuple[float, float]) -> np.ndarray:
    pitch, stiffness = key
    return axis.lines([(min(pitch, float(axis.length)), stiffness)])[0].lines


def _mean(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Added in their order."""
    total = arrays[0].astype(np.float64)
    for array in arrays[1:]:
        total = total + array
    return np.asarray(total / len(arrays))


def align(cells: Sequence[np.ndarray], spreads: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Frames of cells of different sizes on canvases of the largest width and height, (n, h, w[, C]) and (n, h, w).

    Each is where it is most like the first of the largest frames, which is at the top left; of equal places, the one
    nearest to that. What it lacks is transparent, or repeats its border where there is no alpha.
    """
    rows, cols = (max(frame.shape[axis] for frame in cells) for axis in (0, 1))
    model = max(cells, key=lambda frame: frame.shape[0] * frame.shape[1])
    placed, around = [], []
    for frame, noise in zip(cells, spreads, strict=True):
        down, right = _place(frame, model, rows, cols)
        room = ((down, rows - down - frame.shape[0]), (right, cols - right - frame.shape[1]))
        clear = frame.ndim == 3 and frame.shape[2] == 4
        placed.append(np.pad(frame, (*room, (0, 0))[: frame.ndim], mode="constant" if clear else "edge"))
        around.append(np.pad(noise, room, mode="edge"))
    return np.stack(placed), np.stack(around)


def _place(frame: np.ndarray, model: np.ndarray, rows: int, cols: int) -> tuple[int, int]:
    height, width = frame.shape[:2]
    places = [(down, right) for down in range(rows - height + 1) for right in range(cols - width + 1)]
    places = sorted(places, key=lambda place: (sum(place), place))[:_MOST_PLACES]
    wanted = model.astype(np.int32)

    def unlike(place: tuple[int, int]) -> float:
        part = wanted[place[0] : place[0] + height, place[1] : place[1] + width]
        common = frame[: part.shape[0], : part.shape[1]]
        return float(np.abs(part - common).mean()) if part.size else np.inf

    return min(places, key=unlike)


_MOST_PLACES = 1024  # that a frame is tried at, those near the top left first
