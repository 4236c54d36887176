"""Relighting data: a photo goes in, the same picture under other lights comes out, with all that made it."""

from .config import Config
from .generate import generate
from .preview import preview
from .relit import Relit, ReplayError, relight, relight_variants, replay
from .settings import (
    AlbedoSettings,
    DegradationSettings,
    MaskSettings,
    NormalsSettings,
    RecombinationSettings,
    Settings,
)
from .summary import Summary

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
    "Summary",
    "generate",
    "preview",
    "relight",
    "relight_variants",
    "replay",
]
