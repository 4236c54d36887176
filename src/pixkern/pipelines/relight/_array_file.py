"""The .npy format, versions 1 and 2 (NEP 1), for arrays of numbers: a header, then the samples, and nothing else.

NumPy's own reader allocates what the header announces and can be told to run pickles. Here the announced size must be
that of the data, and objects are refused before anything is read.
"""

from __future__ import annotations

import io
import math

import numpy as np

_LONGEST_HEADER = 10_000  # bytes; NumPy's own limit for headers that nobody vouches for


class GivenError(ValueError):
    """A file or an array that is not what it should be."""


class GivenKindError(GivenError, TypeError):
    """Samples of a kind that is not taken: of an argument a wrong type, of a file a wrong value."""


def decode_array(data: bytes) -> np.ndarray:
    """The array in a .npy file, in C order and native byte order.

    Raises
    ------
    GivenError
        Not such a file, of objects, strings or records, truncated, or with bytes to spare.

    Examples
    --------
    >>> from pixkern.pipelines.relight._array_file import decode_array
    >>> file = io.BytesIO()
    >>> np.save(file, np.arange(3, dtype=np.uint8))
    >>> decode_array(file.getvalue())
    array([0, 1, 2], dtype=uint8)
    """
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise GivenError(f"a .npy file of version {version[0]}.{version[1]}; arrays of numbers have 1.0 or 2.0")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file, max_header_size=_LONGEST_HEADER)
    except GivenError:
        raise
    except Exception:  # of a damaged header NumPy's parser raises what Python's own raises
        raise GivenError("not a .npy file, or one with a damaged header") from None
    if dtype.hasobject or dtype.kind not in "buif":
        raise GivenError(f"an array of {dtype}; needs one of numbers")
    if any(side < 0 for side in shape):
        raise GivenError(f"an array of shape {shape}")
    announced, there = math.prod(shape) * dtype.itemsize, len(data) - file.tell()
    if announced != there:
        raise GivenError(f"{there} bytes of samples where shape {shape} and {dtype} need {announced}")
    flat = np.frombuffer(data, np.uint8 if dtype.kind == "b" else dtype, offset=file.tell())
    if dtype.kind == "b":
        flat = flat != 0  # a byte that is neither 0 nor 1 is no bool yet
    array = flat.reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
