"""Pictures to bench on: sprites corrupted tier by tier, and sprites as they are."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..files import image_paths, read_image
from ._bench_score import Case

TIERS = ("easy", "medium", "hard")
UPSCALES = (1, 2, 3, 8)
MANIFEST = "manifest.json"

Corruptor = Callable[[np.ndarray, str, int], tuple[np.ndarray, Any]]
"""corrupt(truth, tier, seed) -> (image, labels), labels.cell or labels["cell_x"], labels["cell_y"]."""


def corrupted_cases(
    sprites: Mapping[str, np.ndarray], tier: str, *, count: int, seed: int, corrupt: Corruptor
) -> Iterator[Case]:
    """`count` pictures of a tier, made one by one.

    The sprites come in an order drawn by `seed`, all of them before any comes again, the same for every tier and
    `count`: fewer pictures are the first of more. A picture depends on its sprite's name, tier, number and `seed`.
    """
    if not sprites:
        raise ValueError("there are no sprites to bench on")
    names = list(sprites)
    draw = np.random.default_rng(seed)
    order: list[int] = []
    while len(order) < count:
        order += draw.permutation(len(names)).tolist()
    for number, place in enumerate(order[:count]):
        name = names[place]
        truth = np.ascontiguousarray(sprites[name])
        image, labels = corrupt(truth, tier, zlib.crc32(f"{name}|{tier}|{number}|{seed}".encode()))
        yield Case(name, tier, number, image, truth, _cell(labels))


def upscaled_cases(sprites: Mapping[str, np.ndarray], scale: int) -> Iterator[Case]:
    """Every sprite, each of its pixels painted as `scale` by `scale`; 1: the sprite itself."""
    for number, (name, truth) in enumerate(sprites.items()):
        image = np.ascontiguousarray(truth.repeat(scale, axis=0).repeat(scale, axis=1))
        yield Case(name, f"{scale}x", number, image, truth, (float(scale), float(scale)))


def read_sprites(folder: str | os.PathLike[str], *, sources: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """The images of a folder as sprites, by the name of the file, in the order of the names.

    Parameters
    ----------
    folder : path
        Files are read as `pixkern.pipelines.files.read_image` reads them; grey ones become RGB, transparent pixels
        are laid on white.
    sources : collection of str, optional
        Only the files that ``manifest.json`` in the folder, a list of objects with "file" and "source", says to be of
        these sources.

    Returns
    -------
    dict of str to ndarray, (h, w, 3) uint8

    Raises
    ------
    ValueError
        No images, no manifest to choose by, a source it does not name, or samples of more than 8 bits.
    OSError
    """
    paths = {Path(path).name: Path(path) for path in image_paths(folder)}
    if sources is not None:
        kept = _files_of(Path(folder) / MANIFEST, sources)
        paths = {name: path for name, path in paths.items() if name in kept}
    if not paths:
        raise ValueError(f"there are no images in {folder}")
    return {name: _opaque(read_image(path).pixels, path) for name, path in sorted(paths.items())}


def _files_of(manifest: Path, sources: Collection[str]) -> set[str]:
    if not manifest.is_file():
        raise ValueError(f"there is no {manifest} to choose sprites by their source")
    entries: Sequence[Mapping[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))
    unknown = set(sources) - {entry["source"] for entry in entries}
    if unknown:
        raise ValueError(f"{manifest} names no source {', '.join(sorted(unknown))}")
    return {entry["file"] for entry in entries if entry["source"] in sources}


def _opaque(pixels: np.ndarray, path: Path) -> np.ndarray:
    """(h, w, 3) uint8 of any picture of 8 bits."""
    if pixels.dtype != np.uint8:
        raise ValueError(f"{path}: sprites have 8 bits per sample, got {pixels.dtype}")
    if pixels.ndim == 2:
        return np.ascontiguousarray(np.broadcast_to(pixels[..., None], (*pixels.shape, 3)))
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.uint16)
    colour = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255  # rounded to nearest, at most 255 * 255 + 127
    return np.ascontiguousarray(colour.astype(np.uint8))


def _cell(labels: Any) -> tuple[float, float]:
    if isinstance(labels, Mapping):
        return float(labels["cell_x"]), float(labels["cell_y"])
    x, y = labels.cell
    return float(x), float(y)
