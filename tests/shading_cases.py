"""Scenes of every kind, and their results as digests: what must not change with CPU level, threads or backend."""

import hashlib
from typing import Any, NamedTuple

import numpy as np

from pixkern import _threads
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

DTYPES = (np.uint8, np.uint16, np.float32)
# One pixel, a row, a column, blocks of 256 that end anywhere, rows longer than a block.
SHAPES = [(1, 1), (1, 9), (9, 1), (17, 31), (3, 256), (2, 700)]


class Scene(NamedTuple):
    albedo: Any
    normals: Any
    lights: list[DirectionalLight]
    around: dict[str, Any]  # ambient, environment, shadow, occlusion
    cover: dict[str, Any]  # background, mask


def image(draw, shape, dtype):
    if dtype == np.float32:
        return draw.random(shape, np.float32)
    return draw.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def weights(draw, shape, dtype):
    """Whole and empty pixels, pixels in between, and blocks of each."""
    kind = draw.integers(0, 3, shape)
    kind[: shape[0] // 3] = draw.integers(0, 2)
    m = np.where(kind == 2, draw.random(shape), kind)
    return (m * 255).astype(dtype) if dtype == np.uint8 else (m > 0.5 if dtype == np.bool_ else m.astype(dtype))


def unit(draw, shape):
    n = draw.normal(size=(*shape, 3))
    return (n / np.linalg.norm(n, axis=-1, keepdims=True)).astype(np.float32)


def scene(shape, dtype, seed, lights=1, shadow=None, occlusion=None, environment=False, mask=None, behind=False):
    """`shadow` and `occlusion`: 1 or 3 channels, or None."""
    draw = np.random.default_rng(seed)
    around = {"ambient": tuple(draw.random(3))}
    if environment:
        around["environment"] = draw.normal(size=(9, 3))
    for name, count in (("shadow", shadow), ("occlusion", occlusion)):
        if count:
            around[name] = draw.random(shape if count == 1 else (*shape, 3), np.float32)
    cover = {"mask": None if mask is None else weights(draw, shape, mask)}
    cover["background"] = image(draw, (*shape, 3), dtype) if behind else None
    chosen = [DirectionalLight(draw.normal(size=3), draw.random(3)) for _ in range(lights)]
    return Scene(image(draw, (*shape, 3), dtype), unit(draw, shape), chosen, around, cover)


def results(backend=None):
    """(name, array) of every case."""
    where = {"backend": backend}
    models = [None, Specular("phong", 0.3), Specular("blinn", 0.3), Specular("ggx", 0.3)]
    masks = [None, np.bool_, np.uint8, np.float32]
    for k, shape in enumerate(SHAPES):
        for dtype in DTYPES:
            for j in range(4):
                maps = (None, 1, 3)[(j + k) % 3], (1, None, 3)[(j + k) % 3]
                s = scene(shape, dtype, k, j, *maps, j % 2 == 0, masks[j], j != 2)
                name = f"{shape} {np.dtype(dtype)} {j}"
                specular = models[(j + k) % 4]
                yield (
                    f"shade {name}",
                    shade(s.albedo, s.normals, s.lights, specular=specular, **s.around, **s.cover, **where),
                )
                yield f"shading {name}", shading(s.normals, s.lights, **s.around, **where)
                if j and s.cover["background"] is not None:
                    front, back, m = s.albedo, s.cover["background"], s.cover["mask"]
                    yield f"composite {name}", composite(front, back, m, **where)
                    yield f"composite grey {name}", composite(front[..., 0], back[..., 0], m, space="srgb", **where)
            draw = np.random.default_rng(k)
            codes = image(draw, shape, dtype)
            yield f"srgb_to_linear {shape} {np.dtype(dtype)}", srgb_to_linear(codes, **where)
            light = draw.normal(0.4, 0.5, shape).astype(np.float32)
            yield f"linear_to_srgb {shape} {np.dtype(dtype)}", linear_to_srgb(light, dtype, **where)
        for dtype in (*DTYPES, np.float64):
            for j, mask in enumerate(masks):
                draw = np.random.default_rng(k)
                z = image(draw, shape, dtype) if dtype != np.float64 else draw.normal(size=shape)
                m = None if mask is None else weights(draw, shape, mask)
                if m is not None:
                    m[-1, -1] = 1 if mask != np.uint8 else 255
                name = f"{shape} {np.dtype(dtype)} {j}"
                yield f"normals_from_height {name}", normals_from_height(z, mask=m, **where)
                yield f"normals_from_depth {name}", normals_from_depth(z, mask=m, **where)


def digests():
    return {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in results()}


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small images are split at all
    for name, value in digests().items():
        print(name, value)
