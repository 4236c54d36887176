"""One grid for frames of one place: evidence and measures are those of the frames together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pixkern.gridscore import GridMeasures, GridScorer, Profiles, profiles

from ._detection import Detection
from ._native import ExactCell, Texture, exact_cell, texture
from ._options import Options

MOST_MEASURED = 16  # frames, evenly spread, whose cells are measured: the evidence for lines is that of all
_MOST_TABLE_PIXELS = 2**24  # of these together, at 16 bytes each


class FramesScorer:
    """What a detection asks of a picture, answered by frames of one size together.

    Parameters
    ----------
    frames : sequence of (H, W) or (H, W, 3) uint8
        Without alpha.
    threads : int, optional

    Attributes
    ----------
    measured : tuple of int
        Which frames are measured: all, or 16 evenly spread ones, or fewer large ones.
    profiles : Profiles
        The sum of those of all frames.
    """

    def __init__(self, frames: Sequence[np.ndarray], *, threads: int | None = None) -> None:
        rows, cols = frames[0].shape[:2]
        most = max(1, min(MOST_MEASURED, _MOST_TABLE_PIXELS // (rows * cols)))
        self.measured = spread(len(frames), most)
        self._scorers = {k: GridScorer(frames[k], threads=threads) for k in self.measured}
        self.profiles = _added(
            self._scorers[k].profiles if k in self._scorers else profiles(frame, threads=threads)
            for k, frame in enumerate(frames)
        )

    def measure_many(self, meshes: Iterable[tuple[np.ndarray, np.ndarray]], /) -> GridMeasures:
        """The means over frames; see `pixkern.gridscore.GridScorer.measure_many`."""
        asked = list(meshes)
        found = [scorer.measure_many(asked) for scorer in self._scorers.values()]
        error, contrast_x, contrast_y = (
            sum(getattr(each, name) for each in found) / len(found) for name in ("error", "contrast_x", "contrast_y")
        )
        return GridMeasures(error, found[0].cells, found[0].pixels, contrast_x, contrast_y)


class FramesDetection(Detection):
    """Frames prepared once for any number of questions about their grid.

    Parameters
    ----------
    frames : sequence of (H, W) or (H, W, 3) uint8
        Without alpha, all of one shape.
    threads : int, optional
    """

    def __init__(self, frames: Sequence[np.ndarray], *, threads: int | None = None) -> None:
        scorer = FramesScorer(frames, threads=threads)
        super().__init__(frames[0], threads=threads, scorer=scorer)
        self._frames = frames
        self._measured = scorer.measured

    def exact_cell(self, options: Options) -> ExactCell | None:
        """The cell if all frames are exact upscales."""
        return exact_cell(self._frames, (self.axes[0].profiles[0], self.axes[1].profiles[0]), options.square)

    def texture(self) -> Texture:
        """What single pixels are like, in the frames that are measured."""
        if self._texture is None:
            self._texture = joint_texture([texture(self._frames[k]) for k in self._measured])
        return self._texture


def joint_texture(each: Sequence[Texture]) -> Texture:
    """The mean over frames, of which blank ones say nothing if there are others."""
    rough = [one for one in each if not one.smooth]
    isolated, slight, distinct = np.array([one[:3] for one in rough or each]).mean(0).tolist()
    return Texture(isolated, slight, distinct, smooth=not rough, small=all(one.small for one in each))


def spread(count: int, most: int) -> tuple[int, ...]:
    """At most `most` of the numbers 0 to count - 1, evenly spread.

    Examples
    --------
    >>> spread(3, 16), spread(10, 4)
    ((0, 1, 2), (0, 2, 5, 7))
    """
    number = min(count, most)
    return tuple(k * count // number for k in range(number))


def _added(each: Iterable[Profiles]) -> Profiles:
    """The sum of profiles; exact, as they are multiples of 1/8 far below 2**50."""
    sums: list[list[np.ndarray]] = []
    used: tuple[int, ...] = ()
    for found in each:
        used = found.scales
        along = [*found.x, *found.y]
        if not sums:
            sums = [[profile.astype(np.float64) for profile in along]]
        else:
            for total, profile in zip(sums[0], along, strict=True):
                total += profile
    whole = tuple(total.astype(np.float32) for total in sums[0])
    return Profiles(whole[: len(used)], whole[len(used) :], used)
