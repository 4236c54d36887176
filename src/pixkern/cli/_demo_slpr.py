"""What `pixkern demo` shows of the stochastic renderer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pixkern.demo import photo
from pixkern.pipelines.batch import write_atomically
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.slpr.picture import Picture
from pixkern.pipelines.slpr.zoom import KeyFrame, write_animation, zoom_frames

_PHOTO = "astronaut.webp"
_ZOOM = 4
_DETAIL = (168, 62, 112, 112)  # x, y, width, height in the photo: the face
_AVERAGED = 64
_SEED = 20261121
_TOLERANCE = 0.02  # of rms figures: a detail has 200,000 pixels, whose draws are independent
_LABEL = 56  # pixels of height
_FILM: dict[str, Any] = {"size": (240, 160), "frames": 41, "samples": 8, "block": 2, "seed": _SEED}
_FILM_FPS = 20.0
_FILM_END = KeyFrame(1, center=(202, 100), scale=6)


def run(out: Path) -> list[str]:
    """Write the pictures and say what they show; returns what did not work, one line each."""
    out.mkdir(parents=True, exist_ok=True)
    image = decode_image(photo(_PHOTO), name=_PHOTO).pixels
    picture = Picture.of(image)
    print("pixkern demo: stochastic rendering")
    print(f"  {_PHOTO}, {_ZOOM * 100} %, {len(picture.pyramid.details)} levels of detail drawn at random")
    problems = [] if _gives_back(picture, image) else [f"{_PHOTO}: the expectation at 100 % is not the photo"]
    problems += _sheet(out, picture, image)
    print(f"Look at {out / 'slpr.png'}: one sample, an average and what averages tend to.")
    problems += _film(out, image)
    return problems


def _gives_back(picture: Picture, image: np.ndarray) -> bool:
    return np.array_equal(picture.render(picture.size, samples=math.inf), image)


def _sheet(out: Path, picture: Picture, image: np.ndarray) -> list[str]:
    """The detail as one sample, as an average, and as its expectation, with the errors that the variance predicts."""
    size = (_ZOOM * picture.size[0], _ZOOM * picture.size[1])
    x, y, width, height = _DETAIL
    roi = (_ZOOM * x, _ZOOM * y, _ZOOM * width, _ZOOM * height)
    expectation = picture.planes(size, roi=roi, samples=math.inf)
    one_sample = float(np.sqrt(np.square(picture.deviation(size, roi=roi), dtype=np.float64).mean()))
    problems, panels = [], []
    source = cv2.resize(image[y : y + height, x : x + width], roi[2:], interpolation=cv2.INTER_NEAREST)
    panels.append(_panel(source, "photo", f"{width} x {height} pixels"))
    for samples in (1, 4, 16, _AVERAGED):
        mean = picture.planes(size, roi=roi, samples=samples, seed=_SEED)
        measured = float(np.sqrt(np.square(mean - expectation, dtype=np.float64).mean()))
        predicted = one_sample / math.sqrt(samples)
        told = f"rms error {measured:.4f}, sqrt(V/N) {predicted:.4f}"
        print(f"    {samples:3d} sample{'s' if samples > 1 else ' '}: {told}")
        if abs(measured / predicted - 1) > _TOLERANCE:
            problems.append(f"{_PHOTO}: the error of {samples} samples is not what the variance says: {told}")
        if samples in (1, _AVERAGED):
            title = "one sample" if samples == 1 else f"average of {samples}"
            panels.append(_panel(_codes(mean), title, told))
    panels.append(_panel(_codes(expectation), "expectation", "the cubic spline of the photo"))
    write_atomically(out / "slpr.png", encode_image(np.hstack(panels), ".png"))
    return problems


def _film(out: Path, image: np.ndarray) -> list[str]:
    path = out / "slpr-zoom.gif"
    try:
        frames = write_animation(path, zoom_frames(image, [KeyFrame(0), _FILM_END], **_FILM), _FILM_FPS)
    except RuntimeError as error:  # an OpenCV that writes no GIF
        print(f"    zoom: left out: {error}")
        return []
    print(f"Look at {path}: {frames} frames, {path.stat().st_size:,} bytes; the grain sticks to the image.")
    return []


def _codes(values: np.ndarray) -> np.ndarray:
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)


def _panel(pixels: np.ndarray, title: str, told: str) -> np.ndarray:
    label = np.full((_LABEL, pixels.shape[1], 3), 255, np.uint8)
    for text, base, size in ((title, 22, 0.7), (told, 46, 0.6)):
        cv2.putText(label, text, (8, base), cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), 1, cv2.LINE_AA)
    return np.pad(np.vstack([label, pixels]), ((0, 0), (0, 6), (0, 0)), constant_values=255)
