// Fractal noise on GPUs: one thread per pixel, by the definition.
#include "maths/noise.h"

#define PK_NOISE(name, Noise)                                                                                              \
    extern "C" __global__ void __launch_bounds__(128) name(pk::u64 seed, int count, const double* sides, const float* shares, \
                                                           double across, double down, pk::i64 first_row, pk::i64 first_col, pk::i64 rows,             \
                                                           pk::i64 cols, float* out) {                                     \
        const pk::Octaves octaves{seed, count, sides, shares, across, down};                                                             \
        const pk::i64 step = (pk::i64)gridDim.x * blockDim.x;                                                              \
        for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < rows * cols; i += step)                       \
            out[i] = pk::fractal_noise<pk::Noise>(octaves, first_row + i / cols, first_col + i % cols);                    \
    }

PK_NOISE(fractal_perlin, GradientNoise)
PK_NOISE(fractal_value, ValueNoise)
