// A table as a string of bits, and back: the intervals from the lowest values up, each with its frequency.
//
// Bits are filled from the lowest of each byte. A table is
//     1 bit: whether there is an escape, a token with raw bits for the whole value; its frequency, 14 bits, if so
//     until the frequencies sum to 2^14: the frequency of an interval, then its number of raw bits
// and fills its last byte with zeros. A frequency is written as 0 for an interval without symbols, else as one more than
// its change since the one before that was not 0 (0 at first). Raw bits are written as their change since the number
// before (0 at first), and not at all for an interval with symbols of 8 bits, which has none. A change is signed and is
// written as 2 d or -2 d - 1. Both numbers are in Rice code, whose parameter k follows the mean of the numbers of its kind.
// Sources: Rice & Plaunt, "Adaptive variable-length coding for efficient compression of spacecraft television data", IEEE
// Trans. Communication Technology 19(6), 1971; Weinberger, Seroussi & Sapiro, "The LOCO-I lossless image compression
// algorithm", IEEE Trans. Image Processing 9(8), 2000, eq. 12 (k from a running sum).
#pragma once
#include "cpu/rans_frequencies.h"
#include "cpu/rans_intervals.h"

namespace pk {

constexpr int LONGEST_UNARY = 12;  // then the number itself in 16 bits
constexpr i64 PACKED_MOST = 1 << 16;  // bytes: 256 intervals, 16 empty ones around each, 56 bits for one

struct RiceParameter {
    u32 sum, count;
    int k() const {
        int found = 0;
        while (count << found < sum) ++found;
        return found;
    }
    void follow(u32 number) {
        sum += number;
        if (++count == 8) {
            sum /= 2;
            count /= 2;
        }
    }
};
constexpr RiceParameter FOR_BITS{0, 1}, FOR_FREQUENCIES{32, 1};

struct BitWriter {
    u8* bytes;
    i64 position = 0;  // in bits; what lies beyond is zero
    void write(u32 value, int bits) {
        for (int i = 0; i < bits; ++i, ++position) bytes[position >> 3] |= (u8)((value >> i & 1) << (position & 7));
    }
    void write_rice(u32 number, RiceParameter& parameter) {
        const int k = parameter.k();
        if (number >> k < LONGEST_UNARY) {
            write((1u << (number >> k)) - 1, (int)(number >> k) + 1);
            write(number & ((1u << k) - 1), k);
        } else {
            write((1u << LONGEST_UNARY) - 1, LONGEST_UNARY);
            write(number, 16);
        }
        parameter.follow(number);
    }
};

struct BitReader {
    const u8* bytes;
    i64 end;           // in bits
    i64 position = 0;  // beyond the end, zeros come; the caller looks at the position
    u32 read(int bits) {
        u32 value = 0;
        for (int i = 0; i < bits; ++i, ++position)
            if (position < end) value |= (u32)(bytes[position >> 3] >> (position & 7) & 1) << i;
        return value;
    }
    u32 read_rice(RiceParameter& parameter) {
        const int k = parameter.k();
        u32 number = 0;
        while (number < LONGEST_UNARY && read(1)) ++number;
        number = number < LONGEST_UNARY ? number << k | read(k) : read(16);
        parameter.follow(number);
        return number;
    }
};

PK_INLINE u32 from_signed(i32 d) { return d >= 0 ? 2u * (u32)d : 2u * (u32)(-d) - 1; }
PK_INLINE i32 to_signed(u32 number) { return number & 1 ? -(i32)(number / 2) - 1 : (i32)(number / 2); }

inline bool has_all(const IntervalTree& tree) {
    for (i64 i = tree.width; i < 2 * tree.width; ++i)
        if (tree.counts[i] == 0) return false;
    return true;
}

// The table of a tree's leaves, not all of them 0: its length in bytes. An escape counts as one symbol, and needs a value
// of 8 bits that has no token.
inline i64 pack_table(const IntervalTree& tree, int symbol_bits, bool escape, u8* bytes) {
    grow(tree);
    const bool single = symbol_bits == 8;
    if (single && has_all(tree)) escape = false;
    const i64 entry = single ? SINGLE : prune_to(tree, TOKENS - escape);
    if (single) prune(tree, SINGLE);
    i64 counts[TOKENS];
    u32 frequencies[TOKENS];
    int n = 0;
    walk(tree, entry, [&](i64, int, i64 count) {
        if (count) counts[n++] = count;
    });
    if (escape) counts[n] = 1;
    apportion(counts, n + escape, frequencies);

    BitWriter writer{bytes};
    RiceParameter for_bits = FOR_BITS, for_frequencies = FOR_FREQUENCIES;
    writer.write(escape, 1);
    if (escape) writer.write(frequencies[n] - 1, TABLE_BITS);
    int i = 0, bits_before = 0;
    u32 frequency_before = 0;
    walk(tree, entry, [&](i64, int bits, i64 count) {
        if (i == n) return;
        writer.write_rice(count ? 1 + from_signed((i32)frequencies[i] - (i32)frequency_before) : 0, for_frequencies);
        if (count) frequency_before = frequencies[i++];
        if (single && count) return;
        writer.write_rice(from_signed(bits - bits_before), for_bits);
        bits_before = bits;
    });
    return (writer.position + 7) / 8;
}

// One table from `bytes` into its rows, which are zero before: the bytes it took, or -1 if it is none.
// A token of a table of 8 bits is its value, and an escape's the lowest value that has none; else tokens are numbered.
inline i64 unpack_table(const u8* bytes, i64 length, int symbol_bits, u32* intervals, u32* values) {
    BitReader reader{bytes, 8 * length};
    RiceParameter for_bits = FOR_BITS, for_frequencies = FOR_FREQUENCIES;
    const u32 escape = reader.read(1) ? reader.read(TABLE_BITS) + 1 : 0;
    const bool single = symbol_bits == 8;
    u32 sum = escape;
    i32 bits_before = 0, frequency = 0;
    int token = 0;
    for (i64 value = 0; sum < TABLE_SUM;) {
        const u32 coded = reader.read_rice(for_frequencies);
        if (!(single && coded)) bits_before += to_signed(reader.read_rice(for_bits));
        const i32 bits = single && coded ? 0 : bits_before;
        if (reader.position > reader.end || bits < 0 || bits > symbol_bits
            || value & ((1ll << bits) - 1) || value + (1ll << bits) > 1ll << symbol_bits)
            return -1;
        if (coded) {
            frequency += to_signed(coded - 1);
            if (frequency < 1 || frequency > (i32)(TABLE_SUM - sum) || token == TOKENS) return -1;
            const int at = single ? (int)value : token;
            intervals[at] = (u32)frequency << 16 | (sum - escape);
            values[at] = (u32)value << 16 | (u32)bits;
            sum += (u32)frequency;
            ++token;
        }
        value += 1ll << bits;
    }
    if (escape) {
        if (token == TOKENS) return -1;
        int at = token;
        if (single)
            for (at = 0; intervals[at]; ++at) {}
        intervals[at] = escape << 16 | (TABLE_SUM - escape);
        values[at] = (u32)symbol_bits;
    }
    const i64 used = (reader.position + 7) / 8;
    if (reader.position > reader.end || reader.read((int)(8 * used - reader.position)) != 0) return -1;
    return used;
}

// The remainders of one table's intervals.
inline void fill_slots(const u32* intervals, u8* slots) {
    for (int token = 0; token < TOKENS; ++token) {
        const u32 frequency = frequency_of(intervals[token]), begin = begin_of(intervals[token]);
        for (u32 i = 0; i < frequency; ++i) slots[begin + i] = (u8)token;
    }
}

// The tokens of one table's symbols. Intervals shadow the escape, which has all bits of a symbol.
inline void fill_codes(const u32* intervals, const u32* values, int symbol_bits, u16* codes) {
    u16 other = TOKENS;
    for (int token = 0; token < TOKENS; ++token)
        if (intervals[token] && (int)bits_of(values[token]) == symbol_bits) other = (u16)token;
    for (i64 i = 0; i < 1ll << symbol_bits; ++i) codes[i] = other;
    for (int token = 0; token < TOKENS; ++token) {
        if (!intervals[token] || token == other) continue;
        for (i64 i = 0; i < 1ll << bits_of(values[token]); ++i) codes[first_of(values[token]) + i] = (u16)token;
    }
}

}  // namespace pk
