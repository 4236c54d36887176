"""What a relit picture is made with: a tree of frozen dataclasses, which has the names of the YAML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .._config_values import Check, choice, kept, part, path, several, whole
from ._light_settings import (
    DegradationMethods,
    DegradationSettings,
    HardShadow,
    SoftShading,
    SpecularShading,
)
from ._source_settings import (
    AlbedoMethods,
    AlbedoSettings,
    Files,
    Inflation,
    LiteRTModel,
    MaskMethods,
    MaskSettings,
    NormalsMethods,
    NormalsSettings,
    OnnxModel,
    Switch,
    Weighted,
)

__all__ = [
    "AlbedoMethods",
    "AlbedoSettings",
    "DegradationMethods",
    "DegradationSettings",
    "Files",
    "HardShadow",
    "Inflation",
    "LiteRTModel",
    "MaskMethods",
    "MaskSettings",
    "NormalsMethods",
    "NormalsSettings",
    "OnnxModel",
    "RecombinationSettings",
    "Settings",
    "SoftShading",
    "SpecularShading",
    "Switch",
    "Weighted",
]


@dataclass(frozen=True)
class RecombinationSettings:
    """Stage 3.5: what the relit foreground is put on.

    Parameters
    ----------
    background : {"original", "colour", "image", "black"}
    colour : tuple of int
        RGB, 0 to 255 each.
    folder : path
        For "image": pictures of which one is drawn, and resized to cover the photo.
    """

    background: str = "original"
    colour: tuple[int, ...] = (128, 128, 128)
    folder: Path = Path("backgrounds")

    def __post_init__(self) -> None:
        checks: dict[str, Check] = {
            "background": choice("original", "colour", "image", "black"),
            "colour": several(whole(0, 255)),
            "folder": path,
        }
        kept(self, checks)
        if len(self.colour) != 3:
            raise ValueError(f"colour: must be three numbers, got {len(self.colour)}")


@dataclass(frozen=True)
class Settings:
    """Everything that a relit picture depends on beside the photo, the seed, the sample's key and its variant.

    Parameters
    ----------
    mask : MaskSettings
    albedo : AlbedoSettings
    normals : NormalsSettings
    degradation : DegradationSettings
    recombination : RecombinationSettings

    Examples
    --------
    >>> from pixkern.pipelines.relight import Settings
    >>> Settings().degradation.methods.soft_shading.ambient
    (0.6, 0.85)
    """

    mask: MaskSettings = field(default_factory=MaskSettings)
    albedo: AlbedoSettings = field(default_factory=AlbedoSettings)
    normals: NormalsSettings = field(default_factory=NormalsSettings)
    degradation: DegradationSettings = field(default_factory=DegradationSettings)
    recombination: RecombinationSettings = field(default_factory=RecombinationSettings)

    def __post_init__(self) -> None:
        kinds = {"mask": MaskSettings, "albedo": AlbedoSettings, "normals": NormalsSettings}
        kinds |= {"degradation": DegradationSettings, "recombination": RecombinationSettings}
        kept(self, {key: part(kind) for key, kind in kinds.items()})
