"""What an array or a file is, in hexadecimal digits: what a replay compares."""

from __future__ import annotations

import hashlib

import numpy as np

from ..._native import checksum

_LANES = 64  # of kernels/cpu/fold.h


def array_sha256(array: np.ndarray) -> str:
    """SHA-256 over the kind of the samples, the shape, and the samples in C order, little-endian.

    Examples
    --------
    >>> from pixkern.pipelines.relight._fingerprint import array_sha256
    >>> array_sha256(np.zeros((2, 3), np.uint8)) == array_sha256(np.zeros((3, 2), np.uint8))
    False
    """
    head, samples = _message(array)
    digest = hashlib.sha256(head)
    digest.update(samples.data)
    return digest.hexdigest()


def fingerprint(array: np.ndarray) -> str:
    """128 bits over the same, as fast as memory is read.

    Two arrays that differ share it by a chance of at most 2**-32, unless somebody made them to: see kernels/cpu/fold.h.

    Examples
    --------
    >>> from pixkern.pipelines.relight._fingerprint import fingerprint
    >>> fingerprint(np.zeros((2, 3), np.uint8)) == fingerprint(np.zeros((3, 2), np.uint8))
    False
    """
    head, samples = _message(array)
    lanes = np.empty(_LANES, np.uint32)
    checksum.fold(samples, lanes)
    return hashlib.sha256(head + lanes.astype("<u4").tobytes()).hexdigest()[:32]


def sha256(data: bytes) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def _message(array: np.ndarray) -> tuple[bytes, np.ndarray]:
    """What an array is, and its bytes."""
    little = array.dtype.newbyteorder("<")
    samples = np.ascontiguousarray(array, little)
    return f"{little.str} {array.shape} ".encode(), samples.reshape(-1).view(np.uint8)
