"""Pictures and grids of every kind: what must not change with CPU level, threads or backend."""

import hashlib
import itertools

import numpy as np

from pixkern import _threads
from pixkern.gridscore import cell_colours, cell_difference

CHANNELS = (1, 3, 4)
METHODS = ("inlier", "median", "mode", "centre")


def lines(draw, length, cells):
    """Any lines, on eighths of a pixel, that make so many cells."""
    inner = draw.choice(np.arange(1, length * 8), cells - 1, replace=False)
    return np.concatenate([[0], np.sort(inner) / 8, [length]]).astype(np.float64)


def picture(draw, rows, cols, channels, colours=4):
    """Noise of 9 levels over a few colours; a third of the pixels of RGBA transparent."""
    palette = draw.integers(0, 256, (colours, colours, channels))
    image = palette[np.ix_(draw.integers(0, colours, rows), draw.integers(0, colours, cols))]
    image = np.clip(image + draw.integers(-9, 10, image.shape), 0, 255).astype(np.uint8)
    if channels == 4:
        image[..., 3] = np.where(draw.random((rows, cols)) < 1 / 3, 0, image[..., 3])
    return image[..., 0] if channels == 1 else image


def enlarged(draw, sprite, cell, noise=0):
    """A sprite at `cell` pixels a cell, with noise, and its lines along x and y."""
    image = sprite.repeat(cell, axis=0).repeat(cell, axis=1)
    image = np.clip(image + draw.integers(-noise, noise + 1, image.shape), 0, 255).astype(np.uint8)
    return image, np.arange(sprite.shape[1] + 1) * float(cell), np.arange(sprite.shape[0] + 1) * float(cell)


GRIDS = (
    (1, 1, 1, 1),
    (9, 7, 9, 7),
    (40, 61, 5, 9),
    (64, 64, 1, 1),
    (33, 1300, 2, 2),
    (700, 30, 2, 17),
    (75, 530, 20, 130),
)


def results(backend=None):
    """(name, arrays) of every case: rows, columns, cells down, cells across."""
    for channels, (rows, cols, down, across) in itertools.product(CHANNELS, GRIDS):
        draw = np.random.default_rng(rows + cols)
        image = picture(draw, rows, cols, channels)
        along = (lines(draw, cols, across), lines(draw, rows, down))
        for method in METHODS:
            found = cell_colours(image, *along, method=method, backend=backend)
            name = f"{method} of {down} x {across} cells in {rows} x {cols} x {channels}"
            yield name, tuple(found)
            yield (
                f"difference, {name}",
                tuple(cell_difference(image, found.sprite, *along, threshold=8, backend=backend)),
            )


def print_digests():
    _threads._WORTH_SPLITTING = 64  # so that these small images are split at all
    for name, arrays in results():
        print(name, *(hashlib.sha256(array.tobytes()).hexdigest() for array in arrays))
