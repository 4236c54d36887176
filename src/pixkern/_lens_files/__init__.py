"""Lens files: which format a file is in is found from its content, then its own module reads it.

`text` and `tree` stand between hostile bytes and the formats; `options` is what the caller says of the photo.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixkern._atomic import write_atomically
from pixkern.lenses import Lens, Profile

from . import colmap, lensfun, lensfun_writing, opencv, own_json, ros, text, tree
from .options import Options, for_size

__all__ = ["FORMATS", "load_profile", "save"]

FORMATS = ("json", "opencv", "ros", "lensfun", "colmap")
_OF_SUFFIX = {".json": "json", ".yaml": "opencv", ".yml": "opencv", ".xml": "opencv", ".txt": "colmap"}
_BEFORE_XML = codecs.BOM_UTF8 + codecs.BOM_UTF16_LE + b"\0 \t\r\n"
_SYNTAX = {".xml": "xml", ".json": "json"}  # of OpenCV's files; anything else is YAML
_WRITERS: dict[str, Callable[[Profile, str], str]] = {
    "json": lambda profile, syntax: own_json.dump(profile),
    "opencv": opencv.dump,
    "ros": lambda profile, syntax: ros.dump(profile),
    "lensfun": lambda profile, syntax: lensfun_writing.dump(profile),
    "colmap": lambda profile, syntax: colmap.dump(profile),
}


def load_profile(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    camera: str | int | None = None,
    lens: str | None = None,
    focal_length: float | None = None,
    aperture: float | None = None,
    distance: float | None = None,
    crop_factor: float | None = None,
    size: tuple[int, int] | None = None,
) -> Profile:
    """Read a lens and what is known of its colour fringes and light fall-off.

    Parameters
    ----------
    path : path
        At most 64 MB.
    format : {"json", "opencv", "ros", "lensfun", "colmap"}, optional
        Refuse anything else. Default: found from the content.
    camera : str or int, optional
        lensfun: the camera's name; COLMAP: the CAMERA_ID; OpenCV: the suffix or the section of the
        matrices ("1", "left"); ROS: what camera_name must be.
    lens : str, optional
        lensfun: the lens's name, in any case. Not for other formats.
    focal_length, aperture, distance : float, optional
        lensfun: of the photo, in mm, as f-number, in m (default 1000). Other formats have one lens for all.
    crop_factor : float, optional
        lensfun: of the photo's camera. Default: the camera's, the only camera's of the file, or the
        calibration's.
    size : (width, height), optional
        Of the photo, in pixels. lensfun needs it; a lens from another format is scaled to it.

    Returns
    -------
    Profile
        `provenance` says the format, the names and how the numbers were found.

    Raises
    ------
    ValueError
        The file is of no known format, is damaged, or does not say which lens is meant; the message
        begins with the path.
    OSError
        The file cannot be read.
    TypeError
        An option has the wrong type.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern import lenses
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lenses.save(folder + "/lens.yml", lenses.BrownConrady(800, (319.5, 239.5), (-0.1,), size=(640, 480)))
    ...     profile = lenses.load_profile(folder + "/lens.yml", size=(1280, 960))
    >>> profile.lens.focal, profile.provenance["format"]
    ((1600.0, 1600.0), 'opencv')
    """
    options = Options(
        camera=camera,  # type: ignore[arg-type]  # a number becomes its text
        lens=lens,
        focal_length=focal_length,
        aperture=aperture,
        distance=distance,
        crop_factor=crop_factor,
        size=size,
    )
    if format is not None and format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(map(repr, FORMATS))}, got {format!r}")
    try:
        found, source = _recognised(text.read(path))
        if format is not None and format != found:
            raise ValueError(f"the content is {found}, not {format}")
        if lens is not None and found != "lensfun":
            raise ValueError(f"lens= chooses among the lenses of a lensfun file, and this one is {found}")
        return for_size(_READERS[found](source, options), options.size)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)}: {text.cut(str(error), 500)}") from error


_READERS: dict[str, Callable[[Any, Options], Profile]] = {
    "json": own_json.load,
    "opencv": opencv.load,
    "ros": ros.load,
    "lensfun": lensfun.load,
    "colmap": colmap.load,
}


def _recognised(data: bytes) -> tuple[str, Any]:
    """The format of a file, and its content as that format's reader takes it."""
    if data.lstrip(_BEFORE_XML).startswith(b"<"):  # expat reads the encoding that XML declares by itself
        root = tree.from_xml(data)
        if root.tag == "lensdatabase":
            return "lensfun", root
        if root.tag == "opencv_storage":
            return "opencv", tree.from_element(root)
        raise ValueError(f"XML with {text.shown(root.tag)} at the top; opencv_storage and lensdatabase are read")
    content = text.decoded(data)
    if not content.strip():
        raise ValueError("the file is empty")
    if content.lstrip().startswith("{"):
        node = tree.from_json(content)
        if node.get("format") == own_json.FORMAT:
            return "json", content
        return ("ros" if "distortion_model" in node else "opencv"), node
    if colmap.looks_like(content):
        return "colmap", content
    node = tree.from_yaml(content)
    if not isinstance(node, dict):
        raise ValueError("not a lens file: OpenCV, ROS, lensfun, COLMAP and pixkern's own JSON are read")
    return ("ros" if "distortion_model" in node else "opencv"), node


def save(path: str | os.PathLike[str], lens: Lens | Profile, *, format: str | None = None) -> None:
    """Write a lens or profile, whole or not at all.

    Parameters
    ----------
    path : path
        An existing file is replaced when the new one is complete.
    lens : Lens or Profile
        Formats other than "json" and "lensfun" have no place for colour fringes and light fall-off.
    format : {"json", "opencv", "ros", "lensfun", "colmap"}, optional
        Default by the name: .json is "json", .yml, .yaml and .xml are "opencv", .txt is "colmap".

    Raises
    ------
    ValueError
        The format cannot hold the lens; the message says which can.
    TypeError
        `lens` is neither a Lens nor a Profile.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern import lenses
    >>> lens = lenses.Division(1000, (639.5, 359.5), (-0.1,), size=(1280, 720))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lenses.save(folder + "/lens.json", lens)
    ...     lenses.load(folder + "/lens.json") == lens
    True
    """
    if not isinstance(lens, Lens | Profile):
        raise TypeError(f"save writes a Lens or a Profile, got {type(lens).__name__}")
    profile = lens if isinstance(lens, Profile) else Profile(lens)
    suffix = Path(path).suffix.lower()
    chosen = format or _OF_SUFFIX.get(suffix)
    if chosen not in FORMATS:
        known = ", ".join(map(repr, FORMATS))
        raise ValueError(
            f"{os.fspath(path)}: say format= (one of {known}) or end the name in .json, .yml, .xml or .txt"
        )
    syntax = _SYNTAX.get(suffix, "yaml")
    try:
        content = _written(profile, chosen, syntax)
    except ValueError as error:
        others = [name for name in FORMATS if name != chosen and _holds(profile, name)]
        hint = f"; format={' or '.join(map(repr, others))} can hold it" if others else ""
        raise ValueError(f"{os.fspath(path)}: {error}{hint}") from None
    write_atomically(path, content.encode("utf-8"))


def _written(profile: Profile, format: str, syntax: str) -> str:
    if format not in ("json", "lensfun") and (profile.chromatic or profile.vignetting):
        raise ValueError(f"{format} has no place for colour fringes and light fall-off; save profile.lens alone")
    return _WRITERS[format](profile, syntax)


def _holds(profile: Profile, format: str) -> bool:
    try:
        _written(profile, format, "yaml")
    except ValueError:
        return False
    return True
