"""The colours of the cells of a grid, and how far a picture is from them.

The loops are in ``kernels/cpu/cells.h``, ``cell_cores.h`` and ``cell_difference.h`` and in ``kernels/cuda/cells.cu``,
the formulas in ``kernels/maths/cells.h``.
"""

from __future__ import annotations

import operator
from typing import Any, Literal, NamedTuple

import numpy as np

from . import _check, _threads
from ._cell_axis import CellAxis, cell_axis
from ._dispatch import place
from ._native import cells as _cpu

CellMethod = Literal["inlier", "median", "mode", "centre"]

METHODS = ("inlier", "median", "mode", "centre")  # order of CellMethod in kernels/maths/cells.h
_CUDA_BLOCK = 64  # threads per cell
_MOST_BLOCKS = 2**31 - 1  # of a CUDA grid; the kernel goes round again for more


class CellColours(NamedTuple):
    """What `cell_colours` finds."""

    sprite: Any
    """(h, w) or (h, w, C) uint8: the colour of each cell."""
    spread: Any
    """(h, w) float32: how far a cell's pixels are from its colour, in levels; see `cell_colours`."""


class CellDifference(NamedTuple):
    """What `cell_difference` counts; all (h, w) int32."""

    core: Any
    """Pixels of the core of each cell that differ."""
    halo: Any
    """Pixels of the cell outside the core that differ."""
    core_pixels: Any
    """Pixels of the core, at least 1."""
    halo_pixels: Any
    """Pixels outside, which may be 0."""


def cell_colours(
    image: Any,
    lines_x: Any,
    lines_y: Any,
    *,
    method: CellMethod = "inlier",
    backend: str | None = None,
    threads: int | None = None,
) -> CellColours:
    r"""The colour of each cell of a grid, and how much its pixels disagree.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
        Grey, RGB or RGB with alpha (not premultiplied). NumPy, CuPy or torch. Copied if not in C order.
    lines_x : (w + 1,) float
        The boundaries of the cells along the columns, in pixels: increasing, the first 0, the last W, no more cells
        than pixels. Pixel x covers [x, x + 1) and belongs to the cell that its centre is in; a cell without any takes
        one from a neighbour.
    lines_y : (h + 1,) float
        The same along the rows, up to H.
    method : {"inlier", "median", "mode", "centre"}
        "inlier": the colour where pixels are densest, near the middle of the cell and in colour; see Notes. "median":
        the lower median of each channel over the core. "mode": of the 16 x 16 x 16 bins of colour (16 levels each) the
        one that most pixels of the core are in, the lowest of several, and the mean of its pixels. "centre": the pixel
        that the centre of the cell is in. The core are the pixels whose centres are further than a quarter of the cell
        from its lines, and the pixel in the middle.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.

    Returns
    -------
    CellColours
        `sprite`, uint8 with the channels of `image`, and `spread`, float32, both in the kind of array that `image` is.
        `spread` is the root mean square distance of a cell's pixels to its colour, over pixels by their place alone
        (a in Notes) and over channels, in levels; 0 for a cell of one colour.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or lines that are no numbers.
    ValueError
        Another shape, an empty image, lines that do not increase from 0 to the picture's size, more cells than pixels,
        an unknown method.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    "inlier" is a mean of the cell's pixels weighted by place and colour. With u, v the place of a pixel's centre, from
    -1 a quarter of a pixel before one line to 1 as much behind the other (u**2 and v**2 at most 0.9), and s the root
    mean square distance of its channels to the present estimate, ``a = (1 - u**2)**2 * (1 - v**2)**2``,
    ``b = (1 - (s / S)**2)**2`` for s < S, else 0, and the next estimate is ``sum(a * b * colour) / sum(a * b)``, for
    S = 36, 18 and 14 levels in turn; where no pixel is near, it is the pixel in the middle. It starts from the mean
    weighted by ``a**8``.

    Where there is alpha, a colour counts by it as well: "inlier" weighs by it, "median" and "mode" ask pixels with at
    least half the alpha of the cell. Alpha comes by the same method. A cell with alpha 0 has colour 0, but under
    "centre".

    "inlier" sums in float32 down columns and in float64 across them: within 0.51 of the definition, and mostly its
    nearest integer. "median", "mode" and "centre" are exact. The same bits for every thread count and CPU level, and on
    CUDA. Memory: the result, up to 80 bytes per row and column, and 80 kB of stack per thread.

    Sources: Beaton & Tukey, "The fitting of power series, meaning polynomials, illustrated on band-spectroscopic data",
    Technometrics 16(2), 1974; Holland & Welsch, "Robust regression using iteratively reweighted least squares", Commun.
    Statist. A6(9), 1977; Comaniciu & Meer, "Mean shift: a robust approach toward feature space analysis", IEEE Trans.
    PAMI 24(5), 2002, section 4.

    Examples
    --------
    >>> sprite = np.array([[10, 200, 90], [60, 30, 250]], np.uint8)
    >>> picture = sprite.repeat(8, axis=0).repeat(8, axis=1)
    >>> picture[3:8, 6:8] = 200  # what blur and a line that is off do
    >>> cell_colours(picture, [0, 8, 16, 24], [0, 8, 16]).sprite
    array([[ 10, 200,  90],
           [ 60,  30, 250]], dtype=uint8)
    """
    _check.choice(method, "method", METHODS)
    spot = place(image, backend)
    pixels = _picture(spot.native(image, "image"), "image")
    across, down = cell_axis(lines_x, pixels.shape[1], "lines_x"), cell_axis(lines_y, pixels.shape[0], "lines_y")
    sprite = spot.arrays.empty((down.cells, across.cells, pixels.shape[2]), np.uint8)
    spread = spot.arrays.empty((down.cells, across.cells), np.float32)
    axes = [part for axis in (down, across) for part in (axis.whole, axis.places)]
    if spot.where == "cuda":
        _on_cuda(f"cell_colours_{pixels.shape[2]}", spot.arrays, pixels, axes, sprite, METHODS.index(method), spread)
    else:
        _threads.split(
            lambda begin, end: _cpu.cell_colours(pixels, *axes, METHODS.index(method), sprite, spread, begin, end),
            down.cells,
            elements=pixels.size,
            threads=threads,
        )
    sprite = sprite.reshape(down.cells, across.cells, *image.shape[2:])
    return CellColours(spot.give_back(sprite, image), spot.give_back(spread, image))


def cell_difference(
    image: Any,
    sprite: Any,
    lines_x: Any,
    lines_y: Any,
    *,
    threshold: int = 32,
    backend: str | None = None,
    threads: int | None = None,
) -> CellDifference:
    """Count the pixels of each cell that differ from the cell's colour, in its core and outside it.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
        The picture. NumPy, CuPy or torch. Copied if not in C order.
    sprite : (h, w) or (h, w, C) uint8
        The colour of each cell, with the channels of `image`, where `image` lives.
    lines_x, lines_y : (w + 1,), (h + 1,) float
        See `cell_colours`.
    threshold : int
        A pixel differs when any channel, alpha too, is off by more than this; 0 to 255. Two pixels of alpha 0 do not
        differ, whatever colour they have.
    backend, threads
        See `cell_colours`.

    Returns
    -------
    CellDifference
        Counts per cell, in the kind of array that `image` is. The core is that of `cell_colours`.

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `cell_colours`; a sprite whose shape does not fit, a threshold that is none or out of range, a cell of 2**31
        pixels or more.

    Notes
    -----
    Exact. One pass over the picture; the picture that the sprite makes is never stored. Memory: the result, up to 80
    bytes per row and column, and 10 kB of stack per thread.

    Examples
    --------
    >>> sprite = np.array([[10, 200], [60, 30]], np.uint8)
    >>> picture = sprite.repeat(8, axis=0).repeat(8, axis=1)
    >>> picture[2, :3] = 120  # two pixels of the halo, one of the core
    >>> found = cell_difference(picture, sprite, [0, 8, 16], [0, 8, 16])
    >>> [int(counts[0, 0]) for counts in found]  # core, halo, and all pixels of the two
    [1, 2, 16, 48]
    """
    least = _threshold(threshold)
    spot = place(image, backend)
    pixels = _picture(spot.native(image, "image"), "image")
    across, down = cell_axis(lines_x, pixels.shape[1], "lines_x"), cell_axis(lines_y, pixels.shape[0], "lines_y")
    if sprite is None:
        raise TypeError("sprite must be an array, got None")
    colours = _picture(spot.native(sprite, "sprite"), "sprite")
    if sprite.ndim != image.ndim or colours.shape != (down.cells, across.cells, pixels.shape[2]):
        wanted = (down.cells, across.cells, *image.shape[2:])
        raise ValueError(f"sprite must have shape {wanted} for these lines, got {tuple(sprite.shape)}")
    inside, all_pixels = _areas(down, across)
    core, halo = (spot.arrays.empty((down.cells, across.cells), np.int32) for _ in range(2))
    axes = [part for axis in (down, across) for part in (axis.whole, axis.places)]
    if spot.where == "cuda":
        _on_cuda(f"cell_difference_{pixels.shape[2]}", spot.arrays, pixels, axes, colours, least, core, halo)
    else:
        _threads.split(
            lambda begin, end: _cpu.cell_difference(pixels, *axes, colours, least, core, halo, begin, end),
            down.cells,
            elements=pixels.size // 4,  # a sample takes a quarter of what the measure of `split` assumes
            threads=threads,
        )
    counted = (core, halo, *(spot.arrays.asarray(part) for part in (inside, all_pixels - inside)))
    return CellDifference(*(spot.give_back(part, image) for part in counted))


def _picture(x: Any, name: str) -> Any:
    """`x` as (H, W, C)."""
    x = _check.array(x, name, dtypes=(np.uint8,), ndim=(2, 3))
    if 0 in x.shape:
        raise ValueError(f"{name} is empty, got shape {x.shape}")
    if x.ndim == 3 and x.shape[2] not in (3, 4):
        raise ValueError(f"{name} must be grey (H, W), RGB (H, W, 3) or RGBA (H, W, 4), got shape {x.shape}")
    if max(x.shape) > 2**31 - 2:
        raise ValueError(f"{name} must have less than 2**31 - 1 pixels a side, got shape {x.shape}")
    return x.reshape(*x.shape[:2], -1)


def _threshold(threshold: int) -> int:
    if isinstance(threshold, bool) or not hasattr(threshold, "__index__"):
        raise TypeError(f"threshold must be an integer, got {type(threshold).__name__}")
    if not 0 <= operator.index(threshold) <= 255:
        raise ValueError(f"threshold must be 0 to 255, got {threshold}")
    return operator.index(threshold)


def _areas(down: CellAxis, across: CellAxis) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of the core and of the whole of each cell."""
    inside = np.multiply.outer(down.core_size, across.core_size)
    whole = np.multiply.outer(np.diff(down.edges), np.diff(across.edges))
    if whole.max() >= 2**31:
        raise ValueError(f"a cell must have less than 2**31 pixels, got {whole.max()}; cut the picture")
    return inside.astype(np.int32), whole.astype(np.int32)


def _on_cuda(name: str, arrays: Any, pixels: Any, axes: list[np.ndarray], sprite: Any, option: int, *out: Any) -> None:
    """A thread block per cell."""
    from ._cuda import kernel

    down, across = sprite.shape[:2]
    rows, cols = (np.int64(side) for side in pixels.shape[:2])
    whole_y, places_y, whole_x, places_x = (arrays.asarray(part) for part in axes)
    given = (pixels, rows, cols, whole_y, places_y, np.int64(down), whole_x, places_x, np.int64(across), sprite)
    kernel("cells", name)((min(down * across, _MOST_BLOCKS),), (_CUDA_BLOCK,), (*given, np.int32(option), *out))
