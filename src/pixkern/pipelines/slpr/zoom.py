"""Frames of an animated zoom, in which every draw sticks to the image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from pixkern import _check
from pixkern._render_scene import count, is_infinite

from .animation import write_animation
from .key_file import load_keys
from .key_frames import Easing, KeyFrame, View, octave, views
from .picture import Picture, Roi

__all__ = ["KeyFrame", "load_keys", "write_animation", "zoom_frames"]


class Share(NamedTuple):
    """Samples of one lattice, and the weight of their mean in a frame."""

    cell: float | None
    first_sample: int
    samples: float
    weight: float


def zoom_frames(
    image: np.ndarray,
    keys: Sequence[KeyFrame],
    *,
    size: tuple[int, int],
    frames: int,
    samples: float = 16,
    levels: int = 5,
    patch_size: int = 1,
    jitter: float = 0.0,
    noise_strength: float = 0.0,
    gains: Sequence[float] | None = None,
    block: int = 2,
    seed: int = 0,
    color_mode: str = "rgb",
    easing: Easing = "smooth",
    backend: str | None = None,
    threads: int | None = None,
) -> Iterator[np.ndarray]:
    """Render an animated zoom.

    Parameters
    ----------
    image : (H, W) or (H, W, C) uint8, uint16 or float32
        Grey, RGB, or RGBA, which is laid over white.
    keys : sequence of KeyFrame
        What is seen when; see `views` for what lies between.
    size : (width, height)
        Of the frames.
    frames : int
        How many, evenly spread over the time from the first key frame to the last, both included.
    samples, patch_size, jitter, noise_strength, gains, seed, backend, threads
        As for `pixkern.pyramid.render`. The seed is that of all frames.
    levels : int
        Of detail, 0 to 16. Frames of scales below 2^-levels alias.
    block : int
        Pixels of a frame that share a draw, along each axis: exact where the scale is a power of two, and at other
        scales between 1/2 and 2 times that. With 1, draws are as small as pixels and flicker more.
    color_mode : {"gray", "rgb", "luma"}
    easing : {"smooth", "linear"}

    Returns
    -------
    iterator of (height, width) or (height, width, 3) uint8 ndarray

    Raises
    ------
    TypeError, ValueError, BackendUnavailable
        As `views`, `colour.split` and `pixkern.pyramid.render`; what does not depend on a frame, at once.

    Notes
    -----
    Draws are those of cells of the image, squares of block / 2^m source pixels, m = floor(log2(scale)): what a sample
    shows at a source position is the same in every frame of an octave. A cell grows from `block` to twice that on the
    screen, and then m steps up. So that nothing pops, the samples move over one by one: with f the fraction of
    log2(scale), the first f N of the N samples are drawn on the finer lattice, of m + 1, the others on that of m, and
    the one that is moving is the mean of both, weighted. Frames are thus a continuous function of the scale, and
    unbiased. The sample that moves is blurred most half-way: the variance of a frame is down by at most 1 / (2 N).

    At scales below 1, details that are finer than the pixels of the frame would alias: the gain of level l is
    1 + l + log2(scale), clipped to 0 .. 1, which leaves the coefficients of the level whose spacing is a pixel's.

    Memory: the pyramid, a frame, and its stripes of a million pixels as float32.

    Examples
    --------
    >>> image = np.random.default_rng(0).integers(0, 256, (48, 64), np.uint8)
    >>> keys = [KeyFrame(0), KeyFrame(1, center=(40, 20), scale=8)]
    >>> [frame.shape for frame in zoom_frames(image, keys, size=(32, 24), frames=3, color_mode="gray")]
    [(24, 32), (24, 32), (24, 32)]
    """
    width, height = _check.size(size)
    if not is_infinite(samples):
        samples = count(samples, "samples", 1, 2**31)
    block = count(block, "block", 1, 2**31 - 1)
    how: dict[str, Any] = {"levels": levels, "color_mode": color_mode, "backend": backend, "threads": threads}
    picture = Picture.of(image, chroma_levels=levels, **how)
    seen = views(keys, picture.size, (width, height), frames, easing=easing)
    if not is_infinite(samples):
        _check_lattices(max(view.scale for view in seen), block)
    if gains is not None and len(gains) != levels:
        raise ValueError(f"gains needs one number for each of {levels} levels, finest first, got {gains!r}")
    law: dict[str, Any] = {
        "patch_size": patch_size,
        "jitter": jitter,
        "noise_strength": noise_strength,
        "seed": seed,
    }

    def frame(view: View) -> np.ndarray:
        fade = fades(view.scale, levels)
        kept = fade if gains is None else [gain * left for gain, left in zip(gains, fade, strict=True)]
        if is_infinite(samples):
            shares = [Share(None, 0, samples, 1.0)]
        else:
            shares = lattices(view.scale, block, int(samples))

        def drawn(roi: Roi) -> np.ndarray:
            total: Any = None
            for cell, first_sample, number, weight in shares:
                draws = {"samples": number, "first_sample": first_sample, "cell": cell, "gains": kept, **law}
                mean = picture.planes((width, height), roi=roi, window=view.window, **draws)
                mean *= np.float32(weight)
                total = mean if total is None else np.add(total, mean, out=total)
            pixels: np.ndarray = total
            return pixels

        return picture.pixels((width, height), drawn, window=view.window, chroma_gains=fade)

    return map(frame, seen)


def _check_lattices(largest: float, block: int) -> None:
    """Refuse, before any frame is made, a scale whose cells are smaller than `pixkern.pyramid.render` has names for."""
    most = 2 ** (block.bit_length() + 19)  # at 2^m to 2^(m + 1) the finer cells are block / 2^(m + 1), at least 2^-20
    if largest >= most:
        raise ValueError(f"scale must be below {most} where pixels share draws in blocks of {block}, got {largest:g}")


def lattices(scale: float, block: int, samples: int) -> list[Share]:
    """Which samples of a frame are drawn in which cells; see the notes of `zoom_frames`.

    Examples
    --------
    >>> lattices(4.0, 1, 16)
    [Share(cell=0.25, first_sample=0, samples=16, weight=1.0)]
    >>> [(share.cell, share.samples, round(share.weight, 3)) for share in lattices(5.0, 1, 16)]
    [(0.125, 5, 0.312), (0.125, 1, 0.009), (0.25, 1, 0.053), (0.25, 10, 0.625)]
    """
    exponent, fraction = octave(scale)
    coarse, fine = block * 2.0**-exponent, block * 2.0 ** -(exponent + 1)
    whole = min(int(fraction * samples), samples - 1)
    moved = fraction * samples - whole
    if moved == 0.0:
        shares = [Share(fine, 0, whole, whole / samples), Share(coarse, whole, samples - whole, 1 - whole / samples)]
    else:
        rest = samples - whole - 1
        shares = [
            Share(fine, 0, whole, whole / samples),
            Share(fine, whole, 1, moved / samples),
            Share(coarse, whole, 1, (1 - moved) / samples),
            Share(coarse, whole + 1, rest, rest / samples),
        ]
    return [share for share in shares if share.samples]


def fades(scale: float, levels: int) -> list[float]:
    """What is left of each level at a scale, finest first; see the notes of `zoom_frames`.

    Examples
    --------
    >>> fades(3.0, 3), fades(0.5, 3), fades(0.125, 3)
    ([1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0])
    """
    exponent, fraction = octave(scale)
    return [min(1.0, max(0.0, 1 + level + exponent + fraction)) for level in range(levels)]
