"""Colours of restored sprites: pooling what is one colour, palettes and their files, snapping to a palette.

Palettes are arrays (n, C) uint8, C as the sprite has channels: 1 for grey, 3 for RGB, 4 for RGBA. Distances between
colours are those of Oklab (Ottosson, "A perceptual color space for image processing", 2020).
"""

from ._extraction import extract_palette
from ._palette_files import load_palette, save_palette
from ._pooling import pool_colours
from ._snapping import DITHERS, Indexed, snap

__all__ = ["DITHERS", "Indexed", "extract_palette", "load_palette", "pool_colours", "save_palette", "snap"]
