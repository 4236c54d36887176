"""Image pyramids: the refinable spline pyramid, and its stochastic rendering at any size.

The loops are in ``kernels/cpu/{splines,render}.h`` and ``kernels/cuda``, the formulas in
``kernels/maths/{splines,bspline,random}.h``.
"""

from __future__ import annotations

from ._offset_law import offset_law
from ._render import render, variance
from ._spline_pyramid import SplinePyramid, spline_pyramid

__all__ = ["SplinePyramid", "offset_law", "render", "spline_pyramid", "variance"]
