"""An image in a colour mode, ready to be rendered as the pixels of a file or a frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixkern.pyramid import SplinePyramid, render, spline_pyramid, variance

from .colour import join, split

_STRIPE = 2**20  # output pixels that are in float32 at a time

Roi = tuple[int, int, int, int]
Window = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Picture:
    """The pyramids of an image. Make one with `Picture.of`.

    Attributes
    ----------
    pyramid : SplinePyramid
        Of what is drawn: grey, luma, or R, G and B.
    chroma : SplinePyramid, optional
        Of Cb and Cr beside a luma, whose expectation is what they are resized by.
    dtype : dtype
        Of the pixels that come out: uint8 or uint16.
    backend, threads
        As `pixkern.pyramid.render` takes them.
    """

    pyramid: SplinePyramid
    chroma: SplinePyramid | None
    dtype: Any
    backend: str | None = None
    threads: int | None = None

    @classmethod
    def of(
        cls,
        image: np.ndarray,
        *,
        levels: int = 5,
        color_mode: str = "rgb",
        chroma_levels: int = 0,
        dtype: Any = np.uint8,
        backend: str | None = None,
        threads: int | None = None,
    ) -> Picture:
        """Build the pyramids of an image.

        Parameters
        ----------
        image : (H, W) or (H, W, C) uint8, uint16 or float32
            Grey, RGB, or RGBA, which is laid over white.
        levels : int
            Of detail, 0 to 16.
        color_mode : {"gray", "rgb", "luma"}
            As `colour.split` has it.
        chroma_levels : int
            Of detail of the chroma: none are needed unless `pixels` is to fade them.
        dtype : {uint8, uint16}
            Of the pixels that come out.
        backend, threads
            As `pixkern.pyramid.spline_pyramid` takes them.

        Raises
        ------
        TypeError, ValueError, BackendUnavailable
            As `colour.split` and `pixkern.pyramid.spline_pyramid`.
        """
        planes = split(image, color_mode)
        where: dict[str, Any] = {"backend": backend, "threads": threads}
        pyramid = spline_pyramid(planes.rendered, levels, **where)
        chroma = None if planes.chroma is None else spline_pyramid(planes.chroma, chroma_levels, **where)
        return cls(pyramid, chroma, np.dtype(dtype), backend, threads)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the image."""
        return self.pyramid.size

    def render(
        self, size: tuple[int, int], *, roi: Roi | None = None, window: Window | None = None, **law: Any
    ) -> np.ndarray:
        """Render at a size, clipped and rounded once.

        Parameters
        ----------
        size : (width, height)
        roi, window
            As `pixkern.pyramid.render` takes them.
        **law
            Its `samples`, `patch_size`, `jitter`, `noise_strength`, `gains`, `block`, `cell`, `seed`, `first_sample`.

        Returns
        -------
        (height, width) or (height, width, 3) ndarray of `dtype`

        Raises
        ------
        TypeError, ValueError
            As `pixkern.pyramid.render`.

        Notes
        -----
        Memory: the result, and stripes of about a million pixels as float32.

        Examples
        --------
        >>> image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        >>> picture = Picture.of(image, levels=1, color_mode="luma")
        >>> bool((picture.render((4, 4), samples=np.inf) == image).all())
        True
        """

        def drawn(part: Roi) -> np.ndarray:
            return self.planes(size, roi=part, window=window, **law)

        return self.pixels(size, drawn, roi=roi, window=window)

    def planes(self, size: tuple[int, int], **how: Any) -> np.ndarray:
        """What `pixkern.pyramid.render` gives for the pyramid: float32, not clipped, without the chroma."""
        rendered: np.ndarray = render(self.pyramid, size, backend=self.backend, threads=self.threads, **how)
        return rendered

    def deviation(self, size: tuple[int, int], **law: Any) -> np.ndarray:
        """Standard deviation of one sample at every output, float32; arguments as `pixkern.pyramid.variance`."""
        spread: np.ndarray = variance(self.pyramid, size, backend=self.backend, threads=self.threads, **law)
        return np.sqrt(spread, out=spread)

    def pixels(
        self,
        size: tuple[int, int],
        drawn: Callable[[Roi], np.ndarray],
        *,
        roi: Roi | None = None,
        window: Window | None = None,
        chroma_gains: Sequence[float] | None = None,
    ) -> np.ndarray:
        """The pixels of what `drawn` gives, a float32 array for each roi that it is asked for, with the chroma."""
        x, y, width, height = roi or (0, 0, *size)
        if min(x, y) < 0 or min(width, height) < 1 or x + width > size[0] or y + height > size[1]:
            raise ValueError(f"roi (x, y, width, height) must lie within the size {size}, got {roi}")
        colours = self.chroma is not None or len(self.pyramid.shape) == 3
        try:
            pixels = np.empty((height, width, 3) if colours else (height, width), self.dtype)
        except (MemoryError, ValueError):  # the latter where the bytes have no number
            raise MemoryError(
                f"{width} x {height} pixels do not fit into memory: render parts of them, by roi"
            ) from None
        step = max(1, _STRIPE // width)
        for top in range(0, height, step):
            part = (x, y + top, width, min(step, height - top))
            chroma = None if self.chroma is None else self._chroma(size, part, window, chroma_gains)
            pixels[top : top + step] = join(drawn(part), chroma, dtype=self.dtype)
        return pixels

    def _chroma(
        self, size: tuple[int, int], roi: Roi, window: Window | None, gains: Sequence[float] | None
    ) -> np.ndarray:
        resized: np.ndarray = render(
            self.chroma,  # type: ignore[arg-type]
            size,
            samples=math.inf,
            gains=gains,
            roi=roi,
            window=window,
            backend=self.backend,
            threads=self.threads,
        )
        return resized
