"""Image pyramids: Gaussian and Laplacian ones as OpenCV's; the refinable spline pyramid, rendered at any size.

The loops are in ``kernels/cpu/{pyramid,splines,render}.h`` and ``kernels/cuda``, the formulas in
``kernels/maths/{pyramid,splines,bspline,random}.h``.
"""

from __future__ import annotations

from ._laplacian import collapse, gaussian_pyramid, laplacian_pyramid
from ._offset_law import offset_law
from ._render import render, variance
from ._spline_pyramid import SplinePyramid, spline_pyramid

__all__ = [
    "SplinePyramid",
    "collapse",
    "gaussian_pyramid",
    "laplacian_pyramid",
    "offset_law",
    "render",
    "spline_pyramid",
    "variance",
]
