"""Animations: GIF, animated PNG and animated WebP, frames in and frames out.

OpenCV (4.12 or newer) decodes and encodes. Before it sees a file, the file is walked to its end, so that half a film
or a decompression bomb is an `ImageError` and not a wrong picture.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import cv2
import numpy as np

from pixkern.pipelines.batch import write_atomically
from pixkern.pipelines.files import ImageError, decode_image, read_header
from pixkern.pipelines.slpr.animation import ANIMATIONS as SUFFIXES

from . import _gif_colours

__all__ = [
    "DURATION",
    "MAX_PIXELS",
    "SUFFIXES",
    "Animation",
    "decode_animation",
    "encode_animation",
    "fits_gif",
    "read_animation",
    "write_animation",
]

MAX_PIXELS = 2**27
"""An animation of more pixels than this in all its frames together is refused unless `max_pixels` says otherwise."""

DURATION = 100
"""Milliseconds of a frame where nothing is said of it."""

_MOST_FRAMES = 32767  # that OpenCV decodes
_LONGEST = 655350  # milliseconds of a GIF's frame; those of PNG and WebP may last longer


@dataclass(frozen=True, eq=False)
class Animation:
    """Frames in time.

    Attributes
    ----------
    frames : tuple of (H, W) or (H, W, C) uint8
        Grey, RGB or RGBA, all of one shape.
    durations : tuple of int
        Milliseconds of each.
    loops : int
        How often they are shown; 0: for ever.
    """

    frames: tuple[np.ndarray, ...]
    durations: tuple[int, ...]
    loops: int = 0


def read_animation(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Animation:
    """Read an animation, or a still picture as one of a single frame.

    Parameters
    ----------
    path : str or path-like
        A GIF, an animated PNG or WebP, or a picture that `pixkern.pipelines.files` reads.
    max_pixels : int
        Of all frames together.

    Returns
    -------
    Animation
        RGBA, or RGB if every pixel of every frame is opaque. A still picture has the channels that it has.

    Raises
    ------
    ImageError
        As `pixkern.pipelines.files.read_image`; too many or too large frames; an OpenCV before 4.12.
    OSError
        The file is not there or cannot be read.
    """
    return decode_animation(Path(path).read_bytes(), name=os.fspath(path), max_pixels=max_pixels)


def decode_animation(data: bytes, *, name: str = "animation", max_pixels: int = MAX_PIXELS) -> Animation:
    """Decode an animation that is in memory; as `read_animation`, with `name` in its messages.

    Examples
    --------
    >>> frames = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    >>> decode_animation(encode_animation(Animation(tuple(frames), (100, 20, 50)), ".png")).durations
    (100, 20, 50)
    """
    try:
        header = read_header(data, max_pixels=max_pixels, animated=True)
        if header.frames > 1:
            if header.frames > _MOST_FRAMES or header.frames * header.width * header.height > max_pixels:
                raise ImageError(
                    f"{header.frames} frames of {header.width} x {header.height} pixels are more than "
                    f"max_pixels={max_pixels} or {_MOST_FRAMES} frames"
                )
            return _decoded(data, header.frames, (header.height, header.width))
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    return Animation((decode_image(data, name=name, max_pixels=max_pixels).pixels,), (DURATION,), 0)


def write_animation(path: str | os.PathLike[str], animation: Animation) -> None:
    """Write an animation; the path's suffix says as what. As `encode_animation`, whole or not at all."""
    write_atomically(path, encode_animation(animation, PurePath(path).suffix))


def encode_animation(animation: Animation, suffix: str) -> bytes:
    """Encode an animation.

    Parameters
    ----------
    animation : Animation
    suffix : str
        ".gif", ".png" (animated PNG) or ".webp", in either case.

    Returns
    -------
    bytes
        The same for the same frames with one version of OpenCV.

    Raises
    ------
    TypeError
        A frame that is no uint8 ndarray.
    ValueError
        Another suffix; no frames, or frames of different shapes; half-transparent pixels in a GIF; a duration or a
        number of loops that the formats do not hold.
    RuntimeError
        An OpenCV before 4.12.

    Notes
    -----
    PNG and WebP lose nothing, but keep equal frames in a row as one that lasts longer. GIF keeps up to 255 colours of
    all frames together exactly (`fits_gif`); where there are more, OpenCV chooses 255 for each frame. Its alpha is
    0 or 255, and its time is in hundredths of a second: durations are rounded such that the whole lasts as long as it
    should. In WebP, what is under alpha 0 is lost.
    """
    suffix = suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"animations end in {', '.join(SUFFIXES)}, got {suffix!r}")
    if not hasattr(cv2, "imencodeanimation"):
        raise RuntimeError(f"OpenCV {cv2.__version__} writes no animations: 4.12 or newer does")
    _check(animation)
    if suffix != ".gif":
        return _encoded([_for_opencv(frame) for frame in animation.frames], animation, suffix)
    frames = [_with_colours(frame) for frame in animation.frames]
    if any(frame.shape[2] == 4 and ((frame[..., 3] > 0) & (frame[..., 3] < 255)).any() for frame in frames):
        raise ValueError("GIF has no half-transparent pixels; write .png or .webp, or make alpha 0 or 255 (binarise)")
    found = _gif_colours.stand_ins(frames)
    painted, colours = found if found is not None else (frames, np.empty((0, 3), np.uint8))
    data = _encoded([_for_opencv(frame) for frame in painted], animation, suffix)
    return _gif_colours.recoloured(data, colours) if found is not None else data


def fits_gif(frames: Sequence[np.ndarray]) -> bool:
    """Whether all frames together have few enough colours for a GIF to keep them."""
    return _gif_colours.stand_ins([_with_colours(frame) for frame in frames]) is not None


def _encoded(frames: list[np.ndarray], animation: Animation, suffix: str) -> bytes:
    held = cv2.Animation()
    held.frames = frames
    held.durations = _durations(animation.durations, 10 if suffix == ".gif" else 1).astype(np.int32).tolist()
    held.loop_count = animation.loops
    encoded, data = cv2.imencodeanimation(suffix, held, _parameters(suffix))
    if not encoded:
        raise RuntimeError(f"OpenCV {cv2.__version__} could not write {len(frames)} frames as {suffix}")
    return bytes(data.tobytes())


def _parameters(suffix: str) -> list[int]:
    return {
        ".gif": [cv2.IMWRITE_GIF_DITHER, 3],  # 256 colours of their own for each frame, no dither
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101],  # above 100: lossless
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 6],
    }[suffix]


def _decoded(data: bytes, frames: int, shape: tuple[int, int]) -> Animation:
    if not hasattr(cv2, "imdecodeanimation"):
        raise ImageError(f"OpenCV {cv2.__version__} reads no animations: 4.12 or newer does")
    try:
        read, found = cv2.imdecodeanimation(np.frombuffer(data, np.uint8), 0, _MOST_FRAMES)
    except cv2.error:
        raise ImageError("damaged animation, or one of a kind that OpenCV does not read") from None
    if not read or len(found.frames) != frames or any(frame.shape[:2] != shape for frame in found.frames):
        got = len(found.frames) if read else 0
        raise ImageError(f"damaged animation: {got} of {frames} frames could be read")
    if any(frame.dtype != np.uint8 for frame in found.frames):
        raise ImageError("animation of 16 bits a sample; only 8 are read")
    pictures = [_from_opencv(frame) for frame in found.frames]
    if all(frame.shape[2] == 4 and frame[..., 3].min() == 255 for frame in pictures):
        pictures = [np.ascontiguousarray(frame[..., :3]) for frame in pictures]
    durations = tuple(int(each) for each in np.asarray(found.durations).ravel())
    return Animation(tuple(pictures), durations, max(0, int(found.loop_count)))


def _from_opencv(frame: np.ndarray) -> np.ndarray:
    if frame.ndim == 2:
        return cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB)
    return cv2.cvtColor(frame, cv2.COLOR_BGRA2RGBA if frame.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def _for_opencv(frame: np.ndarray) -> np.ndarray:
    frame = _with_colours(frame)
    return cv2.cvtColor(frame, cv2.COLOR_RGBA2BGRA if frame.shape[2] == 4 else cv2.COLOR_RGB2BGR)


def _with_colours(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB) if frame.ndim == 2 else np.ascontiguousarray(frame)


def _check(animation: Animation) -> None:
    frames, durations = animation.frames, animation.durations
    if not frames or len(frames) != len(durations):
        raise ValueError(f"an animation needs a duration for each frame, got {len(frames)} and {len(durations)}")
    if any(not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 for frame in frames):
        raise TypeError("frames must be ndarrays of uint8")
    shapes = sorted({frame.shape for frame in frames})
    if len(shapes) > 1 or len(shapes[0]) < 2 or 0 in shapes[0] or shapes[0][2:] not in ((), (3,), (4,)):
        raise ValueError(f"frames must be (H, W), (H, W, 3) or (H, W, 4), all of one shape, got {shapes}")
    if any(not 0 <= each <= _LONGEST for each in durations):
        raise ValueError(f"durations must be 0 to {_LONGEST} milliseconds, got {durations}")
    if not 0 <= animation.loops <= 65535:
        raise ValueError(f"loops must be 0 to 65535, got {animation.loops}")


def _durations(given: Sequence[int], tick: int) -> np.ndarray:
    """In whole ticks, at least one, whose sums are as near to those of `given` as can be."""
    ends = np.cumsum([0, *given])
    return np.maximum(np.diff((ends + tick // 2) // tick), 1) * tick
