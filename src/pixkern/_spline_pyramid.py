"""The refinable spline pyramid: an image as cubic B-splines of octave scales, whose sum interpolates it everywhere."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _check
from ._dispatch import place
from ._spline_levels import allocate, level_shape, on_cpu

_MOST_LEVELS = 16


@dataclass(frozen=True, eq=False, repr=False)
class SplinePyramid:
    details: tuple[Any, ...]
    base: Any
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        shape = _image_shape(self.shape)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "details", tuple(self.details))
        if len(self.details) > _MOST_LEVELS:
            raise ValueError(f"details must be at most {_MOST_LEVELS} arrays, got {len(self.details)}")
        home = None
        for level, array in enumerate((*self.details, self.base)):
            name = f"details[{level}]" if level < len(self.details) else "base"
            spot = place(array, name=name)
            if home is not None and (spot.where, spot.kind) != home:
                raise TypeError(f"{name} is of another kind ({spot.kind}, {spot.where}) than details[0]; convert it")
            home = spot.where, spot.kind
            native = spot.native(array, name)
            checked = _check.array(native, name, dtypes=(np.float32,), ndim=(len(shape),))
            wanted = level_shape(shape, level)
            if checked.shape != wanted:
                raise ValueError(f"{name} needs shape {wanted} for an image of shape {shape}, got {checked.shape}")
            if checked is not native:
                raise ValueError(f"{name} must be C-contiguous and aligned; pass numpy.ascontiguousarray({name})")

    @property
    def levels(self) -> int:
        return len(self.details)

    @property
    def size(self) -> tuple[int, int]:
        return self.shape[1], self.shape[0]

    @property
    def channels(self) -> int:
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def nbytes(self) -> int:
        return sum(int(array.nbytes) for array in (*self.details, self.base))

    def __repr__(self) -> str:
        return f"SplinePyramid(shape={self.shape}, levels={self.levels})"


def spline_pyramid(image: Any, levels: int, *, backend: str | None = None, threads: int | None = None) -> SplinePyramid:
    spot = place(image, backend)
    pixels = _check.array(spot.native(image, "image"), "image", dtypes=_check.IMAGE_DTYPES, ndim=(2, 3))
    shape = _image_shape(pixels.shape)
    levels = _levels(levels)
    native = [allocate(spot.arrays, level_shape(shape, level)) for level in range(levels + 1)]
    planes = [array.reshape(*array.shape[:2], -1) for array in native]
    on_cpu(pixels.reshape(*shape[:2], -1), planes, threads)
    *details, base = [spot.give_back(array, image) for array in native]
    return SplinePyramid(tuple(details), base, shape)


def _levels(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"levels must be an integer, got {type(value).__name__}")
    if not 0 <= value <= _MOST_LEVELS:
        raise ValueError(f"levels must be 0 to {_MOST_LEVELS}, got {value}")
    return int(value)


def _image_shape(dims: Any) -> tuple[int, ...]:
    shape = tuple(operator.index(n) for n in dims)
    if len(shape) not in (2, 3) or 0 in shape or (len(shape) == 3 and shape[2] > 4):
        raise ValueError(f"image needs shape (H, W) or (H, W, C) with 1 to 4 channels, got {shape}")
    return shape
