"""Cast shadows, spatially varying blur and subsurface spread against NumPy and OpenCV, 1024 x 1024, float32."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
from compare import Row

from pixkern.shadows import cast_shadow, subsurface, varying_blur

SIDE = 1024
MOST = 10.0  # sigma, pixels
SPREAD = (5.0, 2.5, 1.5)

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("cast_shadow from above", "numpy, line by line"): 6.5,
    ("cast_shadow from above", "cv2, 200 steps"): 130,
    ("cast_shadow from the right", "numpy, line by line"): 6.5,
    ("cast_shadow from the right", "cv2, 200 steps"): 100,
    ("varying_blur waves", "cv2, a stack of blurs"): 1.25,
    ("varying_blur ramp", "cv2, a stack of blurs"): 1.5,
    ("varying_blur noise", "cv2, a stack of blurs"): 0.73,
    ("subsurface", "cv2, three blurs"): 0.63,
}


def ball(side: int = SIDE) -> np.ndarray:
    rows, cols = np.mgrid[:side, :side] - (side - 1) / 2
    return np.sqrt(np.maximum((0.3 * side) ** 2 - rows**2 - cols**2, 0)).astype(np.float32)


def widths(kind: str, side: int = SIDE) -> np.ndarray:
    rows, cols = np.mgrid[:side, :side] / side
    if kind == "noise":
        return np.random.default_rng(0).uniform(0, MOST, (side, side)).astype(np.float32)
    smooth = {"ramp": cols, "waves": 0.5 + 0.49 * np.sin(7 * rows) * np.cos(6 * cols)}[kind]
    return (MOST * smooth).astype(np.float32)


def rows() -> Iterator[Row]:
    field = ball()
    out = np.empty_like(field)
    for name, direction in (("from above", (0.3, 1.0, 0.5)), ("from the right", (1.0, 0.3, 0.5))):
        peers = {"numpy, line by line": partial(lines_numpy, field, direction)}
        peers["cv2, 200 steps"] = partial(march_cv2, field, direction, 200)
        yield Row(f"cast_shadow {name}", partial(cast_shadow, field, direction, threads=1, out=out), peers)
    soft = partial(cast_shadow, field, (0.3, 1.0, 0.5), softness=0.1, threads=1, out=out)
    yield Row(
        "cast_shadow, 16 lights", soft, {"ours, 1 light": partial(cast_shadow, field, (0.3, 1.0, 0.5), threads=1)}
    )
    image = np.random.default_rng(0).random((SIDE, SIDE)).astype(np.float32)
    for kind in ("waves", "ramp", "noise"):
        sigma = widths(kind)
        ours = partial(varying_blur, image, sigma, max_sigma=MOST, threads=1, out=out)
        yield Row(f"varying_blur {kind}", ours, {"cv2, a stack of blurs": partial(stack_cv2, image, sigma)})
    colours = np.empty((SIDE, SIDE, 3), np.float32)
    ours = partial(subsurface, image, sigma=SPREAD, threads=1, out=colours)
    yield Row("subsurface", ours, {"cv2, three blurs": partial(spread_cv2, image)})
    yield Row("the same call twice", ours, {"ours": ours})


def lines_numpy(height: np.ndarray, direction: tuple[float, float, float]) -> np.ndarray:
    """The same lines and horizons, a row at a time."""
    x, y, z = direction
    turns = 0
    while not (y > 0 and -y <= x < y):
        x, y, turns = -y, x, turns + 1
    field = np.ascontiguousarray(np.rot90(height, turns))
    count, cols = field.shape
    slope, rise = -x / y, np.float32(z / y)
    reach = int(abs(slope) * count) + 2
    padded = np.pad(field, ((0, 0), (reach, reach)), mode="edge")
    ceiling = np.full(cols + 2 * reach, -1e9, np.float32)  # of line j - slope k
    out = np.empty_like(field)
    for k in range(count):
        whole = int(np.floor(slope * k))
        part = np.float32(slope * k - whole)
        span = slice(reach + max(whole, 0), cols + reach + min(whole, 0))
        here = padded[k, span] + part * (padded[k, span.start + 1 : span.stop + 1] - padded[k, span])
        own = ceiling[span.start - whole : span.stop - whole]
        lit = 1 - np.clip((own - here) / rise, 0, 1)
        row = np.ones(cols + 2 * reach, np.float32)
        row[span] = lit
        out[k] = (row + part * (np.roll(row, 1) - row))[reach : reach + cols]
        np.maximum(own, here, out=own)
        ceiling -= rise
    return np.rot90(out, -turns)


def march_cv2(height: np.ndarray, direction: tuple[float, float, float], steps: int) -> np.ndarray:
    """Shift the field a pixel at a time along the light, and compare."""
    x, y, z = direction
    length = np.hypot(x, y)
    rise, size = z / length, height.shape[::-1]
    ceiling = np.full_like(height, -1e9)
    for step in range(1, steps + 1):
        shift = np.float32([[1, 0, -step * x / length], [0, 1, step * y / length]])
        moved = cv2.warpAffine(height, shift, size, flags=cv2.INTER_LINEAR, borderValue=-1e9)
        np.maximum(ceiling, moved - np.float32(step * rise), out=ceiling)
    return 1 - np.clip((ceiling - height) / np.float32(rise), 0, 1)


def stack_cv2(image: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The same widths and shares, every blur of the whole image."""
    sigmas = [MOST]
    while sigmas[0] > 0.354:
        sigmas.insert(0, sigmas[0] / 2**0.5)
    out, roots, before = image, cv2.sqrt(sigma), 0.0
    for one in sigmas:
        blurred = cv2.GaussianBlur(image, (0, 0), one, borderType=cv2.BORDER_REFLECT)
        share = np.clip((roots - np.float32(before**0.5)) / np.float32(one**0.5 - before**0.5), 0, 1)
        out = out + share * (blurred - out)
        before = one
    return out


def spread_cv2(image: np.ndarray) -> np.ndarray:
    return cv2.merge([cv2.GaussianBlur(image, (0, 0), one, borderType=cv2.BORDER_REFLECT) for one in SPREAD])


def cuda_rows() -> Iterator[Row]:
    """On a GPU; the floor is a copy of the field."""
    import cupy

    field = cupy.asarray(ball())
    out = cupy.empty_like(field)
    copy = {"device copy": partial(cupy.copyto, out, field)}
    yield Row("cuda cast_shadow", partial(cast_shadow, field, (0.3, 1.0, 0.5), out=out), copy)
    sigma = cupy.asarray(widths("ramp"))
    yield Row("cuda varying_blur ramp", partial(varying_blur, field, sigma, max_sigma=MOST, out=out), copy)
    colours = cupy.empty((SIDE, SIDE, 3), np.float32)
    yield Row("cuda subsurface", partial(subsurface, field, sigma=SPREAD, out=colours), copy)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from shadows_rows import *
field, sigma = ball(2048), widths("ramp", 2048)
"""
    return {
        "nothing": start,
        "cast_shadow": start + "cast_shadow(field, (1, 1, 1), threads=1)",
        "varying_blur": start + "varying_blur(field, sigma, threads=1)",
        "subsurface": start + "subsurface(field, sigma=SPREAD, threads=1)",
    }
