"""Options that the commands of `pixkern relight` share, and what their values are made of."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

GIVEN = ("mask", "albedo", "normals", "depth", "background")
DEGRADATIONS = ("soft_shading", "hard_shadow", "specular")


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}")
    return int(text)


def add_given(parser: argparse.ArgumentParser) -> None:
    """Files that stand in for what would be computed."""
    given = parser.add_argument_group(
        "files that are used in place of what would be computed, each of the photo's size"
    )
    given.add_argument("--mask", type=Path, metavar="FILE", help="grey; white is relit")
    given.add_argument("--albedo", type=Path, metavar="FILE", help="the photo without its light")
    given.add_argument("--normals", type=Path, metavar="FILE", help="(n + 1) / 2 as PNG of 8 or 16 bits, or .npy")
    given.add_argument("--depth", type=Path, metavar="FILE", help="PNG, TIFF or .npy; larger is farther")
    given.add_argument("--background", type=Path, metavar="FILE", help="what the relit foreground is put on")


def given_of(chosen: argparse.Namespace) -> dict[str, Any]:
    """What `add_given` asks for, as `relight` takes it: absolute, for its relative paths start from the root."""
    return {name: path.absolute() for name in GIVEN if (path := getattr(chosen, name)) is not None}


def add_settings(parser: argparse.ArgumentParser) -> None:
    """What is drawn, and by which seed."""
    drawn = parser.add_argument_group("the new light")
    drawn.add_argument("--seed", type=whole, metavar="N", help="default: the configuration's, or 0")
    drawn.add_argument("--config", type=Path, metavar="FILE", help="YAML, as of pixkern relight generate")
    drawn.add_argument("--degradation", choices=DEGRADATIONS, help="only this kind; default: drawn by weight")


class Drawn:
    """What `add_settings` asks for: `settings`, `seed`, and `root`, where files of the configuration are looked for."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        from pixkern.pipelines.relight import Config, Settings

        config = Config.load(chosen.config) if chosen.config is not None else None
        self.settings: Any = config.settings if config is not None else Settings()
        self.root: Path | None = config.root if config is not None else None
        self.seed: int = chosen.seed if chosen.seed is not None else config.seed if config is not None else 0
        if chosen.degradation is not None:
            self.settings = only(self.settings, chosen.degradation)


def only(settings: Any, kind: str) -> Any:
    """The settings with one kind of degradation and no other."""
    methods = settings.degradation.methods
    chosen = {
        name: replace(getattr(methods, name), enabled=name == kind, weight=getattr(methods, name).weight or 1.0)
        for name in DEGRADATIONS
    }
    return replace(settings, degradation=replace(settings.degradation, methods=replace(methods, **chosen)))


def check_targets(sources: list[Path], targets: list[Path]) -> None:
    """What is found before the work, not after."""
    seen = set()
    for path in targets:
        if not path.parent.is_dir():
            raise ValueError(f"there is no folder {path.parent} for {path.name}")
        for source in sources:
            if path.exists() and source.exists() and path.samefile(source):
                raise ValueError(f"a file would be written over itself: {path} is both input and output")
        if path.absolute() in seen:
            raise ValueError(f"{path} cannot be two outputs at once")
        seen.add(path.absolute())


def photo_of(path: Path) -> Any:
    """An image file whose pixels can be relit."""
    import numpy as np

    from pixkern.pipelines.files import ImageError, read_image

    file = read_image(path)
    if file.pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"{path}: photos of 8 or 16 bits a sample are relit, this one has {file.bit_depth}")
    return file


def profile_of(file: Any, suffix: str) -> bytes | None:
    """The photo's colour profile, where it is one for RGB and the format of the output holds one."""
    fits = file.icc is not None and file.icc[16:20] == b"RGB " and suffix.lower() != ".bmp"
    return file.icc if fits else None


def check_format(pixels: Any, suffix: str) -> None:
    """Whether a format holds the RGB picture that is made of these pixels; in a line that says so if not."""
    from pixkern.pipelines.files import check_encodable

    try:
        check_encodable((*pixels.shape[:2], 3), pixels.dtype, suffix)
    except TypeError as error:
        raise ValueError(str(error)) from None
