"""The pictures of relight.md: python docs/make_relight_pictures.py."""

import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import relight_scenes as scenes

from pixkern.demo import photo
from pixkern.pipelines.files import decode_image
from pixkern.pipelines.relight import preview
from pixkern.pipelines.relight.contact_sheet import Panel, contact_sheet
from pixkern.retinex import albedo
from pixkern.shading import DirectionalLight, hemisphere, shade

METHODS = ("retinex", "luminance", "msrcr", "lab", "division")
SIDE = 200  # pixels


def main() -> None:
    portrait = decode_image(photo("astronaut.webp")).pixels
    save("sheet", preview(portrait, key="astronaut.webp", seed=7, variants=8, side=SIDE))
    save("frame", frame())
    save("albedo", albedos())


def frame() -> np.ndarray:
    """A grey sphere under lights from four sides."""
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE * 2.2 - 1.1
    up = np.sqrt(np.maximum(0, 1 - x * x - y * y))
    inside = x * x + y * y < 1
    normals = np.where(inside[..., None], np.dstack([x, -y, up]), (0, 0, 1)).astype(np.float32)
    mask = np.rint(255 * np.clip((1 - np.hypot(x, y)) * SIDE / 2.2 + 0.5, 0, 1)).astype(np.uint8)
    grey = np.full((SIDE, SIDE, 3), 200, np.uint8)
    panels = []
    for quarter, side in enumerate(("the right, +x", "above, +y", "the left, -x", "below, -y")):
        light = DirectionalLight(hemisphere(0.0, quarter / 4, elevation=(30, 30)), 0.9)
        lit = shade(grey, normals, [light], ambient=0.1, background=np.full_like(grey, 235), mask=mask)
        panels.append(Panel(lit, f"azimuth {90 * quarter} deg", f"from {side}; elevation 30 deg"))
    return contact_sheet(panels, columns=4, side=SIDE)


def albedos() -> np.ndarray:
    """A figure under one light, its true albedo, and what each method makes of it."""
    figure = scenes.figure(2 * SIDE)
    image = scenes.codes(figure.lit(scenes.directions(8)[1], 0.2))
    truth = scenes.codes(figure.albedo * figure.mask[..., None])
    panels = [Panel(image, "photo", "one light, ambient 0.2"), Panel(truth, "true albedo")]
    sigmas = [2 * SIDE / 1024 * sigma for sigma in (15, 80, 250)]
    for method in METHODS:
        found = albedo(image, method=method, mask=np.uint8(255) * figure.mask, sigmas=sigmas)
        panels.append(Panel(found, method))
    return contact_sheet(panels, columns=4, side=SIDE)


def save(name: str, picture: np.ndarray) -> None:
    path = Path(__file__).parent / "pictures" / f"relight_{name}.webp"
    data = cv2.imencode(".webp", picture[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 85])[1]
    path.write_bytes(data.tobytes())
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
