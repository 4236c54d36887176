"""Sample inputs for the renderer, computed from formulas: charts that show what a pyramid does to an image.

Everything is band-limited or covers its pixels by exact area where the formula allows, so that what a render adds
is seen as the render's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pixkern._atomic import write_atomically
from pixkern.pipelines.files import encode_image

from . import _charts, _noise_pictures

SMALLEST, LARGEST = 32, 8192

_PICTURES: dict[str, Callable[[int], np.ndarray]] = {
    "gradient-grey": _charts.gradient_grey,
    "gradient-hue": _charts.gradient_hue,
    "checker": _charts.checker,
    "zone-plate": _charts.zone_plate,
    "siemens-star": _charts.siemens_star,
    "slanted-edge": _charts.slanted_edge,
    "impulses": _charts.impulses,
    "colour-wheel": _charts.colour_wheel,
    "text": _charts.text,
    "noise-white": _noise_pictures.white,
    "noise-pink": _noise_pictures.pink,
    "noise-band": _noise_pictures.band,
    "dead-leaves": _noise_pictures.dead_leaves,
}

NAMES = tuple(_PICTURES)


def generate_assets(folder: str | os.PathLike[str], *, size: int = 512) -> dict[str, Path]:
    """Write the sample inputs as square 8-bit PNG files.

    Parameters
    ----------
    folder : str or path-like
        Made, with the folders above it, where it is missing. Files of the same names are replaced, each in one step.
    size : int
        Side of the pictures in pixels, 32 to 8192.

    Returns
    -------
    dict of str to Path
        ``<name>.png`` of each picture, in this order. Grey: ``gradient-grey`` (a ramp of all codes), ``checker``
        (16 x 16 squares), ``zone-plate`` (frequency grows with the distance from the centre, per axis up to half a
        cycle per pixel, where it has faded to grey), ``siemens-star`` (36 sinusoidal cycles, as ISO 12233:2014 has
        it), ``slanted-edge`` (5 degrees, contrast 4 : 1, for measuring sharpness), ``impulses`` (single white pixels:
        they show the kernel of whatever is done to them), ``text`` (black on white and white on black in several
        sizes), ``noise-white``, ``noise-pink`` (amplitude 1 / frequency, as photos have it), ``noise-band`` (one
        octave). Colour: ``gradient-hue``, ``colour-wheel``, ``dead-leaves`` (discs that hide each other, radii of
        density r^-3: edges at every scale, as in photos).

    Raises
    ------
    TypeError
        `size` is not an int.
    ValueError
        `size` is out of range.
    OSError
        The folder cannot be written.

    Notes
    -----
    Nothing is random: the same files, byte for byte, on every run. (Other versions of NumPy and OpenCV may round a
    pixel, compress a file or draw a letter differently.)

    References
    ----------
    A. B. Lee, D. Mumford, J. Huang, "Occlusion models for natural images: a statistical study of a scale-invariant
    dead leaves model", Int. J. Computer Vision 41(1/2), 2001, pp. 35-59.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern.pipelines.files import read_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = generate_assets(folder, size=64)
    ...     len(paths), read_image(paths["checker"]).pixels.shape, read_image(paths["colour-wheel"]).pixels.shape
    (13, (64, 64), (64, 64, 3))
    """
    if isinstance(size, bool) or not isinstance(size, int | np.integer):
        raise TypeError(f"size must be an int, got {type(size).__name__}")
    if not SMALLEST <= size <= LARGEST:
        raise ValueError(f"size must be {SMALLEST} to {LARGEST} pixels, got {size}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, picture in _PICTURES.items():
        written[name] = folder / f"{name}.png"
        write_atomically(written[name], encode_image(_codes(picture(int(size))), ".png"))
    return written


def _codes(values: np.ndarray) -> np.ndarray:
    """[0, 1] to the nearest of 256 codes."""
    return np.floor(255 * np.clip(values, 0, 1) + 0.5).astype(np.uint8)
