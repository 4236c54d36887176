"""The range coder against its peers: four million symbols, Laplace, 1.8 and 4.5 bits each."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial

import numpy as np
from compare import Row, available

from pixkern.rans import Tables, decode, encode

COUNT = 1 << 22
SCALES = {"1.8 bits": 0.6, "4.5 bits": 4.2}

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("encode uint8 1.8 bits", "constriction ANS"): 1.9,
    ("encode uint8 4.5 bits", "constriction ANS"): 2.0,
    ("decode uint8 1.8 bits", "constriction ANS"): 10.0,
    ("decode uint8 4.5 bits", "constriction ANS"): 14.0,
}


def laplace(scale: float, dtype: type = np.uint8, count: int = COUNT) -> np.ndarray:
    """Rounded, the sign in the lowest bit, as codecs fold coefficients."""
    value = np.random.default_rng(0).laplace(0, scale, count).round().astype(int)
    return np.minimum(np.where(value >= 0, 2 * value, -2 * value - 1), np.iinfo(dtype).max).astype(dtype)


def rows() -> Iterator[Row]:
    for name, scale in SCALES.items():
        symbols = laplace(scale)
        out, data = np.empty_like(symbols), encode(symbols)
        encoders, decoders = _peers(symbols)
        yield Row(f"encode uint8 {name}", partial(encode, symbols, threads=1), encoders)
        yield Row(f"decode uint8 {name}", partial(decode, data, out=out, threads=1), decoders)
    wide = laplace(4.2, np.uint16)
    plain = {"ours, uint8": partial(encode, symbols, threads=1)}
    yield Row("encode uint16", partial(encode, wide, threads=1), plain)
    plain = {"ours, uint8": partial(decode, data, out=out, threads=1)}
    yield Row("decode uint16", partial(decode, encode(wide), out=np.empty_like(wide), threads=1), plain)
    broad = laplace(3000, np.uint16)
    yield Row("decode uint16 with raw bits", partial(decode, encode(broad), out=np.empty_like(broad), threads=1), plain)
    contexts = (np.arange(COUNT) >> 12 & 7).astype(np.uint8)
    tables = Tables.fit(symbols, contexts)
    mixed = encode(symbols, tables=tables, contexts=contexts)
    yield Row(
        "encode uint8, 8 tables given",
        partial(encode, symbols, tables=tables, contexts=contexts, threads=1),
        {"ours, table fitted": partial(encode, symbols, threads=1)},
    )
    yield Row(
        "decode uint8, 8 tables given",
        partial(decode, mixed, tables=tables, contexts=contexts, out=out, threads=1),
        plain,
    )
    run = partial(decode, data, out=out, threads=1)
    yield Row("the same call twice", run, {"ours": run})


def _peers(symbols: np.ndarray) -> tuple[dict, dict]:
    """Encoders and decoders of the same symbols; zlib takes more bytes, and is what Python has."""
    packed = zlib.compress(symbols, 1)
    encoders = {"zlib-1": lambda: zlib.compress(symbols, 1)}
    decoders = {"zlib": lambda: zlib.decompress(packed)}
    if available("constriction"):
        from constriction import stream

        coder_of = stream.stack.AnsCoder
        counts = np.bincount(symbols)
        model = stream.model.Categorical(counts / symbols.size, perfect=False)
        given = symbols.astype(np.int32)  # its own type of symbols, made beforehand

        def encoded() -> np.ndarray:
            coder = coder_of()
            coder.encode_reverse(given, model)
            return coder.get_compressed()

        words = encoded()
        encoders["constriction ANS"] = encoded
        decoders["constriction ANS"] = lambda: coder_of(words).decode(model, symbols.size)
    return encoders, decoders


def cuda_rows() -> Iterator[Row]:
    """The same on a GPU, in chunks of 2^14 symbols; the floor is a copy of the symbols."""
    import cupy

    for name, scale in SCALES.items():
        symbols = cupy.asarray(laplace(scale, count=1 << 26))
        copied = cupy.empty_like(symbols)
        data = encode(symbols, chunk=2**14)
        peers = {"device copy": partial(cupy.copyto, copied, symbols)}
        yield Row(f"cuda encode uint8 {name}", partial(encode, symbols, chunk=2**14), peers)
        yield Row(f"cuda decode uint8 {name}", partial(decode, data, backend="cuda", out=copied), peers)


def memory_rows() -> dict[str, str]:
    """Programs whose peak memory is compared with that of making their input alone; {name: what to run}."""
    start = """
import sys
sys.path.insert(0, "benchmarks")
from rans_rows import *
symbols = np.repeat(laplace(0.6, count=1 << 20), 16)
"""
    return {
        "nothing": start,
        "encode": start + "encode(symbols, threads=1)",
        "encode and decode": start + "decode(encode(symbols, threads=1), threads=1)",
    }
