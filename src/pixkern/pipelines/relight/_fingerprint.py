"""What an array is, in 64 hexadecimal digits: two arrays have the same ones only if they are the same."""

from __future__ import annotations

import hashlib

import numpy as np


def fingerprint(array: np.ndarray) -> str:
    """SHA-256 over the kind of the samples, the shape, and the samples in C order, little-endian.

    Examples
    --------
    >>> from pixkern.pipelines.relight._fingerprint import fingerprint
    >>> fingerprint(np.zeros((2, 3), np.uint8)) == fingerprint(np.zeros((3, 2), np.uint8))
    False
    """
    little = array.dtype.newbyteorder("<")
    digest = hashlib.sha256(f"{little.str} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array, little).data)
    return digest.hexdigest()


def sha256(data: bytes) -> str:
    """Of a file's bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
