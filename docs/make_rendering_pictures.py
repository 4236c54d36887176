"""The pictures of stochastic_rendering.md: python docs/make_rendering_pictures.py."""

import math
from pathlib import Path

import cv2
import numpy as np

from pixkern import demo
from pixkern.pyramid import render, spline_pyramid, variance

FOLDER = Path(__file__).parent / "pictures"
LEFT, TOP, SIDE, ZOOM = 194, 68, 64, 4
WINDOW = (LEFT, TOP, LEFT + SIDE - 1, TOP + SIDE - 1)
SIZE = ((SIDE - 1) * ZOOM + 1,) * 2
LAWS = {
    "taps": {},
    "patches": {"patch_size": 3, "jitter": 0.7, "block": 4},
}
BRIGHTER = 3  # of standard deviations, which are small


def main() -> None:
    photo = cv2.imdecode(np.frombuffer(demo.photo("astronaut.webp"), np.uint8), cv2.IMREAD_COLOR_RGB)
    pyramid = spline_pyramid(photo, 5)
    FOLDER.mkdir(exist_ok=True)
    for name, law in LAWS.items():
        where = {"window": WINDOW, "seed": 1}
        for samples in (1, 16, math.inf):
            label = "expectation" if samples == math.inf else f"{samples:02}"
            save(f"{name}_{label}", render(pyramid, SIZE, samples=samples, **law, **where, dtype=np.uint8))
        still = {option: value for option, value in law.items() if option != "block"}
        deviation = BRIGHTER * np.sqrt(variance(pyramid, SIZE, window=WINDOW, **still).mean(axis=2))
        save(f"{name}_deviation", np.rint(255 * np.clip(deviation, 0, 1)).astype(np.uint8))


def save(name: str, picture: np.ndarray) -> None:
    path = FOLDER / f"rendering_{name}.webp"
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    path.write_bytes(cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, 90])[1].tobytes())
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
