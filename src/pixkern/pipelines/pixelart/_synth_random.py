"""Random numbers by name: every stage of a corruption draws from a generator of its own.

A stage owns a Philox 4x64 counter generator (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2,
3", SC 2011) whose key is the first 128 bits of SHA-256("seed/stage"): what one stage draws moves nothing in another.
Only its raw words are used, which NumPy keeps the same from version to version, and only arithmetic that IEEE 754
fixes, no logarithm and no cosine: the numbers are the same on every machine.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_COINS = 24
_MEAN = 256 * _COINS / 2 + 127.5
_DEVIATION = math.sqrt(256**2 * _COINS / 4 + (256**2 - 1) / 12)
_BLOCK = 1 << 17  # of normal numbers at a time: what is in between stays in the cache


class Draws:
    """The random numbers of one stage.

    Examples
    --------
    >>> Draws(7, "noise").whole(1, 6) == Draws(7, "noise").whole(1, 6)
    True
    """

    def __init__(self, seed: int, stage: str) -> None:
        key = hashlib.sha256(f"{seed}/{stage}".encode()).digest()[:16]
        self._words = np.random.Philox(key=int.from_bytes(key, "little")).random_raw

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """One number in [low, high)."""
        return low + (high - low) * ((int(self._words()) >> 11) * 2.0**-53)

    def uniforms(self, *shape: int) -> np.ndarray:
        """Numbers in [0, 1), float64."""
        words = self._words(math.prod(shape))
        return ((words >> np.uint64(11)) * 2.0**-53).reshape(shape)

    def log_uniform(self, low: float, high: float) -> float:
        """One number whose logarithm is uniform, by rejection: its density is 1 / x."""
        while True:
            value = self.uniform(low, high)
            if self.uniform() * value <= low:
                return value

    def whole(self, low: int, high: int) -> int:
        """One of low, low + 1, ..., high."""
        return low + ((int(self._words()) >> 32) * (high - low + 1) >> 32)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.uniform() < probability

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, all alike."""
        return options[self.whole(0, len(options) - 1)]

    def normals(self, *shape: int) -> np.ndarray:
        """Numbers of mean 0 and deviation 1, float32: 24 fair coins plus a uniform byte, all from 32 bits.

        Their kurtosis is 2.92 (of a normal law: 3), and none is beyond 5.2.
        """
        count = math.prod(shape)
        result = np.empty(count, np.float32)
        for begin in range(0, count, _BLOCK):
            part = result[begin : begin + _BLOCK]
            bits = self._words((part.size + 1) // 2).astype("<u8", copy=False).view("<u4")[: part.size]
            part[:] = np.bitwise_count(bits >> np.uint32(8))
            part *= np.float32(256)
            part += (bits & np.uint32(255)).astype(np.uint8)
            part -= np.float32(_MEAN)
            part *= np.float32(1 / _DEVIATION)
        return result.reshape(shape)
