// Stochastic rendering on GPUs: one thread per output pixel, its sums in registers; the order of every sum is the CPU's.
#include "maths/bspline.h"
#include "maths/random.h"

namespace pk {

// What the entry points have in common; see kernels/cpu/render.cpp, whose Scene, Law and Samples these are.
struct Scene {
    const i64* __restrict__ table;
    int levels;
    const i32* __restrict__ row_first;
    const i16* __restrict__ row_taps;
    const float* __restrict__ row_weights;
    i64 rows;
    const i32* __restrict__ col_first;
    const i16* __restrict__ col_taps;
    const float* __restrict__ col_weights;
    i64 cols;
    int channels;
    const float* __restrict__ gains;
    const i16* __restrict__ thresholds;
    const float* __restrict__ kappa;
    int reach;
};
struct Samples {
    float noise_share;
    u64 seed, first, count;
    const i64* __restrict__ rows;
    const u32* __restrict__ columns;
    const i64* __restrict__ noise_rows;
    const u32* __restrict__ noise_columns;
};
struct Lattice {
    const float* __restrict__ values;
    i64 rows, cols;
};

PK_INLINE Lattice lattice(const Scene& scene, int l) {
    return {(const float*)scene.table[3 * l], scene.table[3 * l + 1], scene.table[3 * l + 2]};
}
PK_INLINE i64 clamped(i64 k, i64 count) { return k < 0 ? 0 : k >= count ? count - 1 : k; }

// A coefficient with the rows combined: `combine_rows` of the CPU, for one column.
template <bool squared>
PK_INLINE float combined(const Scene& scene, const Lattice& on, int l, i64 row, int reach, i64 col, int channel) {
    const float* at = on.values + clamped(col, on.cols) * scene.channels + channel;
    const i64 first = scene.row_first[l * scene.rows + row] - reach;
    float sum = 0;
    PK_ROLLED
    for (int j = 0; j < 4 + 2 * reach; ++j) {
        float weight = 0;
        for (int tap = 0; tap < 4; ++tap) {
            const int d = j - tap;
            if (d >= 0 && d <= 2 * reach)
                weight += scene.row_weights[(4 * l + tap) * scene.rows + row] * (reach ? scene.kappa[d] : 1.0f);
        }
        const float value = at[clamped(first + j, on.rows) * on.cols * scene.channels];
        sum += weight * (squared ? value * value : value);
    }
    return sum;
}

// The spline of a level at an output, offsets averaged: `level_line` and `take_taps` of the CPU.
template <bool squared>
PK_CALL float spline_at(const Scene& scene, int l, i64 row, i64 col, int reach, int channel) {
    const Lattice on = lattice(scene, l);
    const i64 first = scene.col_first[l * scene.cols + col];
    float taps[4];
    PK_ROLLED
    for (int tap = 0; tap < 4; ++tap) {
        if (reach == 0) {
            taps[tap] = combined<squared>(scene, on, l, row, 0, first + tap, channel);
            continue;
        }
        float sum = 0;
        PK_ROLLED
        for (int d = 0; d <= 2 * reach; ++d)
            sum += scene.kappa[d] * combined<squared>(scene, on, l, row, reach, first + tap + d - reach, channel);
        taps[tap] = sum;
    }
    const float* weights = scene.col_weights + 4 * l * scene.cols + col;
    return weights[0] * taps[0] + weights[scene.cols] * taps[1] + weights[2 * scene.cols] * taps[2]
         + weights[3 * scene.cols] * taps[3];
}

PK_INLINE int tap_of(u32 bits, const i16* taps, i64 apart) {
    const int u = (int)(bits & 0xFFFF) - 32768;
    return (u >= taps[0]) + (u >= taps[apart]) + (u > taps[2 * apart]);
}
PK_INLINE int offset_of(u32 bits, const Scene& scene) {
    const int v = (int)(bits & 0x7FFF);
    int count = 0;
    PK_ROLLED
    for (int m = 0; m < scene.reach; ++m) count += v >= scene.thresholds[m];
    return bits & 0x8000 ? -count : count;
}

// Adds one lookup in level l to the sums of the channels: `add_level` of the CPU, for one output and sample.
PK_INLINE void look_up(const Scene& scene, const Samples& samples, const Lattice& on, int l, i64 row, i64 col, u64 sample, float* sums) {
    const u32 h = word(samples.columns[col], row_key(samples.seed, sample, 8 * l, samples.rows[row]));
    i64 r = scene.row_first[l * scene.rows + row] + tap_of(h >> 16, scene.row_taps + 3 * l * scene.rows + row, scene.rows);
    i64 c = scene.col_first[l * scene.cols + col] + tap_of(h, scene.col_taps + 3 * l * scene.cols + col, scene.cols);
    if (scene.reach > 0) {
        const u32 o = word(samples.columns[col], row_key(samples.seed, sample, 8 * l + 1, samples.rows[row]));
        r = clamped(r + offset_of(o >> 16, scene), on.rows);
        c = clamped(c + offset_of(o, scene), on.cols);
    }
    const float* value = on.values + (r * on.cols + c) * scene.channels;
    for (int k = 0; k < scene.channels; ++k) sums[k] += value[k];
}

PK_INLINE void store(float value, float* out) { *out = value; }
template <class T>
PK_INLINE void store(float value, T* out) {
    const float low = value > 0 ? value : 0, held = low < 1 ? low : 1;  // NaN becomes 0
    *out = (T)(i32)(held * (sizeof(T) == 1 ? 255.0f : 65535.0f) + 0.5f);
}

template <class T>
__device__ void stochastic_pixel(const Scene& scene, const Samples& samples, i64 row, i64 col, T* out) {
    float values[4], sums[4];
    double totals[4];
    for (int k = 0; k < scene.channels; ++k) values[k] = spline_at<false>(scene, scene.levels, row, col, 0, k);
    for (int l = 0; l < scene.levels; ++l) {
        if (scene.gains[l] == 0) continue;
        const Lattice on = lattice(scene, l);
        for (int k = 0; k < scene.channels; ++k) totals[k] = sums[k] = 0;
        PK_ROLLED
        for (u64 s = 0; s < samples.count; ++s) {
            look_up(scene, samples, on, l, row, col, samples.first + s, sums);
            if ((s + 1) % PORTION != 0 && s + 1 != samples.count) continue;
            for (int k = 0; k < scene.channels; ++k) {
                totals[k] += sums[k];
                sums[k] = 0;
            }
        }
        for (int k = 0; k < scene.channels; ++k) values[k] += scene.gains[l] * (float)totals[k];
    }
    for (int k = 0; k < scene.channels && samples.noise_share != 0; ++k) {
        float sum = 0;
        PK_ROLLED
        for (u64 s = 0; s < samples.count; ++s) {
            const RowKey key = row_key(samples.seed, samples.first + s, 8 * scene.levels + k, samples.noise_rows[row]);
            sum += standard_normal(word(samples.noise_columns[col], key));
        }
        values[k] += samples.noise_share * sum;
    }
    for (int k = 0; k < scene.channels; ++k) store(values[k], out + k);
}

template <class T>
__device__ void expected_pixel(const Scene& scene, i64 row, i64 col, T* out) {
    for (int k = 0; k < scene.channels; ++k) {
        float value = spline_at<false>(scene, scene.levels, row, col, 0, k);
        for (int l = 0; l < scene.levels; ++l)
            if (scene.gains[l] != 0) value += scene.gains[l] * spline_at<false>(scene, l, row, col, scene.reach, k);
        store(value, out + k);
    }
}

__device__ inline void variance_pixel(const Scene& scene, float noise, i64 row, i64 col, float* out) {
    for (int k = 0; k < scene.channels; ++k) {
        float value = noise * noise;
        for (int l = 0; l < scene.levels; ++l) {
            const float gain = scene.gains[l];
            if (gain == 0) continue;
            const float mean = spline_at<false>(scene, l, row, col, scene.reach, k);
            const float spread = spline_at<true>(scene, l, row, col, scene.reach, k) - mean * mean;
            value += gain * (gain * (spread < 0 ? 0 : spread));
        }
        out[k] = value;
    }
}

}  // namespace pk

#define PK_SCENE                                                                                                          \
    const pk::i64 *table, int levels, const pk::i32 *row_first, const pk::i16 *row_taps, const float *row_weights,        \
        pk::i64 rows, const pk::i32 *col_first, const pk::i16 *col_taps, const float *col_weights, pk::i64 cols,          \
        int channels, const float *gains, const pk::i16 *thresholds, const float *kappa, int reach
#define PK_THE_SCENE                                                                                                      \
    {table,    levels,   row_first, row_taps,   row_weights, rows, col_first, col_taps, col_weights, cols,                \
     channels, gains,    thresholds, kappa,     reach}
#define PK_EACH_PIXEL                                                                                                     \
    for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < rows * cols; i += (pk::i64)gridDim.x * blockDim.x)

#define PK_PIXEL(dtype, T)                                                                                                \
    extern "C" __global__ void __launch_bounds__(128) stochastic_##dtype(                                                 \
        PK_SCENE, float noise_share, pk::u64 seed, pk::u64 first_sample, pk::u64 count, const pk::i64* row_cells,         \
        const pk::u32* col_cells, const pk::i64* noise_rows, const pk::u32* noise_cols, T* out) {                         \
        const pk::Scene scene PK_THE_SCENE;                                                                               \
        const pk::Samples samples{noise_share, seed, first_sample, count, row_cells, col_cells, noise_rows, noise_cols};  \
        PK_EACH_PIXEL pk::stochastic_pixel(scene, samples, i / cols, i % cols, out + i * channels);                       \
    }                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(128) expected_##dtype(PK_SCENE, T* out) {                                \
        const pk::Scene scene PK_THE_SCENE;                                                                               \
        PK_EACH_PIXEL pk::expected_pixel(scene, i / cols, i % cols, out + i * channels);                                  \
    }

PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)

extern "C" __global__ void __launch_bounds__(128) variance_float32(PK_SCENE, float noise, float* out) {
    const pk::Scene scene PK_THE_SCENE;
    PK_EACH_PIXEL pk::variance_pixel(scene, noise, i / cols, i % cols, out + i * channels);
}
