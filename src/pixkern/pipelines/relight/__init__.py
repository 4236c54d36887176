"""Relighting data: a photo goes in, the same picture under other lights comes out, with all that made it."""

from .config import Config
from .preview import preview
from .relit import Relit, ReplayError, relight, replay
from .settings import (
    AlbedoSettings,
    DegradationSettings,
    MaskSettings,
    NormalsSettings,
    RecombinationSettings,
    Settings,
)

__all__ = [
    "AlbedoSettings",
    "Config",
    "DegradationSettings",
    "MaskSettings",
    "NormalsSettings",
    "RecombinationSettings",
    "Relit",
    "ReplayError",
    "Settings",
    "preview",
    "relight",
    "replay",
]
