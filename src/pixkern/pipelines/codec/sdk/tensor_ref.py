"""Handles of tensors in an arena: what they are and where, without their values."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_MOST_AXES = 32  # NumPy 2 has up to 64, some of its functions 32
_MOST_BYTES = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A tensor in an `Arena`, in C order: give it to `Arena.view` to get at its values.

    ``ref[i]`` and ``ref[begin:end]`` are handles of parts along the first axis, of the same memory. Handles are made by
    `Arena.alloc_tensor` and `Arena.put`, not by hand.

    Attributes
    ----------
    offset : int
        Bytes from the start of the arena.
    shape : tuple of int
    dtype : dtype
    generation : int
        Of the arena, when the handle was made.
    arena : int
        Which arena it belongs to.

    Examples
    --------
    >>> from pixkern.pipelines.codec.sdk import Arena
    >>> batch = Arena(4096).alloc_tensor((4, 2, 2), np.uint8)
    >>> batch[3].shape, batch[3].offset, batch[1:3].shape
    ((2, 2), 12, (2, 2, 2))
    """

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    generation: int
    arena: int = field(repr=False)

    def __post_init__(self) -> None:
        if self.offset < 0:
            raise ValueError(f"offset must not be negative, got {self.offset}")
        plain_dtype(self.dtype)
        tensor_shape(self.shape, self.dtype)

    @property
    def ndim(self) -> int:
        """How many axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[TensorRef]:
        return (self[part] for part in range(len(self)))

    def __getitem__(self, part: int | slice) -> TensorRef:
        count = len(self)
        stride = math.prod(self.shape[1:]) * self.dtype.itemsize
        if isinstance(part, slice):
            begin, end, step = part.indices(count)
            if step != 1:
                raise ValueError(f"a part of a tensor must be contiguous, got a step of {step}")
            end = max(begin, end)
            shape = (end - begin, *self.shape[1:])
        else:
            begin = operator.index(part)
            if not -count <= begin < count:
                raise IndexError(f"part {begin} of a tensor of {count}")
            begin %= count
            shape = self.shape[1:]
        return TensorRef(self.offset + begin * stride, shape, self.dtype, self.generation, self.arena)

    def __str__(self) -> str:
        return f"tensor {self.shape} {self.dtype.name}"


def plain_dtype(dtype: Any) -> np.dtype[Any]:
    """`dtype`, if it is of numbers that kernels can read."""
    kind = np.dtype(dtype)
    if kind.kind not in "biufc" or not kind.isnative:
        raise TypeError(f"dtype must be of plain numbers in native byte order, got {dtype!r}")
    return kind


def tensor_shape(shape: int | Sequence[int], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """`shape` as a tuple, if NumPy can address an array of it."""
    given = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    sides = tuple(checked_count(side, "each side of a shape") for side in given)
    if any(side < 0 for side in sides):
        raise ValueError(f"a shape has no negative sides, got {sides}")
    if len(sides) > _MOST_AXES:
        raise ValueError(f"a tensor has at most {_MOST_AXES} axes, got {len(sides)}")
    if math.prod(side for side in sides if side) * dtype.itemsize > _MOST_BYTES:  # NumPy ignores sides of 0 here too
        raise ValueError(f"a tensor of shape {sides} {dtype.name} is larger than memory can address")
    return sides


def checked_count(value: Any, name: str) -> int:
    """`value` as an int, if it is a whole number."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    return operator.index(value)
