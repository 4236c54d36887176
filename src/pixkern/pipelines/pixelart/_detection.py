"""The grid of a picture: exact where the picture is, else the best of its candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pixkern.gridscore import GridScorer, uniform_lines

from . import _candidates, _ranking, ranker
from ._candidates import Axis, Candidates, Lines, Scorer
from ._native import ExactCell, Texture, exact_cell, texture
from ._options import SMALLEST_CELL, Options
from .grid import Grid

Status = Literal["restored", "native", "forced", "degenerate"]
ALONE = ("native", "degenerate")  # the picture itself is the sprite
Relation = Literal["candidate", "half", "double", "native"]

_SIZES = 24  # pitches tried for a given size
_FEWEST_PIXELS = 2  # of a cell, so that there is a grid to look for
_RELATIVES = 3  # the chosen size, its half and its double
SURE, GUESSED = 0.999, 0.4  # of exact upscales; of those that show nothing along one axis


@dataclass(frozen=True, eq=False)
class Alternative:
    """A grid that the picture might have.

    Attributes
    ----------
    grid : Grid
    probability : float
        0 to 1, that this is the sprite's size.
    relation : {"candidate", "half", "double", "native"}
        Where it comes from: the detection, or cells of half or twice the chosen size, or of one pixel.
    """

    grid: Grid
    probability: float
    relation: Relation


@dataclass(frozen=True, eq=False)
class Found:
    """What a detection found: the grid, its rivals, and how sure it is."""

    grid: Grid
    confidence: float
    status: Status
    alternatives: tuple[Alternative, ...]


class Detection:
    """A picture prepared once for any number of questions about its grid.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) uint8
        Without alpha.
    threads : int, optional
    scorer : Scorer, optional
        Default: the picture's own.
    """

    def __init__(self, image: np.ndarray, *, threads: int | None = None, scorer: Scorer | None = None) -> None:
        self.image = image
        self.scorer: Scorer = GridScorer(image, threads=threads) if scorer is None else scorer
        profiles, width, height = self.scorer.profiles, image.shape[1], image.shape[0]
        self.axes = (
            Axis(width, profiles.x, profiles.scales, threads),
            Axis(height, profiles.y, profiles.scales, threads),
        )
        self._texture: Texture | None = None

    def find(self, options: Options, whole: np.ndarray | None = None) -> Found:
        """The grid under `options`; `whole` is the picture with its alpha, which a ranker may look at."""
        whole = self.image if whole is None else whole
        if options.size is not None:
            return self._forced(self._of_size(options), options, whole)
        if options.cell is not None:
            return self._forced(self._of_cell(options), options, whole)
        exact = self.exact_cell(options)
        if exact is not None and options.offset is None and allowed(exact, options):
            return self._exact(exact, options)
        found = self.candidates(options)
        if len(found.sizes) == 0:
            return self.without(options)
        scores = _scores(found, options, whole)
        if options.offset is not None:
            x, y = found.meshes[_ranking.best(found, scores)]
            return self._forced([self._at(options.offset, (x.pitch, y.pitch))], options, whole)
        confidence = _ranking.confidence(found, scores, self.texture())
        if exact is None and confidence.native > _ranking.SURELY_NATIVE:
            return self._native(found, scores, confidence, options)
        best = _ranking.best(found, scores)
        grid = _grid(found.meshes[best], float(scores[best]))
        rivals = self.rivals(grid, found, scores, options, rest=1 - confidence.native)
        return Found(grid, confidence.exact * (1 if exact is None else 1 - SURE), "restored", rivals)

    def exact_cell(self, options: Options) -> ExactCell | None:
        """The cell if the picture is an exact upscale."""
        return exact_cell([self.image], (self.axes[0].profiles[0], self.axes[1].profiles[0]), options.square)

    def texture(self) -> Texture:
        """What single pixels are like."""
        if self._texture is None:
            self._texture = texture(self.image)
        return self._texture

    def native(self) -> Grid:
        """The grid of single pixels."""
        lines = [np.arange(axis.length + 1, dtype=np.float64) for axis in self.axes]
        return Grid.of(lines[0], lines[1], (1.0, 1.0))

    def candidates(self, options: Options, *, hopeless: bool = False) -> Candidates:
        """The grids that the picture may have, also those that cannot be the best if asked for."""
        x, y = (axis.scan(options.min_cell, options.max_cell) for axis in self.axes)
        return _candidates.candidates(
            self.scorer,
            self.axes,
            _candidates.pairs(x, y, options.square),
            options.drift,
            square=options.square,
            weights=None if hopeless else _ranking.WEIGHTS,
        )

    def _exact(self, exact: ExactCell, options: Options) -> Found:
        cell, offset, sure = exact[:2], exact[2:4], GUESSED if exact.guessed else SURE
        lines = [
            np.unique(np.concatenate([[0.0], np.arange(start, axis.length, size, dtype=np.float64), [axis.length]]))
            for axis, size, start in zip(self.axes, cell, offset, strict=True)
        ]
        grid = Grid.of(lines[0], lines[1], (float(cell[0]), float(cell[1])))
        found = self.candidates(options)
        scores = np.asarray(found.features @ _ranking.WEIGHTS)
        rivals = self.rivals(grid, found, scores, options, chosen=sure, rest=1 - sure)
        return Found(grid, sure, "restored", rivals)

    def _native(
        self, found: Candidates, scores: np.ndarray, confidence: _ranking.Confidence, options: Options
    ) -> Found:
        grid = self.native()
        rivals = self.rivals(
            grid, found, scores, options, chosen=confidence.native, rest=1 - confidence.native, relation="native"
        )
        return Found(grid, confidence.native, "native", rivals)

    def without(self, options: Options) -> Found:
        """No pitch fits: too small or too plain a picture."""
        grid = self.native()
        flat = self.texture().smooth and not any(axis.profiles[0].any() for axis in self.axes)
        status: Status = "degenerate" if flat else "native"
        confidence = 0.0 if flat else 0.5
        return Found(
            grid, confidence, status, (Alternative(grid, confidence, "native"), *self._relatives(grid, options))
        )

    def _forced(self, meshes: list[tuple[Lines, Lines]], options: Options, whole: np.ndarray) -> Found:
        """The best of the grids that were asked for, whose probability is that among what the detection finds."""
        strength = [
            min(axis.comb(lines.pitch).strength for axis, lines in zip(self.axes, mesh, strict=True)) for mesh in meshes
        ]
        found = _candidates.measured(self.scorer, meshes, np.array(strength), square=options.square)
        scores = _scores(found, options, whole)
        best = int(scores.argmax())
        grid = _grid(meshes[best], float(scores[best]))
        every = found.joined(self.candidates(options))
        rivals = self.rivals(grid, every, np.asarray(every.features @ _ranking.WEIGHTS), options)
        return Found(grid, rivals[0].probability, "forced", rivals)

    def _of_cell(self, options: Options) -> list[tuple[Lines, Lines]]:
        assert options.cell is not None
        if options.offset is not None:
            return [self._at(options.offset, options.cell)]
        stiffnesses = _candidates.STIFFNESSES[options.drift]
        x, y = (self._along(axis, pitch, stiffnesses) for axis, pitch in zip(self.axes, options.cell, strict=True))
        return [(a, b) for a in x for b in y]

    def _along(self, axis: Axis, pitch: float, stiffnesses: Sequence[float]) -> list[Lines]:
        """Lines of one axis; evenly spaced where cells are too small for lines to be placed."""
        if pitch > axis.length:
            return [axis.given(np.array([0.0, axis.length]), pitch)]
        chosen = stiffnesses if pitch >= _FEWEST_PIXELS else (_candidates.RIGID,)
        return axis.lines((pitch, stiffness) for stiffness in chosen)

    def _at(self, offset: tuple[float, float], cell: tuple[float, float]) -> tuple[Lines, Lines]:
        x, y = (
            axis.given(uniform_lines(axis.length, pitch, start), pitch)
            for axis, pitch, start in zip(self.axes, cell, offset, strict=True)
        )
        return x, y

    def _of_size(self, options: Options) -> list[tuple[Lines, Lines]]:
        assert options.size is not None
        along = []
        for axis, cells in zip(self.axes, options.size, strict=True):
            if cells > axis.length:
                raise ValueError(
                    f"size {options.size} has more cells than the picture's {axis.length} pixels have room for"
                )
            along.append(axis.of_size(cells, _candidates.STIFFNESSES[options.drift], _SIZES))
        return [(x, y) for x in along[0] for y in along[1]]

    def rivals(
        self,
        grid: Grid,
        found: Candidates,
        scores: np.ndarray,
        options: Options,
        *,
        chosen: float | None = None,
        rest: float = 1.0,
        relation: Relation = "candidate",
    ) -> tuple[Alternative, ...]:
        """The grid, the best of each of the `top_k` likeliest sizes, and those of half and twice the cell.

        `rest` is what the candidates' probabilities add up to; `chosen` is the grid's if its size does not say.
        """
        chance = _ranking.probabilities(scores) * rest if len(scores) else scores
        by_size: dict[tuple[int, int], list[int]] = {}
        for k in np.argsort(-scores, kind="stable"):
            by_size.setdefault(found.sizes[k], []).append(int(k))
        likely = {size: float(chance[members].sum()) for size, members in by_size.items()}
        best = sorted(by_size, key=lambda size: -likely[size])
        shown = [by_size[size][0] for size in best[: options.top_k + _RELATIVES]]
        rivals = [
            Alternative(_grid(found.meshes[k], float(scores[k])), likely[found.sizes[k]], "candidate") for k in shown
        ]
        first = Alternative(grid, likely[grid.size] if chosen is None else chosen, relation)
        related = self._relatives(grid, options)
        known = {grid.size, *(one.grid.size for one in related)}
        other = [one for one in rivals if one.grid.size not in known][: max(0, options.top_k - 1)]
        related = [Alternative(one.grid, likely.get(one.grid.size, 0.0), one.relation) for one in related]
        return (first, *sorted([*other, *related], key=lambda one: -one.probability))

    def _relatives(self, grid: Grid, options: Options) -> list[Alternative]:
        """The grids of half and twice the cell, where there is room for them."""
        factors: dict[Relation, float] = {"half": 0.5, "double": 2.0}
        fitting = {
            relation: factor
            for relation, factor in factors.items()
            if min(grid.cell) * factor >= 1
            and all(cell * factor <= axis.length for cell, axis in zip(grid.cell, self.axes, strict=True))
        }
        stiffness = _candidates.STIFFNESSES[options.drift][0]
        x, y = (
            axis.lines(
                (cell * factor, stiffness if cell * factor >= _FEWEST_PIXELS else _candidates.RIGID)
                for factor in fitting.values()
            )
            for axis, cell in zip(self.axes, grid.cell, strict=True)
        )
        grids = {relation: _grid(mesh, 0.0) for relation, mesh in zip(fitting, zip(x, y, strict=True), strict=True)}
        return [Alternative(other, 0.0, relation) for relation, other in grids.items() if other.size != grid.size]


def _scores(found: Candidates, options: Options, image: np.ndarray) -> np.ndarray:
    scores = found.features @ _ranking.WEIGHTS
    if options.ranker is None:
        return np.asarray(scores)
    order = np.argsort(-scores, kind="stable")[: max(options.top_k, 10)]
    grids = [_grid(found.meshes[k], float(scores[k])) for k in order]
    given = ranker.Candidates(image, grids, found.features[order].astype(np.float32), _candidates.FEATURES)
    said = ranker.checked_scores(options.ranker(given), len(order), "the ranker")
    ranked = np.full(len(scores), min(float(said.min()), 0.0) - 50.0)
    ranked[order] = said
    return ranked


def _grid(mesh: tuple[Lines, Lines], score: float) -> Grid:
    return Grid.of(mesh[0].lines, mesh[1].lines, (mesh[0].pitch, mesh[1].pitch), score)


def allowed(cell: ExactCell, options: Options) -> bool:
    """Whether cells are as asked for; exact ones may be smaller than what is looked for unasked."""
    least = options.min_cell if options.min_cell > SMALLEST_CELL else 1.0
    most = math.inf if options.max_cell is None else options.max_cell
    return min(cell.x, cell.y) >= least and max(cell.x, cell.y) <= most and (cell.x == cell.y or not options.square)
