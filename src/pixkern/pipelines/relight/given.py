"""What the caller has already: an array, a file, a function of the photo, or a folder of files named like the photos.

A file belongs to the photo whose name it has: for the photo ``indoor/0042.jpg`` the mask is ``indoor/0042`` with any
suffix of an image file, or ``.npy``, in the folder of masks. A name cannot lead out of that folder. Links are followed:
who may put a link there chooses what is read, and stores of data sets are made of links.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from pixkern.pipelines.files import SUFFIXES, read_image

from ._array_file import GivenError, GivenKindError, decode_array
from ._fingerprint import sha256

Given = np.ndarray | str | os.PathLike[str] | Callable[[np.ndarray], np.ndarray]
"""An array, the path of a file, or a function from the photo, (H, W, 3) RGB, to an array."""

ARRAY_SUFFIX = ".npy"
_LARGEST_FILE = 2**32  # bytes of a .npy file: 2**28 pixels of three floats, and a header

__all__ = [
    "ARRAY_SUFFIX",
    "Given",
    "GivenError",
    "GivenKindError",
    "named_array",
    "named_file",
    "placed",
    "read_array",
    "taken",
]


def placed(path: str | os.PathLike[str], root: str | os.PathLike[str] | None) -> Path:
    """A path as it is meant: relative to `root` where there is one, with "~" for the home folder."""
    path = Path(path).expanduser()
    return path if root is None else Path(root) / path


def named_file(folder: str | os.PathLike[str], name: str, *, root: str | os.PathLike[str] | None = None) -> Path | None:
    """The file of a folder that belongs to a photo.

    Parameters
    ----------
    folder : path
    name : str
        The photo's path inside its own folder, without suffix, with "/" between folders.
    root : path, optional
        What `folder` is relative to.

    Returns
    -------
    Path or None
        None where there is no such file.

    Raises
    ------
    GivenError
        The name leads out of the folder, two files have it, or what has it is no file.
    FileNotFoundError
        There is no such folder.

    Notes
    -----
    Suffixes are known in lower and in upper case. At most 18 names are looked up; the folder is never listed, so that
    its size does not matter.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as masks:
    ...     np.save(masks + "/0042.npy", np.zeros((2, 3), np.uint8))
    ...     named_file(masks, "0042").name, named_file(masks, "0043")
    ('0042.npy', None)
    """
    place = placed(folder, root)
    inside = PurePath(name)
    if not name or "\0" in name or inside.anchor or ".." in inside.parts or not inside.parts:
        raise GivenError(f"{name!r} is no name of a file inside {place}")
    if not place.is_dir():
        raise FileNotFoundError(f"no such folder: {place}")
    stem = place / inside
    suffixes = (*SUFFIXES, ARRAY_SUFFIX)
    paths = [stem.with_name(stem.name + suffix) for suffix in (*suffixes, *(one.upper() for one in suffixes))]
    found: list[Path] = []
    for path in paths:
        if os.path.lexists(path) and not any(_same(path, other) for other in found):
            found.append(path)
    if len(found) > 1:
        raise GivenError(f"{place} has {found[0].name} and {found[1].name} for {name}; keep one of them")
    if found and not found[0].is_file():
        raise GivenError(f"{found[0]} is no file, or a link to none")
    return found[0] if found else None


def _same(one: Path, other: Path) -> bool:
    try:
        return one.name.lower() == other.name.lower() and one.samefile(other)  # where case does not count
    except OSError:
        return False


def read_array(path: str | os.PathLike[str]) -> tuple[np.ndarray, str]:
    """The samples of an image file (upright, RGB) or a .npy file, and the file's SHA-256.

    Raises
    ------
    GivenError
        A .npy file that is no array of numbers, or larger than 4 GiB. Nothing in it is ever executed.
    ImageError
        An image file that is none, or half of one.
    OSError
        There is no such file.
    """
    path = Path(path)
    if path.suffix.lower() != ARRAY_SUFFIX:
        file = read_image(path)
        return file.pixels, sha256(file.data)
    if path.stat().st_size > _LARGEST_FILE:
        raise GivenError(f"{path} has {path.stat().st_size} bytes; at most {_LARGEST_FILE} are read")
    data = path.read_bytes()
    try:
        return decode_array(data), sha256(data)
    except GivenError as error:
        raise GivenError(f"{path}: {error}") from None


def named_array(
    folder: str | os.PathLike[str], name: str | None, *, root: str | os.PathLike[str] | None = None
) -> tuple[np.ndarray, str, dict[str, Any]] | None:
    """What the file of a folder that belongs to a photo has in it; its array, its name for messages, its record.

    None where there is no such file, or the photo has no name. Raises as `named_file` and `read_array`.
    """
    path = None if name is None else named_file(folder, name, root=root)
    if path is None:
        return None
    array, digest = read_array(path)
    return array, str(path), {"file": path.name, "file_sha256": digest}


def taken(
    given: Given, image: np.ndarray, what: str, *, root: str | os.PathLike[str] | None = None
) -> tuple[np.ndarray, str]:
    """What the caller gave, as an array.

    Where it came from is not recorded: the same array from a file, a function or memory makes the same sample.

    Parameters
    ----------
    given : array, path or function
    image : (H, W, 3) ndarray
        What a function gets. It must not write into it.
    what : str
        Such as "mask", for messages.
    root : path, optional
        What a path is relative to.

    Returns
    -------
    array : ndarray
        Not checked yet.
    name : str
        For messages.

    Raises
    ------
    TypeError
        None of the three, or a function that returns no array.
    GivenError, ImageError, OSError
        As `read_array`.
    """
    if isinstance(given, np.ndarray):
        return given, what
    if isinstance(given, str | os.PathLike):
        path = placed(given, root)
        return read_array(path)[0], f"{what} {path}"
    if callable(given):
        view = image.view()
        view.flags.writeable = False
        answer = given(view)
        name = getattr(given, "__qualname__", type(given).__qualname__)
        if not isinstance(answer, np.ndarray):
            raise TypeError(f"{what} function {name} must return an array, got {type(answer).__name__}")
        return answer, f"{what} of function {name}"
    raise TypeError(f"{what} must be an array, a path or a function, got {type(given).__name__}")
