"""Memory of a World: one buffer that is filled from the front and emptied at once.

A bump allocator adds the size of a tensor to a counter and is done; freeing is setting the counter back to zero.
What images and their transforms need is known to live until their bytes are written, so nothing finer is needed.
The danger of such an allocator is a handle that outlives the reset. Each handle therefore carries the number of the
generation it was made in, and one of another generation is refused.
"""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import StaleTensorError
from .tensor_ref import TensorRef, checked_count, plain_dtype, tensor_shape

DEFAULT_CAPACITY = 512 << 20  # bytes
DEFAULT_ALIGN = 64  # bytes: a cache line, and the widest vector of any CPU level
_PAGE = 4096  # bytes; the buffer starts on a page, which is as far as alignment goes


class Arena:
    """Give out tensors from one buffer, in order, until it is reset.

    Parameters
    ----------
    capacity : int
        Bytes. Reserved at once, but committed by the operating system page by page, when they are first written.

    Raises
    ------
    TypeError, ValueError
        `capacity` is no integer, or not positive.
    MemoryError
        The operating system refuses to reserve that much.

    Notes
    -----
    Allocation may be called from several threads. `reset` may not run beside anything else.

    Examples
    --------
    >>> arena = Arena(1 << 20)
    >>> ref = arena.alloc_tensor((2, 3), np.float32)
    >>> arena.view(ref)[...] = 1
    >>> arena.view(ref[1])  # the second row, not copied
    array([1., 1., 1.], dtype=float32)
    >>> arena.reset()
    >>> arena.view(ref)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    pixkern.pipelines.codec.sdk.errors.StaleTensorError: stale tensor (2, 3) float32: made in generation 0...
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        capacity = checked_count(capacity, "capacity")
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1 byte, got {capacity}")
        try:
            memory = np.empty(capacity + _PAGE, np.uint8)
        except (MemoryError, OverflowError, ValueError):
            raise MemoryError(f"cannot reserve an arena of {capacity:,} bytes; ask for less") from None
        start = -memory.ctypes.data % _PAGE
        self._buffer = memory[start : start + capacity]
        self._used = 0
        self._generation = 0
        self._id = secrets.randbits(63)  # not a counter, which would be the same in another process
        self._lock = threading.Lock()

    @property
    def capacity(self) -> int:
        """Bytes in all."""
        return len(self._buffer)

    @property
    def used(self) -> int:
        """Bytes given out since the last reset, with what alignment skipped."""
        return self._used

    @property
    def free(self) -> int:
        """Bytes left."""
        return self.capacity - self._used

    @property
    def generation(self) -> int:
        """How often the arena was reset."""
        return self._generation

    def alloc_tensor(self, shape: int | Sequence[int], dtype: Any, *, align: int = DEFAULT_ALIGN) -> TensorRef:
        """Reserve a tensor. Its values are whatever the memory held before.

        Parameters
        ----------
        shape : int or sequence of int
            None negative; zeros are allowed.
        dtype : dtype
            Any of plain numbers, in native byte order.
        align : int
            Bytes, a power of two up to 4096; at least the dtype's own alignment is kept.

        Returns
        -------
        TensorRef

        Raises
        ------
        TypeError
            A dtype that holds Python objects or fields, or is in foreign byte order; a side that is no integer.
        ValueError
            A negative side, a tensor larger than memory can address, or an alignment that is not such a power of two.
        MemoryError
            The tensor does not fit; the arena is as it was.
        """
        kind = plain_dtype(dtype)
        sides = tensor_shape(shape, kind)
        align = checked_count(align, "align")
        if not 1 <= align <= _PAGE or align & (align - 1):
            raise ValueError(f"align must be a power of two from 1 to {_PAGE}, got {align}")
        align = max(align, kind.alignment)
        size = math.prod(sides) * kind.itemsize
        with self._lock:
            offset = -(-self._used // align) * align
            if size > self.capacity - offset:
                raise MemoryError(
                    f"arena is full: {sides} {kind.name} needs {size:,} bytes, {self.free:,} of {self.capacity:,} "
                    "are free; reset what is done, or make the arena larger"
                )
            self._used = offset + size
            return TensorRef(offset, sides, kind, self._generation, self._id)

    def put(self, array: np.ndarray, *, align: int = DEFAULT_ALIGN) -> TensorRef:
        """Copy an array into the arena, in C order.

        Parameters
        ----------
        array : ndarray
            Of a dtype that `alloc_tensor` takes; any strides.
        align : int
            See `alloc_tensor`.

        Returns
        -------
        TensorRef
        """
        if not isinstance(array, np.ndarray):
            raise TypeError(f"array must be a NumPy array, got {type(array).__name__}; copy it with np.asarray")
        if isinstance(array, np.ma.MaskedArray):
            raise TypeError("array is a masked array, whose mask would be lost; pass array.filled(value)")
        ref = self.alloc_tensor(array.shape, array.dtype, align=align)
        self.view(ref)[...] = array
        return ref

    def view(self, ref: TensorRef) -> np.ndarray:
        """The tensor as an array, without a copy.

        The array is writeable and aliases the arena: it is good until the next `reset`, after which later tensors
        show through it.

        Parameters
        ----------
        ref : TensorRef
            Of this arena and generation.

        Returns
        -------
        ndarray, in C order

        Raises
        ------
        TypeError
            `ref` is no TensorRef.
        StaleTensorError
            The arena was reset since.
        ValueError
            `ref` belongs to another arena, or reaches beyond what was given out.
        """
        self.check(ref)
        return np.ndarray(ref.shape, ref.dtype, self._buffer.data, ref.offset)

    def stack(self, refs: Sequence[TensorRef]) -> np.ndarray:
        """Tensors of one shape and dtype as one array (B, ...).

        Parameters
        ----------
        refs : sequence of TensorRef
            At least one.

        Returns
        -------
        ndarray
            A view if the tensors lie one after another, as the parts of a batch do; else a copy, outside the arena.

        Raises
        ------
        ValueError
            Shapes or dtypes differ, there are none, or one of them is not this arena's.
        """
        if not refs:
            raise ValueError("stack needs at least one tensor")
        first = refs[0]
        for number, ref in enumerate(refs):
            self.check(ref)
            if (ref.shape, ref.dtype) != (first.shape, first.dtype):
                raise ValueError(f"cannot stack {first} and {ref}: tensor {number} differs from the first")
        if all(ref.offset == first.offset + number * first.nbytes for number, ref in enumerate(refs)):
            return np.ndarray((len(refs), *first.shape), first.dtype, self._buffer.data, first.offset)
        return np.stack([self.view(ref) for ref in refs])

    def check(self, ref: TensorRef) -> None:
        """Raise as `view` does, if `ref` cannot be viewed."""
        if not isinstance(ref, TensorRef):
            raise TypeError(f"a TensorRef is needed, got {type(ref).__name__}")
        if ref.arena != self._id:
            raise ValueError(f"{ref} belongs to another arena; copy its view here with put")
        if ref.generation != self._generation:
            raise StaleTensorError(
                f"stale {ref}: made in generation {ref.generation}, "
                f"the arena is in generation {self._generation} and has given its memory away"
            )
        if ref.offset + ref.nbytes > self._used or ref.offset % ref.dtype.alignment:
            raise ValueError(f"{ref} at byte {ref.offset} is nothing that this arena gave out")

    def reset(self) -> None:
        """Take everything back. The memory stays reserved; every handle so far is stale from now on."""
        with self._lock:
            self._used = 0
            self._generation += 1

    def __repr__(self) -> str:
        return f"Arena({self._used:,} of {self.capacity:,} bytes used, generation {self._generation})"
