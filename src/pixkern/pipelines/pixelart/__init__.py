"""Pixel art: pictures that look like it go in, sprites at their true resolution come out."""

from ._candidates import FEATURES
from ._detection import Alternative
from ._options import Options
from .grid import Grid
from .restoration import Difference, Restoration, Warned
from .restorer import Restorer, restore

__all__ = [
    "FEATURES",
    "Alternative",
    "Difference",
    "Grid",
    "Options",
    "Restoration",
    "Restorer",
    "Warned",
    "restore",
]
