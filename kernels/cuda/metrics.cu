// The GPU loops of squared errors and structural similarity. Every slot of a result has the additions of
// kernels/cpu/metrics.h in their order, so the bits are the CPU's; any number of thread blocks gives the same result.
#include "maths/metrics.h"

namespace pk {

constexpr int STRIP = 8;  // rows of windows per thread block
constexpr int THREADS = 256;

struct Pair {
    i64 rows, cols, channels;
};

// A warp per slot, a thread per lane; called by THREADS threads.
template <class T>
__device__ void squared_errors(const T* a, const T* b, i64 n, double* slots, i64 slot_count) {
    using Lane = typename Errors<T>::sum;
    using Step = typename Errors<T>::difference;
    __shared__ double lanes[THREADS];
    constexpr int together = THREADS / ERROR_LANES;
    const i64 blocks = (n + ERROR_BLOCK - 1) / ERROR_BLOCK;
    const int lane = threadIdx.x % ERROR_LANES;
    for (i64 base = (i64)blockIdx.x * together; base < slot_count; base += (i64)gridDim.x * together) {
        const i64 slot = base + threadIdx.x / ERROR_LANES;
        Lane sum = 0;
        if (slot < slot_count) {
            const i64 first = slot % blocks * ERROR_BLOCK, rest = n - first, start = slot / blocks * n + first;
            const int count = (int)(rest < ERROR_BLOCK ? rest : ERROR_BLOCK);
            for (int i = lane; i < count; i += ERROR_LANES) {
                const Step d = (Step)a[start + i] - (Step)b[start + i];
                sum += (Lane)(d * d);
            }
        }
        lanes[threadIdx.x] = (double)sum;
        __syncthreads();
        if (lane == 0 && slot < slot_count) {
            double whole = 0;
            for (int k = 0; k < ERROR_LANES; ++k) whole += lanes[threadIdx.x + k];
            slots[slot] = whole;
        }
        __syncthreads();
    }
}

template <class Window, class Sum>
struct Tile {
    static constexpr int WIDE = TILE + (Window::TAPS - 1) * MOST_TOGETHER;
    Sum row[MOMENTS][WIDE];
    double values[TILE], lanes[LANES];
};

// One value of a tile's row and its two products.
template <class Window, class Sum, class T>
__device__ void load(const T* a, const T* b, i64 start, i64 channels, int together, int n, int i, Tile<Window, Sum>& tile) {
    const i64 at = start + i / together * channels + i % together;
    const Sum x = i < n ? (Sum)a[at] : 0, y = i < n ? (Sum)b[at] : 0;
    tile.row[0][i] = x;
    tile.row[1][i] = y;
    tile.row[2][i] = x * x + y * y;
    tile.row[3][i] = x * y;
}

// Adds the windows of rows first..last to their slots; called by TILE threads, a thread per value of a tile, whose ring
// of rows is in its registers.
template <class Window, class Term, class T>
__device__ void similarity_strip(const Pair& shape, const T* a, const T* b, const Stabilisers& add, double* slots, i64 first,
                                 i64 last) {
    using Sum = typename Sums<T, Window>::type;
    constexpr int TAPS = Window::TAPS;
    __shared__ Tile<Window, Sum> tile;
    const i64 cols = shape.cols - TAPS + 1, channels = shape.channels;
    const int thread = threadIdx.x;
    for (i64 c0 = 0; c0 < channels; c0 += MOST_TOGETHER) {
        const int together = (int)(channels - c0 < MOST_TOGETHER ? channels - c0 : MOST_TOGETHER), across = TILE / together;
        for (i64 x0 = 0; x0 < cols; x0 += across) {
            const int n = (int)(x0 + across >= cols ? cols - x0 : across);
            Sum ring[MOMENTS][TAPS] = {};
            for (i64 r = first; r < last + TAPS - 1; ++r) {
                const i64 start = (r * shape.cols + x0) * channels + c0;
                for (int i = thread; i < tile.WIDE; i += TILE)
                    load(a, b, start, channels, together, (n + TAPS - 1) * together, i, tile);
                __syncthreads();
                double sums[MOMENTS];
                for (int m = 0; m < MOMENTS; ++m) {
                    for (int k = 0; k + 1 < TAPS; ++k) ring[m][k] = ring[m][k + 1];
                    const Sum* from = tile.row[m] + thread;
                    ring[m][TAPS - 1] = Window::template weigh<Sum>([&](int k) { return from[k * together]; });
                    sums[m] = (double)Window::template weigh<Sum>([&](int k) { return ring[m][k]; });
                }
                const double value = Term::template value<Window>(sums[0], sums[1], sums[2], sums[3], add);
                tile.values[thread] = thread < n * together ? value : 0;
                __syncthreads();
                if (thread < LANES) {
                    double sum = 0;
                    for (int i = thread; i < TILE; i += LANES) sum += tile.values[i];
                    tile.lanes[thread] = sum;
                }
                __syncthreads();
                const i64 row = r - TAPS + 1;
                if (row >= first && thread < together) {
                    double sum = slots[row * channels + c0 + thread];
                    for (int k = thread; k < LANES; k += together) sum += tile.lanes[k];
                    slots[row * channels + c0 + thread] = sum;
                }
            }
        }
    }
}

template <class Window, class Term, class T>
__device__ void similarity(const T* a, const T* b, const Pair& shape, i64 batch, double range, double* slots) {
    const Stabilisers add = stabilisers<Window>(range);
    const i64 rows = shape.rows - Window::TAPS + 1, strips = (rows + STRIP - 1) / STRIP;
    const i64 size = shape.rows * shape.cols * shape.channels;
    for (i64 strip = blockIdx.x; strip < batch * strips; strip += gridDim.x) {
        const i64 pair = strip / strips, first = strip % strips * STRIP, last = first + STRIP < rows ? first + STRIP : rows;
        similarity_strip<Window, Term>(shape, a + pair * size, b + pair * size, add, slots + pair * rows * shape.channels,
                                       first, last);
    }
}

template <class T>
__device__ void halve(const T* image, const Pair& shape, i64 batch, float* out) {
    const i64 half_rows = (shape.rows + 1) / 2, half_cols = (shape.cols + 1) / 2, channels = shape.channels;
    const i64 count = batch * half_rows * half_cols * channels;
    for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < count; i += (i64)gridDim.x * blockDim.x) {
        const i64 c = i % channels, p = i / channels % half_cols, row = i / channels / half_cols % half_rows;
        const T* top = image + (i / channels / half_cols / half_rows * shape.rows + 2 * row) * shape.cols * channels;
        const T* below = 2 * row + 1 < shape.rows ? top + shape.cols * channels : top;
        const i64 left = 2 * p * channels + c, right = 2 * p + 1 < shape.cols ? left + channels : left;
        out[i] = mean_of_four((float)top[left], (float)top[right], (float)below[left], (float)below[right]);
    }
}

}  // namespace pk

#define PK_SIMILARITY(kernel, Window, Term, name, T)                                                                   \
    extern "C" __global__ void kernel##_##name(const T* __restrict__ a, const T* __restrict__ b, pk::i64 rows,         \
                                               pk::i64 cols, pk::i64 channels, pk::i64 batch, double range,            \
                                               double* __restrict__ slots) {                                           \
        pk::similarity<pk::Window, pk::Term>(a, b, {rows, cols, channels}, batch, range, slots);                       \
    }
#define PK_PIXEL(name, T)                                                                                              \
    extern "C" __global__ void squared_errors_##name(const T* __restrict__ a, const T* __restrict__ b, pk::i64 n,      \
                                                     double* __restrict__ slots, pk::i64 slot_count) {                 \
        pk::squared_errors(a, b, n, slots, slot_count);                                                                \
    }                                                                                                                  \
    PK_SIMILARITY(ssim_gaussian, Gaussian, Similarity, name, T)                                                        \
    PK_SIMILARITY(ssim_uniform, Uniform, Similarity, name, T)                                                          \
    PK_SIMILARITY(structure, Gaussian, ContrastStructure, name, T)                                                     \
    extern "C" __global__ void halve_##name(const T* __restrict__ image, pk::i64 rows, pk::i64 cols, pk::i64 channels, \
                                            pk::i64 batch, float* __restrict__ out) {                                  \
        pk::halve(image, {rows, cols, channels}, batch, out);                                                          \
    }

PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)
