"""Image compression: a codec of its own, and the parts to build others from."""

from __future__ import annotations

from .compression import compress, compression_ratio, decompress
from .information import Info, info
from .sdk import DecodeError, Pipe, System, World

__all__ = ["DecodeError", "Info", "Pipe", "System", "World", "compress", "compression_ratio", "decompress", "info"]
