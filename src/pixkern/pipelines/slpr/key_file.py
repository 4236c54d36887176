"""Key frames of a zoom in a YAML file."""

from __future__ import annotations

import difflib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._config_file import read
from .key_frames import KeyFrame


def load_keys(path: str | os.PathLike[str], *, fps: float = 25.0) -> list[KeyFrame]:
    """Read key frames from a YAML file.

    Parameters
    ----------
    path : str or path-like
        A list of mappings with ``time`` (seconds) or ``frame`` (its number), the same word in all, and optionally
        ``center`` ([x, y] in source pixels) and ``scale`` (output pixels per source pixel).
    fps : float
        Frames per second: what makes seconds of numbers of frames.

    Returns
    -------
    list of KeyFrame
        Times in seconds.

    Raises
    ------
    ValueError
        The file is no such list. The message names the file, the key frame, and for an unknown word the nearest
        known one.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "keys.yaml")
    ...     _ = path.write_text("- {time: 0}\\n- {time: 2.5, center: [10, 20], scale: 8}\\n")
    ...     load_keys(path)
    [KeyFrame(time=0, center=None, scale=None), KeyFrame(time=2.5, center=(10.0, 20.0), scale=8)]
    """
    told = read(Path(path))
    if not isinstance(told, list) or not told:
        raise ValueError(f"{os.fspath(path)}: must be a list of key frames such as {{time: 0, scale: 1}}")
    keys, words = [], set()
    for number, entry in enumerate(told, 1):
        try:
            word, key = _key(entry, fps)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{os.fspath(path)}: key frame {number}: {error}") from None
        words.add(word)
        keys.append(key)
    if len(words) > 1:
        raise ValueError(f"{os.fspath(path)}: key frames say their time all by time or all by frame")
    return keys


def _key(entry: Any, fps: float) -> tuple[str, KeyFrame]:
    if not isinstance(entry, dict):
        raise ValueError(f"must be a mapping such as {{time: 0, center: [x, y], scale: 1}}, got {entry!r}")
    known = ("time", "frame", "center", "scale")
    for word in entry:
        if word not in known:
            near = difflib.get_close_matches(str(word), known, 1, 0.5)
            raise ValueError(
                f"unknown {word!r}; {f'did you mean {near[0]!r}?' if near else 'known: ' + ', '.join(known)}"
            )
    if ("time" in entry) == ("frame" in entry):
        raise ValueError("needs its time, as time or as frame")
    word = "time" if "time" in entry else "frame"
    key = KeyFrame(entry[word], entry.get("center"), entry.get("scale"))
    return word, key if word == "time" else replace(key, time=key.time / fps)
