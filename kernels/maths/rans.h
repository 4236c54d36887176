// Asymmetric numeral systems: one integer, the state, holds a message; a symbol is pushed by one division.
//
// A symbol of frequency f out of 2^14 whose interval begins at c is put on the state x and taken off again by
//     put(x) = (x / f) 2^14 + c + x mod f,        get(x) = f (x >> 14) + (x mod 2^14) - c,
// the symbol being the one whose interval holds x mod 2^14. A state lies in [2^16, 2^32). Before a put that would leave
// it, its low 16 bits go out as a word; after a get that has left it, a word comes in. What is put last is got first.
// Raw bits are b binary digits of equal probability: x 2^b + digits, and back by a shift.
// Invariants: get(put(x)) == x, and the words come in in the reverse order of their going out. One word is always enough,
// both ways, and no sequence of words leads out of [2^16, 2^32).
//
// A group of LANES symbols has a state each, so that they are coded side by side. Its words lie in the order of lanes.
//
// Sources: Duda, "Asymmetric numeral systems: entropy coding combining speed of Huffman coding with compression rate of
// arithmetic coding", arXiv:1311.2540, 2013 (section 3, range variant); Giesen, "Interleaved entropy coders",
// arXiv:1402.3392, 2014.
#pragma once
#include "platform.h"

namespace pk {

constexpr int TABLE_BITS = 14;
constexpr u32 TABLE_SUM = 1u << TABLE_BITS;
constexpr u32 LAST_STATE = 1u << 16;
constexpr int LANES = 32;

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

// Whether a word must go out before 0 to 16 raw bits are put.
PK_INLINE bool is_full_for_bits(u32 x, u32 bits) { return x > 0xffffffffu >> bits; }

PK_INLINE u32 put_bits(u32 x, u32 bits, u32 digits) { return x << bits | digits; }

PK_INLINE u32 get_bits(u32 x, u32 bits, u32& digits) {
    digits = x & ((1u << bits) - 1);
    return x >> bits;
}

// Whether a word must come in after a get.
PK_INLINE bool is_short(u32 x) { return x < LAST_STATE; }

// Tables as loops read them. A symbol is a token and the raw bits that follow it: it lies in an interval of 2^bits values
// from `first` on, most often of one value. A table has at most 256 tokens; row r of the arrays is table r.
constexpr int TOKENS = 256;
constexpr int ROW = TOKENS + 1;  // and one token for symbols that the table has not

struct EncoderTables {
    const u16* codes;        // [tables][256 or 65536]: the token of a symbol, or TOKENS
    const u32* intervals;    // [tables][ROW]: frequency << 16 | begin
    const u32* values;       // [tables][ROW]: first << 16 | bits
    const u64* reciprocals;  // [tables][ROW]
};

struct DecoderTables {
    const u8* slots;       // [tables][TABLE_SUM]: the token whose interval holds a remainder
    const u32* intervals;  // [tables][ROW]
    const u32* values;     // [tables][ROW]
};

// What a decoder says of a chunk: whole, or what is wrong with it.
enum Verdict { WHOLE, ENDS_EARLY, LEAVES_WORDS, BAD_STATE };

PK_INLINE u32 frequency_of(u32 interval) { return interval >> 16; }
PK_INLINE u32 begin_of(u32 interval) { return interval & 0xffff; }
PK_INLINE u32 first_of(u32 value) { return value >> 16; }
PK_INLINE u32 bits_of(u32 value) { return value & 31; }

}  // namespace pk
