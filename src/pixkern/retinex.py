"""Gaussian blur at a cost that does not grow with sigma, and Retinex made of it.

A mask makes all of it blind to what is outside. The loops are in ``kernels/cpu/{blur,cells_to_rows}.h`` and
``kernels/cuda/blur.cu``, the formulas in ``kernels/maths/blur.h``; `_blur_plan` has the method.
"""

from __future__ import annotations

from ._gaussian_blur import gaussian_blur

__all__ = ["gaussian_blur"]
