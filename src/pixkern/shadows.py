"""Shadows: patterns as things outside the picture throw them, those a height field casts, and heights from an outline.

The loops are in ``kernels/cpu/{pattern_loops,shadows,inflation}.h``, the formulas in
``kernels/maths/{patterns,shapes,outlines,noise,shadows,inflation}.h``.
"""

from __future__ import annotations

from ._cast_shadow import cast_shadow
from ._inflate import inflate
from ._pattern import PATTERN_WEIGHTS, Pattern, draw_pattern
from ._pattern_mask import pattern_mask

__all__ = ["PATTERN_WEIGHTS", "Pattern", "cast_shadow", "draw_pattern", "inflate", "pattern_mask"]
