"""What a comparison compares: an encoder, its decoder, its settings, and whether both can run here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Encoder(ABC):
    """An encoder of uint8 RGB images, (H, W, 3), and its decoder, on one thread each.

    Attributes
    ----------
    name : str
        As the command line and the tables know it.
    title : str
        As plots and pages call it.
    qualities : tuple of float
        The qualities of its curve, ascending: on ordinary photos about 0.1 to 3 bits per pixel. Empty for a
        lossless encoder.
    """

    name: str
    title: str
    qualities: tuple[float, ...] = ()

    @property
    def lossless(self) -> bool:
        """Whether decoding gives back the very pixels."""
        return not self.qualities

    @property
    def scale(self) -> tuple[float, ...]:
        """All qualities it is searched for at, ascending; those of JPEG's kind are 1 to 100."""
        return () if self.lossless else tuple(range(1, 101))

    @property
    def unit(self) -> str:
        """What its qualities count."""
        return "1-100"

    @property
    @abstractmethod
    def library(self) -> str:
        """The library that does the work, with its version; only where nothing is `missing`."""

    @property
    @abstractmethod
    def settings(self) -> str:
        """What differs from the library's defaults."""

    def missing(self) -> str | None:
        """Why it cannot run here, with what to install; None if it can."""
        return None

    @abstractmethod
    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        """The whole file of an image; `quality` is None for a lossless encoder."""

    @abstractmethod
    def decode(self, data: bytes) -> np.ndarray:
        """The image of a file that `encode` made."""
