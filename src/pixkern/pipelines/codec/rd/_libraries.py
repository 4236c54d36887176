"""Pillow and imagecodecs as far as encoders need them, imported when one does."""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any

import numpy as np

_INSTALL = "pip install 'pixkern[rd]'"


def pillow_lacks(feature: str) -> str | None:
    """Why Pillow cannot write a format, by the name that `PIL.features` has for it; None if it can."""
    try:
        from PIL import features
    except ImportError:
        return f"needs Pillow: {_INSTALL}"
    return None if features.check(feature) else f"this Pillow was built without {feature}"


def pillow_version(feature: str, library: str) -> str:
    """The version of a library inside Pillow."""
    import PIL
    from PIL import features

    return f"{library} {features.version(feature) or ''}".strip() + f" (Pillow {PIL.__version__})"


def pillow_encode(image: np.ndarray, kind: str, **options: Any) -> bytes:
    """The file that Pillow makes of an image."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, format=kind, **options)
    return file.getvalue()


def pillow_decode(data: bytes) -> np.ndarray:
    """The RGB image that Pillow makes of a file."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def imagecodecs_lacks(codec: str) -> str | None:
    """Why imagecodecs cannot use a codec, by the name of its class of constants, such as "AVIF"; None if it can."""
    try:
        import imagecodecs
    except ImportError:
        return f"needs imagecodecs: {_INSTALL}"
    return None if getattr(imagecodecs, codec).available else f"this imagecodecs was built without {codec}"


def imagecodecs() -> ModuleType:
    """The module, for an encoder that has found nothing missing."""
    import imagecodecs

    return imagecodecs


def imagecodecs_version(codec: str) -> str:
    """The version of a library inside imagecodecs, by the stem of its functions, such as "avif"."""
    module = imagecodecs()
    return f"{getattr(module, f'{codec}_version')()} (imagecodecs {module.__version__})"
