// A Gaussian along rows, along columns, and a picture from the coefficients of a spline surface.
//
// The samples reach `reach` beyond the results on all sides, so there are no borders.
namespace pk::PK_LEVEL {

constexpr i64 SOFT_BLOCK = 512;  // columns whose sums fit the first cache

// taps[k] weighs the two samples k away. `apart`: from a sample to the next one along the filter.
PK_INLINE void filter(const float* x, i64 apart, const float* taps, i64 reach, i64 n, float* out) {
    for (i64 from = 0; from < n; from += SOFT_BLOCK) {
        const i64 count = n - from < SOFT_BLOCK ? n - from : SOFT_BLOCK;
        const float* centre = x + from;
        alignas(64) float sums[SOFT_BLOCK];
        for (i64 i = 0; i < count; ++i) sums[i] = taps[0] * centre[i];
        for (i64 k = 1; k <= reach; ++k) {
            const float *before = centre - k * apart, *after = centre + k * apart, tap = taps[k];
            for (i64 i = 0; i < count; ++i) sums[i] += tap * (before[i] + after[i]);
        }
        for (i64 i = 0; i < count; ++i) out[from + i] = sums[i] < 1 ? sums[i] : 1;
    }
}

inline void soften_rows(const float* x, i64 cols, const float* taps, i64 reach, float* out, i64 begin, i64 end) {
    const i64 n = cols - 2 * reach;
    for (i64 row = begin; row < end; ++row) filter(x + row * cols + reach, 1, taps, reach, n, out + row * n);
}

inline void soften_columns(const float* x, i64 cols, const float* taps, i64 reach, float* out, i64 begin, i64 end) {
    for (i64 row = begin; row < end; ++row) filter(x + (row + reach) * cols, cols, taps, reach, cols, out + row * cols);
}

// A row of the picture, in blocks of columns: four rows of coefficients to one, four of that to a pixel.
inline void surface_rows(const float* coefficients, i64 cols, const i32* row_first, const float* row_weights, i64 rows,
                         const i32* col_first, const float* col_weights, i64 width, float* out, i64 begin, i64 end) {
    const float *w0 = col_weights, *w1 = w0 + width, *w2 = w1 + width, *w3 = w2 + width;
    for (i64 row = begin; row < end; ++row) {
        const float* a = coefficients + (i64)row_first[row] * cols;
        const float r0 = row_weights[row], r1 = row_weights[rows + row], r2 = row_weights[2 * rows + row],
                    r3 = row_weights[3 * rows + row];
        for (i64 from = 0; from < width; from += SOFT_BLOCK) {
            const i64 to = width - from < SOFT_BLOCK ? width : from + SOFT_BLOCK, first = col_first[from];
            const i64 count = col_first[to - 1] + 4 - first;  // coefficients are no closer than pixels
            alignas(64) float line[SOFT_BLOCK + 4];
            const float* b = a + first;
            for (i64 x = 0; x < count; ++x)
                line[x] = ((r0 * b[x] + r1 * b[x + cols]) + r2 * b[x + 2 * cols]) + r3 * b[x + 3 * cols];
            for (i64 x = from; x < to; ++x) {
                const float* c = line + (col_first[x] - first);
                const float value = ((w0[x] * c[0] + w1[x] * c[1]) + w2[x] * c[2]) + w3[x] * c[3];
                out[row * width + x] = value < 1 ? value : 1;
            }
        }
    }
}

}  // namespace pk::PK_LEVEL
