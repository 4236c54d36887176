"""Parts of an image codec, to be put together: a World of images, Systems that transform them, Pipes of systems.

A World holds entities (integers), their components (`RGB`, `WaveletPyr`, ...: records of handles into one arena of
memory) and runs systems over them. Everything an inverse needs is in the components, so bytes decode by themselves.
The systems are in `pixkern.pipelines.codec.sdk.systems`.
"""

from __future__ import annotations

from .arena import Arena
from .components import (
    RGB,
    YUVW4,
    ANSBitstream,
    BlurRGB,
    Component,
    Latent4,
    Planes,
    PyramidLayout,
    QuantParams,
    ReconRGB,
    Residual,
    SymbolsU8,
    WaveletPyr,
)
from .errors import DecodeError, MissingComponentError, StaleTensorError, UnknownEntityError
from .pipe import BatchPipe, Pipe
from .system import System
from .tensor_ref import TensorRef
from .trace import Call, Trace
from .world import World

__all__ = [
    "RGB",
    "YUVW4",
    "ANSBitstream",
    "Arena",
    "BatchPipe",
    "BlurRGB",
    "Call",
    "Component",
    "DecodeError",
    "Latent4",
    "MissingComponentError",
    "Pipe",
    "Planes",
    "PyramidLayout",
    "QuantParams",
    "ReconRGB",
    "Residual",
    "StaleTensorError",
    "SymbolsU8",
    "System",
    "TensorRef",
    "Trace",
    "UnknownEntityError",
    "WaveletPyr",
    "World",
]
