"""Many frames with one grid and one palette: animations, sheets, folders of frames."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ._detection import ALONE, Alternative, Found, Status
from ._frames_apart import ApartDetection, align
from ._frames_colours import finish
from ._frames_detection import FramesDetection
from ._options import Options
from ._warnings import warnings_of
from .animation import Animation
from .grid import Grid
from .restoration import Difference, Warned
from .restorer import cells_of, difference_of, opaque, picture, without_cut_cells

__all__ = ["FramesRestoration", "FramesRestorer", "restore_frames"]


@dataclass(frozen=True, eq=False)
class FramesRestoration:
    """What `restore_frames` found.

    Attributes
    ----------
    sprites : (n, h, w) or (n, h, w, C) uint8
        A sprite for each frame, all of one size.
    frames : tuple of (H, W) or (H, W, C) uint8
        The frames.
    grids : tuple of Grid
        Where the cells of each frame are: n times one grid, unless `same_place` was False.
    differences : tuple of Difference
        Of each frame from its sprite painted back, in the colours of the cells before palettes and backgrounds.
    confidence : float
        0 to 1, that the size is right. It is calibrated on single pictures; of frames that show different pictures
        it is too low rather than too high.
    status : {"restored", "native", "forced", "degenerate"}
        As for one picture.
    alternatives : tuple of Alternative
        What else the grid might have been, of the first frame.
    warnings : tuple of Warned
    palette : (n, C) uint8, or None
        The colours of all sprites, if they were reduced.
    background : (C,) uint8, or None
        The colour that was made transparent, in all of them.
    durations : tuple of int, or None
        Milliseconds of each frame, where they were given.
    seconds : float
        What it took.
    options : pixkern.pipelines.pixelart.Options
        What was asked for.
    """

    sprites: np.ndarray
    frames: tuple[np.ndarray, ...]
    grids: tuple[Grid, ...]
    differences: tuple[Difference, ...]
    confidence: float
    status: Status
    alternatives: tuple[Alternative, ...]
    warnings: tuple[Warned, ...]
    palette: np.ndarray | None
    background: np.ndarray | None
    durations: tuple[int, ...] | None
    seconds: float
    options: Options
    _restorer: FramesRestorer = field(repr=False)

    @property
    def grid(self) -> Grid:
        """The grid of the first frame, which is that of all unless `same_place` was False."""
        return self.grids[0]

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell in pixels."""
        return self.grid.cell

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sprites."""
        return self.sprites.shape[2], self.sprites.shape[1]

    def again(self, **changes: Any) -> FramesRestoration:
        """The same frames under other options, from what is known of them already.

        Parameters
        ----------
        **changes
            Options of `restore_frames`.
        """
        return self._restorer.restore(self.options.changed(**changes))

    def half(self) -> FramesRestoration:
        """With cells of half the size."""
        return self.again(cell=tuple(max(1.0, side / 2) for side in self.cell), offset=None, size=None)

    def double(self) -> FramesRestoration:
        """With cells of twice the size."""
        return self.again(cell=tuple(side * 2 for side in self.cell), offset=None, size=None)


def restore_frames(
    frames: Iterable[Any] | Animation, *, same_place: bool = True, threads: int | None = None, **options: Any
) -> FramesRestoration:
    """Find the sprites of frames that look like pixel art: one grid and one palette for all.

    Parameters
    ----------
    frames : iterable of (H, W), (H, W, 3) or (H, W, 4) uint8, or Animation
        Frames of one number of channels, and of one size if they have one place.
    same_place : bool
        True: all frames show one canvas, and one grid is found from all of them. False: the frames were cropped each
        on its own; one cell size is found from all of them, and each has its lines where its own evidence is. The
        sprites get the size of the largest; see Notes.
    threads : int, optional
        At most this many threads; see `pixkern.set_threads`.
    **options
        Those of `pixkern.pipelines.pixelart.restore`. `size`, `offset` and `ranker` need `same_place`; a ranker sees
        the first frame.

    Returns
    -------
    FramesRestoration

    Raises
    ------
    TypeError
        Frames or options of the wrong kind; an option that does not exist.
    ValueError
        No frames, an empty one, frames of different shapes, options out of range or against each other.

    Notes
    -----
    The evidence for lines is the sum over all frames; the cells of grids are measured in up to 16 evenly spread ones.

    Where the pixels of a cell are the same in two frames, so are those of the sprites, unless `dither` is
    "floyd-steinberg", which crawls, or a region of the background is enclosed in the one frame and open in the other.
    With `colours="auto"`, a number, or a palette, the cells of all frames are pooled together first, and a cell keeps
    one colour while it changes by noise only: its mean colours in two clusters have to be six standard deviations of
    a cell apart to count as two. `background="auto"` is the one that most frames have, if half of them have it.

    Without `same_place`, sprites smaller than the largest are put where they are most like it, and what they lack is
    transparent, or repeats their border where there is no alpha.

    The same bytes for every thread count and CPU level. Memory: the frames (RGBA twice), 20 bytes per pixel of those
    that are measured (at most 2**24 pixels, unless one frame has more), and 200 bytes per cell of all sprites. Without
    `same_place`, 16 bytes per pixel of all frames.

    Examples
    --------
    >>> sprites = np.random.default_rng(0).integers(0, 256, (4, 12, 16, 3), np.uint8)
    >>> found = restore_frames(sprites.repeat(9, axis=1).repeat(9, axis=2))
    >>> found.size, found.cell, bool((found.sprites == sprites).all())
    ((16, 12), (9.0, 9.0), True)
    """
    chosen = Options.checked(**options)
    start = time.perf_counter()
    return FramesRestorer(frames, same_place=same_place, threads=threads).restore(chosen, start=start)


class FramesRestorer:
    """Frames whose profiles and tables are made once, for any number of restorations.

    Parameters
    ----------
    frames, same_place, threads
        See `restore_frames`.
    """

    def __init__(
        self, frames: Iterable[Any] | Animation, *, same_place: bool = True, threads: int | None = None
    ) -> None:
        if not isinstance(same_place, bool | np.bool_):
            raise TypeError(f"same_place must be True or False, got {same_place!r}")
        given = frames.frames if isinstance(frames, Animation) else frames
        self.durations = frames.durations if isinstance(frames, Animation) else None
        self.frames = tuple(picture(frame) for frame in given)
        _check_alike(self.frames, same_place)
        self._threads = threads
        shown = [opaque(frame) for frame in self.frames]
        self._detection = FramesDetection(shown, threads=threads) if same_place else None
        self._apart = None if same_place else ApartDetection(shown, threads=threads)

    def restore(self, options: Options, *, start: float | None = None) -> FramesRestoration:
        """Restore under these options; `seconds` count from `start`, a value of `time.perf_counter`, or from now."""
        start = time.perf_counter() if start is None else start
        found, grids = self._find(options)
        made = [
            _Frame.of(frame, grid, found, options, self._threads)
            for frame, grid in zip(self.frames, grids, strict=True)
        ]
        cells, spreads = align([one.cells for one in made], [one.spread for one in made])
        sprites, palette, background = finish(cells, spreads, found, options)
        return FramesRestoration(
            sprites=sprites,
            frames=self.frames,
            grids=tuple(one.grid for one in made),
            differences=tuple(one.difference for one in made),
            confidence=found.confidence,
            status=found.status,
            alternatives=found.alternatives,
            warnings=warnings_of(found),
            palette=palette,
            background=background,
            durations=self.durations,
            seconds=time.perf_counter() - start,
            options=options,
            _restorer=self,
        )

    def _find(self, options: Options) -> tuple[Found, list[Grid]]:
        if self._apart is not None:
            return self._apart.find(options)
        assert self._detection is not None
        found = self._detection.find(options, self.frames[0])
        return found, [found.grid] * len(self.frames)


class _Frame(NamedTuple):
    """One frame on its grid."""

    grid: Grid
    cells: np.ndarray
    spread: np.ndarray
    difference: Difference

    @classmethod
    def of(cls, frame: np.ndarray, grid: Grid, found: Found, options: Options, threads: int | None) -> _Frame:
        cells, spread = cells_of(frame, grid, found, options, threads)
        difference = difference_of(frame, cells, grid, found, threads)
        if options.border == "keep" or found.status in ALONE:
            return cls(grid, cells, spread, difference)
        whole, kept = without_cut_cells(grid)
        rest = Difference(difference.total, difference.core, difference.halo, difference.cells[kept])
        return cls(whole, cells[kept], spread[kept], rest)


def _check_alike(frames: tuple[np.ndarray, ...], same_place: bool) -> None:
    if not frames:
        raise ValueError("frames is empty; give one or more")
    first = frames[0]
    for number, frame in enumerate(frames):
        if same_place and frame.shape != first.shape:
            raise ValueError(
                f"frames must be of one shape, {first.shape}, got {frame.shape} as number {number}; "
                "same_place=False (--cropped) takes frames of different sizes"
            )
        if frame.shape[2:] != first.shape[2:]:
            raise ValueError(f"frames need the same channels, got {first.shape} and {frame.shape} as number {number}")
