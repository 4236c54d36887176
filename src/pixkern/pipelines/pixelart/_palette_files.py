"""Palette files: GIMP, JASC, RIFF, Adobe swatches and colour tables, hexadecimal codes, PNG.

What a file holds decides how it is read, not its name. Whatever it holds, reading it ends in a palette or in a
ValueError that says where it is wrong. The formats are `_palette_text`, `_palette_binary` and `_palette_swatches`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pixkern import _check
from pixkern._atomic import write_atomically
from pixkern.pipelines import files

from . import _palette_binary, _palette_swatches, _palette_text
from ._palette_text import MOST_COLOURS

MOST_BYTES = 16 * 2**20  # of a file; 65,536 named swatches take a tenth of it
MOST_PIXELS = 2**24  # of a PNG

_SIGNATURES: tuple[tuple[bytes, Callable[[bytes], np.ndarray]], ...] = (
    (b"GIMP Palette", _palette_text.read_gpl),
    (b"\xef\xbb\xbfGIMP Palette", _palette_text.read_gpl),
    (b"JASC-PAL", _palette_text.read_jasc),
    (b"RIFF", _palette_binary.read_riff),
    (b"ASEF", _palette_swatches.read_ase),
)
_WRITERS: dict[str, Callable[[np.ndarray], bytes]] = {
    "gpl": _palette_text.write_gpl,
    "jasc": _palette_text.write_jasc,
    "riff": _palette_binary.write_riff,
    "ase": _palette_swatches.write_ase,
    "act": _palette_binary.write_act,
    "hex": _palette_text.write_hex,
    "png": lambda palette: files.encode_image(palette[None], ".png"),
}
_OF_SUFFIX = {f".{name}": name for name in ("gpl", "ase", "act", "hex", "png")} | {".pal": "jasc"}


def load_palette(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a palette file.

    Parameters
    ----------
    path : str or path-like
        GIMP (.gpl, with Aseprite's alpha), JASC or Microsoft RIFF (.pal), Adobe Swatch Exchange (.ase), Adobe colour
        table (.act), hexadecimal codes one per line (.hex), or a PNG: its colours in reading order, each once. Content
        decides, except that a file of 768 or 772 bytes needs the suffix .act.

    Returns
    -------
    ndarray, (n, 3) or (n, 4), uint8
        Entries in the order of the file, repeated ones too; 1 <= n <= 65,536. Four channels if any entry is not opaque;
        entries of alpha 0 of a PNG are one, (0, 0, 0, 0).

    Raises
    ------
    ValueError
        The file is empty, truncated, damaged, too large or of no known format. One line that starts with the path and
        names the place.
    OSError
        The file is not there or cannot be read.

    Notes
    -----
    Adobe swatches come as RGB and Gray, taken for sRGB; CMYK as (1 - C)(1 - K), without a profile; LAB as CIE 1976
    L*a*b* of illuminant D50, adapted to D65 by Bradford's matrix. Colours beyond sRGB are clipped. Names and groups are
    skipped.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "two.hex")
    ...     save_palette(path, np.array([[255, 0, 0], [0, 16, 32]], np.uint8))
    ...     print(path.read_text())
    ...     load_palette(path)
    ff0000
    001020
    <BLANKLINE>
    array([[255,   0,   0],
           [  0,  16,  32]], dtype=uint8)
    """
    path = Path(path)
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    try:
        palette = _parsed(data, path.suffix.lower())
        if not 1 <= len(palette) <= MOST_COLOURS:
            raise ValueError(f"{len(palette)} colours; a palette has 1 to {MOST_COLOURS}")
    except ValueError as error:
        name = str(path) if str(path).isprintable() else ascii(str(path))
        raise ValueError(f"{name}: {error}") from None
    opaque = palette.shape[1] == 4 and (palette[:, 3] == 255).all()
    return np.ascontiguousarray(palette[:, :3]) if opaque else palette


def _parsed(data: bytes, suffix: str) -> np.ndarray:
    if not data:
        raise ValueError("the file is empty")
    if len(data) > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES >> 20} MB, which no palette is")
    if data.startswith(b"\x89PNG"):
        return _png(data)
    if suffix == ".act":
        return _palette_binary.read_act(data)
    for signature, read in _SIGNATURES:
        if data.startswith(signature):
            return read(data)
    if suffix != ".hex" and not _palette_text.looks_like_hex(data):
        raise ValueError("not a palette of a known format (gpl, pal, ase, act, hex, png)")
    return _palette_text.read_hex(data)


def _png(data: bytes) -> np.ndarray:
    try:
        pixels = files.decode_image(data, max_pixels=MOST_PIXELS).pixels
    except files.ImageError as error:
        raise ValueError(str(error).removeprefix("image: ")) from None
    if pixels.dtype != np.uint8:
        raise ValueError(f"a PNG of {8 * pixels.itemsize} bits a sample; a palette has 8")
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    colours = pixels.reshape(-1, channels)
    if channels < 3:
        colours = np.repeat(colours[:, :1], 3, axis=1)
    elif channels == 4:
        colours = np.where(colours[:, 3:] == 0, np.uint8(0), colours)
    keys = np.zeros(len(colours), np.uint32)
    for channel in colours.T:
        keys = keys << 8 | channel
    first = np.sort(np.unique(keys, return_index=True)[1])
    return colours[first]


def save_palette(path: str | os.PathLike[str], palette: Any, *, format: str | None = None) -> None:
    """Write a palette file.

    Parameters
    ----------
    path : str or path-like
        Written whole or not at all.
    palette : ndarray, (n, 1), (n, 3) or (n, 4), uint8
        1 to 65,536 entries; 256 in a colour table. Grey is written as RGB.
    format : {"gpl", "jasc", "riff", "ase", "act", "hex", "png"}, optional
        By default that of the suffix; .pal is "jasc".

    Raises
    ------
    TypeError
        The palette is not uint8.
    ValueError
        The shape is wrong, the format is not known, or it cannot say what the palette holds: "riff" and "ase" have no
        transparency, "act" has one transparent entry.
    OSError
        The file cannot be written.

    Notes
    -----
    Every format gives back the entries and their order; only a PNG holds each colour once.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_palette(folder + "/one.pal", np.array([[1, 2, 3]], np.uint8))
    ...     open(folder + "/one.pal").read().split()
    ['JASC-PAL', '0100', '1', '1', '2', '3']
    """
    path = Path(path)
    if format is None:
        format = _OF_SUFFIX.get(path.suffix.lower())
        if format is None:
            raise ValueError(f"{path}: no palette format has the suffix {path.suffix!r}; use {', '.join(_OF_SUFFIX)}")
    write = _WRITERS[_check.choice(format, "format", tuple(_WRITERS))]
    entries = _check.array(np.asanyarray(palette), "palette", dtypes=(np.uint8,), ndim=(2,))
    if entries.shape[1] not in (1, 3, 4) or not 1 <= len(entries) <= MOST_COLOURS:
        raise ValueError(f"palette must be (n, 1), (n, 3) or (n, 4) with 1 to {MOST_COLOURS} rows, got {entries.shape}")
    if entries.shape[1] == 1:
        entries = np.repeat(entries, 3, axis=1)
    elif entries.shape[1] == 4 and (entries[:, 3] == 255).all():
        entries = np.ascontiguousarray(entries[:, :3])
    try:
        data = write(entries)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    write_atomically(path, data)
