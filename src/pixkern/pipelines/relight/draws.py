"""Random numbers without a state: each is a hash of the seed, the sample, the stage, and which number it is.

So a sample is the same whatever else is made, in which order and by how many processes, and a draw that a stage gains
or loses moves no other. A word is the first 64 bits of BLAKE2b over the text of all five, as a JSON list, which no two
different lists share; numbers are made of it by arithmetic that IEEE 754 fixes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Draws:
    """The random numbers of one sample.

    Parameters
    ----------
    seed : int
        Of the whole data set.
    key : str
        Of the photo.
    variant : int
        Which of its relit pictures.

    Examples
    --------
    >>> from pixkern.pipelines.relight.draws import Draws
    >>> draws = Draws(0, "photo", 0)
    >>> draws.word("light", "azimuth") == Draws(0, "photo", 0).word("light", "azimuth")
    True
    >>> 3 <= draws.uniform("light", "azimuth", 3, 4) < 4
    True
    """

    seed: int
    key: str
    variant: int

    def word(self, stage: str, name: str, index: int = 0) -> int:
        """64 random bits."""
        text = json.dumps([self.seed, self.key, self.variant, stage, name, index])
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")

    def fraction(self, stage: str, name: str, index: int = 0) -> float:
        """A multiple of 2**-53 in [0, 1), all equally likely."""
        return (self.word(stage, name, index) >> 11) * 2.0**-53

    def uniform(self, stage: str, name: str, low: float, high: float, index: int = 0) -> float:
        """A number from `low` to below `high`; `low` where they are the same."""
        return low + (high - low) * self.fraction(stage, name, index)

    def within(self, stage: str, name: str, span: Sequence[float], index: int = 0) -> float:
        """`uniform` in a range of the settings."""
        return self.uniform(stage, name, span[0], span[1], index)

    def whole(self, stage: str, name: str, span: Sequence[int], index: int = 0) -> int:
        """One of the integers from the first of `span` to the second, both included."""
        low, high = span
        return low + (self.word(stage, name, index) * (high - low + 1) >> 64)

    def chance(self, stage: str, name: str, probability: float, index: int = 0) -> bool:
        """True with this probability: never with 0, always with 1."""
        return self.fraction(stage, name, index) < probability

    def choice(self, stage: str, name: str, weights: Mapping[str, float], index: int = 0) -> str:
        """One of the words, each with a probability in proportion to its weight; never one of weight 0."""
        words = sorted(word for word, weight in weights.items() if weight > 0)  # the order of a mapping must not matter
        if not words:
            raise ValueError(f"nothing to choose from: every weight of {stage} {name} is 0")
        left = self.fraction(stage, name, index) * sum(weights[word] for word in words)
        for word in words[:-1]:
            left -= weights[word]
            if left < 0:
                return word
        return words[-1]
