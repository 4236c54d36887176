"""One picture's file to the files of its sprite: the sprite itself, pictures beside it, and a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np

from pixkern.pipelines import pixelart
from pixkern.pipelines.files import ImageError, ImageFile, encode_image

from . import pictures, report
from ._options import Options
from .restoration import Restoration

SUFFIXES = (".png", ".webp", ".tif", ".tiff", ".bmp")
"""What sprites are written as: the formats that lose nothing."""

UNCERTAIN = ("low_confidence", "degenerate")
"""Codes of the warnings of a sprite that may be another."""


@dataclass(frozen=True)
class FileOptions:
    """What to do with each file.

    Parameters
    ----------
    restore : mapping
        Options of `pixkern.pipelines.pixelart.restore`.
    change : {"half", "double"}, optional
        Take the grid of half or double the cells instead of the one that was found.
    preview : int, optional
        Also write the sprite enlarged so many times.
    overlay, difference, heat_map : bool
        Also write the picture with its grid, the red difference picture, and each cell's disagreement.

    Raises
    ------
    TypeError, ValueError, OSError
        Options that `restore` would refuse for every picture, or a palette or model that cannot be read.
    """

    restore: Mapping[str, Any] = field(default_factory=dict)
    change: Literal["half", "double"] | None = None
    preview: int | None = None
    overlay: bool = False
    difference: bool = False
    heat_map: bool = False

    def __post_init__(self) -> None:
        Options.checked(**{name: value for name, value in self.restore.items() if name != "threads"})

    def outputs(self, output: str) -> list[str]:
        """The names of the sprite's file and of the pictures beside it.

        Examples
        --------
        >>> FileOptions(preview=2).outputs("a/hero.webp")
        ['a/hero.webp', 'a/hero.preview.png']
        """
        return [output, *(beside(output, kind) for kind in self.kinds)]

    @property
    def kinds(self) -> list[str]:
        """The pictures beside the sprite that are asked for."""
        asked = {
            "preview": self.preview is not None,
            "overlay": self.overlay,
            "difference": self.difference,
            "heatmap": self.heat_map,
        }
        return [kind for kind, wanted in asked.items() if wanted]

    @property
    def described(self) -> dict[str, Any]:
        """What changes the results, as JSON knows it."""
        return {
            "restore": {name: report.plain(value) for name, value in self.restore.items() if name != "threads"},
            "change": self.change,
            "pictures": self.kinds,
            "preview": self.preview,
        }


@dataclass(frozen=True, eq=False)
class RestoredFile:
    """What became of a file.

    Attributes
    ----------
    restoration : Restoration
    files : mapping of str to bytes
        The sprite under its name, and the pictures that were asked for: ``hero.preview.png``, ``hero.overlay.png``,
        ``hero.difference.png`` and ``hero.heatmap.png`` for a sprite ``hero.png``.
    row, record : dict
        See `pixkern.pipelines.pixelart.report`.
    messages : tuple of str
        The warnings, in words.
    """

    restoration: Restoration
    files: Mapping[str, bytes]
    row: dict[str, Any]
    record: dict[str, Any]
    messages: tuple[str, ...]

    @property
    def uncertain(self) -> bool:
        """Whether the sprite may be another."""
        return is_uncertain(self.row)

    def record_text(self) -> bytes:
        """The record as a JSON file."""
        return (json.dumps(self.record, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def is_uncertain(row: Mapping[str, Any]) -> bool:
    """Whether a row of the report tells of a sprite that may be another."""
    return not set(UNCERTAIN).isdisjoint(str(row["warnings"]).split())


def beside(output: str, kind: str) -> str:
    """The name of a picture that belongs to a sprite.

    Examples
    --------
    >>> beside("a/hero.webp", "overlay")
    'a/hero.overlay.png'
    """
    path = PurePosixPath(output)
    return str(path.with_name(f"{path.stem}.{kind}.png"))


def restore_file(image: ImageFile, name: str, output: str, options: FileOptions) -> RestoredFile:
    """Restore one picture.

    Parameters
    ----------
    image : ImageFile
        16 bits a sample are rounded to 8, with a warning.
    name : str
        What the report calls the picture.
    output : str
        Name of the sprite's file; ends in one of `SUFFIXES`.
    options : FileOptions

    Returns
    -------
    RestoredFile

    Raises
    ------
    ImageError
        A picture of floats, or a format that cannot hold the sprite.
    TypeError, ValueError
        As `pixkern.pipelines.pixelart.restore`.
    """
    pixels, rounded = eight_bits(image, name)
    found = pixelart.restore(pixels, **options.restore)
    if options.change is not None:
        found = getattr(found, options.change)()
    suffix = PurePosixPath(output).suffix
    files = {output: encode_image(found.sprite, suffix, icc=_profile(image.icc, found.sprite, suffix))}
    draw: dict[str, Callable[[], np.ndarray]] = {
        "preview": lambda: pictures.preview(found.sprite, options.preview or 1),
        "overlay": lambda: pictures.overlay(pixels, found.grid),
        "difference": lambda: pictures.difference_picture(pixels, found),
        "heatmap": lambda: pictures.heat_map(found),
    }
    for kind in options.kinds:
        files[beside(output, kind)] = encode_image(draw[kind](), ".png")
    row, record = report.row(found, name), report.record(found, name)
    messages = [f"{warning.code}: {warning.message}" for warning in found.warnings]
    if rounded:
        row["warnings"] = f"{row['warnings']} depth".strip()
        record["warnings"].append({"code": "depth", "message": rounded})
        messages.append(f"depth: {rounded}")
    return RestoredFile(found, files, row, report.plain(record), tuple(messages))


def eight_bits(image: ImageFile, name: str) -> tuple[np.ndarray, str]:
    """The pixels as uint8, and what was lost."""
    if image.pixels.dtype == np.uint8:
        return image.pixels, ""
    if image.pixels.dtype == np.uint16:
        rounded = (image.pixels.astype(np.uint32) * 255 + 32767) // 65535
        return rounded.astype(np.uint8), "16 bits a sample were rounded to 8"
    raise ImageError(f"{name}: pixel art has 8 bits a sample, this {image.format} has {image.pixels.dtype}; convert it")


def _profile(icc: bytes | None, pixels: np.ndarray, suffix: str) -> bytes | None:
    """The colour profile of the picture, where the format and the kind of pixels can have it."""
    kind = b"GRAY" if pixels.ndim == 2 else b"RGB "
    return icc if icc is not None and icc[16:20] == kind and suffix.lower() != ".bmp" else None
