#include "cpu/level.h"
#include "cpu/bits.h"
#include "maths/coefficients.h"
#include "maths/rans.h"

namespace pk {

constexpr i64 WIDEST = 4096;  // columns of a segment: a tile's side

// One subband of one plane within a tile. Offsets and indices are -1 where there is none.
struct Segment {
    i64 plane, row, col, rows, cols;                    // where it stands among the coefficients
    i64 map, stride;                                    // where its first magnitude stands among the maps
    i64 table;                                          // of its frequencies and weights
    i64 parent, sibling, second_sibling, luma, chroma;  // segments it looks at
    i64 predicted;                                      // coded as differences from median predictions
    i64 shift;                                          // so many low bits of each magnitude are raw
};

// Positions in a row of weights. Weights of 3x3 neighbourhoods follow those of their centres.
enum Weight { BIAS, PARENT, SIBLING = 3, NORTH = 11, NORTHWEST, NORTHEAST, NORTH_NORTH, WEST, WEST_WEST, WEIGHTS = 20 };

struct Tile {
    const Segment* segments;
    i64 count, plane_size, plane_stride;
    const float* steps;
    float rounding;  // encoder: added before the fraction is cut; decoder: added to magnitudes
    const i32* weights;
    bool dense;
    const float* thresholds;  // encoder: of each table and context, below which a one becomes a zero; or none
};

struct Frequency {
    u64 reciprocal;
    u32 frequency, start;
};

}  // namespace pk

#define PK_LOOPS "cpu/coefficients.h"
#include "cpu/compile_levels.h"

namespace pk {

constexpr int FEW = 2, MANY = 32;  // lanes of the dense and the fast profile

void fill_frequencies(const u16* frequencies, i64 count, void* table) {
    Frequency* to = static_cast<Frequency*>(table);
    for (i64 k = 0; k < count; ++k) {
        u32 start = 0;
        for (int token = 0; token < MAGNITUDE_TOKENS; ++token) {
            const u32 f = frequencies[k * MAGNITUDE_TOKENS + token];
            to[k * MAGNITUDE_TOKENS + token] = {reciprocal(f), f, start};
            start += f;
        }
    }
}

template <class T>
void encode_tile(const i64* segments, i64 count, const T* planes, i64 plane_size, i64 plane_stride, const float* steps,
                 float rounding, const float* thresholds, const i32* weights, const void* frequencies, bool dense, u8* maps,
                 i32* coarsest, u8* tokens, u8* contexts, u8* coded, u8* words, i64 most_words, u8* signs, u8* raw, u32* states,
                 i64* sizes) {
    const Tile tile{reinterpret_cast<const Segment*>(segments), count, plane_size, plane_stride, steps, rounding, weights,
                    dense, thresholds};
    BitWriter sign_writer{signs}, raw_writer{raw};
    PK_AT_LEVEL(describe_tile, tile, planes, maps, coarsest, tokens, contexts, sign_writer, raw_writer, coded);
    i64 symbols = 0;
    for (i64 s = 0; s < count; ++s)
        if (coded[s]) symbols += tile.segments[s].rows * tile.segments[s].cols;
    u16* end = reinterpret_cast<u16*>(words) + most_words;
    const Frequency* table = static_cast<const Frequency*>(frequencies);
    u16* begin = dense ? PK_AT_LEVEL(put_symbols<FEW>, tile, coded, tokens, contexts, symbols, table, end, states)
                       : PK_AT_LEVEL(put_symbols<MANY>, tile, coded, tokens, contexts, symbols, table, end, states);
    sizes[0] = end - begin;
    sizes[1] = sign_writer.written - signs;
    sizes[2] = raw_writer.written - raw;
    sizes[3] = symbols;
}

template <class T>
int decode_tile(const i64* segments, i64 count, T* planes, i64 plane_size, i64 plane_stride, const float* steps, float offset,
                const i32* weights, const u16* tables, bool dense, u8* maps, i32* coarsest, u8* tokens, u8* contexts,
                const u8* coded, const u16* words, i64 word_count, const u8* signs, i64 sign_bytes, const u8* raw, i64 raw_bytes,
                u32* states, bool all) {
    const Tile tile{reinterpret_cast<const Segment*>(segments), count, plane_size, plane_stride, steps, offset, weights,
                    dense, nullptr};
    BitReader sign_reader{signs, signs + sign_bytes}, raw_reader{raw, raw + raw_bytes};
    const u16* end = words + word_count;
    if (dense)
        return PK_AT_LEVEL(restore_tile<FEW>, tile, coded, planes, maps, coarsest, tokens, contexts, states, words, end,
                           sign_reader, raw_reader, tables, all);
    return PK_AT_LEVEL(restore_tile<MANY>, tile, coded, planes, maps, coarsest, tokens, contexts, states, words, end,
                       sign_reader, raw_reader, tables, all);
}

#define PK_PLANE(T)                                                                                                       \
    template void encode_tile<T>(const i64*, i64, const T*, i64, i64, const float*, float, const float*, const i32*,      \
                                 const void*, bool, u8*, i32*, u8*, u8*, u8*, u8*, i64, u8*, u8*, u32*, i64*);            \
    template int decode_tile<T>(const i64*, i64, T*, i64, i64, const float*, float, const i32*, const u16*, bool, u8*,    \
                                i32*, u8*, u8*, const u8*, const u16*, i64, const u8*, i64, const u8*, i64, u32*, bool);
PK_PLANE(float)
PK_PLANE(i32)

}  // namespace pk
