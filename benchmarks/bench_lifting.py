"""asv: the lifting family over wavelets, dtypes, sizes and levels."""

import numpy as np

from pixkern.lifting import dwt2, from_pywt, hadamard4, idwt2, to_pywt

KINDS = ["haar float32", "cdf53 float32", "cdf97 float32", "haar int32", "cdf53 int32"]


def noise(shape, dtype="float32"):
    return np.random.default_rng(0).integers(-128, 128, shape).astype(dtype)


class Levels:
    params = (KINDS, [64, 512, 2048, 2047], [1, 5])
    param_names = ("kind", "side", "levels")

    def setup(self, kind, side, levels):
        wavelet, dtype = kind.split()
        self.x = noise((side, side), dtype)
        self.how = {"wavelet": wavelet, "levels": levels, "threads": 1, "out": np.empty_like(self.x)}

    def time_dwt2(self, kind, side, levels):
        dwt2(self.x, **self.how)

    def time_idwt2(self, kind, side, levels):
        idwt2(self.x, **self.how)


class Shapes:
    """The same number of samples as stacks, as one row and as one column."""

    params = ("3 x 512 x 512", "3072 x 16 x 16", "1 x 786432", "786432 x 1", "8 x 98304")
    param_names = ("shape",)

    def setup(self, shape):
        self.x = noise(tuple(map(int, shape.split(" x "))))
        self.out = np.empty_like(self.x)

    def time_dwt2(self, shape):
        dwt2(self.x, levels=3, out=self.out, threads=1)

    def time_idwt2(self, shape):
        idwt2(self.x, levels=3, out=self.out, threads=1)


class Hadamard:
    params = (1, 2, 4, 8, 16, 64, 4096)
    param_names = ("behind the axis",)

    def setup(self, inner):
        self.x = noise((2**20 // inner, 4, inner))
        self.out = np.empty_like(self.x)

    def time_hadamard4(self, inner):
        hadamard4(self.x, axis=1, out=self.out, threads=1)


class Lists:
    def setup(self):
        self.coeffs = noise((1024, 1024))
        self.nested = to_pywt(self.coeffs, levels=5)

    def time_to_pywt(self):
        to_pywt(self.coeffs, levels=5)

    def time_from_pywt(self):
        from_pywt(self.nested)


class Memory:
    def peakmem_dwt2(self):
        dwt2(np.ones((4096, 4096), np.float32), wavelet="cdf97", levels=5)
