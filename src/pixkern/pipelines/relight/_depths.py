"""Depths from elsewhere, as `pixkern.shading.normals_from_depth` takes them: finite, and not the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pixkern.retinex import gaussian_blur
from pixkern.shading import normals_from_depth

from ._model_errors import ModelError
from ._opencv import resized
from ._samples import check_size, one_channel
from .given import GivenError, GivenKindError
from .models import Answer

_HALF = 128  # of the mask: where near, far and width are measured
_STEPS = 0.6  # of a coarse depth's pixel: standard deviation of the blur that hides its facets


@dataclass(frozen=True, eq=False)
class Surface:
    """Normals, and the height that they belong to: towards the viewer, in pixels, 0 for the farthest."""

    normals: np.ndarray
    height: np.ndarray
    record: dict[str, Any]


def as_depth(array: np.ndarray, mask: np.ndarray, name: str) -> np.ndarray:
    """A depth from elsewhere, (H, W) float64.

    What is not finite outside the mask becomes the least depth inside, which nobody looks at.

    Raises
    ------
    GivenError
        Another size, channels that differ, NaN or infinity inside the mask.
    GivenKindError
        Another kind of samples.
    """
    if array.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise GivenKindError(f"{name} must be uint8, uint16, float32 or float64, got {array.dtype}")
    check_size(array, mask.shape, name)
    depth = one_channel(array, name).astype(np.float64)
    inside, finite = mask > 0, np.isfinite(depth)
    if not finite[inside].all():
        raise GivenError(f"{name} has {int((~finite[inside]).sum())} pixels inside the mask that are not finite")
    depth[~finite] = depth[inside].min()
    return depth


def depth_of(answer: Answer, image: np.ndarray, mask: np.ndarray, threads: int | None) -> np.ndarray:
    """A model's depth at the photo's size, (H, W) float64.

    Bilinear interpolation makes facets of a coarse depth, which its normals would show: they are blurred away, and
    nothing from outside the mask comes in.
    """
    if answer.values.shape[2] != 1:
        raise ModelError(f"{answer.name}: needs a depth of one channel, got {answer.values.shape[2]}")
    coarse = answer.values[..., 0]
    low, high = float(coarse.min()), float(coarse.max())
    with np.errstate(over="ignore"):
        span = np.float32(high) - np.float32(low)
    if not 0 < span < np.inf:
        raise ModelError(f"{answer.name}: its depth is {low:g} to {high:g}, which is no relief")
    unit = resized((coarse - np.float32(low)) / span, (image.shape[1], image.shape[0]))
    factor = max(image.shape[0] / coarse.shape[0], image.shape[1] / coarse.shape[1])
    if factor > 1:
        unit = gaussian_blur(unit, _STEPS * factor, mask=mask, threads=threads)
    return unit.astype(np.float64)


def surface(
    depth: np.ndarray, mask: np.ndarray, *, relief: float, nearer: str, name: str, threads: int | None
) -> Surface:
    """The surface of a depth inside a mask; see `pixkern.shading.normals_from_depth`.

    Raises
    ------
    GivenError
        The depth is the same everywhere inside.
    """
    inside = mask > 0
    half = mask >= _HALF
    core = half if half.any() else inside  # of a mask that is soft everywhere, all of it
    low, high = float(depth[core].min()), float(depth[core].max())
    if not high > low:
        raise GivenError(f"{name} is {low:g} everywhere inside the mask, which is no relief")
    within = mask if half.any() else inside
    span = (low, high)
    side: Literal["smaller", "larger"] = "larger" if nearer == "larger" else "smaller"
    normals = normals_from_depth(depth, relief=relief, mask=within, span=span, nearer=side, threads=threads)
    near, far = (low, high) if side == "smaller" else (high, low)
    scale = relief * _width(core)
    height = np.where(inside, scale * ((far - depth) / (far - near)), 0).astype(np.float32)
    return Surface(normals, height, {"nearer": nearer, "relief": relief, "span": [low, high]})


def _width(inside: np.ndarray) -> int:
    """The longer side of the rectangle of what is inside."""
    sides = []
    for axis in (0, 1):
        where = np.flatnonzero(inside.any(axis=axis))
        sides.append(int(where[-1] - where[0]) + 1)
    return max(sides)
