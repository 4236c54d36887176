"""Files of frames: animations, sheets and folders to frames, and sprites to files of the same kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from pixkern import __version__
from pixkern.pipelines.files import WRITTEN, ImageError, decode_image, encode_image, read_header

from . import pictures, report
from .animation import DURATION, MAX_PIXELS, SUFFIXES, Animation, decode_animation, encode_animation
from .frames import FramesRestoration
from .sheets import join_sheet, split_sheet
from .sprite_file import eight_bits

Sheet = tuple[int, int]
"""Columns and rows of a sprite sheet."""


@dataclass(frozen=True, eq=False)
class Frames:
    """What frames were read.

    Attributes
    ----------
    animation : Animation
        The frames; of folders, of any shapes.
    names : tuple of str
        What to call each as a file of its own, without a suffix.
    layout : (int, int), optional
        Columns and rows of the sheet that they come from.
    messages : tuple of str
        What was lost.
    """

    animation: Animation
    names: tuple[str, ...]
    layout: Sheet | None = None
    messages: tuple[str, ...] = ()


def is_animation(path: Path) -> bool:
    """Whether a file holds more frames than one; raises as `pixkern.pipelines.files.read_image`."""
    return _count(path.read_bytes(), str(path)) > 1


def read_frames(images: Mapping[str, Path], *, sheet: Sheet | None = None, duration: int = DURATION) -> Frames:
    """Read an animation, a sheet, or frames that are files of their own.

    Parameters
    ----------
    images : mapping of str to path
        Files by their names, such as `pixkern.pipelines.pixelart.directory.find_images` gives. Several are put into
        the order of their names, in which numbers count as numbers: 9 before 10.
    sheet : (columns, rows), optional
        The one picture is a sheet.
    duration : int
        Milliseconds of a frame, where the files do not say.

    Returns
    -------
    Frames

    Raises
    ------
    ImageError
        A file that is no picture, an animation among several files, more than `animation.MAX_PIXELS` pixels.
    ValueError
        A sheet of several files.
    OSError
        A file that cannot be read.
    """
    names = sorted(images, key=natural)
    if len(names) > 1:
        if sheet is not None:
            raise ValueError(f"a sheet is one picture, got {len(names)}")
        return _several(images, names, duration)
    path = images[names[0]]
    data, stem = path.read_bytes(), PurePosixPath(names[0]).stem
    if sheet is None and _count(data, str(path)) > 1:
        found = decode_animation(data, name=str(path))
        return Frames(found, _numbered(stem, len(found.frames)))
    pixels, rounded = eight_bits(decode_image(data, name=str(path), max_pixels=MAX_PIXELS), str(path))
    parts = split_sheet(pixels, *(sheet or (1, 1)))
    told = (rounded,) if rounded else ()
    return Frames(Animation(tuple(parts), (duration,) * len(parts)), _numbered(stem, len(parts)), sheet, told)


def write_sprites(
    found: FramesRestoration,
    source: Frames,
    output: str,
    *,
    layout: Sheet | None = None,
    preview: int | None = None,
    overlay: bool = False,
    difference: bool = False,
    heat_map: bool = False,
) -> dict[str, bytes]:
    """The files of restored frames.

    Parameters
    ----------
    found : FramesRestoration
    source : Frames
        What was restored.
    output : str
        The name of an animation (.gif, .png, .webp), of a sheet, or "" for a file for each frame.
    layout : (columns, rows), optional
        Write a sheet of so many frames.
    preview : int, optional
        Also the sprites, so many times as large (``hero.preview.gif`` for ``hero.gif``).
    overlay, difference, heat_map : bool
        Also the frames with their grids, where the sprites differ, and how much each cell does.

    Returns
    -------
    dict of str to bytes
        The files by their names.

    Raises
    ------
    ValueError
        A suffix that cannot hold the sprites; more frames than places in the layout.
    """
    parts: dict[str, list[np.ndarray]] = {"": list(found.sprites)}
    each = views(found)
    if preview is not None:
        parts["preview"] = [pictures.preview(sprite, preview) for sprite in found.sprites]
    if overlay:
        parts["overlay"] = [pictures.overlay(one.image, one.grid) for one in each]
    if difference:
        parts["difference"] = [pictures.difference_picture(one.image, one) for one in each]
    if heat_map:
        parts["heatmap"] = [pictures.heat_map(one) for one in each]
    files: dict[str, bytes] = {}
    for kind, frames in parts.items():
        files.update(_written(frames, source, output, kind, layout))
    return files


def with_duration(source: Frames, duration: int) -> Frames:
    """The same frames, each of so many milliseconds."""
    frames = source.animation.frames
    return replace(source, animation=replace(source.animation, durations=(duration,) * len(frames)))


def stacked(found: FramesRestoration) -> np.ndarray:
    """The sprites below each other, as one picture."""
    return found.sprites.reshape(-1, *found.sprites.shape[2:])


def rows(found: FramesRestoration, names: Sequence[str]) -> list[dict[str, Any]]:
    """A row of the report for each frame; the time is that of all divided by their number."""
    return [report.row(one, name) for one, name in zip(views(found), names, strict=True)]


def record(found: FramesRestoration, names: Sequence[str]) -> dict[str, Any]:
    """Everything that was found, as JSON knows it: see `report.record`, with what differs by frame under ``frames``."""
    first = report.record(views(found)[0])
    for name in (*_BY_FRAME, "path", "lines", "alternatives", "difference_percent", "core_percent", "halo_percent"):
        first.pop(name, None)
    durations = found.durations or (None,) * len(found.frames)
    return report.plain(
        {
            **first,
            "seconds": found.seconds,
            "sprite_width": found.size[0],
            "sprite_height": found.size[1],
            "frames": [
                {
                    "name": name,
                    "width": one.image.shape[1],
                    "height": one.image.shape[0],
                    "offset": one.offset,
                    "lines": {"x": one.grid.lines_x, "y": one.grid.lines_y},
                    "difference_percent": one.difference.total,
                    "core_percent": one.difference.core,
                    "halo_percent": one.difference.halo,
                    "milliseconds": lasts,
                }
                for one, name, lasts in zip(views(found), names, durations, strict=True)
            ],
            "alternatives": [
                {"size": one.grid.size, "cell": one.grid.cell, "probability": one.probability, "relation": one.relation}
                for one in found.alternatives
            ],
            "pixkern": __version__,
        }
    )


_BY_FRAME = ("width", "height", "offset_x", "offset_y", "sprite_width", "sprite_height")


class View(NamedTuple):
    """One frame, as those see it who know of single pictures."""

    sprite: np.ndarray
    image: np.ndarray
    grid: Any
    difference: Any
    confidence: float
    status: str
    alternatives: Any
    warnings: Any
    palette: Any
    background: Any
    seconds: float
    options: Any
    cell: tuple[float, float]
    offset: tuple[float, float]
    size: tuple[int, int]


def views(found: FramesRestoration) -> list[Any]:
    """The frames one by one."""
    each = zip(found.sprites, found.frames, found.grids, found.differences, strict=True)
    return [
        View(
            sprite=sprite,
            image=image,
            grid=grid,
            difference=difference,
            confidence=found.confidence,
            status=found.status,
            alternatives=found.alternatives,
            warnings=found.warnings,
            palette=found.palette,
            background=found.background,
            seconds=found.seconds / len(found.frames),
            options=found.options,
            cell=grid.cell,
            offset=grid.offset,
            size=grid.size,
        )
        for sprite, image, grid, difference in each
    ]


def natural(name: str) -> tuple[Any, ...]:
    """A key that sorts numbers in names by their value.

    Examples
    --------
    >>> sorted(["walk10.png", "walk9.png", "Walk1.png"], key=natural)
    ['Walk1.png', 'walk9.png', 'walk10.png']
    """
    parts = re.split(r"([0-9]+)", name.lower())
    return tuple(int(part) if k % 2 else part for k, part in enumerate(parts)), name


def _count(data: bytes, name: str) -> int:
    try:
        return read_header(data, animated=True).frames
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None


def _several(images: Mapping[str, Path], names: Sequence[str], duration: int) -> Frames:
    frames, told, pixels = [], [], 0
    for name in names:
        path, left = images[name], MAX_PIXELS - pixels
        frame, rounded = eight_bits(decode_image(path.read_bytes(), name=str(path), max_pixels=left), name)
        pixels += frame.shape[0] * frame.shape[1]
        frames.append(frame)
        told += [f"{name}: {rounded}"] if rounded else []
    stems = tuple(str(PurePosixPath(name).with_suffix("")) for name in names)
    if len(set(stems)) < len(stems):
        raise ValueError("two frames differ by their suffix only; their sprites would have one name")
    return Frames(Animation(_alike(frames), (duration,) * len(frames)), stems, None, tuple(told))


def _alike(frames: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """All with the channels of the richest: files of one animation may be grey, RGB or RGBA each."""
    channels = max(1 if frame.ndim == 2 else frame.shape[2] for frame in frames)
    return tuple(_with_channels(frame, channels) for frame in frames)


def _with_channels(frame: np.ndarray, channels: int) -> np.ndarray:
    if channels > 1 and frame.ndim == 2:
        frame = np.repeat(frame[..., None], 3, axis=2)
    if channels == 4 and frame.shape[2] == 3:
        frame = np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])
    return frame


def _numbered(stem: str, count: int) -> tuple[str, ...]:
    digits = max(3, len(str(count - 1)))
    return tuple(f"{stem}_{k:0{digits}d}" for k in range(count))


def _written(
    frames: list[np.ndarray], source: Frames, output: str, kind: str, layout: Sheet | None
) -> dict[str, bytes]:
    extra = f".{kind}" if kind else ""
    if not output:
        return {f"{name}{extra}.png": encode_image(one, ".png") for name, one in zip(source.names, frames, strict=True)}
    path = PurePosixPath(output)
    name = f"{path.stem}{extra}{path.suffix}"
    if layout is not None:
        return {name: encode_image(join_sheet(_of_one_size(frames), *layout), path.suffix)}
    animation = Animation(_of_one_size(frames), source.animation.durations, source.animation.loops)
    return {name: encode_animation(animation, path.suffix)}


def _of_one_size(frames: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Padded at the right and below; pictures beside the sprites differ in size where the frames do."""
    rows, cols = (max(frame.shape[axis] for frame in frames) for axis in (0, 1))
    return tuple(
        np.pad(frame, ((0, rows - frame.shape[0]), (0, cols - frame.shape[1]), (0, 0))[: frame.ndim])
        for frame in frames
    )


def check_output(output: str, layout: Sheet | None, frames: int) -> None:
    """What can be told before anything is restored.

    Raises
    ------
    ValueError
        A suffix that is no animation's or no sheet's, or a sheet that is too small.
    """
    suffix = PurePosixPath(output).suffix.lower()
    if layout is None and suffix not in SUFFIXES:
        raise ValueError(f"animations are written as {', '.join(SUFFIXES)}, got {output}; a folder gets single frames")
    if layout is not None and (suffix not in WRITTEN or suffix in (".jpg", ".jpeg")):
        raise ValueError(f"sheets are written without loss, as .png, .webp, .tif or .bmp, got {output}")
    if layout is not None and frames > layout[0] * layout[1]:
        raise ValueError(f"{frames} frames do not fit into a sheet of {layout[0]} x {layout[1]}")
