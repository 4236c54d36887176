"""Planes of coefficients, layers and streams of every kind, and digests of what becomes of them."""

import hashlib

import numpy as np

from pixkern import _coefficients
from pixkern.pipelines.codec.entropy_tables import model
from pixkern.pipelines.codec.layer import Layer, decode_layer, encode_layer, parse_layer
from pixkern.pipelines.codec.steps import segment_steps

MOST = 2**22 - 2**16  # steps; layers take magnitudes below 2**22, rounding included


def planes(kind, layer, scale, seed):
    """(C, H, W): uniform noise, heavy tails, or a few values among zeros; of magnitudes up to or about `scale`."""
    draw = np.random.default_rng(seed)
    shape = layer.planes, layer.height, layer.width
    most = MOST * float(steps(layer, layer.tiling.segments(0, layer.roles)).min())
    values = draw.uniform(-1, 1, shape)
    if kind == "tails":
        values = draw.standard_cauchy(shape) / 30
    elif kind == "sparse":
        values = np.where(draw.random(shape) < 0.03, draw.choice([-1.0, 1.0], shape), 0)
    return np.clip(values * scale, -most, most).astype(layer.number)


def parsed(data):
    """The layer that bytes hold."""
    return parse_layer(memoryview(data), 0, max_samples=2**28)


def steps(layer, segments):
    """Of the quantiser, (segments,) float32."""
    if layer.number == "int32":
        return np.ones(len(segments.fields), np.float32)
    return segment_steps(segments, step=layer.step, wavelet=layer.wavelet, chroma=None)


def random_streams(layer, segments, seed):
    """What no encoder writes: (streams, fields) with random words, bits, states and shifts."""
    draw = np.random.default_rng(seed)
    fields = segments.fields.copy()
    if layer.shifted:
        fields[:, _coefficients.SHIFT] = draw.integers(0, 16, len(fields))
    coded = draw.random(len(fields)) < draw.random()
    states = draw.integers(2**16, 2**32, _coefficients.LANES[layer.profile], np.uint32)
    words = draw.integers(0, 2**16, draw.choice([0, 5, 300, 6000]), np.uint16)
    signs, raw = (
        draw.integers(0, 256, draw.choice([0, 3, 700]), np.uint8) * np.uint8(draw.integers(2)) for _ in range(2)
    )
    return _coefficients.Streams(coded, states, words, signs, raw), fields


def decode_random(layer, index, planes, seed, *, everything=True):
    """Tile `index` of random streams into `planes`; what does not fit."""
    segments = layer.tiling.segments(index, layer.roles)
    streams, fields = random_streams(layer, segments, seed)
    return _coefficients.decode(
        *(streams, planes, fields, segments.map_bytes, steps(layer, segments), layer.offset, model(layer)),
        layer.profile,
        everything=everything,
    )


def digest(data):
    """Of bytes or an array."""
    return hashlib.sha256(data if isinstance(data, bytes) else np.ascontiguousarray(data)).hexdigest()[:16]


def print_digests():
    """Of coded, decoded and random tiles: large magnitudes, odd sides, every profile."""
    for number in ("float32", "int32"):
        for profile in ("dense", "fast"):
            for seed, scale in enumerate((3, 200, 5000, 4e6)):
                layer = Layer(
                    *(101, 67, 3, number, "cdf53", 4, profile),
                    tile_bits=6,
                    colour="reversible" if number == "int32" else "none",
                    step=4.0 if number == "float32" else 1.0,
                    shifted=number == "int32" and scale > 1000,
                )
                data = encode_layer(planes("tails", layer, scale, seed), layer)
                back = decode_layer(parsed(data))
                wild = np.zeros((3, 67, 101), number)
                verdict = decode_random(layer, seed % 4, wild, seed)
                print(number, profile, scale, digest(data), digest(back), digest(wild), verdict)
