// Summed-area tables of a picture: records of the sums of three channels and of their squares, modulo 2^32.
//
// Record (i, j) is the sum over the pixels above row i * step and left of column j * step, or of all rows or columns where
// that is beyond the last. A range of rows goes on from the record row it is given, which is exact as sums modulo 2^32 are.
// Source: Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984.
namespace pk::PK_LEVEL {

struct Tabled {
    const u8* pixels;
    const u8* mask;  // null: every pixel counts
    i64 rows, cols, step;
    PK_INLINE i64 parts() const { return (cols + step - 1) / step; }
};

// What a row of pixels adds to the records of its row of parts, and to their counts.
template <int CHANNELS, bool MASKED, bool WHOLE>
PK_INLINE void add_row(const Tabled& on, i64 y, u32* __restrict strip, u32* __restrict counted) {
    const u8 *__restrict row = on.pixels + y * on.cols * CHANNELS, *__restrict mask = on.mask + (MASKED ? y * on.cols : 0);
    const i64 step = WHOLE ? 1 : on.step;
    for (i64 part = 0, begin = 0; begin < on.cols; ++part, begin += step) {
        const i64 end = begin + step < on.cols ? begin + step : on.cols;
        for (i64 x = begin; x < end; ++x) {
            const u32 keep = MASKED ? mask[x] != 0 : 1;
            const u32 r = keep * row[x * CHANNELS], g = CHANNELS == 1 ? r : keep * row[x * CHANNELS + (CHANNELS > 1)];
            const u32 b = CHANNELS == 1 ? r : keep * row[x * CHANNELS + 2 * (CHANNELS > 1)];
            u32* record = strip + 4 * part;
            if constexpr (WHOLE) {
                record[0] = r, record[1] = g, record[2] = b, record[3] = r * r + g * g + b * b;
                if constexpr (MASKED) counted[part] = keep;
            } else {
                record[0] += r, record[1] += g, record[2] += b, record[3] += r * r + g * g + b * b;
                if constexpr (MASKED) counted[part] += keep;
            }
        }
    }
}

template <int CHANNELS, bool MASKED>
PK_INLINE void fill_strip(const Tabled& on, i64 part_row, u32* strip, u32* counted) {
    if (on.step == 1) return add_row<CHANNELS, MASKED, true>(on, part_row, strip, counted);
    const i64 begin = part_row * on.step, end = begin + on.step < on.rows ? begin + on.step : on.rows;
    for (i64 i = 0; i < 4 * on.parts(); ++i) strip[i] = 0;
    if constexpr (MASKED)
        for (i64 i = 0; i < on.parts(); ++i) counted[i] = 0;
    for (i64 y = begin; y < end; ++y) add_row<CHANNELS, MASKED, false>(on, y, strip, counted);
}

// Sums over rows of parts begin..end by column of parts: totals (parts, 4), total_counts (parts,). Scratch: 5 per part.
template <int CHANNELS, bool MASKED>
inline void total_columns(const Tabled& on, u32* __restrict scratch, u32* __restrict totals, u32* __restrict total_counts,
                          i64 begin, i64 end) {
    const i64 parts = on.parts();
    for (i64 i = begin; i < end; ++i) {
        fill_strip<CHANNELS, MASKED>(on, i, scratch, scratch + 4 * parts);
        for (i64 k = 0; k < 4 * parts; ++k) totals[k] += scratch[k];
        if constexpr (MASKED)
            for (i64 k = 0; k < parts; ++k) total_counts[k] += scratch[4 * parts + k];
    }
}

// Record rows begin + 1..end from record row `begin`, which is there.
template <int CHANNELS, bool MASKED>
inline void sum_rows(const Tabled& on, u32* scratch, u32* table, u32* counts, i64 begin, i64 end) {
    const i64 parts = on.parts(), width = parts + 1;
    for (i64 i = begin; i < end; ++i) {
        fill_strip<CHANNELS, MASKED>(on, i, scratch, scratch + 4 * parts);
        const u32 *__restrict over = table + i * width * 4, *__restrict strip = scratch;
        u32* __restrict to = table + (i + 1) * width * 4;
        u32 sums[4] = {};
        for (int c = 0; c < 4; ++c) to[c] = 0;
        for (i64 k = 0; k < parts; ++k)
            for (int c = 0; c < 4; ++c) {
                sums[c] += strip[4 * k + c];
                to[4 * k + 4 + c] = over[4 * k + 4 + c] + sums[c];
            }
        if constexpr (MASKED) {
            const u32 *__restrict counted = scratch + 4 * parts, *__restrict counts_over = counts + i * width;
            u32 *__restrict counts_to = counts + (i + 1) * width, sum = 0;
            counts_to[0] = 0;
            for (i64 k = 0; k < parts; ++k) {
                sum += counted[k];
                counts_to[k + 1] = counts_over[k + 1] + sum;
            }
        }
    }
}

inline void total_any(const Tabled& on, int channels, u32* scratch, u32* totals, u32* counts, i64 begin, i64 end) {
    const auto call = channels == 1 ? (on.mask ? total_columns<1, true> : total_columns<1, false>)
                                    : (on.mask ? total_columns<3, true> : total_columns<3, false>);
    call(on, scratch, totals, counts, begin, end);
}

inline void sum_any(const Tabled& on, int channels, u32* scratch, u32* table, u32* counts, i64 begin, i64 end) {
    const auto call = channels == 1 ? (on.mask ? sum_rows<1, true> : sum_rows<1, false>)
                                    : (on.mask ? sum_rows<3, true> : sum_rows<3, false>);
    call(on, scratch, table, counts, begin, end);
}

}  // namespace pk::PK_LEVEL
