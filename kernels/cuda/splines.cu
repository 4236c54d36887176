// The GPU loops of a spline pyramid: a thread per line of a level, or per coefficient; any launch shape gives the same bits.
// The sums are those of kernels/cpu/splines.h in its order, the blocks of lines those of BLOCK and REACH.
#include "maths/splines.h"

namespace pk {

// read(k) is sample k of a line of n > 1, times GAIN; write(k, c) takes coefficient k.
template <class Read, class Write>
__device__ void filter_line(i64 n, const Read& read, const Write& write) {
    double a[BLOCK + REACH], state = 0;
    PK_ROLLED
    for (i64 k = REACH; k > 0; --k) state = forward(read(reflected(k, 0, n - 1)), state);
    i64 made = 0;
    PK_ROLLED
    for (i64 first = 0;; first += BLOCK) {
        const bool rest = n - first <= BLOCK + REACH;
        const i64 end = rest ? n : first + BLOCK + REACH;
        if (first > 0)
            for (int k = 0; k < REACH; ++k) a[k] = a[BLOCK + k];
        PK_ROLLED
        for (i64 k = made; k < end; ++k) a[k - first] = state = forward(read(k), state);
        made = end;
        double c = a[end - 1 - first];
        if (rest) {
            c = last_coefficient(c, a[end - 2 - first]);
            write(end - 1, c);
        }
        PK_ROLLED
        for (i64 k = end - 2; k >= first; --k) {
            c = backward(a[k - first], c);
            if (rest || k < first + BLOCK) write(k, c);
        }
        if (rest) return;
    }
}

// Coefficients behind both ends of a line of n, `along` apart; level points at k = 0.
__device__ void mirror_ends(float* level, i64 n, i64 along) {
    level[-along] = level[reflected(-1, 0, n - 1) * along];
    for (i64 k = n; k < n + 2; ++k) level[k * along] = level[reflected(k, 0, n - 1) * along];
}

__device__ i64 thread() { return blockIdx.x * (i64)blockDim.x + threadIdx.x; }
__device__ i64 threads() { return (i64)gridDim.x * blockDim.x; }

template <class T>
__device__ void filter_rows(const T* image, i64 rows, i64 cols, i64 channels, float* level) {
    constexpr double factor = GAIN / UNIT<T>, unit = 1 / UNIT<T>;
    for (i64 i = thread(); i < rows * channels; i += threads()) {
        const i64 row = i / channels, channel = i % channels;
        const T* from = image + row * cols * channels + channel;
        float* to = level + ((row + 1) * (cols + 3) + 1) * channels + channel;
        if (cols > 1)
            filter_line(cols, [&](i64 k) { return from[k * channels] * factor; },
                        [&](i64 k, double c) { to[k * channels] = (float)c; });
        else
            to[0] = (float)(from[0] * unit);
        mirror_ends(to, cols, channels);
    }
}

__device__ void filter_columns(float* level, i64 rows, i64 pitch) {
    for (i64 i = thread(); i < pitch; i += threads()) {
        float* column = level + pitch + i;
        if (rows > 1)
            filter_line(rows, [&](i64 k) { return column[k * pitch] * GAIN; },
                        [&](i64 k, double c) { column[k * pitch] = (float)c; });
        mirror_ends(column, rows, pitch);
    }
}

// Columns first, then rows, as on the CPU.
__device__ void down_level(const float* level, i64 rows, i64 cols, i64 channels, float* next, i64 next_rows, i64 next_cols) {
    for (i64 i = thread(); i < next_rows * next_cols * channels; i += threads()) {
        const i64 channel = i % channels, col = i / channels % next_cols, row = i / channels / next_cols;
        float mixed[5];
        i64 from[5];
        for (int j = 0; j < 5; ++j) from[j] = (reflected(2 * row - 4 + j, -1, rows - 2) + 1) * cols * channels + channel;
        for (int j = 0; j < 5; ++j) {
            const float* at = level + (reflected(2 * col - 4 + j, -1, cols - 2) + 1) * channels;
            mixed[j] = down(at[from[0]], at[from[1]], at[from[2]], at[from[3]], at[from[4]]);
        }
        next[i] = down(mixed[0], mixed[1], mixed[2], mixed[3], mixed[4]);
    }
}

__device__ void residual_level(float* level, i64 rows, i64 cols, i64 channels, const float* next, i64 next_cols) {
    const i64 pitch = next_cols * channels;
    for (i64 i = thread(); i < rows * cols * channels; i += threads()) {
        const i64 channel = i % channels, col = i / channels % cols, row = i / channels / cols;
        const float* at = next + row / 2 * pitch + col / 2 * channels + channel;
        const auto mixed = [&](i64 j) {
            const float* column = at + j * channels;
            return row % 2 ? up_on(column[0], column[pitch], column[2 * pitch]) : up_between(column[0], column[pitch]);
        };
        const double up = col % 2 ? up_on(mixed(0), mixed(1), mixed(2)) : up_between(mixed(0), mixed(1));
        level[i] = (float)(level[i] - up);
    }
}

}  // namespace pk

#define PK_PIXEL(dtype, T)                                                                                             \
    extern "C" __global__ void filter_rows_##dtype(const T* __restrict__ image, pk::i64 rows, pk::i64 cols,            \
                                                   pk::i64 channels, float* __restrict__ level) {                      \
        pk::filter_rows(image, rows, cols, channels, level);                                                           \
    }
PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)

extern "C" __global__ void filter_columns(float* level, pk::i64 rows, pk::i64 pitch) {
    pk::filter_columns(level, rows, pitch);
}
extern "C" __global__ void down(const float* __restrict__ level, pk::i64 rows, pk::i64 cols, pk::i64 channels,
                                float* __restrict__ next, pk::i64 next_rows, pk::i64 next_cols) {
    pk::down_level(level, rows, cols, channels, next, next_rows, next_cols);
}
extern "C" __global__ void residual(float* __restrict__ level, pk::i64 rows, pk::i64 cols, pk::i64 channels,
                                    const float* __restrict__ next, pk::i64 next_cols) {
    pk::residual_level(level, rows, cols, channels, next, next_cols);
}
