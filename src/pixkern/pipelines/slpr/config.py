"""What a run of the renderer does: a configuration, from a YAML file or made in Python, checked key by key.

global:                          # every key of it may be left out
  output_root: outputs           # relative to the working folder
  num_cores: auto
  samples_per_render: 16
  zoom_levels: [100, 200]        # percent
  color_mode: rgb                # gray, rgb or luma
  seed: 1
assets:
  - {name: photo, path: photo.jpg}     # relative to this file
configs:
  - {name: calm, pyramid_levels: 5, jitter: 0.5}
  - {name: loose, pyramid_levels: 6, patch_size: 5, jitter: 1.5, noise_strength: 0.02, gains: [1, 1, 1, 2, 2, 1]}
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .._config_file import read
from .._config_tree import only, plain
from .._config_values import check_distinct, shown
from ._config_parts import Asset, RenderConfig, Settings

__all__ = ["Asset", "Config", "RenderConfig", "Settings"]


@dataclass(frozen=True)
class Config:
    """What a run does: every asset is rendered in every way.

    Parameters
    ----------
    settings : Settings
    assets : tuple of Asset
    configs : tuple of RenderConfig
        At least one of each; their names differ, and not only in upper and lower case.

    Examples
    --------
    >>> from pixkern.pipelines.slpr import Asset, Config, RenderConfig, Settings
    >>> config = Config(Settings(seed=1), (Asset("photo", "photo.jpg"),), (RenderConfig("calm", jitter=0.5),))
    >>> config.to_dict()["configs"][0]["jitter"]
    0.5
    """

    settings: Settings = field(default_factory=Settings)
    assets: tuple[Asset, ...] = ()
    configs: tuple[RenderConfig, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.settings, Settings):
            raise TypeError(f"settings: must be Settings, got {type(self.settings).__name__}")
        for key, kind in (("assets", Asset), ("configs", RenderConfig)):
            given = getattr(self, key)
            if not isinstance(given, list | tuple) or not all(isinstance(one, kind) for one in given):
                raise TypeError(f"{key}: must be a list of {kind.__name__}")
            if not given:
                raise ValueError(f"{key}: must not be empty")
            object.__setattr__(self, key, tuple(given))
            try:
                check_distinct([one.name for one in given], key)
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> Config:
        """Read a YAML file, or a ``resolved_config.json`` of a run.

        Parameters
        ----------
        file : path
            Paths of assets in it are relative to its folder.

        Returns
        -------
        Config

        Raises
        ------
        ValueError
            The file is neither YAML nor JSON, or a key in it is unknown, stands twice, is missing or has a value that
            it cannot have, or an asset is not there. One line: the file, the place, and the nearest right key.
        OSError
            The file cannot be read.
        """
        source = Path(file)
        given = read(source)
        try:
            return cls.from_dict(given, folder=source.parent)
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from None

    @classmethod
    def from_dict(cls, given: Mapping[str, Any], *, folder: str | os.PathLike[str] = ".") -> Config:
        """A configuration from dicts and lists, as they stand in the YAML file.

        Parameters
        ----------
        given : mapping
            With the keys "global" (may be left out), "assets" and "configs".
        folder : path
            What paths of assets are relative to; they become absolute.

        Returns
        -------
        Config

        Raises
        ------
        ValueError
            As `load`, without the name of a file.

        Examples
        --------
        >>> from pixkern.pipelines.slpr import Config
        >>> Config.from_dict({"global": {"sample_per_render": 4}, "assets": [], "configs": []})
        Traceback (most recent call last):
        ...
        ValueError: global.sample_per_render: no such key, did you mean samples_per_render?
        """
        if not isinstance(given, Mapping):
            what = "it is empty" if given is None else f"got {shown(given)}"
            raise ValueError(f"a configuration must be a mapping with the keys global, assets and configs, {what}")
        only(given, ("global", "assets", "configs"), "")
        settings = _made(Settings, {} if given.get("global") is None else given["global"], "global")
        assets = _all_made(Asset, given, "assets")
        configs = _all_made(RenderConfig, given, "configs")
        home = Path(folder).absolute()
        placed = []
        for count, asset in enumerate(assets):
            file = home / asset.path.expanduser()
            if not file.is_file():
                raise ValueError(f"assets[{count}].path: no such file: {shown(str(file))}")
            placed.append(Asset(asset.name, file))
        return cls(settings, tuple(placed), tuple(configs))

    def to_dict(self) -> dict[str, Any]:
        """The same as dicts and lists that JSON can hold; `from_dict` undoes it."""
        return {
            "global": plain(self.settings),
            "assets": [plain(asset) for asset in self.assets],
            "configs": [plain(config) for config in self.configs],
        }


def _all_made(kind: type[Any], given: Mapping[str, Any], key: str) -> list[Any]:
    if key not in given:
        raise ValueError(f"{key}: is missing, a list with at least one entry")
    if not isinstance(given[key], list | tuple) or not given[key]:
        got = "an empty one" if given[key] == [] else shown(given[key])
        raise ValueError(f"{key}: must be a list with at least one entry, got {got}")
    return [_made(kind, one, f"{key}[{count}]") for count, one in enumerate(given[key])]


def _made(kind: type[Any], given: Any, place: str) -> Any:
    known = [one.name for one in fields(kind)]
    if not isinstance(given, Mapping):
        raise ValueError(f"{place}: must be a mapping with keys such as {known[0]}, got {shown(given)}")
    only(given, known, f"{place}.")
    for needed in ("name", "path"):
        if needed in known and needed not in given:
            raise ValueError(f"{place}.{needed}: is missing")
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}.{error}") from None
