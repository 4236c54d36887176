"""The lifting family against PyWavelets: planes of noise, float32, five levels; int32 against our own float32."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row, available

from pixkern.lifting import dwt2, hadamard4, idwt2

LEVELS = 5
FILTERS = {"haar": "haar", "cdf53": "bior2.2", "cdf97": "bior4.4"}
MODES = ("periodization", "symmetric")  # the one that is not expansive, and the default

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("dwt2 haar 2048", "pywt symmetric"): 15,
    ("idwt2 haar 2048", "pywt symmetric"): 13,
    ("dwt2 cdf53 2048", "pywt periodization"): 15,
    ("dwt2 cdf53 2048", "pywt symmetric"): 15,
    ("idwt2 cdf53 2048", "pywt symmetric"): 9,
    ("dwt2 cdf97 2048", "pywt symmetric"): 12,
    ("idwt2 cdf97 2048", "pywt symmetric"): 8,
    ("hadamard4 4 x 2048 x 2048, axis 0", "a copy"): 0.45,
}


def plane(side: int, dtype: type = np.float32) -> np.ndarray:
    return np.random.default_rng(0).integers(-128, 128, (side, side), np.int8).astype(dtype)


def rows() -> Iterator[Row]:
    for side in (512, 2048, 4096):
        x = plane(side)
        out = np.empty_like(x)
        for wavelet, name in FILTERS.items():
            how = {"wavelet": wavelet, "levels": LEVELS, "out": out, "threads": 1}
            forward, inverse = _pywavelets(x, name)
            copy = {"a copy": partial(np.copyto, out, x)}
            yield Row(f"dwt2 {wavelet} {side}", partial(dwt2, x, **how), forward | copy)
            yield Row(f"idwt2 {wavelet} {side}", partial(idwt2, x, **how), inverse | copy)
    floats, integers = plane(2048), plane(2048, np.int32)
    for transform in (dwt2, idwt2):
        for wavelet in ("haar", "cdf53"):
            how = {"wavelet": wavelet, "levels": LEVELS, "threads": 1}
            yield Row(
                f"{transform.__name__} {wavelet} int32 2048",
                partial(transform, integers, **how, out=np.empty_like(integers)),
                {"ours, float32": partial(transform, floats, **how, out=np.empty_like(floats))},
            )
    for shape, axis in (((4, 2048, 2048), 0), ((4, 64, 64), 0), ((2048, 2048, 4), 2)):
        x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        out = np.empty_like(x)
        name = f"hadamard4 {' x '.join(map(str, shape))}, axis {axis}"
        yield Row(name, partial(hadamard4, x, axis=axis, out=out, threads=1), {"a copy": partial(np.copyto, out, x)})
    x = plane(2048)
    twice = partial(dwt2, x, levels=LEVELS, out=np.empty_like(x), threads=1)
    yield Row("the same call twice", twice, {"ours": twice})


def _pywavelets(x: np.ndarray, name: str) -> tuple[dict, dict]:
    if not available("pywt"):
        return {}, {}
    import pywt

    forward = {f"pywt {mode}": partial(pywt.wavedec2, x, name, mode, LEVELS) for mode in MODES}
    inverse = {f"pywt {mode}": partial(pywt.waverec2, forward[f"pywt {mode}"](), name, mode) for mode in MODES}
    return forward, inverse


def cuda_rows() -> Iterator[Row]:
    """One level, and five, on a GPU; the floor is a copy of as many bytes as a level reads and writes."""
    import cupy

    for shape in ((4096, 4096), (16, 1024, 1024)):
        x = cupy.asarray(np.random.default_rng(0).normal(size=shape).astype(np.float32))
        out = cupy.empty_like(x)
        copy = {"device copy": partial(cupy.copyto, out, x)}
        for wavelet in FILTERS:
            for levels in (1, LEVELS):
                for transform in (dwt2, idwt2):
                    ours = partial(transform, x, wavelet=wavelet, levels=levels, out=out)
                    yield Row(f"cuda {transform.__name__} {wavelet} {levels} {' x '.join(map(str, shape))}", ours, copy)
    x = cupy.ones((4, 2048, 2048), np.float32)
    out = cupy.empty_like(x)
    yield Row("cuda hadamard4", partial(hadamard4, x, out=out), {"device copy": partial(cupy.copyto, out, x)})


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from lifting_rows import *
x = plane(4096)
"""
    programs = {"nothing": start, "ours": start + "dwt2(x, wavelet='cdf97', levels=5, threads=1)"}
    if available("pywt"):
        programs["pywt.wavedec2"] = start + "import pywt\npywt.wavedec2(x, 'bior4.4', 'periodization', 5)"
    return programs
