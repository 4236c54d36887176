"""What a data set is made of: photos, settings, and how it is written; from a YAML file or made in Python."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .._config_file import read
from .._config_tree import changed, plain
from .._config_values import Check, choice, flag, kept, part, path, shown, whole
from .settings import Settings

__all__ = ["Config", "Input", "OutputOptions"]


@dataclass(frozen=True)
class Input:
    """Which photos.

    Parameters
    ----------
    folder : path
        Relative to `Config.root`.
    recursive : bool
        Whether those of all folders inside are taken too.
    max_pixels : int
        Photos of more pixels fail.
    """

    folder: Path = Path("photos")
    recursive: bool = False
    max_pixels: int = 2**28

    def __post_init__(self) -> None:
        kept(self, {"folder": path, "recursive": flag, "max_pixels": whole(1, 2**40)})


@dataclass(frozen=True)
class OutputOptions:
    """How a data set is written.

    Parameters
    ----------
    folder : path
        Relative to `Config.root`; made if it is missing.
    layout : {"folders", "shards"}
        A file for each picture, or tar files by the conventions of WebDataset.
    shard_size : int
        Samples in a shard, 1 to 1,000,000.
    format : {"png", "jpeg", "webp"}
        Of pictures; WebP is lossless, and masks are always PNG.
    bit_depth : {8, 16}, optional
        What photos are converted to before anything else; 16 needs PNG. Default: as the photo, 8 for JPEG and WebP.
    quality : int
        Of JPEG, 1 to 100.
    fast : bool
        Of PNG: see `pixkern.pipelines.files.encode_image`.
    intermediates : bool
        Whether the folders of the stages are written beside that of the outputs.
    parquet : bool, optional
        Whether the manifest is written as Parquet too. Default: if pyarrow is installed.
    """

    folder: Path = Path("dataset")
    layout: str = "folders"
    shard_size: int = 256
    format: str = "png"
    bit_depth: int | None = None
    quality: int = 95
    fast: bool = True
    intermediates: bool = True
    parquet: bool | None = None

    def __post_init__(self) -> None:
        kept(self, _OUTPUT_CHECKS)
        if self.bit_depth == 16 and self.format != "png":
            raise ValueError(f"bit_depth: {self.format} holds 8 bits a sample; use 8, or format: png")


def _depth(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or value not in (8, 16)):
        raise ValueError(f"must be 8, 16 or null, got {shown(value)}")
    return value


_OUTPUT_CHECKS: dict[str, Check] = {
    "folder": path,
    "layout": choice("folders", "shards"),
    "shard_size": whole(1, 10**6),
    "format": choice("png", "jpeg", "webp", also={"jpg": "jpeg"}),
    "bit_depth": _depth,
    "quality": whole(1, 100),
    "fast": flag,
    "intermediates": flag,
    "parquet": lambda value: None if value is None else flag(value),
}
_NUMBERS: dict[str, Check] = {"seed": whole(0, 2**64 - 1), "variants": whole(1, 10**6)}


@dataclass(frozen=True)
class Config:
    """What `generate` makes.

    Parameters
    ----------
    settings : Settings
        What a relit picture is made with. In a file its parts stand beside the other keys.
    seed : int
        0 to 2**64 - 1.
    variants : int
        Relit pictures of each photo, 1 to 1,000,000.
    input : Input
    output : OutputOptions
    root : path
        What all names of files and folders are relative to; the folder of the file that was loaded.

    Examples
    --------
    >>> from pixkern.pipelines.relight.config import Config
    >>> Config.from_dict({"variants": 3, "output": {"layout": "shards"}}).output.shard_size
    256
    """

    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    variants: int = 1
    input: Input = field(default_factory=Input)
    output: OutputOptions = field(default_factory=OutputOptions)
    root: Path = Path()

    def __post_init__(self) -> None:
        parts = {"settings": part(Settings), "input": part(Input), "output": part(OutputOptions)}
        kept(self, parts | _NUMBERS | {"root": path})

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> Config:
        """Read a YAML or JSON file.

        Parameters
        ----------
        file : path
            Its folder becomes `root`.

        Returns
        -------
        Config

        Raises
        ------
        ValueError
            The file is neither YAML nor JSON, or a key in it is unknown, stands twice, or has a value that it
            cannot have. One line: the file, the place, and the nearest right key.
        OSError
            The file cannot be read.
        """
        source = Path(file)
        given = read(source)
        try:
            return cls.from_dict(given, root=source.parent)
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from None

    @classmethod
    def from_dict(cls, given: Mapping[str, Any] | None, *, root: str | os.PathLike[str] = ".") -> Config:
        """A configuration from the mappings of a file.

        Parameters
        ----------
        given : mapping or None
            Everything may be left out.
        root : path
            As of `Config`.

        Returns
        -------
        Config

        Raises
        ------
        ValueError
            As `load`, without the name of a file.

        Examples
        --------
        >>> from pixkern.pipelines.relight.config import Config
        >>> Config.from_dict({"albedo": {"sigma": [15, 80]}})
        Traceback (most recent call last):
        ...
        ValueError: albedo.sigma: no such key, did you mean sigmas?
        """
        asked = changed(_File(), given)
        settings = Settings(**{key: getattr(asked, key) for key in _PARTS})
        return cls(settings, asked.seed, asked.variants, asked.input, asked.output, Path(root).absolute())

    @staticmethod
    def template() -> str:
        """The text of a file that says every key, what it means, and what holds without it.

        Examples
        --------
        >>> from pixkern.pipelines.relight.config import Config
        >>> Config.template().splitlines()[3]
        'variants: 1                      # lights per photo'
        """
        return Path(__file__).with_name("default.yaml").read_text(encoding="utf-8")

    def to_dict(self) -> dict[str, Any]:
        """The same as dicts and lists that JSON can hold, without `root`; `from_dict` undoes it."""
        own = {"seed": self.seed, "variants": self.variants, "input": plain(self.input), "output": plain(self.output)}
        return own | plain(self.settings)


_PARTS = tuple(one.name for one in fields(Settings))


@dataclass(frozen=True)
class _File(Settings):
    """The keys of a file: those of `Settings`, and what a data set needs beside them."""

    seed: int = 0
    variants: int = 1
    input: Input = field(default_factory=Input)
    output: OutputOptions = field(default_factory=OutputOptions)

    def __post_init__(self) -> None:
        super().__post_init__()
        kept(self, _NUMBERS)
