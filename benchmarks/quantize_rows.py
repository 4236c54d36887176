"""The quantisers against NumPy's and torch's expressions for the same, on three planes of 2048 x 2048 coefficients."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row, available

from pixkern.quantize import dequantize, dequantize_u8, quantize, quantize_u8

SHAPE = (3, 2048, 2048)
STEP, ROUNDING = np.float32(0.5), np.float32(0.42)
DEADZONE = 2 * (1 - float(ROUNDING))

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("quantize", "NumPy"): 4,
    ("dequantize", "NumPy"): 0.9,
    ("quantize_u8", "NumPy"): 1.6,
    ("dequantize_u8", "NumPy"): 1.7,
}


def coefficients() -> np.ndarray:
    return np.random.default_rng(0).laplace(0, 3, SHAPE).astype(np.float32)


def rows() -> Iterator[Row]:
    x = coefficients()
    q, back = np.empty(SHAPE, np.int32), np.empty(SHAPE, np.float32)
    bins = quantize(x, STEP, deadzone=DEADZONE)
    ours = partial(quantize, x, STEP, deadzone=DEADZONE, out=q, threads=1)
    peers: dict = {
        "NumPy": lambda: (np.sign(x) * np.floor(np.abs(x) / STEP + ROUNDING)).astype(np.int32),
        "copy": partial(np.copyto, back, x),
    }
    inverse: dict = {"NumPy": lambda: bins.astype(np.float32) * STEP, "copy": partial(np.copyto, back, x)}
    if available("torch"):
        import torch

        tensor, whole = torch.from_numpy(x), torch.from_numpy(bins)
        peers["torch"] = lambda: (
            torch.sign(tensor) * torch.floor(torch.abs(tensor) / float(STEP) + float(ROUNDING))
        ).int()
        inverse["torch"] = lambda: whole.float() * float(STEP)
    yield Row("quantize", ours, peers)
    yield Row("dequantize", partial(dequantize, bins, STEP, out=back, threads=1), inverse)
    found = quantize_u8(x, quality=75, levels=0)
    yield Row("quantize_u8", partial(quantize_u8, x, quality=75, levels=0, threads=1), {"NumPy": partial(_bytes, x)})
    scale, offset = found.scales[:, :, None], found.offsets[:, :, None]
    yield Row(
        "dequantize_u8",
        partial(dequantize_u8, *found, levels=0, out=back, threads=1),
        {"NumPy": lambda: found.symbols * scale + offset},
    )
    yield Row("the same call twice", ours, {"ours": ours})


def _bytes(x: np.ndarray) -> np.ndarray:
    low, high = x.min((1, 2), keepdims=True), x.max((1, 2), keepdims=True)
    return np.round((x - low) * (np.float32(74) / (high - low))).astype(np.uint8)


def cuda_rows() -> Iterator[Row]:
    """The same on a GPU; the floor is a copy of the coefficients."""
    import cupy

    x = cupy.asarray(coefficients())
    copied, q = cupy.empty_like(x), cupy.empty(SHAPE, np.int32)
    floor = {"device copy": partial(cupy.copyto, copied, x)}
    yield Row("cuda quantize", partial(quantize, x, STEP, deadzone=DEADZONE, out=q), floor)
    yield Row("cuda dequantize", partial(dequantize, quantize(x, STEP), STEP, out=copied), floor)
    yield Row("cuda quantize_u8", partial(quantize_u8, x, quality=75, levels=0), floor)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from quantize_rows import *
x = np.ones(SHAPE, np.float32)
"""
    return {
        "nothing": start,
        "quantize": start + "quantize(x, STEP, threads=1)",
        "quantize_u8": start + "quantize_u8(x, quality=75, levels=0, threads=1)",
        "NumPy quantize": start + "(np.sign(x) * np.floor(np.abs(x) / STEP + ROUNDING)).astype(np.int32)",
    }
