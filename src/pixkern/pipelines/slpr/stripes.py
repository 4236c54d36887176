"""Renders made stripe by stripe, so that a large one moves the progress bar and needs no float image of its size.

The mean of the first n samples becomes that of the first n + m by a weighted sum with the mean of the m next ones,

    mean(n + m) = mean(n) + (next(m) - mean(n)) m / (n + m),

so a series of growing means takes no more samples than its last one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixkern.pyramid import SplinePyramid, render, variance

from .colour import join
from .config import RenderConfig

LEAST_WORK = 2**24
"""Pixels times samples of a stripe, at least: some 60 ms, next to which a call of `render` costs less than 1 %."""

_COLOUR_WORK = 4  # samples that a pixel's chroma and its conversion cost about as much as

Roi = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Renderer:
    """A pyramid at one output size, and the law of its samples.

    Attributes
    ----------
    pyramid : SplinePyramid
        Of what is rendered.
    chroma : SplinePyramid or None
        Of the chroma beside a luma, without details.
    config : RenderConfig
    seed : int
    size : (width, height)
        Of the output, corners aligned with the image's.
    dtype : numpy.dtype
        Of pixels for files: uint8 or uint16.
    progress : int
        Pixels times samples between two calls of `advance`, about; never less than `LEAST_WORK`.
    advance : callable
        Is told how many pixels times samples were rendered since its last call.
    """

    pyramid: SplinePyramid
    chroma: SplinePyramid | None
    config: RenderConfig
    seed: int
    size: tuple[int, int]
    dtype: Any
    progress: int
    advance: Callable[[int], None]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what is rendered at this size: (height, width), and 3 channels in mode "rgb"."""
        return (self.size[1], self.size[0], *self.pyramid.shape[2:])

    def stripes(self, samples: int) -> Iterator[tuple[Roi, slice]]:
        """Whole rows from the top: each stripe as `roi` and as the slice of rows, with about the same work."""
        width, height = self.size
        step = min(height, math.ceil(max(self.progress, LEAST_WORK) / (width * samples)))
        for top in range(0, height, step):
            rows = min(step, height - top)
            yield (0, top, width, rows), slice(top, top + rows)

    def refine(self, mean: np.ndarray, roi: Roi, first: int, count: int) -> None:
        """Turn `mean`, of the first samples in `roi`, into that of `count` more, in place."""
        if first == 0:
            self._render(roi, samples=count, out=mean)
        else:
            more = self._render(roi, samples=count, first_sample=first)
            more -= mean
            more *= np.float32(count / (first + count))
            mean += more
        self.advance(roi[2] * roi[3] * count)

    def expectation(self) -> np.ndarray:
        """What all means tend to, float32."""
        return self._render(None, samples=math.inf)

    def variance(self) -> np.ndarray:
        """Of one sample, for each pixel and channel, float32."""
        return variance(self.pyramid, self.size, **self._law())

    def pixels(self, rendered: np.ndarray) -> np.ndarray:
        """A render of this size as the pixels of a file, with its chroma where there is one."""
        pixels = self._empty_pixels()
        for roi, rows in self.stripes(_COLOUR_WORK):
            pixels[rows] = join(rendered[rows], self._chroma(roi), dtype=self.dtype)
        return pixels

    def sample_and_average(self, samples: int) -> tuple[np.ndarray, np.ndarray]:
        """Pixels of the first sample, and of the mean of `samples`."""
        sample, average = self._empty_pixels(), self._empty_pixels()
        for roi, rows in self.stripes(samples):
            chroma = self._chroma(roi)
            mean = np.empty((roi[3], *self.shape[1:]), np.float32)
            self.refine(mean, roi, 0, 1)
            sample[rows] = join(mean, chroma, dtype=self.dtype)
            if samples > 1:
                self.refine(mean, roi, 1, samples - 1)
            average[rows] = join(mean, chroma, dtype=self.dtype)
        return sample, average

    def _render(self, roi: Roi | None, **options: Any) -> np.ndarray:
        law = {**self._law(), "block": self.config.block, "seed": self.seed}
        return render(self.pyramid, self.size, roi=roi, **law, **options)

    def _law(self) -> dict[str, Any]:
        law = self.config
        return {
            "patch_size": law.patch_size,
            "jitter": law.jitter,
            "noise_strength": law.noise_strength,
            "gains": law.gains,
        }

    def _chroma(self, roi: Roi) -> np.ndarray | None:
        return None if self.chroma is None else render(self.chroma, self.size, samples=math.inf, roi=roi)

    def _empty_pixels(self) -> np.ndarray:
        return np.empty(self.shape if self.chroma is None else (*self.shape, 3), self.dtype)
