"""From a picture to its sprite: the grid is found, cells get their colours, palettes and backgrounds are applied."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from pixkern import _check
from pixkern.gridscore import cell_colours, cell_difference

from ._detection import ALONE, Alternative, Detection, Found
from ._options import SMALLEST_CELL, Options
from ._warnings import warnings_of
from .alpha import prepare_alpha
from .background import composite_for_detection, find_background, remove_background
from .grid import Grid
from .palette import extract_palette, pool_colours, snap
from .restoration import Difference, Restoration

_WHOLE = 0.9  # border cells of less than this share of a cell are cut


def restore(
    image: Any,
    *,
    cell: float | tuple[float, float] | None = None,
    offset: tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    min_cell: float = SMALLEST_CELL,
    max_cell: float | None = None,
    square: bool | None = None,
    drift: str = "mild",
    border: str = "keep",
    colour: str = "inlier",
    colours: int | str | None = "auto",
    palette: Any = None,
    dither: str = "none",
    alpha: str | int = "keep",
    background: Any = None,
    top_k: int = 5,
    ranker: Any = None,
    threads: int | None = None,
) -> Restoration:
    """Find the sprite at its true resolution in a picture that looks like pixel art.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
        Grey, RGB or RGBA (not premultiplied).
    cell : float or (float, float), optional
        The size of a cell in pixels, for both axes or (x, y). Default: found.
    offset : (float, float), optional
        Where a line of each axis is, in pixels; lines are then evenly spaced. Default: found.
    size : (int, int), optional
        Width and height of the sprite. Default: found.
    min_cell, max_cell : float
        The range of sizes looked for. Default: 3 pixels to a fifth of a side.
    square : bool, optional
        True: cells are as wide as high. False: the sides of a cell may differ by half, neither is preferred. Default:
        cells are likely square and differ by 12 % at most.
    drift : {"mild", "none", "free"}
        How much gaps between lines may vary: "none" spaces them evenly.
    border : {"keep", "drop"}
        Whether cells that the picture's border cuts (less than 0.9 of a cell is left) belong to the sprite.
    colour : {"inlier", "median", "mode", "centre"}
        How a cell's colour is made; see `pixkern.gridscore.cell_colours`.
    colours : "auto", int or None
        "auto" (default): cells that show statistically one colour get one (`pixkern.pipelines.pixelart.palette
        .pool_colours`). A number: a palette of at most so many is extracted and used. None: every cell has its own.
    palette : (n, C) uint8 or path, optional
        Every cell gets the nearest of these colours; files as in `pixkern.pipelines.pixelart.palette.load_palette`.
    dither : {"none", "bayer2", "bayer4", "bayer8", "floyd-steinberg"}
        With `colours` as a number or a `palette`.
    alpha : {"keep", "binarise"} or int
        What becomes of alpha; an integer is a threshold, 0 to 255.
    background : "auto" or (r, g, b), optional
        A colour made transparent from the border inwards, holes too; "auto" finds it, if there is one.
    top_k : int
        How many sizes `alternatives` has at most, beside the half and the double.
    ranker : function or path, optional
        Chooses among the likeliest grids: a function, or the file of an ONNX model (docs/pixelart_ranker.md).
    threads : int, optional
        At most this many threads; see `pixkern.set_threads`.

    Returns
    -------
    Restoration
        The sprite, the grid, what else it might have been, and warnings. Pixel art at its true resolution comes back
        as it is, with the status "native".

    Raises
    ------
    TypeError
        A picture or an option of the wrong kind; an option that does not exist.
    ValueError
        An empty picture, another shape, options out of range or against each other; a bad palette file.
    RankerError
        A ranker that breaks its contract.

    Notes
    -----
    Evidence for lines is gathered at several scales, combs of every pitch are fitted to it, lines are placed by dynamic
    programming, and the candidates are ranked by a regression on what their cells and lines are like. The same bytes
    for every thread count and CPU level. Memory: 25 bytes per pixel, 90 MB more at most for the tables.

    Examples
    --------
    >>> sprite = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    >>> found = restore(sprite.repeat(9, axis=0).repeat(9, axis=1))
    >>> found.size, found.cell, bool((found.sprite == sprite).all())
    ((16, 12), (9.0, 9.0), True)
    >>> found.half().size
    (32, 24)
    """
    chosen = Options.checked(
        cell=cell,
        offset=offset,
        size=size,
        min_cell=min_cell,
        max_cell=max_cell,
        square=square,
        drift=drift,
        border=border,
        colour=colour,
        colours=colours,
        palette=palette,
        dither=dither,
        alpha=alpha,
        background=background,
        top_k=top_k,
        ranker=ranker,
    )
    start = time.perf_counter()
    return Restorer(image, threads=threads).restore(chosen, start=start)


class Restorer:
    """A picture whose profiles and tables are made once, for any number of restorations.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
    threads : int, optional
    """

    def __init__(self, image: Any, *, threads: int | None = None) -> None:
        self.image = picture(image)
        self._threads = threads
        self._detection = Detection(opaque(self.image), threads=threads)

    def restore(self, options: Options, *, found: Found | None = None, start: float | None = None) -> Restoration:
        """Restore under these options, on a grid that was `found` before or on the one that the detection finds.

        `seconds` count from `start`, a value of `time.perf_counter`, or from now.
        """
        start = time.perf_counter() if start is None else start
        return self._on(found or self._detection.find(options, self.image), options, start)

    def on_grid(self, grid: Grid, before: Restoration) -> Restoration:
        """Restore on a grid that somebody chose."""
        start = time.perf_counter()
        likely = [one for one in before.alternatives if one.grid.size == grid.size]
        chance = likely[0].probability if likely else 0.0
        first = Alternative(grid, chance, "candidate")
        rest = tuple(one for one in before.alternatives if one.grid.size != grid.size)
        return self._on(Found(grid, chance, "forced", (first, *rest)), before.options, start)

    def _on(self, found: Found, options: Options, start: float) -> Restoration:
        cells, spread = cells_of(self.image, found.grid, found, options, self._threads)
        difference = difference_of(self.image, cells, found.grid, found, self._threads)
        grid, kept = found.grid, (slice(None), slice(None))
        if options.border == "drop" and found.status not in ALONE:
            grid, kept = without_cut_cells(grid)
            difference = Difference(difference.total, difference.core, difference.halo, difference.cells[kept])
        sprite, palette, background = _finished(cells[kept], spread[kept], found, options)
        return Restoration(
            sprite=sprite,
            image=self.image,
            grid=grid,
            difference=difference,
            confidence=found.confidence,
            status=found.status,
            alternatives=found.alternatives,
            warnings=warnings_of(found),
            palette=palette,
            background=background,
            seconds=time.perf_counter() - start,
            options=options,
            _restorer=self,
            _found=found,
        )


def picture(image: Any) -> np.ndarray:
    """A picture as restorations take it."""
    if not isinstance(image, np.ndarray):
        raise TypeError(f"image must be a NumPy array, got {type(image).__name__}")
    pixels = _check.array(image, "image", dtypes=(np.uint8,), ndim=(2, 3))
    if 0 in pixels.shape:
        raise ValueError(f"image is empty, got shape {pixels.shape}")
    if pixels.ndim == 3 and pixels.shape[2] not in (3, 4):
        raise ValueError(f"image must be (H, W), (H, W, 3) or (H, W, 4), got shape {pixels.shape}")
    return np.asarray(pixels)


def opaque(image: np.ndarray) -> np.ndarray:
    """The picture without alpha, for detections."""
    return composite_for_detection(image) if image.ndim == 3 and image.shape[2] == 4 else image


def cells_of(
    image: np.ndarray, grid: Grid, found: Found, options: Options, threads: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """The colours of the cells and their spread; a picture that is the sprite itself has its pixels."""
    if found.status in ALONE:
        return image.copy(), np.zeros(image.shape[:2], np.float32)
    made = cell_colours(image, grid.lines_x, grid.lines_y, method=options.colour, threads=threads)  # type: ignore[arg-type]
    return made.sprite, made.spread


def difference_of(image: np.ndarray, cells: np.ndarray, grid: Grid, found: Found, threads: int | None) -> Difference:
    """How far a picture is from its cells painted back."""
    if found.status in ALONE:
        return Difference(0.0, 0.0, 0.0, np.zeros(cells.shape[:2], np.float32))
    counts = cell_difference(image, cells, grid.lines_x, grid.lines_y, threads=threads)
    core, halo, core_pixels, halo_pixels = (int(each.sum()) for each in counts)
    return Difference(
        100 * (core + halo) / (core_pixels + halo_pixels),
        100 * core / core_pixels,
        100 * halo / max(1, halo_pixels),
        (counts.core / counts.core_pixels).astype(np.float32),
    )


def _finished(
    cells: np.ndarray, spread: np.ndarray, found: Found, options: Options
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """The sprite, its palette if it was reduced, and the background if one was removed."""
    alone = found.status in ALONE
    pooled = cells
    if not alone and (options.colours == "auto" or options.background == "auto"):
        pooled = pool_colours(cells, noise=spread)
    sprite, palette, background = (pooled if options.colours == "auto" else cells), None, None
    if options.background is not None:
        background = (
            find_background(pooled) if options.background == "auto" else background_code(options.background, cells)
        )
        if background is not None:
            sprite = remove_background(sprite, background)
    if not alone or options.alpha != "keep":
        sprite = prepare_alpha(sprite, options.alpha)
    if isinstance(options.colours, int):
        palette = extract_palette(sprite, size=options.colours)
    elif options.palette is not None:
        palette = options.palette
    if palette is not None:
        snapped = snap(sprite, palette, dither=options.dither)
        sprite, palette = snapped.pixels, snapped.palette
    return np.ascontiguousarray(sprite), palette, background


def background_code(given: tuple[int, ...], sprite: np.ndarray) -> np.ndarray:
    channels = 1 if sprite.ndim == 2 else sprite.shape[2]
    colour = (*given, 255) if channels == 4 else given
    if len(colour) != channels:
        raise ValueError(f"background must have the picture's channels, got {given!r}")
    return np.array(colour, np.uint8)


def without_cut_cells(grid: Grid) -> tuple[Grid, tuple[slice, slice]]:
    x, y = (_whole(lines, cell) for lines, cell in zip((grid.lines_x, grid.lines_y), grid.cell, strict=True))
    trimmed = Grid.of(grid.lines_x[x.start : x.stop + 1], grid.lines_y[y.start : y.stop + 1], grid.cell, grid.score)
    return trimmed, (y, x)


def _whole(lines: np.ndarray, cell: float) -> slice:
    cells = len(lines) - 1
    first = int(lines[1] - lines[0] < _WHOLE * cell)
    last = cells - int(lines[-1] - lines[-2] < _WHOLE * cell)
    return slice(first, last) if last > first else slice(0, cells)
