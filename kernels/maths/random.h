// Random numbers without a state: a word is a hash of what it is for and where.
//
// A row's key holds 64 bits of (seed, sample, stream, row), mixed by the finaliser of SplitMix64 after each of them; the
// words along the row are a 32-bit finaliser over the column, into which both halves of the key go, one before the
// first multiplication and one before the second: two rows whose first halves agree up to a shift, which among
// millions of rows is common, are still unlike. All of it is unsigned and modulo 2^64 or 2^32.
//
//     key = seed;  for v in (sample, stream, row):  key = scramble(key + G (v + 1))
//     h = col 0x9E3779B9 + low(key);  h ^= h >> 16;  h *= 0x7FEB352D;  h ^= h >> 15;  h ^= high(key);
//     h *= 0x846CA68B;  h ^= h >> 16
//
// Sources: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (the increment G and the
// mixing of its finaliser, there variant 13 of Stafford); the multipliers and shifts of the 32-bit finaliser are those of
// Wellons, "Prospecting for hash functions", 2018 (lowbias32), the xor in its middle is ours.
#pragma once
#include "atan.h"
#include "platform.h"

namespace pk {

constexpr u64 STEP_OF_KEYS = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, odd
constexpr u32 STEP_OF_COLUMNS = 0x9E3779B9;       // 2^32 / golden ratio, odd

PK_INLINE u64 scramble(u64 z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

struct RowKey {
    u32 low, high;
};
PK_INLINE RowKey row_key(u64 seed, u64 sample, u64 stream, i64 row) {
    u64 key = scramble(seed + STEP_OF_KEYS * (sample + 1));
    key = scramble(key + STEP_OF_KEYS * (stream + 1));
    key = scramble(key + STEP_OF_KEYS * ((u64)row + 1));
    return {(u32)key, (u32)(key >> 32)};
}

// The word of a column, which comes multiplied by STEP_OF_COLUMNS.
PK_INLINE u32 word(u32 stepped_column, RowKey key) {
    u32 h = stepped_column + key.low;
    h ^= h >> 16;
    h *= 0x7FEB352D;
    h ^= h >> 15;
    h ^= key.high;
    h *= 0x846CA68B;
    return h ^ (h >> 16);
}

// Natural logarithm of a normal x > 0, within 2 units in the last place of its larger term:
// x = f 2^e with f in [sqrt(1/2), sqrt(2)), ln f = 2 artanh(s), s = (f - 1) / (f + 1), |s| < 0.172; the first term that the
// series leaves out is 2 s^11 / 11 < 1e-9. Source: Abramowitz & Stegun, 4.1.27.
PK_INLINE float logarithm(float x) {
    const u32 bits = bits_of(x), shifted = bits - 0x3F3504F3;  // the bits of sqrt(1/2)
    const i32 exponent = (i32)shifted >> 23;
    const float f = float_of(bits - ((u32)exponent << 23));
    const float s = (f - 1) / (f + 1), w = s * s;
    const float series = 2 * s * (1 + w * (1.0f / 3 + w * (1.0f / 5 + w * (1.0f / 7 + w * (1.0f / 9)))));
    return (float)exponent * 0.693147181f + series;
}

// The standard normal number z whose upper or lower tail has the probability q = (m + 1/2) / 2^32, m the low 31 bits of
// the word; the top bit says which. With t = sqrt(-2 ln q) in [1.17, 6.8], z(t) is a quotient of polynomials to within 4e-8,
// fitted by tests/reference/normal_quantile.py; with the roundings |error| < 2e-6. |z| < 6.4.
PK_INLINE float standard_normal(u32 h) {
    const float q = ((float)(i32)(h & 0x7FFFFFFF) + 0.5f) * 2.3283064365386963e-10f;  // 2^-32
    const float t = square_root(-2 * logarithm(q));
    const float above = -3.2014625f + t * (-7.7498646f + t * (3.3564651f + t * (4.1169167f + t * 0.49609396f)));
    const float below = 1 + t * (5.3976774f + t * (4.1387531f + t * 0.49579448f));
    const float z = above / below;
    return h >> 31 ? -z : z;
}

}  // namespace pk
