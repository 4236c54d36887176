// Wavelet coefficients as symbols: a magnitude is a token and raw bits, a neighbourhood is a context.
//
// Magnitudes below 16 are their own tokens. From there on each octave has two,
//     16 <= m,  e = floor(log2 m):   token = 16 + 2 (e - 4) + (bit e - 1 of m),   base = m with all lower bits cleared,
// and the e - 1 lower bits follow as they are. The last token, 31, starts at 3072 and has no end: m - 3072 follows in an
// Exp-Golomb code of order 12. Contexts see base(token), never the raw bits, so that these can be read later.
// A context is the logarithm of the magnitude that the neighbours let expect, in half octaves, from the bits of a
// floating-point number: its exponent and the first bit of its mantissa. All of it is exact integer arithmetic.
// Sources: Golomb, "Run-length encodings", IEEE Trans. Information Theory 12(3), 1966; Teuhola, "A compression method for
// clustered bit-vectors", Information Processing Letters 7(6), 1978 (Exp-Golomb); Wu, "Lossless compression of continuous-tone
// images via context selection, quantization, and modeling", IEEE Trans. Image Processing 6(5), 1997 (expected magnitudes).
#pragma once
#include "platform.h"

namespace pk {

constexpr i32 MAGNITUDE_TOKENS = 32;
constexpr i32 CONTEXTS = 24;
constexpr i32 LITERALS = 16;              // magnitudes that are their own tokens
constexpr i32 ESCAPE_BASE = 3072;         // of the last token
constexpr i32 ESCAPE_ORDER = 12;          // of its Exp-Golomb code
constexpr i32 MOST_MAGNITUDE = 1 << 24;   // exclusive: what a float holds exactly
constexpr i32 MOST_SEEN = 255;            // magnitudes that contexts tell apart
constexpr i32 EXPECTATION_BITS = 8;       // of the fraction of an expected magnitude
constexpr i32 LEAST_EXPECTATION = 8;      // where contexts begin, 1/32

// Exponent and first bit of the mantissa of 1 <= v < 2^24: 2 floor(log2 v) + (second bit of v), plus 254.
PK_INLINE i32 half_octaves(i32 v) { return __builtin_bit_cast(i32, (float)v) >> 22; }
constexpr i32 OCTAVE_OF_LITERALS = 2 * (127 + 4) - LITERALS;

PK_INLINE i32 token_of(i32 magnitude) {
    const i32 wide = half_octaves(magnitude) - OCTAVE_OF_LITERALS;
    const i32 token = magnitude < LITERALS ? magnitude : wide;
    return token < MAGNITUDE_TOKENS - 1 ? token : MAGNITUDE_TOKENS - 1;
}

PK_INLINE i32 base_of(i32 token) {
    const i32 wide = (i32)__builtin_bit_cast(float, (token + OCTAVE_OF_LITERALS) << 22);
    return token < LITERALS ? token : wide;
}

PK_INLINE i32 seen(i32 token) {
    const i32 base = base_of(token);
    return base < MOST_SEEN ? base : MOST_SEEN;
}

// How many raw bits follow a token from LITERALS up, but for the last.
PK_INLINE i32 raw_bits(i32 token) { return 3 + ((token - LITERALS) >> 1); }

PK_INLINE i32 context_of(i32 expectation) {
    constexpr i32 first = (127 + 3) << 1;  // half_octaves(LEAST_EXPECTATION)
    const i32 context = half_octaves(expectation + LEAST_EXPECTATION) - first;
    return context < CONTEXTS - 1 ? context : CONTEXTS - 1;
}

// The same for one value at a time, without a round trip through the floating-point unit.
PK_INLINE i32 context_of_one(i32 expectation) {
    const u32 v = (u32)(expectation + LEAST_EXPECTATION);
    const i32 octave = 31 - __builtin_clz(v);
    const i32 context = 2 * octave + (i32)((v >> (octave - 1)) & 1) - 6;
    return context < CONTEXTS - 1 ? context : CONTEXTS - 1;
}

// The median of west, north and west + north - northwest: the prediction of the coarsest coefficients.
// Source: Martucci, "Reversible compression of HDTV images using median adaptive prediction and arithmetic coding",
// IEEE Int. Symp. Circuits and Systems, 1990.
// In unsigned arithmetic: what a hostile stream holds may wrap around.
PK_INLINE i32 median_prediction(i32 west, i32 north, i32 northwest) {
    const i32 low = west < north ? west : north, high = west < north ? north : west;
    const i32 plane = (i32)((u32)west + (u32)north - (u32)northwest);
    return northwest >= high ? low : northwest <= low ? high : plane;
}

}  // namespace pk
