"""The one gate before native code: what passes here, kernels trust.

Inputs in another memory order are copied; everything else that kernels cannot read is refused with a
message that says what was expected, what came and what to do. Works on NumPy and CuPy arrays alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

IMAGE_DTYPES = (np.uint8, np.uint16, np.float32)
_MOST_BYTES = 2**63 - 1


def array(x: Any, name: str, *, dtypes: Iterable[Any], ndim: Sequence[int]) -> Any:
    """`x` in C order, aligned, of one of `dtypes`; copied only if its memory order asks for it."""
    not_masked(x, name)
    if x.dtype.fields is not None:
        raise TypeError(f"{name} is a structured array ({x.dtype}); pass one of its fields")
    allowed = [np.dtype(dtype) for dtype in dtypes]
    if x.dtype not in allowed or not x.dtype.isnative:
        names = " or ".join(dtype.name for dtype in allowed)
        order = "" if x.dtype.isnative else " in foreign byte order"
        raise TypeError(f"{name} must be {names}, got {x.dtype.name}{order}; convert it with .astype")
    if x.ndim not in ndim:
        wanted = " or ".join(str(n) for n in ndim)
        raise ValueError(f"{name} needs {wanted} axes, got shape {x.shape}")
    if isinstance(x, np.ndarray):
        return np.require(np.asarray(x), requirements=["C", "A"])
    import cupy

    return cupy.ascontiguousarray(x)


def image(x: Any, name: str = "image", *, dtypes: Iterable[Any] = IMAGE_DTYPES) -> Any:
    """An image (H, W), (H, W, C) or a batch (B, H, W, C) as a C-ordered (B, H, W, C) view; see `array`."""
    x = array(x, name, dtypes=dtypes, ndim=(2, 3, 4))
    if 0 in x.shape:
        raise ValueError(f"{name} is empty, got shape {x.shape}")
    if x.ndim == 4:
        return x
    return x.reshape(1, *x.shape[:2], x.shape[2] if x.ndim == 3 else 1)


def size(value: Any, name: str = "size") -> tuple[int, int]:
    """(width, height) in pixels, both at least 1."""
    try:
        width, height = value
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be (width, height), got {value!r}") from None
    for side in (width, height):
        if isinstance(side, bool) or not isinstance(side, int | np.integer):
            raise TypeError(f"{name} must be two integers (width, height), got {value!r}")
        if not 1 <= side <= 2**31 - 1:
            raise ValueError(f"{name} must be 1 to 2**31 - 1 pixels a side, got {value!r}")
    return int(width), int(height)


def shape(dims: Sequence[int], itemsize: int, name: str = "out") -> tuple[int, ...]:
    """`dims`, if an array of that shape can be addressed at all."""
    if math.prod(int(d) for d in dims) * itemsize > _MOST_BYTES:
        raise ValueError(f"{name} of shape {tuple(dims)} is larger than memory can address")
    return tuple(int(d) for d in dims)


def not_masked(values: Any, name: str) -> None:
    """Refuse an array whose mask would be ignored."""
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be ignored; pass {name}.filled(value)")


def finite(values: Any, name: str) -> np.ndarray:
    """`values` as float64, all finite."""
    not_masked(values, name)
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be numbers, got {values!r}")
    result = given.astype(np.float64)
    if not np.isfinite(result).all():
        raise ValueError(f"{name} must be finite, got {values!r}")
    return result


def choice(value: str, name: str, allowed: Sequence[str]) -> str:
    """`value`, if it is one of `allowed`."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def output(out: Any, dims: Sequence[int], dtype: Any, inputs: Iterable[Any], xp: Any = np) -> Any:
    """A fresh array, or `out` after checking that it can be written without touching the inputs."""
    dims = shape(dims, np.dtype(dtype).itemsize)
    if out is None:
        return xp.empty(dims, dtype)
    if isinstance(out, np.ma.MaskedArray):
        raise TypeError("out is a masked array, whose mask kernels would ignore; pass an array")
    if isinstance(out, np.ndarray):
        out = np.asarray(out)  # of a subclass, its memory
    if out.shape != dims or out.dtype != dtype:
        raise ValueError(f"out needs shape {dims} and dtype {np.dtype(dtype).name}, got {out.shape} and {out.dtype}")
    if isinstance(out, np.ndarray) and not (out.flags.aligned and out.flags.writeable):
        raise ValueError("out must be aligned and writeable")
    if not out.flags.c_contiguous:
        raise ValueError("out must be C-contiguous")
    if any(x is not None and xp.may_share_memory(out, x) for x in inputs):
        raise ValueError("out overlaps an input; pass a fresh array")
    return out
