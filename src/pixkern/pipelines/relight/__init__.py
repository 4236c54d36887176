"""Relighting data: a photo goes in, the same picture under other lights comes out, with all that made it."""

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
    "DegradationSettings",
    "MaskSettings",
    "NormalsSettings",
    "RecombinationSettings",
    "Settings",
]
