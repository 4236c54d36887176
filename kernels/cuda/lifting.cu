// The GPU loops of wavelet levels and of the 4-point Hadamard transform; any launch shape gives the same result.
//
// A thread block takes a tile of TILE_ROWS x TILE_COLS pairs, with MARGIN pairs more on each side, into shared memory and
// lifts it there: columns, then rows; the inverse the other way round. As in kernels/cpu/lifting.h, what lacks its
// neighbours at the rim of the tile comes out wrong and is not written.
#include "maths/hadamard.h"
#include "maths/lifting.h"

namespace pk {

constexpr int TILE_ROWS = 16, TILE_COLS = 32, MARGIN = 2;  // pairs; the margin is the largest REACH
constexpr int SHARED_ROWS = 2 * (TILE_ROWS + 2 * MARGIN), SHARED_COLS = 2 * (TILE_COLS + 2 * MARGIN);

template <class T>
struct Planes {
    i64 count, rows, cols;
    T* x;
    i64 x_row, x_plane;
    T* low;
    i64 low_row, low_plane;
    T* bands;
    i64 bands_row, bands_plane;
};

// A step over lines of n samples that are `along` apart in shared memory; `lines` of them, `across` apart.
template <class W, int step, bool inverse, class T>
__device__ void lift_lines(T* tile, int n, int along, int lines, int across) {
    const int parity = 1 - step % 2, targets = parity ? n / 2 : (n + 1) / 2;
    if (n > 1)
        for (int i = threadIdx.x; i < targets * lines; i += blockDim.x) {
            // neighbouring threads on neighbouring columns, whichever way the lines run
            const int line = along == 1 ? i / targets : i % lines, k = along == 1 ? i % targets : i / lines;
            const int at = 2 * k + parity;
            if (W::REACH == 0 && 2 * k + 1 >= n) continue;  // no partner
            T* sample = tile + line * across + at * along;
            const T before = at > 0 ? sample[-along] : sample[along], after = at + 1 < n ? sample[along] : sample[-along];
            *sample = inverse ? unlift<W, step>(*sample, before, after) : lift<W, step>(*sample, before, after);
        }
    __syncthreads();
}

template <class W, class T>
__device__ void lift_all(T* tile, int n, int along, int lines, int across) {
    lift_lines<W, 0, false>(tile, n, along, lines, across);
    lift_lines<W, 1, false>(tile, n, along, lines, across);
    if constexpr (W::STEPS == 4) {
        lift_lines<W, 2, false>(tile, n, along, lines, across);
        lift_lines<W, 3, false>(tile, n, along, lines, across);
    }
}

template <class W, class T>
__device__ void unlift_all(T* tile, int n, int along, int lines, int across) {
    if constexpr (W::STEPS == 4) {
        lift_lines<W, 3, true>(tile, n, along, lines, across);
        lift_lines<W, 2, true>(tile, n, along, lines, across);
    }
    lift_lines<W, 1, true>(tile, n, along, lines, across);
    lift_lines<W, 0, true>(tile, n, along, lines, across);
}

// Where a coefficient lies, in the order of the samples, and its gain.
template <class T>
__device__ T* coefficient(const Planes<T>& on, i64 plane, i64 row, i64 col) {
    const i64 low_rows = (on.rows + 1) / 2, low_cols = (on.cols + 1) / 2, r = row / 2, c = col / 2;
    if (row % 2 == 0 && col % 2 == 0) return on.low + plane * on.low_plane + r * on.low_row + c;
    return on.bands + plane * on.bands_plane + (row % 2 ? low_rows + r : r) * on.bands_row + (col % 2 ? low_cols + c : c);
}
__device__ float gain_of(const Gains& gain, i64 row, i64 col) {
    return row % 2 ? (col % 2 ? gain.hh : gain.lh) : (col % 2 ? gain.hl : gain.ll);
}

template <class W, bool inverse, class T>
__device__ void transform(const Planes<T>& on) {
    __shared__ T tile[SHARED_ROWS * SHARED_COLS];
    const i64 down = ((on.rows + 1) / 2 + TILE_ROWS - 1) / TILE_ROWS, across = ((on.cols + 1) / 2 + TILE_COLS - 1) / TILE_COLS;
    const Gains gain = inverse ? inverse_gains<W>(on.rows, on.cols) : gains<W>(on.rows, on.cols);
    for (i64 block = blockIdx.x; block < on.count * down * across; block += gridDim.x) {
        const i64 plane = block / (down * across), top = block / across % down * TILE_ROWS, left = block % across * TILE_COLS;
        const i64 first_row = 2 * (top > MARGIN ? top - MARGIN : 0), first_col = 2 * (left > MARGIN ? left - MARGIN : 0);
        const i64 row_end = 2 * (top + TILE_ROWS), col_end = 2 * (left + TILE_COLS);
        const int rows = (int)((row_end + 2 * MARGIN < on.rows ? row_end + 2 * MARGIN : on.rows) - first_row);
        const int cols = (int)((col_end + 2 * MARGIN < on.cols ? col_end + 2 * MARGIN : on.cols) - first_col);
        T* x = on.x + plane * on.x_plane;
        __syncthreads();  // the tile before may still be read
        for (int i = threadIdx.x; i < rows * cols; i += blockDim.x) {
            const i64 row = first_row + i / cols, col = first_col + i % cols;
            tile[i / cols * SHARED_COLS + i % cols] =
                inverse ? scaled(*coefficient(on, plane, row, col), gain_of(gain, row, col)) : x[row * on.x_row + col];
        }
        __syncthreads();
        if (inverse) {
            unlift_all<W>(tile, cols, 1, rows, SHARED_COLS);
            unlift_all<W>(tile, rows, SHARED_COLS, cols, 1);
        } else {
            lift_all<W>(tile, rows, SHARED_COLS, cols, 1);
            lift_all<W>(tile, cols, 1, rows, SHARED_COLS);
        }
        for (int i = threadIdx.x; i < rows * cols; i += blockDim.x) {
            const i64 row = first_row + i / cols, col = first_col + i % cols;
            if (row < 2 * top || row >= row_end || col < 2 * left || col >= col_end) continue;
            const T value = tile[i / cols * SHARED_COLS + i % cols];
            if (inverse)
                x[row * on.x_row + col] = value;
            else
                *coefficient(on, plane, row, col) = scaled(value, gain_of(gain, row, col));
        }
    }
}

}  // namespace pk

#define PK_LEVEL_OF(name, W, dtype, T)                                                                                   \
    extern "C" __global__ void __launch_bounds__(256) analyse_##name##_##dtype(                                          \
        T* __restrict__ x, pk::i64 x_row, pk::i64 x_plane, T* __restrict__ low, pk::i64 low_row, pk::i64 low_plane,      \
        T* __restrict__ bands, pk::i64 bands_row, pk::i64 bands_plane, pk::i64 count, pk::i64 rows, pk::i64 cols) {      \
        pk::transform<pk::W, false>(pk::Planes<T>{count, rows, cols, x, x_row, x_plane, low, low_row, low_plane, bands,  \
                                                  bands_row, bands_plane});                                              \
    }                                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) synthesise_##name##_##dtype(                                       \
        T* __restrict__ x, pk::i64 x_row, pk::i64 x_plane, T* __restrict__ low, pk::i64 low_row, pk::i64 low_plane,      \
        T* __restrict__ bands, pk::i64 bands_row, pk::i64 bands_plane, pk::i64 count, pk::i64 rows, pk::i64 cols) {      \
        pk::transform<pk::W, true>(pk::Planes<T>{count, rows, cols, x, x_row, x_plane, low, low_row, low_plane, bands,   \
                                                 bands_row, bands_plane});                                               \
    }

PK_LEVEL_OF(haar, Haar, float32, float)
PK_LEVEL_OF(cdf53, Cdf53, float32, float)
PK_LEVEL_OF(cdf97, Cdf97, float32, float)
PK_LEVEL_OF(haar, Haar, int32, pk::i32)
PK_LEVEL_OF(cdf53, Cdf53, int32, pk::i32)

extern "C" __global__ void hadamard4(const float* __restrict__ x, float* __restrict__ y, pk::i64 inner, pk::i64 count) {
    for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < count; i += (pk::i64)gridDim.x * blockDim.x) {
        const float* from = x + i / inner * 4 * inner + i % inner;
        float* to = y + i / inner * 4 * inner + i % inner;
        pk::hadamard4(from[0], from[inner], from[2 * inner], from[3 * inner], to[0], to[inner], to[2 * inner], to[3 * inner]);
    }
}
