#include "cpu/level.h"
#include "cpu/rans_packing.h"
#include "cpu/word_orders.h"

#define PK_LOOPS "cpu/rans.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T>
void count_symbols(const T* symbols, const u8* contexts, i64 tables, i64 width, i64* counts, i64 begin, i64 end) {
    PK_AT_LEVEL(count, symbols, contexts, tables, width, counts, begin, end);
}

// Where in `words` the words of a chunk begin, which end where `words` does; -1 if a symbol has no code.
template <class T>
i64 encode_chunk(const u16* codes, const u32* intervals, const u32* values, const u64* reciprocals, bool raw, const T* symbols,
                 const u8* contexts, i64 n, u16* words, i64 capacity) {
    const EncoderTables tables{codes, intervals, values, reciprocals};
    const u16* begin = PK_AT_LEVEL(encode, tables, raw, symbols, contexts, n, words + capacity);
    return begin ? begin - words : -1;
}

template <class T>
int decode_chunk(const u8* slots, const u32* intervals, const u32* values, bool raw, const u8* words, i64 bytes, T* symbols,
                 const u8* contexts, i64 n) {
    const DecoderTables tables{slots, intervals, values};
    return PK_AT_LEVEL(decode, tables, raw, words, words + bytes, symbols, contexts, n);
}

template void count_symbols(const u8*, const u8*, i64, i64, i64*, i64, i64);
template void count_symbols(const u16*, const u8*, i64, i64, i64*, i64, i64);
template i64 encode_chunk(const u16*, const u32*, const u32*, const u64*, bool, const u8*, const u8*, i64, u16*, i64);
template i64 encode_chunk(const u16*, const u32*, const u32*, const u64*, bool, const u16*, const u8*, i64, u16*, i64);
template int decode_chunk(const u8*, const u32*, const u32*, bool, const u8*, i64, u8*, const u8*, i64);
template int decode_chunk(const u8*, const u32*, const u32*, bool, const u8*, i64, u16*, const u8*, i64);

// costs: [3][2 width], intervals: [2 width], scratch; the counts of the values come in costs[0][width:].
i64 pack(i64* costs, int* intervals, i64 width, int symbol_bits, bool escape, u8* bytes) {
    return pack_table({width, costs, costs + 2 * width, costs + 4 * width, intervals}, symbol_bits, escape, bytes);
}

i64 unpack(const u8* bytes, i64 length, int symbol_bits, i64 tables, u32* intervals, u32* values) {
    i64 at = 0;
    for (i64 table = 0; table < tables; ++table) {
        const i64 used = unpack_table(bytes + at, length - at, symbol_bits, intervals + table * ROW, values + table * ROW);
        if (used < 0) return -1;
        at += used;
    }
    return at;
}

void fill_decoder(const u32* intervals, i64 tables, u8* slots) {
    for (i64 table = 0; table < tables; ++table) fill_slots(intervals + table * ROW, slots + table * TABLE_SUM);
}

void fill_encoder(const u32* intervals, const u32* values, i64 tables, int symbol_bits, u16* codes, u64* reciprocals) {
    for (i64 table = 0; table < tables; ++table)
        fill_codes(intervals + table * ROW, values + table * ROW, symbol_bits, codes + (table << symbol_bits));
    for (i64 i = 0; i < tables * ROW; ++i) reciprocals[i] = intervals[i] ? reciprocal(frequency_of(intervals[i])) : 0;
}

}  // namespace pk
