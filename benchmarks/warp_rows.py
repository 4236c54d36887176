"""The warp family against its peers: a photo of 12 MP, RGB, the distortion of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row, available

from pixkern.lenses import BrownConrady, Chromatic, Division, KannalaBrandt
from pixkern.warp import coordinate_map, grid_sample, warp

SIZE = (4000, 3000)
MATRIX = np.array([[3600.0, 0, 1999.5], [0, 3600.0, 1499.5], [0, 0, 1]])
DISTORTION = np.array([-0.12, 0.03, 0.0005, -0.0005, 0.0])
LENS = BrownConrady.from_opencv(MATRIX, DISTORTION)

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("bilinear uint8", "cv2.undistort"): 1.2,
    ("bilinear uint8", "torch, grid given"): 2.9,
    ("bicubic uint8", "cv2 map + remap"): 1.2,
    ("lanczos4 uint8", "cv2 map + remap"): 2.1,
    ("bilinear float32", "cv2 map + remap"): 1.6,
    ("with residual", "ours without"): 0.42,
}


def photo(size: tuple[int, int] = SIZE) -> np.ndarray:
    """Noise at many scales, as photos have it."""
    import cv2

    draw = np.random.default_rng(0)
    coarse = [draw.integers(0, 256, (size[1] // step + 1, size[0] // step + 1, 3), dtype=np.uint8) for step in (8, 64)]
    fine, wide = (cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC) for noise in coarse)
    return cv2.addWeighted(fine, 0.5, wide, 0.5, 0)


def rows() -> Iterator[Row]:
    import cv2

    image = photo()
    real = image.astype(np.float32) / 255
    out, real_out = np.empty_like(image), np.empty_like(real)

    def remapped(pixels: np.ndarray, interpolation: int) -> None:
        maps = cv2.initUndistortRectifyMap(MATRIX, DISTORTION, None, MATRIX, SIZE, cv2.CV_32FC1)
        cv2.remap(pixels, *maps, interpolation)

    def ours(pixels: np.ndarray = image, to: np.ndarray = out, **options: object) -> None:
        warp(pixels, LENS, out=to, threads=1, **options)

    bilinear = {"cv2.undistort": lambda: cv2.undistort(image, MATRIX, DISTORTION)}
    bilinear["cv2 map + remap"] = lambda: remapped(image, cv2.INTER_LINEAR)
    kept = cv2.initUndistortRectifyMap(MATRIX, DISTORTION, None, MATRIX, SIZE, cv2.CV_16SC2)
    bilinear["cv2.remap, 1/32 px maps given"] = lambda: cv2.remap(image, *kept, cv2.INTER_LINEAR)
    grid = _grid(np.float32)
    sampled: dict = {}
    if available("torch"):
        import torch

        planes = torch.from_numpy(image).permute(2, 0, 1)[None].float()
        field = torch.from_numpy(grid)[None]
        sampled["torch grid_sample (float32)"] = lambda: torch.nn.functional.grid_sample(
            planes, field, align_corners=True
        )
        bilinear["torch, grid given"] = sampled["torch grid_sample (float32)"]
    if available("kornia"):
        import torch
        from kornia.geometry.calibration import undistort_image

        tensors = [torch.from_numpy(a).float()[None] for a in (MATRIX, DISTORTION)]
        scaled = planes / 255
        bilinear["kornia undistort_image"] = lambda: undistort_image(scaled, *tensors)

    yield Row("bilinear uint8", ours, bilinear)
    yield Row(
        "bicubic uint8",
        lambda: ours(interpolation="bicubic"),
        {"cv2 map + remap": lambda: remapped(image, cv2.INTER_CUBIC)},
    )
    yield Row(
        "lanczos4 uint8",
        lambda: ours(interpolation="lanczos4"),
        {"cv2 map + remap": lambda: remapped(image, cv2.INTER_LANCZOS4)},
    )
    yield Row(
        "nearest uint8",
        lambda: ours(interpolation="nearest"),
        {"cv2 map + remap": lambda: remapped(image, cv2.INTER_NEAREST)},
    )
    yield Row(
        "bilinear float32", lambda: ours(real, real_out), {"cv2 map + remap": lambda: remapped(real, cv2.INTER_LINEAR)}
    )
    yield Row(
        "bicubic float32",
        lambda: ours(real, real_out, interpolation="bicubic"),
        {"cv2 map + remap": lambda: remapped(real, cv2.INTER_CUBIC)},
    )
    residual = np.random.default_rng(1).normal(size=(24, 32, 2)).astype(np.float32)
    yield Row("with residual", lambda: ours(residual=residual), {"ours without": ours})
    fringes = Chromatic(2500, LENS.center, red=(1.0003, 0, 0.0002), blue=(0.9998, 0, 0))
    yield Row("with chromatic", lambda: ours(chromatic=fringes), {"ours without": ours})
    for name, lens in (
        ("division lens", Division(3600, LENS.center, radial=(-0.1,))),
        ("inverted lens", LENS.inverted()),
        ("fisheye of 500 px", KannalaBrandt(500, LENS.center, (0.01, -0.003))),
    ):
        yield Row(name, partial(warp, image, lens, out=out, threads=1), {"ours, mild lens": ours})
    maps = coordinate_map(LENS, SIZE).astype(np.float32)
    sampled["cv2.remap, maps given"] = lambda: cv2.remap(image, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR)
    yield Row("grid_sample uint8", lambda: grid_sample(image, grid, out=out, threads=1), sampled)
    points = np.random.default_rng(2).uniform([0, 0], SIZE, (1_000_000, 2))
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-12)
    yield Row(
        "inverse of 1 M points",
        lambda: LENS.inverse(points),
        {
            "cv2.undistortPointsIter"
            if hasattr(cv2, "undistortPointsIter")
            else "cv2.undistortPoints, 1e-12": _undistorted(points, criteria)
        },
    )
    yield Row("the same call twice", ours, {"ours": ours})


def _undistorted(points: np.ndarray, criteria: tuple) -> object:
    import cv2

    run = getattr(cv2, "undistortPointsIter", None)
    if run is not None:
        return lambda: run(points, MATRIX, DISTORTION, None, MATRIX, criteria)
    return lambda: cv2.undistortPoints(points, MATRIX, DISTORTION, R=None, P=MATRIX, criteria=criteria)


def _grid(dtype: type) -> np.ndarray:
    return (2 * coordinate_map(LENS, SIZE) / (np.array(SIZE) - 1) - 1).astype(dtype)


def cuda_rows() -> Iterator[Row]:
    """The same on a GPU; the floor is a copy of as many bytes as the warp reads and writes."""
    import cupy

    small = BrownConrady(1800, (959.5, 539.5), radial=(-0.12, 0.03))
    for name, image, lens in (
        ("12 MP", photo(), LENS),
        ("16 x 2 MP", np.stack([photo((1920, 1080))] * 16), small),
    ):
        for dtype in (np.uint8, np.float32):
            given = cupy.asarray(image.astype(dtype))
            out, copied = cupy.empty_like(given), cupy.empty_like(given)
            for interpolation in ("bilinear", "bicubic", "lanczos4"):
                peers = {"device copy": partial(cupy.copyto, copied, given)}
                if (interpolation, dtype) == ("bilinear", np.float32) and available("torch"):
                    peers["torch, grid given"] = _torch_on_cuda(image, lens)
                ours = partial(warp, given, lens, interpolation=interpolation, out=out)
                yield Row(f"cuda {interpolation} {np.dtype(dtype).name} {name}", ours, peers)


def _torch_on_cuda(image: np.ndarray, lens: BrownConrady) -> object:
    import torch

    batch = image if image.ndim == 4 else image[None]
    planes = torch.from_numpy(batch).permute(0, 3, 1, 2).float().cuda()
    size = (batch.shape[2], batch.shape[1])
    grid = (2 * coordinate_map(lens, size) / (np.array(size) - 1) - 1).astype(np.float32)
    field = torch.from_numpy(grid).cuda()[None].expand(len(batch), -1, -1, -1)
    return lambda: torch.nn.functional.grid_sample(planes, field, align_corners=True)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of loading their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
import cv2
from warp_rows import *
cv2.setNumThreads(1)
image = np.ones((3000, 4000, 3), np.uint8)
"""
    return {
        "nothing": start,
        "ours": start + "warp(image, LENS, threads=1)",
        "ours, lanczos4 and residual": start
        + "warp(image, LENS, residual=np.ones((24, 32, 2), np.float32), interpolation='lanczos4', threads=1)",
        "cv2.undistort": start + "cv2.undistort(image, MATRIX, DISTORTION)",
        "cv2 map + remap": start
        + "maps = cv2.initUndistortRectifyMap(MATRIX, DISTORTION, None, MATRIX, SIZE, cv2.CV_32FC1)\n"
        + "cv2.remap(image, *maps, cv2.INTER_LINEAR)",
    }
