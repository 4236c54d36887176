// Gaussian blur by few cells: pixels are summed into cells, cells are blurred, and pixels are read from cells again.
//
// All matrices are bands (src/pixkern/_blur_plan.py): row r of one has `taps` weights from column first[r] on. A sum is added in
// the order of columns, from 0, so that no value depends on how the work is cut. A pass over columns writes its result
// transposed: after two passes rows are rows again, and every pass runs along memory.
#include "cpu/cells_to_rows.h"

namespace pk::PK_LEVEL {

constexpr int CELLS = 16;    // rows of a band that are made together
constexpr int ACROSS = 256;  // pixels that are read together

// A run of pixels as codes; with a mask, times its weights, which go to `weights`.
template <int C, class T>
inline void load_pixels(const T* __restrict pixels, const Unmasked*, int n, const Code& code, float* __restrict values,
                        float* __restrict) {
    if (code.most > 0)
        for (int i = 0; i < n * C; ++i) values[i] = held((float)pixels[i] * code.scale, code.most);
    else
        for (int i = 0; i < n * C; ++i) values[i] = (float)pixels[i] * code.scale;
}
template <int C, class T, class M>
inline void load_pixels(const T* __restrict pixels, const M* __restrict mask, int n, const Code& code, float* __restrict values,
                        float* __restrict weights) {
    alignas(64) float each[ACROSS * C];
    for (int x = 0; x < n; ++x) weights[x] = weight_of(mask[x]);
    for (int x = 0; x < n; ++x)
        for (int c = 0; c < C; ++c) each[x * C + c] = weights[x];
    load_pixels<C>(pixels, (const Unmasked*)nullptr, n, code, values, weights);
    for (int i = 0; i < n * C; ++i) values[i] = weighted(values[i], each[i]);
}

// Blocks begin..end of CELLS rows of the band `down`, for all columns of an image; out: (C or with a mask C + 1, cols, cells).
template <int C, class T, class M>
inline void collect_blocks(const T* image, const M* mask, i64 cols, const Code& code, const Band& down, float* out, i64 begin,
                           i64 end) {
    constexpr bool masked = Masked<M>::value;
    alignas(64) float sums[CELLS][ACROSS * (C + 1)], values[ACROSS * (C + 1)];
    for (i64 block = begin; block < end; ++block) {
        const i64 j0 = block * CELLS;
        const int cells = (int)(down.rows - j0 < CELLS ? down.rows - j0 : CELLS);
        for (i64 x0 = 0; x0 < cols; x0 += ACROSS) {
            const int n = (int)(cols - x0 < ACROSS ? cols - x0 : ACROSS), all = masked ? n * (C + 1) : n * C;
            for (int j = 0; j < cells; ++j)
                for (int i = 0; i < all; ++i) sums[j][i] = 0;
            const i64 last = down.first[j0 + cells - 1] + down.taps;
            for (i64 row = down.first[j0]; row < last; ++row) {
                load_pixels<C>(image + (row * cols + x0) * C, masked ? mask + row * cols + x0 : mask, n, code, values,
                               values + n * C);
                for (int j = 0; j < cells; ++j) {
                    const i64 tap = row - down.first[j0 + j];
                    if (tap < 0 || tap >= down.taps) continue;
                    const float weight = down.weights[(j0 + j) * down.taps + tap];
                    float* __restrict to = sums[j];
                    const float* __restrict from = values;
                    for (int i = 0; i < all; ++i) to[i] += weight * from[i];
                }
            }
            for (int x = 0; x < n; ++x)
                for (int c = 0; c < C; ++c) {
                    float* to = out + (c * cols + x0 + x) * down.rows + j0;
                    for (int j = 0; j < cells; ++j) to[j] = sums[j][x * C + c];
                }
            for (int x = 0; masked && x < n; ++x) {
                float* to = out + (C * cols + x0 + x) * down.rows + j0;
                for (int j = 0; j < cells; ++j) to[j] = sums[j][n * C + x];
            }
        }
    }
}

// sums[0..N) = a row of the band times columns of `from`, whose rows have a stride.
template <int N>
inline void weigh(const float* __restrict weights, int taps, const float* __restrict from, i64 stride, float* __restrict sums) {
    float sum[N];
    for (int i = 0; i < N; ++i) sum[i] = 0;
    for (int tap = 0; tap < taps; ++tap)
        for (int i = 0; i < N; ++i) sum[i] += weights[tap] * from[tap * stride + i];
    for (int i = 0; i < N; ++i) sums[i] = sum[i];
}

// Blocks begin..end of CELLS rows of a band times planes (planes, columns of the band, wide), counted through all planes.
// Row j of plane p at column x goes to out[p][x][j], with those strides.
inline void filter_blocks(const float* planes, i64 wide, const Band& band, i64 columns, float* out, const Strides& to, i64 begin,
                          i64 end) {
    constexpr int N = 64;
    alignas(64) float sums[CELLS][N];
    const i64 blocks = (band.rows + CELLS - 1) / CELLS;
    for (i64 block = begin; block < end; ++block) {
        const i64 plane = block / blocks, j0 = block % blocks * CELLS;
        const int cells = (int)(band.rows - j0 < CELLS ? band.rows - j0 : CELLS);
        for (i64 x0 = 0; x0 < wide; x0 += N) {
            const int n = (int)(wide - x0 < N ? wide - x0 : N);
            for (int j = 0; j < cells; ++j) {
                const float* weights = band.weights + (j0 + j) * band.taps;
                const float* from = planes + (plane * columns + band.first[j0 + j]) * wide + x0;
                if (n == N)
                    weigh<N>(weights, band.taps, from, wide, sums[j]);
                else
                    for (int i = 0; i < n; ++i) weigh<1>(weights, band.taps, from + i, wide, sums[j] + i);
            }
            float* corner = out + plane * to.plane + x0 * to.column + j0 * to.row;
            for (int i = 0; i < n; ++i)
                for (int j = 0; j < cells; ++j) corner[i * to.column + j * to.row] = sums[j][i];
        }
    }
}

// Rows begin..end of a blurred image from its cells.
template <int C, class T>
inline void read_rows(const Cells& cells, T* image, i64 begin, i64 end) {
    const i64 samples = cells.cols * C;
    alignas(64) float values[EXPANDED], weights[EXPANDED];
    for (i64 row = begin; row < end; ++row)
        for (i64 i0 = 0; i0 < samples; i0 += EXPANDED) {
            const int n = (int)(samples - i0 < EXPANDED ? samples - i0 : EXPANDED);
            expand<C>(cells, cells.values, C, row, i0, n, values);
            if (cells.weights) {
                expand<C>(cells, cells.weights, 1, row, i0, n, weights);
                for (int i = 0; i < n; ++i) values[i] = quotient(values[i], weights[i]);
            }
            T* __restrict to = image + row * samples + i0;
            for (int i = 0; i < n; ++i) put(values[i], to[i]);
        }
}

template <class T, class M>
inline void collect(const T* image, const M* mask, i64 cols, i64 channels, const Code& code, const Band& down, float* out, i64 begin,
                    i64 end) {
    with_channels(channels, [&](auto count) {
        collect_blocks<decltype(count)::value>(image, mask, cols, code, down, out, begin, end);
    });
}

template <class T>
inline void read(const Cells& cells, i64 channels, T* image, i64 begin, i64 end) {
    with_channels(channels, [&](auto count) { read_rows<decltype(count)::value>(cells, image, begin, end); });
}

}  // namespace pk::PK_LEVEL
