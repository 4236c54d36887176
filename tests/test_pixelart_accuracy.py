"""Sprites are recovered from corrupted pictures as often as measured, on pictures that are always the same.

The floors are what was measured, less one or two pictures: OpenCV's JPEG and median filter are the only part whose
bytes may differ between its versions. What is measured on hundreds of other sprites is in docs/pixelart_accuracy.md.
"""

import numpy as np
import pytest

from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart import bench

COUNT = 12


@pytest.fixture(scope="module")
def outcomes() -> list[bench.Outcome]:
    tiers = ("easy", "medium", "hard", "diffusion")
    made = bench.cases(demo_sprites(), tiers=tiers, count=COUNT, seed=5, upscales=())
    return list(bench.measure(made, [bench.own_method()]))
