"""Stochastic rendering as one would write it with NumPy or OpenCV: what our renderer is measured against.

`direct_numpy`: a Laplacian pyramid of blurs and area halvings, from which every pixel of every level takes the nearest
coefficient, moved by a rounded normal number and a uniform integer; each sample is clipped, then averaged. Its law is
not ours, and it has a bias: it stands for what is commonly written.

`same_law_cv2`: the law of ours, with OpenCV's generator: per cell and level two uniform numbers choose among the four
taps of a row and of a column, two integers move them; `cv2.remap` looks the values up. Written plainly, what is drawn
for cells is spread over their pixels first; written with care (`late`), a row's tap is found once for each row and
column of cells, a column's likewise, and only the maps are spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# The NumPy method


def area_pyramid(image: np.ndarray, levels: int) -> list[np.ndarray]:
    """Details, finest first, then the base."""
    bands = []
    for _ in range(levels):
        height, width = image.shape
        coarse = cv2.resize(
            cv2.GaussianBlur(image, (0, 0), 1.0), ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA
        )
        bands.append(image - cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR))
        image = coarse
    return [*bands, image]


def direct_numpy(
    bands: list[np.ndarray],
    size: tuple[int, int],
    samples: int,
    *,
    patch_size: int,
    jitter: float,
    noise_strength: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    draw = np.random.default_rng(seed)
    width, height = size
    reach = patch_size // 2
    base = cv2.resize(bands[-1], size, interpolation=cv2.INTER_LINEAR)
    total = np.zeros((height, width), np.float32)
    for _ in range(samples):
        out = base.copy()
        for band in bands[:-1]:
            index = []
            for axis, length in ((0, height), (1, width)):
                last = band.shape[axis] - 1
                centre = np.rint(np.arange(length) * (last / max(length - 1, 1))).astype(np.int64)
                centre = centre[:, None] if axis == 0 else centre[None, :]
                moved = centre + np.rint(draw.normal(0, jitter, (height, width))).astype(np.int64)
                moved += draw.integers(-reach, reach + 1, (height, width))
                index.append(np.clip(moved, 0, last))
            out += band[index[0], index[1]]
        if noise_strength:
            out += draw.normal(0, noise_strength, (height, width)).astype(np.float32)
        total += np.clip(out, 0, 1)
    return total / samples


# Our law


@dataclass(frozen=True)
class Axis:
    """Of a level and an axis: the first tap of every position, and where the cumulative weights of the taps end."""

    first: np.ndarray
    edges: np.ndarray

    @classmethod
    def of(cls, length: int, samples: int, level: int) -> Axis:
        at = np.arange(length) * ((samples - 1) / max(length - 1, 1)) / 2**level
        below = np.floor(at)
        t = at - below
        w0, w3 = (1 - t) ** 3 / 6, t**3 / 6
        w1 = 2 / 3 - t**2 + t**3 / 2
        return cls(below.astype(np.float32), np.stack([w0, w0 + w1, 1 - w3]).astype(np.float32))

    def taps(self, uniform: np.ndarray, axis: int, buffer: np.ndarray) -> np.ndarray:
        """first + 0..3 for uniform numbers whose `axis` is that of the positions."""
        edges = self.edges[:, :, None] if axis == 0 else self.edges[:, None, :]
        place = self.first[:, None] if axis == 0 else self.first[None, :]
        np.add(place, uniform >= edges[0], out=buffer)
        buffer += uniform >= edges[1]
        buffer += uniform >= edges[2]
        return buffer


def same_law_cv2(
    details: tuple[np.ndarray, ...],
    base: np.ndarray,
    size: tuple[int, int],
    samples: int,
    *,
    patch_size: int,
    jitter: float,
    block: int = 32,
    late: bool = True,
) -> np.ndarray:
    """The mean of samples; `details` of a spline pyramid, and its base as a picture of `size` already."""
    width, height = size
    rows, cols = -(-height // block), -(-width // block)
    source = details[0].shape[0] - 3, details[0].shape[1] - 3
    reach = patch_size // 2
    levels = [
        tuple(Axis.of(n, m, level) for n, m in ((height, source[0]), (width, source[1])))
        for level in range(len(details))
    ]
    uniform, normal = np.empty((rows, cols), np.float32), np.empty((rows, cols), np.float32)
    integer = np.empty((rows, cols), np.int32)
    map_y, map_x = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    narrow, flat = np.empty((height, cols), np.float32), np.empty((rows, width), np.float32)
    found, total = np.empty((height, width), np.float32), np.zeros((height, width), np.float32)

    def offsets() -> np.ndarray:
        if jitter:
            cv2.randn(normal, 0, jitter)
            np.rint(normal, out=normal)
        else:
            normal.fill(0)
        if reach:
            cv2.randu(integer, -reach, reach + 1)
            return normal + integer
        return normal

    def spread(cells: np.ndarray, target: np.ndarray) -> np.ndarray:
        if block == 1:
            return cells
        up = block if target.shape[1] == width else 1, block if target.shape[0] == height else 1
        whole = cv2.resize(cells, (up[0] * cols, up[1] * rows), interpolation=cv2.INTER_NEAREST)
        return whole[: target.shape[0], : target.shape[1]]

    def along(axis: int, at: Axis, last: int) -> None:
        target = (map_y, map_x)[axis]
        place = (narrow, flat)[axis] if late and block > 1 else target
        cv2.randu(uniform, 0, 1)
        at.taps(spread(uniform, place), axis, place)
        if jitter or reach:
            np.add(place, spread(offsets(), place), out=place)
        np.clip(place, 0, last, out=place)
        if place is not target:
            target[...] = np.repeat(place, block, 1 - axis)[:height, :width]

    for _ in range(samples):
        for detail, (down, across) in zip(details, levels, strict=True):
            along(0, down, detail.shape[0] - 1)
            along(1, across, detail.shape[1] - 1)
            cv2.remap(detail, map_x, map_y, cv2.INTER_NEAREST, dst=found)
            cv2.add(total, found, dst=total)
    return cv2.scaleAdd(total, 1 / samples, base)
