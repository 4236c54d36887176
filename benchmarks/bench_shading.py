"""asv: the shading family over dtypes, sizes, lights and what else shines."""

import numpy as np

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

LIGHT = DirectionalLight((0.4, 0.5, 0.7))
DTYPES = ["uint8", "uint16", "float32"]


def image(shape, dtype):
    draw = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        return draw.random(shape).astype(dtype)
    return draw.integers(0, np.iinfo(dtype).max, shape, dtype)


class Shade:
    """A light, a shadow, a mask that is whole, empty or soft, and a background."""

    params = (DTYPES, [256, 1024, 2047], ["none", "whole", "soft"])
    param_names = ("dtype", "side", "mask")

    def setup(self, dtype, side, mask):
        self.albedo, self.background = image((2, side, side, 3), dtype)
        self.normals = normals_from_height(image((side, side), "float32"))
        soft = image((side, side), "uint8")
        self.how = {
            "shadow": image((side, side), "float32"),
            "background": self.background,
            "mask": {"none": None, "whole": np.full_like(soft, 255), "soft": soft}[mask],
            "out": np.empty_like(self.albedo),
            "threads": 1,
        }

    def time_shade(self, dtype, side, mask):
        shade(self.albedo, self.normals, LIGHT, **self.how)

    def time_composite(self, dtype, side, mask):
        if mask != "none":
            how = {name: self.how[name] for name in ("out", "threads")}
            composite(self.albedo, self.background, self.how["mask"], **how)


class Shines:
    params = (["one light", "four lights", "environment", "phong", "blinn", "ggx", "channels"],)
    param_names = ("what",)

    def setup(self, what):
        self.albedo = image((1024, 1024, 3), "uint8")
        self.normals = normals_from_height(image((1024, 1024), "float32"))
        self.lights = [LIGHT] * (4 if what == "four lights" else 1)
        self.how = {"threads": 1}
        if what == "environment":
            self.how["environment"] = np.ones((9, 3))
        if what == "channels":
            self.how["shadow"] = self.how["occlusion"] = image((1024, 1024, 3), "float32")
        self.specular = Specular(what, 0.3) if what in ("phong", "blinn", "ggx") else None
        self.out, self.light = np.empty_like(self.albedo), np.empty(self.albedo.shape, np.float32)

    def time_shade(self, what):
        shade(self.albedo, self.normals, self.lights, specular=self.specular, out=self.out, **self.how)

    def time_shading(self, what):
        shading(self.normals, self.lights, out=self.light, **self.how)


class Normals:
    params = (["uint8", "uint16", "float32", "float64"], [False, True])
    param_names = ("dtype", "mask")

    def setup(self, dtype, mask):
        self.field = image((1024, 1024), dtype)
        self.how = {"mask": image((1024, 1024), "uint8") if mask else None, "threads": 1}
        self.how["out"] = np.empty((1024, 1024, 3), np.float32)

    def time_normals_from_height(self, dtype, mask):
        normals_from_height(self.field, **self.how)

    def time_normals_from_depth(self, dtype, mask):
        normals_from_depth(self.field, **self.how)


class Codes:
    params = (DTYPES,)
    param_names = ("dtype",)

    def setup(self, dtype):
        self.codes = image((1024, 1024, 3), dtype)
        self.light = image((1024, 1024, 3), "float32")

    def time_srgb_to_linear(self, dtype):
        srgb_to_linear(self.codes, out=self.light, threads=1)

    def time_linear_to_srgb(self, dtype):
        linear_to_srgb(self.light, dtype, out=self.codes, threads=1)


class Memory:
    def peakmem_shade(self):
        normals = np.zeros((2048, 2048, 3), np.float32)
        shade(np.zeros((2048, 2048, 3), np.uint8), normals, LIGHT)
