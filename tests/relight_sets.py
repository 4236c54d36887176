"""Small folders of photos with masks, and what a data set of them holds."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from batch_items import snapshot

from pixkern.pipelines.files import encode_image
from pixkern.pipelines.relight.config import Config
from pixkern.pipelines.relight.generate import SUMMARY

quiet: dict[str, Any] = {"progress": False, "jobs": 1}


def pixels(seed: int, *, shape: tuple[int, ...] = (24, 20, 3), dtype: Any = np.uint8) -> np.ndarray:
    """A photo of smooth colours."""
    random = np.random.default_rng(seed)
    rows, cols = (np.linspace(0, 1, side) for side in shape[:2])
    wave = np.sin(random.uniform(1, 5) * rows[:, None] + random.uniform(1, 5) * cols) * 0.3 + 0.5
    colour = random.uniform(0.4, 1, shape[2:])
    return np.round(wave.reshape(*wave.shape, *[1] * len(shape[2:])) * colour * np.iinfo(dtype).max).astype(dtype)


def disc(shape: tuple[int, ...]) -> np.ndarray:
    """A mask that is soft at its edge."""
    rows, cols = (np.linspace(-1, 1, side) for side in shape[:2])
    return np.round(np.clip((0.9 - np.hypot(rows[:, None], cols)) * 8, 0, 1) * 255).astype(np.uint8)


def cut_out(seed: int, **options: Any) -> np.ndarray:
    """A photo with a disc for its alpha channel."""
    picture = pixels(seed, **options)
    alpha = disc(picture.shape).astype(picture.dtype) * (np.iinfo(picture.dtype).max // 255)
    return np.dstack([picture, alpha])


def photos(root: Path, *names: str) -> Path:
    """A folder "photos" with a photo of each name, made from its place in the list."""
    for count, name in enumerate(names):
        path = root / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_image(cut_out(count), path.suffix))
    return root


def config(root: Path, *, variants: int = 1, recursive: bool = False, given: Any = None, **output: Any) -> Config:
    told = {"variants": variants, "input": {"recursive": recursive}, "output": output}
    return Config.from_dict({**told, **(given or {})}, root=root)


def contents(folder: Path) -> dict[str, bytes | None]:
    """All files of a data set but the one with its times."""
    files = snapshot(folder)
    files.pop(SUMMARY, None)
    return files


def members(shard: bytes) -> dict[str, bytes]:
    """The files in a tar file, in their order."""
    with tarfile.open(fileobj=io.BytesIO(shard)) as tar:
        found = {}
        for member in tar:
            assert member.name not in found
            file = tar.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
        return found
