"""Corrupted sprites by the hundred: pictures, truths and labels as files, in several processes."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..._check import choice
from ..._versions import __version__
from ..batch import BatchReport, Output, map_images, write_atomically
from ..files import SUFFIXES, ImageError, encode_image, image_paths, read_image
from ._synth_recipe import Recipe
from ._synth_tiers import TIERS, check_kind, check_whole
from .synth import corrupt

__all__ = ["INDEX", "sprite_paths", "write_dataset"]

INDEX = "index.jsonl"
"""Name of the file that holds the labels, one line of JSON for each picture."""


def sprite_paths(sources: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The image files that files, folders and glob patterns name, each once, in order.

    Parameters
    ----------
    sources : iterable of str or path-like
        A folder stands for the image files in it, a pattern for those that match ("**" for all folders inside).

    Returns
    -------
    list of Path

    Raises
    ------
    ValueError
        A source that names no image file.
    """
    found: dict[Path, None] = {}
    for given in sources:
        source = os.fspath(given)
        if os.path.isdir(source):
            paths = image_paths(source)
        elif os.path.exists(source):
            paths = [Path(source)]
        else:
            matches = sorted(map(Path, glob.glob(source, recursive=True)))
            paths = [path for path in matches if path.suffix.lower() in SUFFIXES and path.is_file()]
        if not paths:
            raise ValueError(f"no image file is named by {source!r}")
        found.update(dict.fromkeys(paths))
    return list(found)


def write_dataset(
    sprites: Sequence[str | os.PathLike[str]],
    out_dir: str | os.PathLike[str],
    tier_or_recipe: str | Recipe,
    *,
    count: int,
    seed: int = 0,
    max_side: int = 1024,
    jobs: int | None = None,
    resume: bool = False,
    progress: bool = True,
) -> BatchReport:
    """Corrupt sprites in turn until there are `count` pictures, and write them with their truths and labels.

    Picture 12 of sprite knight.png becomes ``00012_knight.png`` with ``00012_knight_truth.png`` beside it. Its line in
    ``index.jsonl`` has both names, the sprite's, the tier (None for a recipe), the picture's own seed, and what
    `Labels.record` says. Its seed depends on `seed`, the tier and its number only.

    Parameters
    ----------
    sprites : sequence of str or path-like
        Image files of 8 bits at their true resolution; grey ones become RGB. See `sprite_paths`.
    out_dir : str or path-like
        Made if it is not there.
    tier_or_recipe : str or Recipe
        As for `corrupt`.
    count : int
        At least 1.
    seed : int
        At least 0.
    max_side : int
        As for `corrupt`.
    jobs, resume, progress
        As for `pixkern.pipelines.batch.map_images`.

    Returns
    -------
    BatchReport
        Its records are the lines of the index by number. A sprite that cannot be read or is too large fails alone.

    Raises
    ------
    TypeError, ValueError
        Wrong arguments, no sprites, or sprites that lie in `out_dir`.
    OSError, RuntimeError
        As `map_images`.
    """
    for value, name in ((count, "count"), (max_side, "max_side")):
        check_whole(value, name, least=1)
    check_whole(seed, "seed", least=0)
    name = _name(tier_or_recipe)
    paths = [Path(sprite) for sprite in sprites]
    if not paths:
        raise ValueError("there are no sprites to corrupt")
    folder = Path(out_dir)
    among = [path for path in paths if path.parent.resolve() == folder.resolve()]
    if among:
        raise ValueError(f"the pictures would be written among the sprites: {among[0]} lies in {folder}")
    digits = max(5, len(str(count - 1)))
    items = {}
    for number in range(count):
        digest = hashlib.sha256(f"{seed}/{name}/{number}".encode()).digest()
        own_seed = int.from_bytes(digest[:6], "little")  # 48 bits: any reader of JSON keeps them
        items[f"{number:0{digits}}"] = (f"{number:0{digits}}", paths[number % len(paths)], own_seed)
    versions = {"pixkern": __version__, "opencv": cv2.__version__, "numpy": np.__version__}
    report = map_images(
        _Make(tier_or_recipe, max_side),
        items,
        folder,
        jobs=jobs,
        resume=resume,
        progress=progress,
        configuration={"recipe": name, "max_side": max_side, "versions": versions},
    )
    lines = [json.dumps(report.records[key], sort_keys=True) + "\n" for key in sorted(report.records)]
    write_atomically(folder / INDEX, "".join(lines).encode())
    return report


def _name(tier_or_recipe: object) -> str:
    if isinstance(tier_or_recipe, Recipe):
        return json.dumps(tier_or_recipe.record(), sort_keys=True)
    check_kind(tier_or_recipe)
    return choice(str(tier_or_recipe), "tier", TIERS)


@dataclass(frozen=True)
class _Make:
    """One picture of one sprite, as a batch calls it."""

    tier_or_recipe: str | Recipe
    max_side: int

    def __call__(self, item: tuple[str, Path, int]) -> Output:
        number, path, seed = item
        sprite = _as_sprite(path)
        made = corrupt(sprite, self.tier_or_recipe, seed=seed, max_side=self.max_side)
        stem = f"{number}_{path.stem}"
        files = {
            f"{stem}.png": encode_image(made.image, ".png"),
            f"{stem}_truth.png": encode_image(sprite, ".png"),
        }
        image, truth = files
        record: dict[str, Any] = {
            "image": image,
            "truth": truth,
            "sprite": path.name,
            "tier": self.tier_or_recipe if isinstance(self.tier_or_recipe, str) else None,
            **made.labels.record(),
        }
        return Output(files, record)


def _as_sprite(path: Path) -> np.ndarray:
    pixels = read_image(path).pixels
    if pixels.dtype != np.uint8:
        raise ImageError(f"{path}: a sprite needs 8 bits per sample, got {pixels.dtype}")
    return np.dstack([pixels] * 3) if pixels.ndim == 2 else pixels
