"""Shadows: as things outside the picture throw them or as a height field casts them; their soft edges; heights.

The loops are in ``kernels/cpu/{pattern_loops,shadows,spread,inflation,relief}.h``, the formulas in
``kernels/maths/{patterns,shapes,outlines,noise,shadows,spread,inflation}.h``.
"""

from __future__ import annotations

from ._cast_shadow import cast_shadow
from ._inflate import inflate
from ._pattern import PATTERN_WEIGHTS, Pattern, draw_pattern
from ._pattern_mask import pattern_mask
from ._relief_detail import relief_detail
from ._silhouettes import draw_silhouette, silhouette_mask
from ._varying_blur import subsurface, varying_blur

__all__ = [
    "PATTERN_WEIGHTS",
    "Pattern",
    "cast_shadow",
    "draw_pattern",
    "draw_silhouette",
    "inflate",
    "pattern_mask",
    "relief_detail",
    "silhouette_mask",
    "subsurface",
    "varying_blur",
]
