"""What a data set reads beside its photos: files named like them, models, backgrounds; and so what `resume` goes by."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..._versions import __version__
from .._batch_manifest import file_sha256
from .._config_tree import plain
from ..files import image_paths
from .config import Config
from .photos import without_suffix

__all__ = ["configuration", "given_files", "own_folders"]

_RUNTIMES = {"onnx": ("onnxruntime", "onnxruntime-gpu"), "litert": ("ai-edge-litert",)}


def own_folders(config: Config) -> list[Path]:
    """The folders of a data set that hold no photos, where they lie among them: its output and what its stages read."""
    folders = [config.output.folder, *(method.folder for _, method in _enabled(config, "folder"))]
    if config.settings.recombination.background == "image":
        folders.append(config.settings.recombination.folder)
    return [config.root / folder.expanduser() for folder in folders]


def given_files(config: Config) -> dict[str, tuple[Path, ...]]:
    """By the key of a photo: the files named like it in the folders of all enabled methods "file", "trimap", "depth".

    Raises
    ------
    ValueError
        There is no such folder.
    """
    found: dict[str, list[Path]] = {}
    for place, method in _enabled(config, "folder"):
        folder = config.root / method.folder.expanduser()
        if not folder.is_dir():
            raise ValueError(f"{place}.folder: no such folder: {folder}")
        for around, _, names in os.walk(folder, followlinks=True):
            for name in sorted(names):
                path = Path(around, name)
                found.setdefault(without_suffix(path.relative_to(folder).as_posix()), []).append(path)
    return {key: tuple(paths) for key, paths in found.items()}


def configuration(config: Config, callables: Mapping[str, Any], callables_version: object) -> dict[str, Any]:
    """Everything but the photos and the files named like them that decides on the bytes of a sample.

    Raises
    ------
    ValueError
        A model or the folder of backgrounds is not there.
    """
    models, runtimes = {}, {"pixkern": __version__, "opencv": cv2.__version__, "numpy": np.__version__}
    for place, method in _enabled(config, "model"):
        file = config.root / method.model.expanduser()
        if not file.is_file():
            raise ValueError(f"{place}.model: no such file: {file}")
        models[place] = file_sha256(file)
        runtimes |= {name: found for name in _RUNTIMES[place.rpartition(".")[2]] if (found := _version(name))}
    output = plain(config.output)
    for word, others in _MEANINGLESS.items():
        if word in (config.output.format, config.output.layout):
            output = {key: value for key, value in output.items() if key not in others}
    return {
        "settings": plain(config.settings),
        "seed": config.seed,
        "max_pixels": config.input.max_pixels,
        "output": {key: value for key, value in output.items() if key not in ("folder", "parquet", "shard_size")},
        "models": models,
        "backgrounds": _backgrounds(config),
        "callables": {"names": sorted(callables), "version": callables_version},
        "versions": runtimes,
    }


_MEANINGLESS = {  # an option that does nothing must not make anything again
    "png": ("quality",),
    "jpeg": ("bit_depth", "fast"),
    "webp": ("bit_depth", "fast", "quality"),
    "shards": ("intermediates",),
}


def _backgrounds(config: Config) -> dict[str, str]:
    if config.settings.recombination.background != "image":
        return {}
    folder = config.root / config.settings.recombination.folder.expanduser()
    if not folder.is_dir():
        raise ValueError(f"recombination.folder: no such folder: {folder}")
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in image_paths(folder, recursive=True)}


def _enabled(config: Config, wanted: str) -> Iterator[tuple[str, Any]]:
    """The enabled methods that have a folder, or a model, with their places in the configuration."""
    for stage in ("mask", "albedo", "normals"):
        methods = getattr(config.settings, stage).methods
        for name, method in vars(methods).items():
            if method.enabled and hasattr(method, wanted):
                yield f"{stage}.methods.{name}", method


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
