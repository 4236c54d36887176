"""pixkern's own modes, as the other encoders see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pixkern import BackendUnavailable, __version__
from pixkern.pipelines import codec

from .encoder import Encoder


@dataclass(frozen=True)
class Pixkern(Encoder):
    """One mode of `pixkern.pipelines.codec`."""

    mode: Literal["wavelet", "lossless", "vae"] = "wavelet"
    profile: Literal["dense", "fast"] = "dense"
    wavelet: str | None = None
    model: str | None = None

    @property
    def library(self) -> str:
        return f"pixkern {__version__}"

    @property
    def settings(self) -> str:
        options = {"mode": self.mode, **self._options}
        return ", ".join(f"{name} {value}" for name, value in options.items())

    def missing(self) -> str | None:
        if self.mode != "vae":
            return None
        try:
            codec.compress(np.zeros((8, 8, 3), np.uint8), mode="vae", threads=1, **self._options)
        except (BackendUnavailable, OSError, ValueError) as error:  # no onnxruntime, no such model
            return str(error)
        return None

    def encode(self, image: np.ndarray, quality: float | None) -> bytes:
        options = self._options if quality is None else {**self._options, "quality": int(quality)}
        return codec.compress(image, mode=self.mode, threads=1, **options)

    def decode(self, data: bytes) -> np.ndarray:
        return codec.decompress(data, threads=1)

    @property
    def _options(self) -> dict[str, Any]:
        options = {"profile": self.profile, "wavelet": self.wavelet, "model": self.model}
        return {name: value for name, value in options.items() if value is not None}


_QUALITIES = (5, 7, 10, 14, 20, 28, 38, 50, 62, 74, 82, 90)
_LATENT_QUALITIES = (10, 15, 22, 30, 40, 50, 62, 74, 84, 92)  # beyond them only the bytes rise: the model is the limit

OWN: tuple[Encoder, ...] = (
    Pixkern("pixkern", "pixkern dense", _QUALITIES),
    Pixkern("pixkern-53", "pixkern dense 5/3", _QUALITIES, wavelet="cdf53"),
    Pixkern("pixkern-fast", "pixkern fast", _QUALITIES, profile="fast"),
    Pixkern("pixkern-vae", "pixkern vae f8c4", _LATENT_QUALITIES, mode="vae", model="f8c4"),
    Pixkern("pixkern-vae-16", "pixkern vae f8c16", _LATENT_QUALITIES, mode="vae", model="f8c16"),
    Pixkern("pixkern-lossless", "pixkern lossless", mode="lossless"),
    Pixkern("pixkern-lossless-fast", "pixkern lossless fast", mode="lossless", profile="fast"),
)
"""pixkern's modes, lossy ones first."""
