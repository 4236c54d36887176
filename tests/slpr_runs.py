"""Small runs of the renderer: 4 images of several kinds, 3 ways to render each, and which of their files must agree."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml

from pixkern.pipelines.files import encode_image
from pixkern.pipelines.slpr import Config

OF_THE_TIME = {"run.log", "environment.json", "run_timings.json", "timings.json"}
CONFIGS = [
    {"name": "calm", "pyramid_levels": 3},
    {"name": "loose", "pyramid_levels": 2, "patch_size": 3, "jitter": 1.0, "noise_strength": 0.05, "gains": [1.5, 0.5]},
    {"name": "blocks", "pyramid_levels": 1, "jitter": 0.5, "block": 4},
]


def images() -> dict[str, np.ndarray]:
    y, x = np.mgrid[:24, :37]
    wave = 120 + 100 * np.sin(x / 3 + y * y / 50)
    colours = np.stack([wave, wave[::-1], 255 - wave], axis=-1)
    return {
        "colours": colours.astype(np.uint8),
        "grey": wave[:17, :23].astype(np.uint8),
        "deep": (colours[:20, :19] * 257).astype(np.uint16),
        "clear": np.dstack([colours, 255 - wave])[:, :21].astype(np.uint8),
    }


def prepared(folder: Path, **settings: object) -> Path:
    """The YAML file of a run, with its images beside it, below `folder`."""
    (folder / "images").mkdir(parents=True)
    for name, pixels in images().items():
        (folder / "images" / f"{name}.png").write_bytes(encode_image(pixels, ".png"))
    given = {
        "global": {
            "output_root": str(folder / "outputs"),
            "samples_per_render": 5,
            "zoom_levels": [100, 150],
            "seed": 7,
            "log_level": "ERROR",
            **settings,
        },
        "assets": [{"name": name, "path": f"images/{name}.png"} for name in images()],
        "configs": CONFIGS,
    }
    (folder / "run.yaml").write_text(yaml.safe_dump(given))
    return folder / "run.yaml"


def config(folder: Path, **settings: object) -> Config:
    return Config.load(prepared(folder, **settings))


def results(folder: Path) -> dict[str, bytes]:
    """All files of a run but for those that tell when and how it ran; nothing hidden may be left."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if path.name not in OF_THE_TIME}


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(text) for text in path.read_text().split("\n") if text]
