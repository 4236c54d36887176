"""The shading family against NumPy, OpenCV and torch: a scene with a light, a shadow, a soft mask and a background."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
import shading_peers as peers
from compare import Row, available

from pixkern.shading import (
    DirectionalLight,
    Specular,
    composite,
    linear_to_srgb,
    normals_from_depth,
    normals_from_height,
    shade,
    shading,
    srgb_to_linear,
)

LIGHT = DirectionalLight((0.4, 0.5, 0.7), (1, 0.9, 0.8))

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("shade uint8 512", "cv2, table"): 1.9,
    ("shade uint8 1024", "numpy"): 5,
    ("shade uint8 1024", "cv2, pow"): 2.6,
    ("shade uint8 1024", "cv2, table"): 2.3,
    ("shade uint8 1024", "torch"): 5.6,
    ("shade uint8 2048", "cv2, table"): 3.4,
    ("composite uint8 1024", "cv2, pow"): 3.5,
    ("composite uint8 1024, srgb", "cv2.blendLinear"): 1.1,
    ("normals_from_height 1024", "numpy"): 5,
    ("normals_from_height 1024", "cv2"): 0.69,
    ("srgb_to_linear uint8 1024", "cv2.LUT"): 0.37,
    ("linear_to_srgb uint8 1024", "numpy"): 8.4,
    ("linear_to_srgb uint8 1024", "cv2, pow"): 5.5,
}


def scene(side: int, dtype: type = np.uint8) -> peers.Scene:
    """Noise under a bumpy surface; the mask is a disc with an edge of some pixels."""
    draw = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    disc = np.where(np.hypot(x, y) < 0.7, 255, 0).astype(np.uint8)
    colours = [draw.integers(0, np.iinfo(dtype).max, (side, side, 3), dtype, endpoint=True) for _ in range(2)]
    height = cv2.GaussianBlur(draw.random((side, side), np.float32), (0, 0), 9) * 300
    return peers.Scene(
        colours[0],
        normals_from_height(height),
        np.float32(LIGHT.direction),
        np.float32(LIGHT.intensity),
        0.2,
        draw.random((side, side), np.float32),
        colours[1],
        cv2.GaussianBlur(disc, (0, 0), 3),
    )


def options(s: peers.Scene) -> dict:
    return {"ambient": s.ambient, "shadow": s.shadow, "background": s.background, "mask": s.mask}


def rows() -> Iterator[Row]:
    for side in (512, 1024, 2048):
        s = scene(side)
        ours = partial(shade, s.albedo, s.normals, LIGHT, **options(s), out=np.empty_like(s.albedo), threads=1)
        theirs = {"numpy": partial(peers.shade_numpy, s), "cv2, pow": partial(peers.shade_cv2, s)}
        theirs["cv2, table"] = partial(peers.shade_cv2_table, s)
        if available("torch"):
            theirs["torch"] = partial(peers.shade_torch, peers.tensors(s))
        yield Row(f"shade uint8 {side}", ours, theirs)
    s, wide = scene(1024), scene(1024, np.uint16)
    ours = partial(shade, s.albedo, s.normals, LIGHT, **options(s), out=np.empty_like(s.albedo), threads=1)
    for name, specular in (("blinn", Specular("blinn", 0.3)), ("ggx", Specular("ggx", 0.3))):
        yield Row(f"shade uint8 1024, {name}", partial(ours, specular=specular), {"ours without": ours})
    environment = np.random.default_rng(0).normal(size=(9, 3))
    yield Row("shade uint8 1024, environment", partial(ours, environment=environment), {"ours without": ours})
    three = [LIGHT, DirectionalLight((-1, 0, 1)), DirectionalLight((0, -1, 1))]
    given = {**options(s), "out": np.empty_like(s.albedo), "threads": 1}
    yield Row("shade uint8 1024, 3 lights", partial(shade, s.albedo, s.normals, three, **given), {"ours with 1": ours})
    given = {**options(wide), "out": np.empty_like(wide.albedo), "threads": 1}
    yield Row("shade uint16 1024", partial(shade, wide.albedo, wide.normals, LIGHT, **given), {"ours, uint8": ours})
    yield from _parts(s)
    yield Row("the same call twice", ours, {"ours": ours})


def _parts(s: peers.Scene) -> Iterator[Row]:
    light, codes = srgb_to_linear(s.albedo), np.empty_like(s.albedo)
    floats = np.empty_like(light)
    mine = partial(shading, s.normals, LIGHT, ambient=0.2, shadow=s.shadow, out=floats, threads=1)
    yield Row("shading 1024", mine, {"a copy of its size": partial(np.copyto, floats, light)})
    cover = (s.albedo, s.background, s.mask)
    mine = partial(composite, *cover, out=codes, threads=1)
    theirs = {"numpy": partial(peers.composite_numpy, *cover), "cv2, pow": partial(peers.composite_cv2, *cover)}
    yield Row("composite uint8 1024", mine, theirs)
    mine = partial(mine, space="srgb")
    yield Row("composite uint8 1024, srgb", mine, {"cv2.blendLinear": partial(peers.composite_cv2_srgb, *cover)})
    height = np.cumsum(np.random.default_rng(0).normal(size=(1024, 1024)), axis=1).astype(np.float32)
    theirs = {"numpy": partial(peers.normals_numpy, height), "cv2": partial(peers.normals_cv2, height)}
    yield Row("normals_from_height 1024", partial(normals_from_height, height, out=floats, threads=1), theirs)
    mine = partial(normals_from_depth, height, mask=s.mask, out=floats, threads=1)
    yield Row("normals_from_depth 1024, mask", mine, theirs)
    theirs = {"cv2.LUT": partial(cv2.LUT, s.albedo, peers.TO_LINEAR), "numpy": lambda: peers.TO_LINEAR[s.albedo]}
    yield Row("srgb_to_linear uint8 1024", partial(srgb_to_linear, s.albedo, out=floats, threads=1), theirs)
    theirs = {"numpy": partial(peers.codes_numpy, light), "cv2, pow": partial(peers.codes_cv2, light)}
    yield Row("linear_to_srgb uint8 1024", partial(linear_to_srgb, light, out=codes, threads=1), theirs)
    wide = np.empty(light.shape, np.uint16)
    mine = partial(linear_to_srgb, light, np.uint16, out=wide, threads=1)
    yield Row("linear_to_srgb uint16 1024", mine, {"numpy, of 8 bits": partial(peers.codes_numpy, light)})


def cuda_rows() -> Iterator[Row]:
    """One pass on a GPU; the floor is a copy of as many bytes as it reads and writes."""
    import cupy

    for side in (1024, 4096):
        s = scene(side)
        on_gpu = s._replace(**{k: cupy.asarray(v) for k, v in s._asdict().items() if isinstance(v, np.ndarray)})
        out = cupy.empty_like(on_gpu.albedo)
        moved = cupy.empty(side * side * 13, np.uint8)  # 26 bytes a pixel, half of them read
        copy = {"device copy": partial(cupy.copyto, moved, cupy.zeros_like(moved))}
        yield Row(
            f"cuda shade uint8 {side}",
            partial(shade, on_gpu.albedo, on_gpu.normals, LIGHT, **options(on_gpu), out=out),
            copy,
        )
        yield Row(f"cuda normals {side}", partial(normals_from_height, on_gpu.shadow), copy)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from shading_rows import *
s = scene(2048)
"""
    return {
        "nothing": start,
        "ours": start + "shade(s.albedo, s.normals, LIGHT, **options(s), threads=1)",
        "numpy": start + "peers.shade_numpy(s)",
        "cv2": start + "peers.shade_cv2(s)",
    }
