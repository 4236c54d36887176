"""The parts of a configuration: an image, a way to render it, and what holds for the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .._config_values import Check, choice, either, flag, kept, name, number, path, several, shown, whole

_OF_THE_RUN = ("index.html", "manifest.jsonl", "failures.jsonl", "run.log")  # what no folder of an asset may be called


@dataclass(frozen=True)
class Asset:
    """An image to render.

    Parameters
    ----------
    name : str
        Of its folder in the results.
    path : path
        Of the image file: what `pixkern.pipelines.files.read_image` reads.
    """

    name: str
    path: Path

    def __post_init__(self) -> None:
        kept(self, {"name": name, "path": path})
        if self.name.casefold() in _OF_THE_RUN or Path(self.name).suffix.casefold() == ".json":
            raise ValueError(f"name: {shown(self.name)} is that of a file of the run; use another")


@dataclass(frozen=True)
class RenderConfig:
    """A way to render, by what `pixkern.pyramid.render` calls it.

    Parameters
    ----------
    name : str
        Of its folders in the results.
    pyramid_levels : int
        Detail levels, 0 to 16.
    patch_size : int
        Window of the offsets of lookups, 1 to 255 coefficients.
    jitter : float
        Standard deviation of these offsets, 0 to 128 coefficients.
    noise_strength : float
        Standard deviation of the noise of each sample, 0 to 100, where white is 1.
    gains : tuple of float, optional
        One for each level, finest first, each -1000 to 1000. Default: all 1.
    block : int
        Pixels a side that share a draw, 1 to 65536.

    Examples
    --------
    >>> from pixkern.pipelines.slpr import RenderConfig
    >>> RenderConfig("calm", jitter=0.5).pyramid_levels
    5
    """

    name: str
    pyramid_levels: int = 5
    patch_size: int = 1
    jitter: float = 0.0
    noise_strength: float = 0.0
    gains: tuple[float, ...] | None = None
    block: int = 1

    def __post_init__(self) -> None:
        kept(self, _RENDER_CHECKS)
        if self.gains is not None and len(self.gains) != self.pyramid_levels:
            raise ValueError(f"gains: needs one for each of the {self.pyramid_levels} levels, got {len(self.gains)}")


_RENDER_CHECKS: dict[str, Check] = {
    "name": name,
    "pyramid_levels": whole(0, 16),
    "patch_size": whole(1, 255),
    "jitter": number(0, 128),
    "noise_strength": number(0, 100),
    "gains": either(several(number(-1000, 1000)), None),
    "block": whole(1, 65536),
}


@dataclass(frozen=True)
class Settings:
    """What holds for a whole run: `global` in the YAML file.

    Parameters
    ----------
    output_root : path
        Folder for the folders of runs, relative to the working folder.
    num_cores : int, "auto" or None
        Processes at once; "auto" and None: the cores this process may use.
    samples_per_render : int
        Samples of each average, 1 to 1048576.
    zoom_levels : tuple of int
        In percent, each 1 to 10000.
    color_mode : {"gray", "rgb", "luma"}
        What is rendered: the grey image, three colours, or the luma beside the chroma of the image.
    seed : int, optional
        0 to 2**64 - 1. Default: drawn for each new run, and recorded.
    log_level : {"DEBUG", "INFO", "WARNING", "ERROR"}
        What the log shows; "WARN" is "WARNING".
    profiling : bool
        Whether stages are timed.
    profiling_granularity : {"coarse", "fine"}
        Only the stages, or their parts too.
    progress_update_pixels : int
        Pixels times samples between two steps of the progress bar, 1 to 2**40; steps below 2**24, which would cost more
        than 1 %, are taken as that.
    """

    output_root: Path = Path("outputs")
    num_cores: int | None = None
    samples_per_render: int = 16
    zoom_levels: tuple[int, ...] = (100, 200)
    color_mode: str = "rgb"
    seed: int | None = None
    log_level: str = "INFO"
    profiling: bool = True
    profiling_granularity: str = "coarse"
    progress_update_pixels: int = 25000

    def __post_init__(self) -> None:
        kept(self, _SETTINGS_CHECKS)


_SETTINGS_CHECKS: dict[str, Check] = {
    "output_root": path,
    "num_cores": either(whole(1, 4096), "auto", None),
    "samples_per_render": whole(1, 2**20),
    "zoom_levels": several(whole(1, 10000), distinct=True),
    "color_mode": choice("gray", "rgb", "luma"),
    "seed": either(whole(0, 2**64 - 1), None),
    "log_level": choice("DEBUG", "INFO", "WARNING", "ERROR", also={"WARN": "WARNING"}),
    "profiling": flag,
    "profiling_granularity": choice("coarse", "fine"),
    "progress_update_pixels": whole(1, 2**40),
}
