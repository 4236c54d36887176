"""How often a byte is rounded wrongly, and how far points are off: ours and OpenCV against float64.

python benchmarks/warp_accuracy.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from reference import lenses as exact_lenses
from reference import warp as exact

from pixkern.lenses import BrownConrady
from pixkern.warp import coordinate_map, warp

SIZE = (1600, 1200)
MATRIX = np.array([[1400, 0, 803.3], [0, 1400, 598.1], [0, 0, 1]])
DISTORTION = np.array([-0.12, 0.03, 0.0008, -0.0005])


def wrong_pixels() -> None:
    noise = np.random.default_rng(0).integers(0, 2, (SIZE[1], SIZE[0], 1), dtype=np.uint8) * 255
    lens = BrownConrady.from_opencv(MATRIX, DISTORTION)
    positions = exact_lenses.to_pixels(
        lambda n: exact_lenses.brown_conrady(n, DISTORTION[:2], tuple(DISTORTION[2:])),
        exact.pixels(SIZE),
        (1400, 1400),
        (803.3, 598.1),
    )
    maps = cv2.initUndistortRectifyMap(MATRIX, DISTORTION, None, MATRIX, SIZE, cv2.CV_32FC1)
    flags = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC, "lanczos4": cv2.INTER_LANCZOS4}
    print(f"black-and-white noise {SIZE[0]} x {SIZE[1]}, uint8: pixels that differ from the float64 result")
    for name, flag in flags.items():
        right = exact.rounded(exact.sample(noise, positions, name), np.uint8)
        found = {
            "pixkern": warp(noise, lens, interpolation=name),
            "cv2.remap": cv2.remap(noise, *maps, flag)[..., None],
        }
        if name == "bilinear":
            found["cv2.undistort"] = cv2.undistort(noise, MATRIX, DISTORTION)[..., None]
        print(f"  {name:9}", *(f"{peer} {100 * (got != right).mean():.4f} %" for peer, got in found.items()), sep="  ")
    print(f"positions: pixkern {np.abs(coordinate_map(lens, SIZE) - positions).max():.1e} px", end="")
    print(f", float32 maps {np.abs(np.stack(maps, -1) - positions).max():.1e} px")


def inverse() -> None:
    matrix = np.array([[1000, 0, 999.5], [0, 1000, 749.5], [0, 0, 1]])
    points = np.random.default_rng(1).uniform([0, 0], [1999, 1499], (20_000, 2))
    print("inverse of 20,000 points, largest error in pixels")
    for distortion in ([-0.15, 0.03, 0, 0], [-0.3, 0.1, 0, 0], [0.2, 0.1, 0, 0]):
        lens = BrownConrady.from_opencv(matrix, distortion)
        photo = lens.map(points)
        theirs = cv2.undistortPoints(photo[:, None], matrix, np.array(distortion), P=matrix)[:, 0]
        ours, _ = lens.inverse(photo)
        print(f"  k1, k2 = {distortion[:2]}  pixkern {np.abs(ours - points).max():.1e}", end="")
        print(f"  cv2.undistortPoints {np.abs(theirs - points).max():.1e}")


if __name__ == "__main__":
    print(f"OpenCV {cv2.__version__}")
    wrong_pixels()
    inverse()
