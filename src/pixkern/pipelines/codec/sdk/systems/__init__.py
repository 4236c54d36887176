"""Systems over the kernels of pixkern, one module each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ans import ANSDecode, ANSEncode
    from .blur import GaussianBlur
    from .coefficients import CoefficientCoder
    from .colour import ColourTransform
    from .hadamard import Hadamard4
    from .metrics import MetricMSE, MetricMSSSIM, MetricPSNR, MetricSSIM
    from .quantize import QuantizeU8
    from .residual import ResidualCoding
    from .vae import OnnxVAEDecode, OnnxVAEEncode
    from .wavelet import WaveletCDF53, WaveletCDF97, WaveletHaar

_HOMES = {
    "ANSDecode": "ans",
    "ANSEncode": "ans",
    "CoefficientCoder": "coefficients",
    "ColourTransform": "colour",
    "GaussianBlur": "blur",
    "Hadamard4": "hadamard",
    "MetricMSE": "metrics",
    "MetricMSSSIM": "metrics",
    "MetricPSNR": "metrics",
    "MetricSSIM": "metrics",
    "OnnxVAEDecode": "vae",
    "OnnxVAEEncode": "vae",
    "QuantizeU8": "quantize",
    "ResidualCoding": "residual",
    "WaveletCDF53": "wavelet",
    "WaveletCDF97": "wavelet",
    "WaveletHaar": "wavelet",
}
__all__ = [
    "ANSDecode",
    "ANSEncode",
    "CoefficientCoder",
    "ColourTransform",
    "GaussianBlur",
    "Hadamard4",
    "MetricMSE",
    "MetricMSSSIM",
    "MetricPSNR",
    "MetricSSIM",
    "OnnxVAEDecode",
    "OnnxVAEEncode",
    "QuantizeU8",
    "ResidualCoding",
    "WaveletCDF53",
    "WaveletCDF97",
    "WaveletHaar",
]


def __getattr__(name: str) -> Any:
    """Import a module when its name is first asked for: only blurs need OpenCV."""
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
