"""asv: the quantisers, both ways."""

import numpy as np

from pixkern.quantize import dequantize, dequantize_u8, quantize, quantize_u8


class DeadZone:
    params = (["one step", "a step per plane"], [1.0, 1.16, 2.0])
    param_names = ("step", "deadzone")

    def setup(self, step, deadzone):
        self.x = np.random.default_rng(0).laplace(0, 3, (3, 1024, 1024)).astype(np.float32)
        self.step = 0.5 if step == "one step" else [0.5, 0.7, 0.9]
        self.q = quantize(self.x, self.step, deadzone=deadzone)
        self.back = np.empty_like(self.x)

    def time_quantize(self, step, deadzone):
        quantize(self.x, self.step, deadzone=deadzone, out=self.q, threads=1)

    def time_dequantize(self, step, deadzone):
        dequantize(self.q, self.step, deadzone=deadzone, out=self.back, threads=1)


class Bytes:
    params = (0, 5)
    param_names = ("levels",)

    def setup(self, levels):
        self.x = np.random.default_rng(0).laplace(0, 3, (3, 1024, 1024)).astype(np.float32)
        self.found = quantize_u8(self.x, quality=75, levels=levels)
        self.back = np.empty_like(self.x)

    def time_quantize_u8(self, levels):
        quantize_u8(self.x, quality=75, levels=levels, threads=1)

    def time_dequantize_u8(self, levels):
        dequantize_u8(*self.found, levels=levels, out=self.back, threads=1)
