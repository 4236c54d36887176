"""Others that restore pixel art, at their defaults and without hints, as methods of `pixkern.pipelines.pixelart.bench`.

Their packages are in the extra `bench`, but unfake, which asks for opencv-python, whose files are those of
opencv-python-headless: python -m pip install --no-deps unfake==1.0.7

What is timed is their work on pixels that are in memory. What one takes as a Pillow image is made before. pixel-snapper
takes and gives PNG files only: the file is made before, not compressed, so that to decode it is little more than a
copy; the sprite it encodes is small.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import cv2
import numpy as np

from pixkern.pipelines.pixelart.bench import Answer, Method

VERSIONS = {
    "perfect-pixel": "0.1.4",
    "proper-pixel-art": "2.0.0",
    "unfake": "1.0.7",
    "pixel-snapper": "0.1.0",
}
"""What the adapters were written for, by the name of the package."""


def perfect_pixel(sample_method: str = "center") -> tuple[Callable, Callable, Callable]:
    from perfect_pixel import get_perfect_pixel

    def run(image: np.ndarray) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it finds
            return get_perfect_pixel(image, sample_method=sample_method)

    def read(found: Any, image: np.ndarray) -> Answer:
        width, _, sprite = found
        if width is None:
            raise ValueError("it found no grid and gave the picture back")
        return _even(np.ascontiguousarray(sprite), image)

    return np.asarray, run, read


def proper_pixel_art() -> tuple[Callable, Callable, Callable]:
    from PIL import Image
    from proper_pixel_art import pixelate

    logging.getLogger("proper_pixel_art").setLevel(logging.ERROR)

    def read(found: Any, image: np.ndarray) -> Answer:
        cell = found.pixel_width / found.upscale_factor
        return Answer(np.asarray(found.image.convert("RGB")), (cell, cell))

    return Image.fromarray, pixelate, read


def unfake() -> tuple[Callable, Callable, Callable]:
    import unfake
    from PIL import Image

    logging.getLogger("unfake.py").setLevel(logging.ERROR)
    if not unfake.RUST_AVAILABLE:
        raise ImportError("unfake has not found its compiled part")

    def run(image: Any) -> Any:
        return asyncio.run(unfake.process_image(image))

    def read(found: Any, image: np.ndarray) -> Answer:
        scale = float(found["manifest"].processing_steps["scale_detection"]["detected_scale"])
        return Answer(np.ascontiguousarray(found["image_array"][..., :3]), (scale, scale))

    return Image.fromarray, run, read


def pixel_snapper() -> tuple[Callable, Callable, Callable]:
    from pixel_snapper import PixelSnapperConfig, process_image

    configuration = PixelSnapperConfig()

    def prepare(image: np.ndarray) -> bytes:
        return cv2.imencode(".png", image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes()

    def run(file: bytes) -> bytes:
        try:
            return process_image(file, configuration)
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # what Rust raises is no Exception
                raise RuntimeError(str(error)) from None
            raise

    def read(file: bytes, image: np.ndarray) -> Answer:
        return _even(cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)[..., ::-1], image)

    return prepare, run, read


PEERS: dict[str, tuple[str, Callable[[], tuple[Callable, Callable, Callable]]]] = {
    "perfect-pixel": ("perfect_pixel", perfect_pixel),
    "perfect-pixel median": ("perfect_pixel", partial(perfect_pixel, "median")),
    "proper-pixel-art": ("proper_pixel_art", proper_pixel_art),
    "unfake": ("unfake", unfake),
    "pixel-snapper": ("pixel_snapper", pixel_snapper),
}
"""Name, the module it needs, and what makes its three functions."""


def one_thread() -> None:
    """Every pool of threads that a peer may use has one; before any of them is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[name] = "1"
    cv2.setNumThreads(1)


def methods(names: list[str] | None = None, *, limit: float = float("inf")) -> list[Method]:
    """Those of `names` (default: all), each to stop after `limit` CPU seconds per tier.

    Raises
    ------
    ValueError
        No such peer, or one that is not installed.
    """
    chosen = list(PEERS) if names is None else names
    found = []
    for name in chosen:
        if name not in PEERS:
            raise ValueError(f"there is no peer {name!r}, only {', '.join(PEERS)}")
        module, make = PEERS[name]
        if find_spec(module) is None:
            raise ValueError(f"{name} is not installed: see {os.path.basename(__file__)}")
        prepare, run, read = make()
        found.append(Method(name, run, read, prepare, limit))
    return found


def _even(sprite: np.ndarray, image: np.ndarray) -> Answer:
    """The answer of a peer that does not tell its cell: that which fills the picture."""
    return Answer(sprite, (image.shape[1] / sprite.shape[1], image.shape[0] / sprite.shape[0]))
