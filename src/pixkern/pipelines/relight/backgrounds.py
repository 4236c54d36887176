"""Stage 3.5: what the relit foreground is put on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import cv2
import numpy as np

from pixkern.pipelines.files import image_paths, read_image

from ._fingerprint import fingerprint, sha256
from ._opencv import resized
from ._samples import check_size, codes, three_channels
from .given import Given, GivenError, placed, taken
from .settings import RecombinationSettings

__all__ = ["FoundBackground", "find_background"]


@dataclass(frozen=True, eq=False)
class FoundBackground:
    """A background and where it comes from.

    Attributes
    ----------
    background : (H, W, 3) uint8 or uint16
        Of the photo's size and depth.
    method : {"given", "original", "colour", "image", "black"}
    record : dict
        For a sample's parameters: method, the picture's path in its folder and its SHA-256, `fingerprint` of the
        background.
    """

    background: np.ndarray
    method: str
    record: dict[str, Any]


def find_background(
    image: np.ndarray,
    settings: RecombinationSettings | None = None,
    *,
    given: Given | None = None,
    word: int = 0,
    chosen: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> FoundBackground:
    """Find the background for a photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 or uint16
        RGB.
    settings : RecombinationSettings, optional
    given : array, path or function, optional
        The background itself: of the photo's size, (H, W) or (H, W, 3), of uint8 or uint16 codes, or float in [0, 1].
    word : int
        For "image": a drawn number, not negative, that picks one of the folder's pictures: the one at `word` modulo
        their number, sorted by path.
    chosen : str, optional
        For "image": the picture's path in the folder, with "/", as a record has it in `file`; `word` does not count.
    root : path, optional
        What the settings' paths are relative to.

    Returns
    -------
    FoundBackground

    Raises
    ------
    GivenError
        Another size or kind, an empty folder, or a `chosen` that leads out of it.
    ImageError, OSError
        A picture that cannot be read.

    Notes
    -----
    A picture from a folder is cut around its middle to the photo's proportions, and resized to it.

    Examples
    --------
    >>> photo = np.zeros((1, 2, 3), np.uint16)
    >>> pink = RecombinationSettings(background="colour", colour=(255, 0, 128))
    >>> find_background(photo, pink).background[0, 0].tolist()
    [65535, 0, 32896]
    """
    settings = RecombinationSettings() if settings is None else settings
    method = settings.background
    record: dict[str, Any] = {}
    if given is not None:
        method = "given"
        array, name = taken(given, image, "background", root=root)
        check_size(array, image.shape[:2], name)
        background = codes(three_channels(array, name), image.dtype, name)
    elif method == "original":
        background = image
    elif method == "image":
        background, record = _picture(image, settings, word, chosen, root)
    else:
        colour = np.array(settings.colour if method == "colour" else (0, 0, 0), np.uint8)
        background = np.empty_like(image)
        background[:] = codes(colour, image.dtype, "colour")
    return FoundBackground(background, method, {"method": method, **record, "fingerprint": fingerprint(background)})


def _picture(
    image: np.ndarray,
    settings: RecombinationSettings,
    word: int,
    chosen: str | None,
    root: str | os.PathLike[str] | None,
) -> tuple[np.ndarray, dict[str, Any]]:
    folder = placed(settings.folder, root)
    if chosen is None:
        names = [path.relative_to(folder).as_posix() for path in image_paths(folder, recursive=True)]
        if not names:
            raise GivenError(f"{folder} has no picture for a background")
        chosen = names[word % len(names)]
    inside = PurePosixPath(chosen)
    if inside.is_absolute() or ".." in inside.parts or not inside.parts or "\0" in chosen:
        raise GivenError(f"{chosen!r} is no name of a file inside {folder}")
    file = read_image(folder / inside)
    name = str(folder / inside)
    part = _middle(three_channels(file.pixels, name), image.shape[0], image.shape[1])
    picture = resized(np.ascontiguousarray(part), (image.shape[1], image.shape[0]))
    record = {"file": inside.as_posix(), "file_sha256": sha256(file.data), "opencv": cv2.__version__}
    return codes(picture, image.dtype, name), record


def _middle(picture: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """The largest part in the middle that is rows to cols, at least one pixel."""
    scale = min(picture.shape[0] / rows, picture.shape[1] / cols)
    high, wide = max(1, round(rows * scale)), max(1, round(cols * scale))
    top, left = (picture.shape[0] - high) // 2, (picture.shape[1] - wide) // 2
    return picture[top : top + high, left : left + wide]
