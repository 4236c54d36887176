"""Tiles of wavelet coefficients to rANS words and raw bits, and back; the loops are in ``kernels/cpu/coefficients.h``.

Not public: what these functions take is made by `pixkern.pipelines.codec`, which checks what comes from outside.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ._native import coefficients as _cpu

LANES = {"dense": 2, "fast": 32}  # FEW and MANY in kernels/cpu/coefficients.cpp
TOKENS, CONTEXTS, WEIGHTS = 32, 24, 20  # in kernels/maths/coefficients.h, but the last: in kernels/cpu/coefficients.cpp
MOST_MAGNITUDE = 1 << 24  # there too
PLANE, ROW, COL, ROWS, COLS, MAP, STRIDE, TABLE, PARENT, SIBLING, SECOND, LUMA, CHROMA, PREDICTED, SHIFT = range(15)

ROUNDING = 0.42  # |x| / step + this, cut, is the magnitude of a float32 coefficient: a dead zone of 1.16 steps
OFFSET = 3 / 64  # where in its bin a magnitude is restored; both fitted to photographs
# What a bit is worth, in squared steps: zeros for ones in unlikely places take 3 % off the bits at the same PSNR.
_BIT_WORTH = 0.1

_RAW_BYTES = 5  # at most, per coefficient: 12 + 25 bits of an escape
_SPARE = 64  # bytes or words that writers and readers may touch beyond their end
_NONE = np.empty((0, CONTEXTS), np.float32)
_PROBLEMS = (
    "",
    "the words do not fit",
    "the signs do not fit",
    "the raw bits do not fit",
    "the final states are wrong",
)


class Model:
    """What encoder and decoder expect alike.

    Parameters
    ----------
    weights : (tables, 20) int32
        Of the neighbours in a context, in 1/256: enum Weight in ``kernels/cpu/coefficients.cpp``.
    frequencies : (tables, 24, 32) uint16
        Of the tokens in each context; at least 1 each, 2**14 in all.
    """

    def __init__(self, weights: np.ndarray, frequencies: np.ndarray) -> None:
        self.weights = np.ascontiguousarray(weights, np.int32)
        self.frequencies = np.ascontiguousarray(frequencies, np.uint16)
        if self.weights.shape[1:] != (WEIGHTS,) or self.frequencies.shape != (len(weights), CONTEXTS, TOKENS):
            raise ValueError(f"a model of other shapes: {self.weights.shape}, {self.frequencies.shape}")
        if self.frequencies.min() < 1 or (self.frequencies.sum(2, dtype=np.int64) != 1 << 14).any():
            raise ValueError("frequencies must be at least 1 and add up to 2**14")
        reach = self.weights.sum(1) + 15 * self.weights[:, 2:11:2].sum(1)  # 3x3 neighbourhoods count 16 times
        if self.weights.min() < 0 or reach.max() > 1 << 15:
            raise ValueError("weights must not be negative, nor expected magnitudes reach 2**23")

    @cached_property
    def encoding(self) -> np.ndarray:
        """struct Frequency per table, context and token."""
        flat = self.frequencies.reshape(-1, TOKENS)
        table = np.empty(flat.size * 16, np.uint8)
        _cpu.fill_frequencies(flat, table)
        return table

    @cached_property
    def decoding(self) -> np.ndarray:
        """(tables, 24, 64) uint16: where the intervals of the 32 tokens start, and their widths."""
        starts = np.cumsum(self.frequencies, axis=2, dtype=np.int64) - self.frequencies
        return np.concatenate([starts.astype(np.uint16), self.frequencies], axis=2)

    @cached_property
    def thresholds(self) -> np.ndarray:
        """(tables, 24) float32: below which a one is not worth its bits.

        A one and its sign take b = log2(f0 / f1) + 1 bits more than a zero. As a zero, a coefficient of v steps has
        the squared error v^2, as a one (v - 1 - offset)^2; the difference is worth b bits from the threshold on. The
        logarithm is linear between powers of two, so that it is the same on every machine.
        """
        bits = _piecewise_log2(self.frequencies[:, :, 0]) - _piecewise_log2(self.frequencies[:, :, 1]) + 1
        even = 1 + OFFSET
        worth = (even**2 + _BIT_WORTH * bits) / (2 * even)
        return np.clip(worth, 1 - ROUNDING, 1.5).astype(np.float32)


class Streams(NamedTuple):
    """One coded tile."""

    coded: np.ndarray  # (segments,) bool: which segments hold anything but zeros
    states: np.ndarray  # (lanes,) uint32
    words: np.ndarray  # uint16
    signs: np.ndarray  # uint8, bits of coefficients that are not zero
    raw: np.ndarray  # uint8, bits of magnitudes


class Symbols(NamedTuple):
    """The symbols of a coded tile, for fitting models."""

    tokens: np.ndarray  # uint8
    contexts: np.ndarray  # uint8


def encode(
    planes: np.ndarray,
    fields: np.ndarray,
    map_bytes: int,
    steps: np.ndarray,
    model: Model,
    profile: str,
) -> tuple[Streams, Symbols]:
    """Quantise and code one tile.

    Parameters
    ----------
    planes : (C, H, W) float32 or int32
        Of the whole image. int32 is coded as it is, float32 quantised, and thinned out by `Model.thresholds`.
    fields : (segments, 15) int64
        struct Segment; see `pixkern.pipelines.codec.segments`.
    map_bytes : int
        How large the maps are that `fields` refer to.
    steps : (segments,) float32
        Of the quantiser.
    model : Model
    profile : {"dense", "fast"}

    Returns
    -------
    Streams, Symbols

    Notes
    -----
    Memory: 11 bytes per coefficient of the tile, of which up to 5 are touched only by the noisiest content.
    """
    symbols = int((fields[:, ROWS] * fields[:, COLS]).sum())
    tokens, contexts = np.empty(symbols + _SPARE, np.uint8), np.empty(symbols + _SPARE, np.uint8)
    coded = np.empty(len(fields), np.uint8)
    words = np.empty(symbols + _SPARE, np.uint16)
    signs = np.empty(symbols // 8 + _SPARE, np.uint8)
    raw = np.empty(_RAW_BYTES * symbols + _SPARE, np.uint8)
    states = np.empty(LANES[profile], np.uint32)
    sizes = np.empty(4, np.int64)
    _cpu.encode_tile(
        *(
            fields,
            planes,
            steps,
            ROUNDING,
            _NONE if planes.dtype == np.int32 else model.thresholds,
            model.weights,
            model.encoding,
            profile == "dense",
        ),
        *(np.zeros(map_bytes, np.uint8), _coarsest(fields), tokens, contexts),
        *(coded, words.view(np.uint8), signs, raw, states, sizes),
    )
    streams = Streams(
        coded.astype(bool),
        states,
        words[len(words) - sizes[0] :].copy(),
        signs[: sizes[1]].copy(),
        raw[: sizes[2]].copy(),
    )
    return streams, Symbols(tokens[: sizes[3]], contexts[: sizes[3]])


def decode(
    streams: Streams,
    planes: np.ndarray,
    fields: np.ndarray,
    map_bytes: int,
    steps: np.ndarray,
    offset: float,
    model: Model,
    profile: str,
    *,
    everything: bool = True,
) -> str:
    """Decode one tile into `planes`; what `encode` takes, and more.

    Parameters
    ----------
    streams : Streams
        Any content is safe. Words as many as the memory holds, at most one per coefficient.
    offset : float
        A magnitude m > 0 is restored as (m + offset) step.
    everything : bool
        Whether `fields` are all segments that were coded, so that the streams must end exactly.

    Returns
    -------
    str
        What does not fit, or nothing.
    """
    most = int((fields[:, ROWS] * fields[:, COLS]).max(initial=1))
    tokens, contexts = np.empty(most + _SPARE, np.uint8), np.empty(most + _SPARE, np.uint8)
    words = np.zeros(len(streams.words) + _SPARE, np.uint16)
    words[: len(streams.words)] = streams.words
    signs, raw = (part if len(part) else np.zeros(1, np.uint8) for part in (streams.signs, streams.raw))
    problem = _cpu.decode_tile(
        *(fields, planes, steps, offset, model.weights, model.decoding, profile == "dense"),
        *(np.zeros(map_bytes, np.uint8), _coarsest(fields), tokens, contexts),
        *(streams.coded.astype(np.uint8), words, len(streams.words)),
        *(signs, len(streams.signs), raw, len(streams.raw), streams.states.copy(), everything),
    )
    return _PROBLEMS[problem]


def _coarsest(fields: np.ndarray) -> np.ndarray:
    """Room for the integers of the largest segment that is coded as differences."""
    sizes = (fields[:, ROWS] * fields[:, COLS])[fields[:, PREDICTED] == 1]
    return np.empty(max(1, int(sizes.max(initial=0))), np.int32)


def _piecewise_log2(values: np.ndarray) -> np.ndarray:
    mantissa, exponent = np.frexp(values.astype(np.float64))
    return exponent - 2 + 2 * mantissa
