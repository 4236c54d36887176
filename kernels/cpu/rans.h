// Chunks of symbols to words and back: groups of 32 symbols, one per lane; the words are written from the end of a chunk
// to its begin and read from its begin to its end.
//
// Of every group the decoder takes the tokens of all lanes, then the words that lanes lack, in the order of lanes; then
// likewise the raw bits. The encoder runs all of it backwards.
#include "cpu/rans_lanes.h"

namespace pk::PK_LEVEL {

// Symbols [0, lanes) of a group. `tokens` collects the bits of all tokens: TOKENS among them is a symbol without code.
template <class T, bool raw>
inline void encode_group(const EncoderTables& tables, const T* symbols, const u8* contexts, int lanes, u32* x, u16*& words,
                         u32& tokens) {
    u32 at[LANES];
    for (int k = 0; k < lanes; ++k) at[k] = row_of(tables, symbols, contexts, k, tokens);
    if constexpr (raw)
        for (int k = lanes - 1; k >= 0; --k) {
            const u32 value = tables.values[at[k]], full = is_full_for_bits(x[k], bits_of(value));
            words[-1] = (u16)x[k];
            words -= full;
            x[k] = put_bits(x[k] >> (16 * full), bits_of(value), symbols[k] - first_of(value));
        }
    for (int k = lanes - 1; k >= 0; --k) {
        const u32 interval = tables.intervals[at[k]], full = is_full(x[k], frequency_of(interval));
        words[-1] = (u16)x[k];
        words -= full;
        x[k] = put(x[k] >> (16 * full), frequency_of(interval), begin_of(interval), tables.reciprocals[at[k]]);
    }
}

// A chunk of n > 0 symbols into the words before `end`: where they begin, or null if a symbol has no code. A symbol takes
// at most one word, two with raw bits; the states take two words per lane, and the 8 words before all must be writable.
template <class T, bool raw>
inline u16* encode_all(const EncoderTables& tables, const T* symbols, const u8* contexts, i64 n, u16* end) {
    u32 x[LANES], tokens = 0;
    for (u32& state : x) state = LAST_STATE;
    u16* words = end;
    const i64 whole = n / LANES * LANES;
    if (n > whole)
        encode_group<T, raw>(tables, symbols + whole, contexts ? contexts + whole : nullptr, (int)(n - whole), x, words, tokens);
    encode_groups<T, raw>(tables, symbols, contexts, whole, x, words, tokens, [&](i64 i) {
        encode_group<T, raw>(tables, symbols + i, contexts ? contexts + i : nullptr, LANES, x, words, tokens);
    });
    const int lanes = n < LANES ? (int)n : LANES;
    words -= 2 * lanes;
    __builtin_memcpy(words, x, 4 * lanes);
    return tokens & TOKENS ? nullptr : words;
}

template <class T>
inline u16* encode(const EncoderTables& tables, bool raw, const T* symbols, const u8* contexts, i64 n, u16* end) {
    return raw ? encode_all<T, true>(tables, symbols, contexts, n, end) : encode_all<T, false>(tables, symbols, contexts, n, end);
}

// One word into the state if it is short of one; false if there is none left. Unchecked, two bytes must be readable.
template <bool checked>
PK_INLINE bool refill(u32& x, const u8*& words, const u8* end) {
    const u32 lacks = is_short(x);
    if constexpr (checked) {
        if (!lacks) return true;
        if (words == end) return false;
    }
    u16 word;
    __builtin_memcpy(&word, words, 2);
    x = x << (16 * lacks) | (word & (0u - lacks));
    words += 2 * lacks;
    return true;
}

template <class T, bool raw, bool checked>
inline bool decode_group(const DecoderTables& tables, T* symbols, const u8* contexts, int lanes, u32* x, const u8*& words,
                         const u8* end) {
    u32 value[LANES];
    for (int k = 0; k < lanes; ++k) {
        const u32 table = contexts ? contexts[k] : 0;
        const u32 token = tables.slots[table * TABLE_SUM + (x[k] & (TABLE_SUM - 1))];
        const u32 interval = tables.intervals[table * ROW + token];
        value[k] = sizeof(T) == 1 && !raw ? token << 16 : tables.values[table * ROW + token];
        x[k] = get(x[k], frequency_of(interval), begin_of(interval));
        if (!refill<checked>(x[k], words, end)) return false;
    }
    for (int k = 0; k < lanes; ++k) {
        u32 digits = 0;
        if constexpr (raw) {
            x[k] = get_bits(x[k], bits_of(value[k]), digits);
            if (!refill<checked>(x[k], words, end)) return false;
        }
        symbols[k] = (T)(first_of(value[k]) + digits);
    }
    return true;
}

// n > 0 symbols from the bytes [words, end), an even number of them.
template <class T, bool raw>
inline Verdict decode_all(const DecoderTables& tables, const u8* words, const u8* end, T* symbols, const u8* contexts, i64 n) {
    u32 x[LANES];
    const int lanes = n < LANES ? (int)n : LANES;
    if (end - words < 4 * lanes) return ENDS_EARLY;
    for (u32& state : x) state = LAST_STATE;
    __builtin_memcpy(x, words, 4 * lanes);
    words += 4 * lanes;
    for (const u32 state : x)
        if (is_short(state)) return BAD_STATE;
    i64 i = decode_groups<T, raw>(tables, symbols, contexts, n, x, words, end);
    for (; i + LANES <= n && end - words >= ENOUGH<raw>; i += LANES)
        decode_group<T, raw, false>(tables, symbols + i, contexts ? contexts + i : nullptr, LANES, x, words, end);
    for (; i < n; i += LANES) {
        const int count = n - i < LANES ? (int)(n - i) : LANES;
        if (!decode_group<T, raw, true>(tables, symbols + i, contexts ? contexts + i : nullptr, count, x, words, end))
            return ENDS_EARLY;
    }
    if (words != end) return LEAVES_WORDS;
    for (const u32 state : x)
        if (state != LAST_STATE) return BAD_STATE;
    return WHOLE;
}

template <class T>
inline Verdict decode(const DecoderTables& tables, bool raw, const u8* words, const u8* end, T* symbols, const u8* contexts,
                      i64 n) {
    return raw ? decode_all<T, true>(tables, words, end, symbols, contexts, n)
               : decode_all<T, false>(tables, words, end, symbols, contexts, n);
}

// How often each symbol occurs in each context; counts are [tables][width].
template <class T>
inline void count(const T* symbols, const u8* contexts, i64 tables, i64 width, i64* counts, i64 begin, i64 end) {
    auto at = [&](i64 i) { return (contexts ? contexts[i] : 0) * width + symbols[i]; };
    constexpr i64 few = 4096, block = 1 << 20;
    const i64 counters = tables * width;
    if (counters > few) {
        for (i64 i = begin; i < end; ++i) ++counts[at(i)];
        return;
    }
    // 2.1x over one counter per symbol, which waits for itself where a symbol repeats
    for (i64 i = begin; i < end; i += block) {
        u32 part[4][few];
        for (auto& counter : part) __builtin_memset(counter, 0, counters * sizeof(u32));
        const i64 stop = end - i < block ? end : i + block;
        i64 j = i;
        for (; j + 4 <= stop; j += 4)
            for (int k = 0; k < 4; ++k) ++part[k][at(j + k)];
        for (; j < stop; ++j) ++part[0][at(j)];
        for (i64 s = 0; s < counters; ++s) counts[s] += (i64)part[0][s] + part[1][s] + part[2][s] + part[3][s];
    }
}

}  // namespace pk::PK_LEVEL
