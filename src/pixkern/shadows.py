"""Shadows: patterns of light and shade as things outside the picture throw them.

The loops are in ``kernels/cpu/pattern_loops.h``, the formulas in ``kernels/maths/{patterns,shapes,outlines,noise}.h``.
"""

from __future__ import annotations

from ._pattern import PATTERN_WEIGHTS, Pattern, draw_pattern
from ._pattern_mask import pattern_mask

__all__ = ["PATTERN_WEIGHTS", "Pattern", "draw_pattern", "pattern_mask"]
