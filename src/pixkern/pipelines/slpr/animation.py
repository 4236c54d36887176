"""Animations as files: GIF, WebP, animated PNG and MP4, whole or not at all.

OpenCV encodes. MP4 is MPEG-4 Part 2 ("mp4v"): the OpenCV of PyPI carries no H.264 encoder.
"""

from __future__ import annotations

import errno
import itertools
import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from pixkern._atomic import TEMPORARY, sync_folder, write_atomically

ANIMATIONS = (".gif", ".webp", ".png")
VIDEOS = (".mp4",)
SUFFIXES = ANIMATIONS + VIDEOS
"""What `write_animation` writes, by the end of the file's name."""

_TICKS = {".gif": 100, ".webp": 1000, ".png": 1000}  # per second: in these units the files keep times
_FASTEST = {".gif": 50.0, ".webp": 1000.0, ".png": 1000.0, ".mp4": 1000.0}


def write_animation(path: str | os.PathLike[str], frames: Iterable[np.ndarray], fps: float) -> int:
    """Write frames to a file.

    Parameters
    ----------
    path : str or path-like
        Ends in .gif, .webp, .png (animated PNG) or .mp4. What stood there is replaced in one step when all is
        written; after an error, or Ctrl-C, it still stands there. Its folder must exist.
    frames : iterable of (H, W) or (H, W, 3) uint8 ndarray
        Grey or RGB, at least one, all of one shape; an even number of pixels a side for MP4.
    fps : float
        Frames per second, above 0: up to 50 for GIF (what shows GIF slows down shorter delays), to 1000 for the
        others.

    Returns
    -------
    int
        How many frames were written.

    Raises
    ------
    TypeError
        A frame is no uint8 ndarray.
    ValueError
        The name ends in something else, `fps` is out of range, there is no frame, or one is of a wrong shape.
    RuntimeError
        OpenCV lacks the encoder: GIF, WebP and animated PNG need OpenCV 4.12 or newer, MP4 an OpenCV with FFmpeg.
    OSError
        The file cannot be written.

    Notes
    -----
    The pixels of animated PNG and WebP come back as they went in. GIF has 256 colours a frame, chosen by OpenCV and not
    dithered: dither would crawl from frame to frame. MP4 is lossy and keeps colour at half the resolution. GIF
    counts time in hundredths of a second: delays differ by one such that the whole lasts as long as it should.
    GIF, WebP and PNG repeat for ever; WebP and PNG keep equal frames in a row as one that lasts longer.

    Memory: MP4 is streamed, one frame at a time. For the others OpenCV wants all frames at once: 3 H W bytes each,
    and the file.

    Examples
    --------
    >>> frames = (np.full((32, 48), 20 * number, np.uint8) for number in range(5))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_animation(folder + "/fade.gif", frames, 12.5)
    5
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"animations end in {', '.join(SUFFIXES)}, got {path}")
    if isinstance(fps, bool) or not isinstance(fps, int | float):
        raise TypeError(f"fps must be a number, got {fps!r}")
    if not 0 < fps <= _FASTEST[suffix]:
        raise ValueError(f"fps must be above 0 and up to {_FASTEST[suffix]:g} for {suffix}, got {fps}")
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if suffix in ANIMATIONS:
        return _write_pictures(path, suffix, _checked(frames, even=False), fps)
    return _write_video(path, _checked(frames, even=True), fps)


def _write_pictures(path: Path, suffix: str, frames: Iterator[np.ndarray], fps: float) -> int:
    if not hasattr(cv2, "imencodeanimation"):
        raise RuntimeError(f"OpenCV {cv2.__version__} writes no animations: 4.12 or newer does, and any writes .mp4")
    animation = cv2.Animation()
    held = list(frames)
    animation.frames = held
    animation.durations = _durations(len(held), fps, _TICKS[suffix]).tolist()
    animation.loop_count = 0
    parameters = {
        ".gif": [cv2.IMWRITE_GIF_DITHER, 3],  # 256 colours of their own for each frame, no dither
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101],  # above 100: lossless
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 6],
    }[suffix]
    try:
        encoded, data = cv2.imencodeanimation(suffix, animation, parameters)
    except cv2.error as error:
        raise RuntimeError(f"OpenCV {cv2.__version__} does not write animated {suffix}: {error.err}") from None
    if not encoded:
        raise RuntimeError(f"OpenCV {cv2.__version__} could not write {len(held)} frames as {suffix}")
    write_atomically(path, data.tobytes())
    return len(held)


def _durations(frames: int, fps: float, ticks: int) -> np.ndarray:
    """Milliseconds of each frame, in whole ticks, that add up to the whole."""
    ends = np.floor(np.arange(frames + 1) * (ticks / fps) + 0.5).astype(np.int64)
    return (np.maximum(np.diff(ends), 1) * (1000 // ticks)).astype(np.int32)


def _write_video(path: Path, frames: Iterator[np.ndarray], fps: float) -> int:
    first = next(frames)
    rows, cols = first.shape[:2]
    size = (cols, rows)
    try:
        folder = tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # the name that the caller knows
    with folder as place:
        temporary = Path(place, "video.mp4")
        writer = cv2.VideoWriter(str(temporary), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), float(fps), size)
        try:
            if not writer.isOpened():
                raise RuntimeError(
                    f"OpenCV {cv2.__version__} cannot write {size[0]} x {size[1]} MP4 (mp4v by FFmpeg); write .gif, "
                    ".webp or .png instead"
                )
            count = 0
            for frame in itertools.chain([first], frames):
                writer.write(frame)
                count += 1
        finally:
            writer.release()
        written = _length(temporary)
        if written != count:  # the encoder reports no errors of the disk
            raise OSError(errno.EIO, f"{written} of {count} frames were written; is the disk full?", str(path))
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    sync_folder(path.parent)
    return count


def _length(path: Path) -> int:
    reader = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        length = reader.get(cv2.CAP_PROP_FRAME_COUNT) if reader.isOpened() else 0.0
    finally:
        reader.release()
    return int(length) if math.isfinite(length) else 0


def _checked(frames: Iterable[np.ndarray], *, even: bool) -> Iterator[np.ndarray]:
    """The frames as BGR, all of one shape."""
    shape: tuple[int, ...] = ()
    for number, frame in enumerate(frames, 1):
        if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
            kind = frame.dtype if isinstance(frame, np.ndarray) else type(frame).__name__
            raise TypeError(f"frames must be ndarrays of uint8, got {kind} as number {number}")
        if frame.ndim not in (2, 3) or 0 in frame.shape or (frame.ndim == 3 and frame.shape[2] != 3):
            raise ValueError(f"frames need shape (H, W) or (H, W, 3), got {frame.shape} as number {number}")
        if shape and frame.shape != shape:
            raise ValueError(f"frames must be of one shape: number {number} is {frame.shape}, those before {shape}")
        if even and (frame.shape[0] % 2 or frame.shape[1] % 2):
            raise ValueError(f"MP4 needs an even width and height, got {frame.shape[1]} x {frame.shape[0]}")
        shape = frame.shape
        yield cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_GRAY2BGR if frame.ndim == 2 else cv2.COLOR_RGB2BGR)
    if not shape:
        raise ValueError("an animation needs at least one frame")
