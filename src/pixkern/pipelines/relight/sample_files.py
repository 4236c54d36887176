"""A relit picture as files: which pictures there are, how they are encoded, what stands beside them as JSON."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ... import shading
from ..._versions import __version__
from .._batch_manifest import line_text
from ..files import check_encodable, decode_image, encode_image
from .config import Config, OutputOptions
from .photos import Photo, Share

__all__ = ["FOLDERS", "Sample", "as_depth", "folder_files", "json_file", "json_line", "samples_of", "shard_parts"]

_SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
_OUTPUTS = ("input", "albedo", "output", "foreground")
_STAGES = {
    "stage_1/{}_foreground": "cut",
    "stage_1/{}_background": "rest",
    "stage_1/{}_mask": "mask",
    "stage_2/{}_albedo": "albedo",
    "stage_3/{}_degraded": "foreground",
    "stage_3/{}_params": "params",
    "stage_3_5/{}_composite": "output",
}
FOLDERS = ("outputs", "stage_1", "stage_2", "stage_3", "stage_3_5", "shards")
"""The folders that a data set may have in its own."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One relit picture, encoded.

    Parameters
    ----------
    id : str
    record : dict
        What is known of it, for JSON: its names, its photo, and all parameters that made it.
    parts : dict of str to bytes
        The contents of its files: "input", "albedo", "output", "foreground", "mask", "metadata" (the record) and, if
        asked for, those of the stages: "cut" and "rest" (the photo inside and outside the mask, on black), "params".
    """

    id: str
    record: Mapping[str, Any]
    parts: Mapping[str, bytes]


def folder_files(sample: str, options: OutputOptions) -> dict[str, str]:
    """The paths of a sample's files in the layout "folders", and the part that each of them holds.

    Examples
    --------
    >>> from pixkern.pipelines.relight.config import OutputOptions
    >>> from pixkern.pipelines.relight.sample_files import folder_files
    >>> list(folder_files("anna", OutputOptions(intermediates=False)))[:3]
    ['outputs/anna_input.png', 'outputs/anna_albedo.png', 'outputs/anna_output.png']
    """
    named = {f"outputs/{{}}_{part}": part for part in (*_OUTPUTS, "mask", "metadata")}
    if options.intermediates:
        named |= _STAGES
    return {place.format(sample) + _suffix(part, options): part for place, part in named.items()}


def shard_parts(sample: Sample, options: OutputOptions) -> dict[str, bytes]:
    """The parts of a sample by what stands behind the dot in a shard: "input.png" and so on, and "json"."""
    pictures = {f"{part}{_suffix(part, options)}": sample.parts[part] for part in (*_OUTPUTS, "mask")}
    return {**pictures, "json": sample.parts["metadata"]}


def _suffix(part: str, options: OutputOptions) -> str:
    if part in ("metadata", "params"):
        return ".json"
    return ".png" if part == "mask" else _SUFFIXES[options.format]  # a mask is a number, not a picture: nothing is lost


def as_depth(pixels: np.ndarray, bits: int | None) -> np.ndarray:
    """uint8 or uint16 pixels with 8 or 16 bits a sample, rounded once; None: as they are, and so is every other dtype.

    Examples
    --------
    >>> from pixkern.pipelines.relight.sample_files import as_depth
    >>> as_depth(np.array([0, 1, 255], np.uint8), 16), as_depth(np.array([128, 129, 65535], np.uint16), 8)
    (array([    0,   257, 65535], dtype=uint16), array([  0,   1, 255], dtype=uint8))
    """
    if bits == 16 and pixels.dtype == np.uint8:
        return pixels.astype(np.uint16) * np.uint16(257)
    if bits == 8 and pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return pixels


@dataclass
class Encoder:
    """Encodes pictures, and does not encode twice what the variants of a photo have in common."""

    options: OutputOptions
    seconds: float = 0.0
    _last: dict[str, tuple[np.ndarray, bytes]] = field(default_factory=dict)

    def encoded(self, part: str, pixels: np.ndarray) -> bytes:
        """The file of a picture."""
        before = self._last.get(part)
        if before is not None and before[0].dtype == pixels.dtype and np.array_equal(before[0], pixels):
            return before[1]
        started = time.perf_counter()
        suffix = _suffix(part, self.options)
        data = encode_image(pixels, suffix, quality=self.options.quality, fast=self.options.fast)
        self.seconds += time.perf_counter() - started
        self._last[part] = (pixels, data)
        return data


def samples_of(
    share: Share,
    config: Config,
    relight: Callable[..., Iterable[Any]],
    given: Mapping[str, Any],
    seconds: dict[str, float],
) -> Iterator[Sample]:
    """Relight a photo once for each of its variants.

    Parameters
    ----------
    share : Share
    config : Config
    relight : callable
        `pixkern.pipelines.relight.relight_variants`, or what takes its place.
    given : mapping
        More arguments for it, such as a callable for masks.
    seconds : dict of str to float
        The times of the stages are added to it.

    Raises
    ------
    ImageError, ValueError, OSError
        The photo cannot be read, or is of a kind that cannot be relit or written.
    """
    photo, options = share.photo, config.output
    started = time.perf_counter()
    data = photo.path.read_bytes()
    pixels = decode_image(data, name=photo.name, max_pixels=config.input.max_pixels).pixels
    depth = options.bit_depth or (None if options.format == "png" else 8)
    pixels = as_depth(pixels, depth)
    _add(seconds, "decode", time.perf_counter() - started)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"{photo.name}: a photo needs 8 or 16 bits a sample, got {pixels.dtype}")
    check_encodable((*pixels.shape[:2], 3), pixels.dtype, _SUFFIXES[options.format])
    source = {"path": photo.name, "sha256": hashlib.sha256(data).hexdigest(), "bits": pixels.dtype.itemsize * 8}
    encoder = Encoder(options)
    relit = relight(
        pixels, share.variants, seed=config.seed, key=photo.key, settings=config.settings, root=config.root, **given
    )
    for variant, sample, made in zip(share.variants, share.ids, relit, strict=True):
        for stage, spent in made.seconds.items():
            _add(seconds, stage, spent)
        record = _record(sample, photo, variant, source, made)
        before = encoder.seconds
        parts = _parts(made, record, encoder)
        _add(seconds, "encode", encoder.seconds - before)
        yield Sample(sample, record, parts)


def _record(sample: str, photo: Photo, variant: int, source: Mapping[str, Any], made: Any) -> dict[str, Any]:
    return {
        "sample": sample,
        "key": photo.key,
        "variant": variant,
        "input": source,
        "notes": list(made.notes),
        "params": made.params,
        "version": __version__,
    }


def _parts(made: Any, record: Mapping[str, Any], encoder: Encoder) -> dict[str, bytes]:
    pictures = {
        "input": made.image,
        "albedo": made.albedo,
        "output": made.output,
        "foreground": made.foreground,
        "mask": made.mask,
    }
    if encoder.options.layout == "folders" and encoder.options.intermediates:
        black = np.zeros_like(made.image)
        pictures["cut"] = shading.composite(made.image, black, made.mask)
        pictures["rest"] = shading.composite(made.image, black, 255 - made.mask)
    parts = {part: encoder.encoded(part, pixels) for part, pixels in pictures.items()}
    return parts | {"metadata": json_file(record), "params": json_file(made.params)}


def json_line(value: object) -> bytes:
    """A line of a file of JSON lines."""
    return f"{line_text(value)}\n".encode()


def json_file(value: object) -> bytes:
    """A file of JSON that people read: sorted names, ASCII, two spaces."""
    return f"{json.dumps(value, indent=2, sort_keys=True, allow_nan=False)}\n".encode()


def _add(seconds: dict[str, float], stage: str, spent: float) -> None:
    seconds[stage] = seconds.get(stage, 0.0) + spent
