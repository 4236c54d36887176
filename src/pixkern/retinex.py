"""Gaussian blur at a cost that does not grow with sigma, and Retinex made of it.

A mask makes all of it blind to what is outside. The loops are in ``kernels/cpu/{blur,cells_to_rows,retinex,albedo}.h``
and ``kernels/cuda/retinex.cu``, the formulas in ``kernels/maths/{blur,retinex,logarithm_2,lab}.h``; the method is told
in ``_blur_plan.py``.
"""

from __future__ import annotations

from ._albedo import albedo
from ._gaussian_blur import gaussian_blur
from ._multiscale_retinex import multiscale_retinex

__all__ = ["albedo", "gaussian_blur", "multiscale_retinex"]
