"""The tables of version 1: what coefficients are expected to be in each context.

They are part of the format: a stream can only be decoded with the tables it was coded with. Made by `train_tables.py`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from pixkern._coefficients import Model

if TYPE_CHECKING:
    from .layer import Layer


def table_name(*, content: str, number: str, wavelet: str, profile: str) -> str:
    """Which tables: Haar's are those of cdf53, and latents have the same for all wavelets."""
    kind = "latent" if content == "latent" else f"{number}-{wavelet.replace('haar', 'cdf53')}"
    return f"{kind}-{profile}"


def model(layer: Layer) -> Model:
    """The model of a layer."""
    return _loaded()[
        table_name(content=layer.content, number=layer.number, wavelet=layer.wavelet, profile=layer.profile)
    ]


@cache
def _loaded() -> dict[str, Model]:
    with files(__package__).joinpath("tables-v1.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        names = sorted({name.rpartition(".")[0] for name in stored.files})
        return {name: Model(stored[f"{name}.weights"], stored[f"{name}.frequencies"]) for name in names}
