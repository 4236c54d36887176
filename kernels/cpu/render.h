// Rows of a picture from a spline pyramid: by stochastic lookups, by their expectation, and their variance.
//
// Outputs go through in blocks of BLOCK columns whose arrays fit the first cache. For a level and a sample a block takes
// one word per output, its tap along each axis, its offset along each axis, one lookup. Nothing is kept of a sample but
// its part in the sum: over samples first, then over levels, so that a level's tables and rows stay near.
#include "spline_rows.h"

#include "expectation.h"

namespace pk::PK_LEVEL {

constexpr int BLOCK = 1024;  // 1.2x over 512, cells of 32, one sample at a time, EPYC, 2026-11

// The cells that a block of columns lies in. Where they are wide, draws are made once for each and repeated: 1.3x (AVX-512),
// 1.9x (AVX2) over a draw for every output, cells of 32, jitter 1 and a patch of 3, EPYC, 2026-11. Narrow ones are a
// column each.
constexpr int WIDE = 16;  // columns in a cell on average
constexpr int REPEATED = 32;
struct Cells {
    alignas(64) u32 columns[BLOCK];
    int ends[BLOCK];  // of their columns; not there where every cell is a column
    i64 count;
    bool wide;
};

PK_INLINE void find_cells(const u32* columns, i64 n, Cells& cells) {
    i64 changes = 0;
    for (i64 x = 1; x < n; ++x) changes += columns[x] != columns[x - 1];
    cells.wide = (changes + 1) * WIDE <= n;
    cells.count = 0;
    if (!cells.wide) {
        for (i64 x = 0; x < n; ++x) cells.columns[x] = columns[x];
        cells.count = n;
        return;
    }
    for (i64 x = 0; x < n; ++x)
        if (x + 1 == n || columns[x + 1] != columns[x]) {
            cells.columns[cells.count] = columns[x];
            cells.ends[cells.count++] = (int)(x + 1);
        }
}

// What was drawn for cells, for their columns.
PK_INLINE void repeat(const Cells& cells, i16* drawn) {
    i16 of_cell[BLOCK / WIDE];
    for (i64 cell = 0; cell < cells.count; ++cell) of_cell[cell] = drawn[cell];
    for (i64 cell = 0, x = 0; cell < cells.count; x = cells.ends[cell++])
        for (; x < cells.ends[cell]; x += REPEATED)
            for (int i = 0; i < REPEATED; ++i) drawn[x + i] = of_cell[cell];  // the next cell, or room, overwritten
}

// What a sample draws for a block: random bits of the columns' taps, steps of the rows (taps and offsets), offsets of the
// columns; and the columns' taps that follow.
struct Draws {
    alignas(64) i16 bits[BLOCK + REPEATED], row_step[BLOCK + REPEATED], column_offset[BLOCK + REPEATED], column_tap[BLOCK];
};

PK_INLINE void draw(const Cells& cells, RowKey key, i16* low, i16* high) {
    for (i64 x = 0; x < cells.count; ++x) {
        const u32 h = word(cells.columns[x], key);
        low[x] = (i16)h;
        high[x] = (i16)(h >> 16);
    }
}

// 16 random bits to an integer offset: a sign, and how many thresholds the other 15 reach.
PK_INLINE void take_offsets(const i16* bits, const Law& law, i64 n, i16* offset) {
    for (i64 x = 0; x < n; ++x) offset[x] = 0;
    for (int m = 0; m < law.reach; ++m) {
        const i16 threshold = law.thresholds[m];
        for (i64 x = 0; x < n; ++x) offset[x] = (i16)(offset[x] + ((i16)(bits[x] & 0x7FFF) >= threshold));
    }
    for (i64 x = 0; x < n; ++x) offset[x] = bits[x] < 0 ? (i16)-offset[x] : offset[x];
}

PK_INLINE void draw_steps(const Cells& cells, const Samples& samples, const Law& law, u64 sample, int l, i64 row, const i16* row_taps,
                          i64 apart, Draws& draws) {
    const i16 a = row_taps[0], b = row_taps[apart], c = row_taps[2 * apart];
    draw(cells, row_key(samples.seed, sample, 8 * l, samples.rows[row]), draws.bits, draws.row_step);
    for (i64 x = 0; x < cells.count; ++x) {
        const i16 u = (i16)(draws.row_step[x] ^ (i16)0x8000);
        draws.row_step[x] = (i16)((u >= a) + (u >= b) + (u > c));
    }
    if (law.reach > 0) {
        alignas(64) i16 column[BLOCK], rows[BLOCK], offset[BLOCK];
        draw(cells, row_key(samples.seed, sample, 8 * l + 1, samples.rows[row]), column, rows);
        take_offsets(column, law, cells.count, draws.column_offset);
        take_offsets(rows, law, cells.count, offset);
        for (i64 x = 0; x < cells.count; ++x) draws.row_step[x] = (i16)(draws.row_step[x] + offset[x]);
        if (cells.wide) repeat(cells, draws.column_offset);
    }
    if (cells.wide) {
        repeat(cells, draws.bits);
        repeat(cells, draws.row_step);
    }
}

// One lookup per output, added to its sum.
template <int channels>
PK_INLINE void look_up(const Lattice& lattice, i64 first_row, const i32* first, const Draws& draws, bool offsets, int reach, i64 n,
                       float* sums) {
    const i64 top = clamped(first_row - reach, lattice.rows);
    const i32 last_row = (i32)(clamped(first_row + 3 + reach, lattice.rows) - top), last_col = (i32)lattice.cols - 1;
    const i32 row0 = (i32)(first_row - top), cols = (i32)lattice.cols;
    const float* values = lattice.values + top * lattice.cols * channels;
    alignas(64) i32 index[BLOCK];
    if (offsets)
        for (i64 x = 0; x < n; ++x) {
            i32 row = row0 + draws.row_step[x], col = first[x] + draws.column_tap[x] + draws.column_offset[x];
            row = row < 0 ? 0 : row > last_row ? last_row : row;
            col = col < 0 ? 0 : col > last_col ? last_col : col;
            index[x] = row * cols + col;
        }
    else
        for (i64 x = 0; x < n; ++x) index[x] = (row0 + draws.row_step[x]) * cols + first[x] + draws.column_tap[x];
    if (channels == 1)
        for (i64 x = 0; x < n; ++x) sums[x] += values[index[x]];
    else
        for (i64 x = 0; x < n; ++x) {
            float4 value, sum;
            __builtin_memcpy(&value, values + (i64)index[x] * channels, sizeof value);
            __builtin_memcpy(&sum, sums + 4 * x, sizeof sum);
            sum += value;
            __builtin_memcpy(sums + 4 * x, &sum, sizeof sum);
        }
}

template <int channels>
void add_level(const Scene& scene, const Samples& samples, const Law& law, const Cells& cells, int l, i64 row, i64 from, i64 n,
               float* values) {
    constexpr int width = channels == 1 ? 1 : 4;  // floats that a sum takes
    alignas(64) float sums[BLOCK * width];
    alignas(64) double totals[BLOCK * width];
    Draws draws;
    const Lattice lattice = scene.lattice(l);
    const Columns at = scene.columns(l).part(from, n);
    const i16 *a = at.taps, *b = a + at.apart, *c = b + at.apart;
    const i64 first_row = scene.first_row(l, row);
    const i16* row_taps = scene.row_taps + 3 * l * scene.rows + row;
    const bool portions = samples.count > PORTION;
    for (i64 x = 0; x < n * width; ++x) sums[x] = 0;
    if (portions)
        for (i64 x = 0; x < n * width; ++x) totals[x] = 0;
    for (u64 s = 0; s < samples.count; ++s) {
        draw_steps(cells, samples, law, samples.first + s, l, row, row_taps, scene.rows, draws);
        for (i64 x = 0; x < n; ++x) {
            const i16 u = (i16)(draws.bits[x] ^ (i16)0x8000);
            draws.column_tap[x] = (i16)((u >= a[x]) + (u >= b[x]) + (u > c[x]));
        }
        look_up<channels>(lattice, first_row, at.first, draws, law.reach > 0, law.reach, n, sums);
        if (portions && ((s + 1) % PORTION == 0 || s + 1 == samples.count))
            for (i64 x = 0; x < n * width; ++x) {
                totals[x] += sums[x];
                sums[x] = 0;
            }
    }
    const float share = samples.shares[l];
    if (portions)
        for (i64 x = 0; x < n * width; ++x) sums[x] = (float)totals[x];
    for (i64 x = 0; x < n; ++x)
        for (int k = 0; k < channels; ++k) values[x * channels + k] += share * sums[x * width + k];
}

template <int channels>
void add_noise(const Samples& samples, int levels, i64 row, i64 from, i64 n, float* values) {
    alignas(64) float sums[BLOCK];
    for (int k = 0; k < channels; ++k) {
        for (i64 x = 0; x < n; ++x) sums[x] = 0;
        for (u64 s = 0; s < samples.count; ++s) {
            const RowKey key = row_key(samples.seed, samples.first + s, 8 * levels + k, samples.noise_rows[row]);
            const u32* columns = samples.noise_columns + from;
            for (i64 x = 0; x < n; ++x) sums[x] += standard_normal(word(columns[x], key));
        }
        for (i64 x = 0; x < n; ++x) values[x * channels + k] += samples.noise_share * sums[x];
    }
}

// The rows of a block of columns one after the other: their draws have the same cells, and their lookups the same rows.
template <int channels, class T>
void stochastic_block(const Scene& scene, const Samples& samples, const Law& law, i64 from, i64 n, float* scratch, T* out, i64 begin,
                      i64 end) {
    const Law still{0, nullptr, law.certain, law.certain};
    const int base = scene.levels;
    const Columns at = scene.columns(base).part(from, n);
    alignas(64) float values[BLOCK * channels];
    Cells cells;
    find_cells(samples.columns + from, n, cells);
    for (i64 row = begin; row < end; ++row) {
        float row_weights[4];
        scene.weights_of_row(base, row, row_weights);
        const float* line = level_line<channels, false>(scene.lattice(base), at, scene.first_row(base, row), row_weights, still, scratch);
        take_taps<channels>(line, at, 0, n, values);
        for (int l = 0; l < scene.levels; ++l)
            if (samples.shares[l] != 0) add_level<channels>(scene, samples, law, cells, l, row, from, n, values);
        if (samples.noise_share != 0) add_noise<channels>(samples, scene.levels, row, from, n, values);
        store(values, n * channels, out + (row * scene.cols + from) * channels);
    }
}

template <class T>
void stochastic_rows(const Scene& scene, const Samples& samples, const Law& law, int channels, float* scratch, T* out, i64 begin,
                     i64 end) {
    for (i64 from = 0; from < scene.cols; from += BLOCK) {
        const i64 n = scene.cols - from < BLOCK ? scene.cols - from : BLOCK;
        if (channels == 1) stochastic_block<1>(scene, samples, law, from, n, scratch, out, begin, end);
        if (channels == 2) stochastic_block<2>(scene, samples, law, from, n, scratch, out, begin, end);
        if (channels == 3) stochastic_block<3>(scene, samples, law, from, n, scratch, out, begin, end);
        if (channels == 4) stochastic_block<4>(scene, samples, law, from, n, scratch, out, begin, end);
    }
}

}  // namespace pk::PK_LEVEL
