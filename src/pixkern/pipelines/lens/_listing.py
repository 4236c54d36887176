"""Which images there are: the ids of a CSV file and of a folder, and what an id may be."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..files import image_paths

_LONGEST = 200  # characters: a name with its suffix stays below the 255 bytes of common file systems
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Listed:
    """A row of a list of images."""

    id: str
    split: str | None = None


def check_name(name: str) -> None:
    """Refuse an id or file name that is a path, or that some system cannot keep; a `ValueError` says why."""
    shown = ascii(name[:_LONGEST])
    if not name or name != name.strip() or name.endswith("."):
        raise ValueError(f"{shown} is no name for a file: it is empty or ends in a space or a dot")
    if name.startswith(".") or _FORBIDDEN.search(name) or any(0xD800 <= ord(letter) < 0xE000 for letter in name):
        raise ValueError(f"{shown} is no plain name: it is hidden, or has a separator, a colon or a control character")
    if len(name) > _LONGEST or len(name.encode()) > _LONGEST:
        raise ValueError(f"{shown} is longer than {_LONGEST} bytes")
    if _DEVICES.fullmatch(name):
        raise ValueError(f"{shown} is the name of a device on Windows")


def folded(name: str) -> str:
    """What two names share that a file system without case or with another Unicode form takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def check_distinct(names: Iterable[str]) -> None:
    """Refuse names that are equal, or equal but for case; a `ValueError` names the first pair."""
    seen: dict[str, str] = {}
    for name in names:
        key = folded(name)
        if key in seen:
            other = seen[key]
            how = "twice" if other == name else f"and {other!a}, which differ only in case or Unicode form"
            raise ValueError(f"{name!a} is there {how}")
        seen[key] = name


def read_listing(path: str | os.PathLike[str]) -> list[Listed]:
    """The images of a CSV file with a column `id` and, if it likes, a column `split`.

    Raises
    ------
    ValueError
        Not UTF-8, no header with `id`, a row of another length, an id that is not a plain name, or one twice.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = [row for row in csv.reader(text.splitlines(), strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a CSV file in UTF-8 ({error})") from None
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if header.count("id") != 1 or header.count("split") > 1:
        raise ValueError(f"{path}: the first line must name a column id, and may name one split; got {header}")
    listed = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise ValueError(f"{path}: row {number} has {len(row)} fields of {len(header)}")
        fields = dict(zip(header, row, strict=True))
        listed.append(Listed(fields["id"], fields.get("split")))
    if not listed:
        raise ValueError(f"{path}: lists no images")
    try:
        _checked(listed)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return listed


def expected_images(
    expected: str | os.PathLike[str] | Iterable[str], *, splits: Iterable[str] | None = None
) -> list[Listed]:
    """The images of a CSV file or of an iterable of ids, of some splits or of all."""
    if isinstance(expected, str | os.PathLike):
        listed = read_listing(expected)
    else:
        listed = [Listed(name) for name in expected]
        _checked(listed)
    if splits is None:
        return listed
    wanted = {splits} if isinstance(splits, str) else set(splits)
    unknown = wanted - {image.split for image in listed}
    if unknown:
        raise ValueError(f"no image is in the split {', '.join(sorted(unknown))}")
    return [image for image in listed if image.split in wanted]


def _checked(listed: list[Listed]) -> None:
    for image in listed:
        check_name(image.id)
    check_distinct(image.id for image in listed)


def images_by_id(folder: str | os.PathLike[str]) -> dict[str, Path]:
    """The image files directly in a folder by their id, the name without its suffix.

    Raises
    ------
    ValueError
        Two files have one id.
    OSError
        There is no such folder.
    """
    found: dict[str, Path] = {}
    for path in image_paths(folder):
        if path.stem in found:
            other = found[path.stem]
            raise ValueError(f"{folder}: {other.name} and {path.name} have the same id")
        found[path.stem] = path
    return found


def some(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
