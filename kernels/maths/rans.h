// Asymmetric numeral systems: one integer, the state, holds a message; a symbol is pushed by one division.
//
// A symbol of frequency f out of 2^14 whose interval begins at c is put on the state x and taken off again by
//     put(x) = (x / f) 2^14 + c + x mod f,        get(x) = f (x >> 14) + (x mod 2^14) - c,
// the symbol being the one whose interval holds x mod 2^14. A state lies in [2^16, 2^32). Before a put that would leave
// it, its low 16 bits go out as a word; after a get that has left it, a word comes in. What is put last is got first.
// Invariants: get(put(x)) == x, and the words come in in the reverse order of their going out.
// Sources: Duda, "Asymmetric numeral systems: entropy coding combining speed of Huffman coding with compression rate of
// arithmetic coding", arXiv:1311.2540, 2013 (section 3, range variant); Giesen, "Interleaved entropy coders",
// arXiv:1402.3392, 2014.
#pragma once
#include "platform.h"

namespace pk {

constexpr int TABLE_BITS = 14;
constexpr u32 TABLE_SUM = 1u << TABLE_BITS;
constexpr u32 LEAST_STATE = 1u << 16;

// 2^46 / f, rounded up. For 1 <= f <= 2^14 and x < f 2^18 it divides exactly: the product with x is below 2^64, and its
// error x (f - 1) / f 2^-46 is below 1 / f, too little to reach the next integer.
PK_INLINE u64 reciprocal(u32 f) { return ((1ull << 46) + f - 1) / f; }

// Whether a word must go out before a symbol of frequency f is put.
PK_INLINE bool is_full(u32 x, u32 f) { return x > (f << 18) - 1; }

PK_INLINE u32 put(u32 x, u32 f, u32 c, u64 one_over_f) {
    const u32 quotient = (u32)((x * one_over_f) >> 46);
    return (quotient << TABLE_BITS) + (x - quotient * f) + c;
}

PK_INLINE u32 get(u32 x, u32 f, u32 c) { return f * (x >> TABLE_BITS) + (x & (TABLE_SUM - 1)) - c; }

}  // namespace pk
