# Compiled from bindings/*.pyx; every extension is untyped.
from typing import Any

def __getattr__(name: str) -> Any: ...
