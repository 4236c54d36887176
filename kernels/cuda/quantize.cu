// The GPU loops of the quantisers: a thread per element, or a thread block per row of a subband. No result depends on
// the launch shape: elements are alone, extremes have no order, and one flag can only be raised.
#include "maths/quantize.h"

namespace pk {

constexpr int THREADS = 256;

__device__ void quantize(const float* x, i32* out, const float* steps, i64 n, i64 run, float half_zone, i32* refused) {
    i32 mine = 0;
    for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x)
        out[i] = dead_zone_bin(x[i], steps[i / run], half_zone, mine);
    if (mine) atomicOr(refused, 1);
}

__device__ void dequantize(const i32* q, float* out, const float* steps, i64 n, i64 run, float shift) {
    for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < n; i += (i64)gridDim.x * blockDim.x)
        out[i] = dead_zone_point(q[i], steps[i / run], shift);
}

struct Bands {
    const Band* at;
    i64 count, parameters, planes, rows, cols;
};

template <class Work>
__device__ void for_lines(const Bands& bands, const Work& work) {
    const i64 lines = bands.planes * (bands.at[bands.count - 1].first + bands.at[bands.count - 1].rows);
    for (i64 line = blockIdx.x; line < lines; line += gridDim.x) {
        i64 hint = 0;
        work(line, line_of(bands.at, bands.count, bands.parameters, bands.rows, bands.cols, line, hint));
    }
}

__device__ void extremes(const float* x, const Bands& bands, float* slots) {
    __shared__ float low[THREADS], high[THREADS], odd[THREADS];
    const int thread = threadIdx.x;
    for_lines(bands, [&](i64 line, const Line& at) {
        const float* from = x + at.start;
        low[thread] = high[thread] = from[0];
        odd[thread] = 0;
        for (i64 i = thread; i < at.cols; i += THREADS) {
            const float value = from[i];
            low[thread] = value < low[thread] ? value : low[thread];
            high[thread] = value > high[thread] ? value : high[thread];
            odd[thread] += value - value;
        }
        __syncthreads();
        for (int half = THREADS / 2; half > 0; half /= 2) {
            if (thread < half) {
                low[thread] = low[thread + half] < low[thread] ? low[thread + half] : low[thread];
                high[thread] = high[thread + half] > high[thread] ? high[thread + half] : high[thread];
                odd[thread] += odd[thread + half];
            }
            __syncthreads();
        }
        if (thread == 0) {
            slots[2 * line] = low[0] + odd[0];
            slots[2 * line + 1] = high[0] + odd[0];
        }
        __syncthreads();
    });
}

}  // namespace pk

#define PK_BANDS                                                                                                        \
    pk::i64 planes, pk::i64 rows, pk::i64 cols, const pk::Band *__restrict__ bands, pk::i64 count, pk::i64 parameters
#define PK_BAND {bands, count, parameters, planes, rows, cols}

extern "C" __global__ void quantize(const float* __restrict__ x, pk::i32* __restrict__ out,
                                    const float* __restrict__ steps, pk::i64 n, pk::i64 run, float half_zone,
                                    pk::i32* __restrict__ refused) {
    pk::quantize(x, out, steps, n, run, half_zone, refused);
}

extern "C" __global__ void dequantize(const pk::i32* __restrict__ q, float* __restrict__ out,
                                      const float* __restrict__ steps, pk::i64 n, pk::i64 run, float shift) {
    pk::dequantize(q, out, steps, n, run, shift);
}

extern "C" __global__ void extremes(const float* __restrict__ x, PK_BANDS, float* __restrict__ slots) {
    pk::extremes(x, PK_BAND, slots);
}

extern "C" __global__ void quantize_u8(const float* __restrict__ x, pk::u8* __restrict__ out, PK_BANDS,
                                       const double* __restrict__ offsets, const double* __restrict__ inverses) {
    pk::for_lines(PK_BAND, [&](pk::i64, const pk::Line& at) {
        for (pk::i64 i = threadIdx.x; i < at.cols; i += blockDim.x)
            out[at.start + i] = pk::affine_symbol(x[at.start + i], offsets[at.parameters], inverses[at.parameters]);
    });
}

extern "C" __global__ void dequantize_u8(const pk::u8* __restrict__ symbols, float* __restrict__ out, PK_BANDS,
                                         const double* __restrict__ offsets, const double* __restrict__ scales) {
    pk::for_lines(PK_BAND, [&](pk::i64, const pk::Line& at) {
        for (pk::i64 i = threadIdx.x; i < at.cols; i += blockDim.x)
            out[at.start + i] = pk::affine_value(symbols[at.start + i], offsets[at.parameters], scales[at.parameters]);
    });
}
