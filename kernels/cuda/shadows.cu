// The GPU loops of cast shadows, of spatially varying blur and of subsurface spread; any launch shape.
//
// A thread walks a line away from the light. It carries the line on its left as well, which pixels between the two need.
#include "maths/shadows.h"
#include "maths/spread.h"

namespace pk {

struct Field {
    const float* height;
    const u8* inside;  // null: all of it
    i64 by_row, by_col, rows, cols;
    PK_INLINE i64 offset(i64 k, i64 j) const { return k * by_row + j * by_col; }
    PK_INLINE float at(i64 k, i64 j) const {
        if (j < 0 || j >= cols) return NOWHERE;
        const i64 from = offset(k, j);
        return inside && !inside[from] ? NOWHERE : surface(height[from]);
    }
};

}  // namespace pk

extern "C" __global__ void __launch_bounds__(64) cast_shadow(
    const float* __restrict__ height, const pk::u8* __restrict__ inside, int masked, float* __restrict__ light, pk::i64 by_row,
    pk::i64 by_col, pk::i64 rows, pk::i64 cols, pk::i64 first, pk::i64 lines, double slope, float rise, float bias, int number,
    float lights) {
    using namespace pk;
    const Field field{height, masked ? inside : nullptr, by_row, by_col, rows, cols};
    const Ray ray{slope, rise, bias, 1 / rise};
    for (i64 n = blockIdx.x * (i64)blockDim.x + threadIdx.x; n < lines; n += (i64)gridDim.x * blockDim.x) {
        float ceiling = NOWHERE, left_ceiling = NOWHERE;
        for (i64 k = 0; k < rows; ++k) {
            const Shear to = shear(slope, k);
            const i64 j = first + n + to.whole;
            if (j < -1 || j > cols) continue;
            const float own = field.at(k, j);
            const float left = surface_between(field.at(k, j - 1), own, to.fraction);
            const float right = surface_between(own, field.at(k, j + 1), to.fraction);
            if (j >= 0 && j < cols) {
                const float both = light_between(light_under(left_ceiling, left, ray), light_under(ceiling, right, ray), to.fraction);
                const float lit = own > LOWEST ? both : 1;
                float* out = light + field.offset(k, j);
                if (number == 0)
                    *out = lit;
                else
                    *out = number + 1 < lights ? *out + lit : (*out + lit) / lights;
            }
            left_ceiling = next_ceiling(left_ceiling, left, ray);
            ceiling = next_ceiling(ceiling, right, ray);
        }
    }
}

namespace pk {

constexpr int MOST_REACH = 28;  // row length - 1 of weights, as in kernels/cpu/shadows.cpp

struct Picture {
    const float* image;
    i64 rows, cols, channels;
};

// Rows first, then columns, pairs from the middle outwards: the order of kernels/cpu/spread.h.
PK_INLINE float blurred_sample(const Picture& picture, const Gaussian& of, i64 i, i64 j, i64 channel) {
    const auto column = [&](i64 col) {
        const float* from = picture.image + reflected_pixel(col, picture.cols) * picture.channels + channel;
        const auto at = [&](i64 row) { return from[reflected_pixel(row, picture.rows) * picture.cols * picture.channels]; };
        float sum = of.weights[0] * at(i);
        for (i32 k = 1; k <= of.reach; ++k) sum += of.weights[k] * (at(i - k) + at(i + k));
        return sum;
    };
    float sum = of.weights[0] * column(j);
    for (i32 k = 1; k <= of.reach; ++k) sum += of.weights[k] * (column(j - k) + column(j + k));
    return sum;
}

PK_INLINE float share_of_level(int level, int count, float sigma, float root, const float* sigmas, const float* roots) {
    const auto next = [&](int of) {
        return of == 0 ? share_from_zero(sigma, sigmas[1]) : share_between(root, roots[of], roots[of + 1]);
    };
    const float before = level > 0 ? next(level - 1) : 1, after = level + 1 < count ? next(level) : 0;
    return before - after;
}

}  // namespace pk

extern "C" __global__ void __launch_bounds__(128) varying_blur(
    const float* __restrict__ image, const float* __restrict__ sigma_map, float* __restrict__ out,
    const float* __restrict__ sigmas, const float* __restrict__ roots, const int* __restrict__ reaches,
    const float* __restrict__ weights, pk::i64 rows, pk::i64 cols, pk::i64 channels, int count) {
    using namespace pk;
    const Picture picture{image, rows, cols, channels};
    for (i64 n = blockIdx.x * (i64)blockDim.x + threadIdx.x; n < rows * cols * channels; n += (i64)gridDim.x * blockDim.x) {
        const i64 channel = n % channels, pixel = n / channels, i = pixel / cols, j = pixel % cols;
        const float sigma = sigma_map[pixel], root = square_root(sigma);
        float sum = 0;
        for (int level = 0; level < count && reaches[level] >= 0; ++level) {
            const float share = share_of_level(level, count, sigma, root, sigmas, roots);
            if (share > 0)
                sum = sum + share * blurred_sample(picture, {weights + level * (MOST_REACH + 1), reaches[level]}, i, j, channel);
        }
        out[n] = sum;
    }
}

// `wide`: the whole image, blurred by the width of a level.
extern "C" __global__ void __launch_bounds__(128) add_level(
    const float* __restrict__ wide, const float* __restrict__ sigma_map, float* __restrict__ out,
    const float* __restrict__ sigmas, const float* __restrict__ roots, const int*, const float*, pk::i64 samples,
    pk::i64 channels, pk::i64 level, int count) {
    using namespace pk;
    for (i64 n = blockIdx.x * (i64)blockDim.x + threadIdx.x; n < samples; n += (i64)gridDim.x * blockDim.x) {
        const float sigma = sigma_map[n / channels];
        const float share = share_of_level((int)level, count, sigma, square_root(sigma), sigmas, roots);
        if (share > 0) out[n] = out[n] + share * wide[n];
    }
}

extern "C" __global__ void __launch_bounds__(128) spread(
    const float* __restrict__ shadow, float* __restrict__ out, const float* __restrict__ sigmas, const float* __restrict__ roots,
    const int* __restrict__ reaches, const float* __restrict__ weights, pk::i64 rows, pk::i64 cols, int count) {
    using namespace pk;
    const Picture picture{shadow, rows, cols, 1};
    for (i64 n = blockIdx.x * (i64)blockDim.x + threadIdx.x; n < rows * cols; n += (i64)gridDim.x * blockDim.x)
        for (int channel = 0; channel < count; ++channel) {
            const Gaussian of{weights + channel * (MOST_REACH + 1), reaches[channel]};
            if (of.reach >= 0) out[n * count + channel] = blurred_sample(picture, of, n / cols, n % cols, 0);
        }
}
