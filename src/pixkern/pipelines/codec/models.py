"""Which autoencoder: one of the two that ship with pixkern, or one of your own, named in a TOML file.

A configuration file holds one table per model; paths are relative to the file::

    default = "mine"                 # what find_model() answers; without it "f8c4"

    [models.mine]
    encoder = "mine-encoder.onnx"    # images (B, 3, H, W) to latents (B, c, H/8, W/8)
    decoder = "mine-decoder.onnx"    # and back
    range = "-1..1"                  # of the model's pixels; "0..1" unless said
    latent_scale = 0.13025           # latents = (what the encoder says - latent_shift) * latent_scale
    latent_shift = 0.0
    halo = 13                        # latents each side that one depends on; without it images are not tiled
    latent_channels = 4              # read from the files unless said
    downscale = 8                    # pixels a side of one latent
    encoder_output = "latent_sample" # needed where a file has several outputs
    decoder_output = "sample"

The first of these that exists is read: the path given, ``$PIXKERN_CONFIG``, ``./pixkern.toml``, ``~/pixkern.toml``,
``~/.config/pixkern/pixkern.toml``.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from .model_config import AutoencoderError, did_you_mean, read_config

__all__ = ["DEFAULT_MODEL", "AutoencoderError", "Model", "find_model", "known_models", "model_of_hash"]

DEFAULT_MODEL = "f8c4"
_FOLDER = Path(__file__).parent / "models"
_SHIPPED = {"f8c4": 4, "f8c16": 16}  # latent channels
_SHIPPED_HALO = 13
_BOUNDS = {"latent_channels": (1, 256), "downscale": (1, 64), "halo": (0, 4096)}


@dataclass(frozen=True)
class Model:
    """An autoencoder in two ONNX files.

    Parameters
    ----------
    name : str
    encoder, decoder : Path
        Images (B, 3, H, W) to latents (B, c, H/f, W/f) and back, see `pixkern.pipelines.codec.vae`.
    latent_channels : int
        c, 1 to 256. An encoder that gives 2 c channels gives means and log variances; the means are taken.
    downscale : int
        f: pixels a side of one latent, 1 to 64.
    halo : int or None
        How many latents each side a latent or a block of pixels depends on, 0 to 4096: what tiles must overlap to
        have no seams. None: unknown, and images are never tiled.
    range : "0..1" or "-1..1"
        Of the model's pixels, where they are floats.
    latent_scale, latent_shift : float
        The codec's latents are (encoder's - shift) * scale. They should have a mean square near 1, so that
        quantisation steps mean the same for every model.
    encoder_output, decoder_output : str or None
        Which output to take; None: the only one.

    Raises
    ------
    AutoencoderError
        A field is out of its range.

    Examples
    --------
    >>> model = find_model("f8c16")
    >>> model.latent_channels, model.downscale, len(model.hash)
    (16, 8, 16)
    """

    name: str
    encoder: Path
    decoder: Path
    latent_channels: int
    downscale: int = 8
    halo: int | None = None
    range: Literal["0..1", "-1..1"] = "0..1"
    latent_scale: float = 1.0
    latent_shift: float = 0.0
    encoder_output: str | None = None
    decoder_output: str | None = None

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if value is None and name == "halo":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise AutoencoderError(f"model {self.name}: {name} must be {least} to {most}, got {value!r}")
        if self.range not in ("0..1", "-1..1"):
            raise AutoencoderError(f'model {self.name}: range must be "0..1" or "-1..1", got {self.range!r}')
        if not (math.isfinite(self.latent_scale) and self.latent_scale > 0 and math.isfinite(self.latent_shift)):
            raise AutoencoderError(f"model {self.name}: latent_scale must be positive and finite, latent_shift finite")

    @property
    def hash(self) -> bytes:
        """The first 16 bytes of the SHA-256 of the decoder's file: what a stream needs to be decoded.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        """
        return _hash(str(self.decoder), stamp(self.decoder))


def find_model(name: str | None = None, config: str | PathLike[str] | None = None) -> Model:
    """The model of that name.

    Parameters
    ----------
    name : str or None
        Of the configuration file or of one that ships with pixkern, "f8c4" or "f8c16". None: the file's default,
        else "f8c4".
    config : path or None
        Of a configuration file; the docstring of this module has its format and where it is looked for.

    Returns
    -------
    Model

    Raises
    ------
    TypeError
        `name` is no string.
    AutoencoderError
        No model has that name, or the configuration is wrong.
    FileNotFoundError
        The configuration file named does not exist, or a model's file does not.
    BackendUnavailable
        A field must be read from a model, and onnxruntime is not installed.

    Examples
    --------
    >>> find_model().name
    'f8c4'
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"model must be a name or a Model, got {name!r}")
    given = read_config(config)
    name = name or given.default or DEFAULT_MODEL
    if name in given.tables:
        return _configured(name, given.tables[name])
    if name in _SHIPPED:
        return _shipped(name)
    names = [*given.tables, *_SHIPPED]
    raise AutoencoderError(f"no model is named {name!r}{did_you_mean(name, names)}; known: {', '.join(names)}")


def known_models(config: str | PathLike[str] | None = None) -> dict[str, Model]:
    """Every model that `find_model` finds, by its name.

    Parameters
    ----------
    config : path or None
        As in `find_model`, and the same errors.

    Examples
    --------
    >>> sorted(known_models())
    ['f8c16', 'f8c4']
    """
    configured = {name: _configured(name, table) for name, table in read_config(config).tables.items()}
    return {**{name: _shipped(name) for name in _SHIPPED}, **configured}


def model_of_hash(digest: bytes, name: str | None = None, config: str | PathLike[str] | None = None) -> Model:
    """The model whose decoder has that hash.

    Parameters
    ----------
    digest : bytes
        `Model.hash`, as a stream carries it.
    name : str or None
        The only model to consider. None: every one that `known_models` finds.
    config : path or None
        As in `find_model`.

    Returns
    -------
    Model

    Raises
    ------
    AutoencoderError
        None of them has it.

    Examples
    --------
    >>> model_of_hash(find_model("f8c16").hash).name
    'f8c16'
    """
    given = [find_model(name, config)] if name else list(known_models(config).values())
    for model in given:
        if model.hash == digest:
            return model
    names = ", ".join(f"{model.name} ({model.hash.hex()})" for model in given)
    raise AutoencoderError(f"made by a model whose decoder has the hash {digest.hex()}; there is {names}")


def stamp(path: Path) -> tuple[int, int]:
    """What changes when a model's file does, so that nothing is kept beyond it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise FileNotFoundError(f"no such model: {path}") from None
    return found.st_mtime_ns, found.st_size


def _shipped(name: str) -> Model:
    encoder, decoder = (_FOLDER / f"{name}-{half}.onnx" for half in ("encoder", "decoder"))
    return Model(name, encoder, decoder, _SHIPPED[name], halo=_SHIPPED_HALO)


def _configured(name: str, table: dict[str, Any]) -> Model:
    for half in ("encoder", "decoder"):
        stamp(table[half])
    if not {"latent_channels", "downscale", "halo", "range"} <= set(table):
        from .onnx_half import described

        table = {**described(table["encoder"], table["decoder"]), **table}
    if "latent_channels" not in table:
        raise AutoencoderError(f"model {name}: the decoder leaves its channels open; say latent_channels")
    return Model(name, **table)


@lru_cache(maxsize=64)
def _hash(path: str, _: tuple[int, int]) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()[:16]
