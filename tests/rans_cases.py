"""Streams of every kind, as digests: what must not change with CPU level, threads or backend."""

import hashlib

import numpy as np

from pixkern import _threads
from pixkern.rans import Tables, decode, encode

DTYPES = (np.uint8, np.uint16)


def laplace(count, scale, dtype=np.uint8, seed=0):
    """Rounded; the sign is in the lowest bit, as codecs fold it."""
    value = np.random.default_rng(seed).laplace(0, scale, count).round().astype(int)
    return np.minimum(np.where(value >= 0, 2 * value, -2 * value - 1), np.iinfo(dtype).max).astype(dtype)


def contexts(count, tables=5, seed=1):
    return np.random.default_rng(seed).integers(0, tables, count, dtype=np.uint8)


def cases():
    """(name, symbols, options of encode)."""
    for dtype in DTYPES:
        name = np.dtype(dtype).name
        for count in (0, 1, 31, 32, 33, 1000, 5000):
            yield f"{name} {count}", laplace(count, 3, dtype), {"chunk": 2**10}
        mixed, rows = laplace(5000, 2, dtype), contexts(5000)
        mixed[rows > 2] *= 5
        yield f"{name} contexts", mixed, {"chunk": 2**11, "contexts": rows}
        few = laplace(5000, 1, dtype)
        yield f"{name} one symbol", np.full(3000, 200, dtype), {"chunk": 2**10}
        yield f"{name} escape", laplace(5000, 9, dtype), {"chunk": 2**10, "tables": Tables.fit(few, escape=True)}
        noise = np.random.default_rng(2).integers(0, np.iinfo(dtype).max + 1, 5000).astype(dtype)
        yield f"{name} noise", noise, {"chunk": 2**12}
        only = {"chunk": 2**10, "tables": Tables.fit(few[:0], escape=True)}
        yield f"{name} nothing but escapes", noise, only
        both = {"tables": Tables.fit(mixed[:300], contexts(300), escape=True), "contexts": rows, "chunk": 2**10}
        yield f"{name} escape and contexts", mixed, both
    yield "uint16 wide", laplace(5000, 3000, np.uint16), {"chunk": 2**10}
    yield (
        "uint16 heavy tails",
        (laplace(5000, 1, np.uint16).astype(int) ** 4 % 65536).astype(np.uint16),
        {"chunk": 2**10},
    )


def round_trip(symbols, options, **how):
    data = encode(symbols, **options, **how)
    known = {name: options[name] for name in ("tables", "contexts") if name in options}
    return data, decode(data, **known, **how)


def results(backend=None):
    """(name, stream, symbols, decoded) of every case."""
    for name, symbols, options in cases():
        data, back = round_trip(symbols, options, backend=backend)
        yield name, data, symbols, back


def print_digests():
    _threads._WORTH_SPLITTING = 64  # so that these small arrays are split at all
    for name, data, symbols, back in results():
        assert back.tobytes() == symbols.tobytes(), name
        print(name, len(data), hashlib.sha256(data).hexdigest()[:16])
