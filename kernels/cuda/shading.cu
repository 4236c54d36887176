// The GPU loops of normals, shading and compositing: a thread per pixel, the arithmetic of kernels/cpu/{normals,shading}.h in
// its order, so the bits are the CPU's. No pixel depends on another; any launch gives the same result.
#include "maths/normals.h"
#include "maths/shading.h"
#include "maths/srgb.h"

namespace pk {

template <class T>
struct Light {
    using Real = float;
};
template <>
struct Light<u16> {
    using Real = double;
};

struct Map {
    const float* values;
    int channels;
    PK_INLINE float at(i64 pixel, int c) const { return values[channels == 3 ? 3 * pixel + c : pixel]; }
};

struct Weights {
    const void* weights;  // u8, or float, or null
    int floats, whole;
    template <class Real>
    PK_INLINE Real at(i64 pixel) const {
        if (!weights) return 1;
        return floats ? (Real)((const float*)weights)[pixel] : (Real)((const u8*)weights)[pixel] / (Real)whole;
    }
    PK_INLINE bool inside(i64 pixel) const {
        return !weights || (floats ? ((const float*)weights)[pixel] > 0 : ((const u8*)weights)[pixel] > 0);
    }
    PK_INLINE bool half_inside(i64 pixel) const {
        return !weights
               || (floats ? at_least_half(((const float*)weights)[pixel], whole)
                          : at_least_half(((const u8*)weights)[pixel], whole));
    }
};

// The table has TERMS numbers for each channel, then LIGHT_SIZE for each light.
struct Scene {
    const float* normals;
    Map shadow, occlusion;
    const double* table;
    i64 lights;
    int has_environment;
    int highlight;
    double strength, sharpness;
    PK_INLINE const double* light(i64 i) const { return table + 3 * TERMS + i * LIGHT_SIZE; }
};

template <class Real>
struct Pixel {
    Real value[3];
};

template <class Real>
__device__ Pixel<Real> shaded(const Scene& scene, i64 pixel) {
    const Real nx = (Real)scene.normals[3 * pixel], ny = (Real)scene.normals[3 * pixel + 1];
    const Real nz = (Real)scene.normals[3 * pixel + 2];
    Pixel<Real> direct = {{0, 0, 0}};
    for (i64 i = 0; i < scene.lights; ++i) {
        const double* light = scene.light(i);
        const Real facing
            = positive(product(nx, ny, nz, (Real)light[LIGHT_X], (Real)light[LIGHT_Y], (Real)light[LIGHT_Z]));
        for (int c = 0; c < 3; ++c) direct.value[c] += (Real)light[LIGHT_RED + c] * facing;
    }
    for (int c = 0; c < 3; ++c) {
        Real k[TERMS];
        for (int i = 0; i < TERMS; ++i) k[i] = (Real)scene.table[c * TERMS + i];
        if (scene.shadow.channels) direct.value[c] *= (Real)scene.shadow.at(pixel, c);
        Real around = scene.has_environment ? environment(nx, ny, nz, k) : k[TERMS - 1];
        if (scene.occlusion.channels) around *= (Real)scene.occlusion.at(pixel, c);
        direct.value[c] = around + direct.value[c];
    }
    return direct;
}

template <class Model, class Real>
__device__ void add_highlights(const Scene& scene, i64 pixel, Pixel<Real>& to) {
    const float* n = scene.normals + 3 * pixel;
    for (i64 i = 0; i < scene.lights; ++i) {
        const double* light = scene.light(i);
        const double value = Model::value((double)n[0], (double)n[1], (double)n[2], light, scene.sharpness);
        for (int c = 0; c < 3; ++c) to.value[c] += (Real)(light[LIGHT_RED + c] * scene.strength * value);
    }
}

template <class Real>
__device__ Pixel<Real> highlights(const Scene& scene, i64 pixel) {
    Pixel<Real> sum = {{0, 0, 0}};
    if (scene.highlight == PHONG) add_highlights<Phong>(scene, pixel, sum);
    if (scene.highlight == BLINN) add_highlights<Blinn>(scene, pixel, sum);
    if (scene.highlight == GGX) add_highlights<Ggx>(scene, pixel, sum);
    if (scene.shadow.channels)
        for (int c = 0; c < 3; ++c) sum.value[c] *= (Real)scene.shadow.at(pixel, c);
    return sum;
}

// One code or value to light, or to the numbers that codes are, and back.
template <class T>
struct Tone;
template <>
struct Tone<u8> {
    static __device__ float light(u8 code, bool linear) {
        return linear ? (float)linear_from_code(code / 255.0) : (float)code;
    }
    static __device__ u8 code(float light, bool linear) {
        return linear ? (u8)nearest_code(light, u8()) : (u8)(i32)(light + 0.5f);
    }
};
template <>
struct Tone<u16> {
    static __device__ double light(u16 code, bool linear) {
        return linear ? linear_from_code((double)code / 65535) : (double)code;
    }
    static __device__ u16 code(double light, bool linear) {
        return linear ? (u16)nearest_code(light, u16()) : (u16)(i32)(light + 0.5);
    }
};
template <>
struct Tone<float> {
    static __device__ float light(float value, bool) { return value; }
    static __device__ float code(float light, bool) { return light; }
};

template <class T>
__device__ void shade_pixel(const Scene& scene, const T* albedo, const T* background, const Weights& mask, T* out, i64 pixel) {
    using Real = typename Light<T>::Real;
    const Real weight = mask.at<Real>(pixel);
    const Pixel<Real> shade = shaded<Real>(scene, pixel);
    const Pixel<Real> shine = highlights<Real>(scene, pixel);
    for (int c = 0; c < 3; ++c) {
        Real light = Tone<T>::light(albedo[3 * pixel + c], true) * shade.value[c];
        if (scene.highlight != NO_HIGHLIGHT) light += shine.value[c];
        if (!(weight >= 1)) light = over(light, background ? Tone<T>::light(background[3 * pixel + c], true) : (Real)0, weight);
        out[3 * pixel + c] = Tone<T>::code(light, true);
    }
}

template <class T>
__device__ void composite_pixel(const T* foreground, const T* background, const Weights& mask, int channels, bool linear,
                                T* out, i64 pixel) {
    using Real = typename Light<T>::Real;
    const Real weight = mask.at<Real>(pixel);
    for (i64 i = channels * pixel; i < channels * (pixel + 1); ++i) {
        const Real front = Tone<T>::light(foreground[i], linear), back = Tone<T>::light(background[i], linear);
        out[i] = Tone<T>::code(over(front, back, weight), linear);
    }
}

template <class T>
__device__ void normal_pixel(const T* z, const Weights& mask, float* normals, i64 rows, i64 cols, double scale, i64 pixel) {
    const i64 r = pixel / cols, c = pixel % cols;
    Normal n = {0, 0, 1};
    if (mask.inside(pixel)) {
        const bool left = c > 0 && mask.inside(pixel - 1), right = c + 1 < cols && mask.inside(pixel + 1);
        const bool above = r > 0 && mask.inside(pixel - cols), below = r + 1 < rows && mask.inside(pixel + cols);
        const double here = (double)z[pixel];
        const double across = slope(left ? (double)z[pixel - 1] : 0, here, right ? (double)z[pixel + 1] : 0, left, right);
        const double up = slope(below ? (double)z[pixel + cols] : 0, here, above ? (double)z[pixel - cols] : 0, below, above);
        n = normal(scale * across, scale * up);
    }
    normals[3 * pixel] = n.x;
    normals[3 * pixel + 1] = n.y;
    normals[3 * pixel + 2] = n.z;
}

template <class T>
__device__ void extent_row(const T* z, const Weights& mask, double* records, i64 cols, i64 r) {
    const double infinity = double_of(0x7ff0000000000000ull);
    double least = infinity, most = -infinity, strange = 0;
    i64 first = cols, last = -1;
    for (i64 j = 0; j < cols; ++j) {
        if (!mask.half_inside(r * cols + j)) continue;
        const double value = (double)z[r * cols + j];
        least = value < least ? value : least;
        most = value > most ? value : most;
        strange = strange + (value - value);
        first = j < first ? j : first;
        last = j;
    }
    double* record = records + 4 * r;
    record[0] = strange == 0 ? least : not_a_number();
    record[1] = most;
    record[2] = (double)first;
    record[3] = (double)last;
}

}  // namespace pk

#define PK_EACH(i, count) \
    for (pk::i64 i = blockIdx.x * (pk::i64)blockDim.x + threadIdx.x; i < (count); i += (pk::i64)gridDim.x * blockDim.x)

#define PK_SCENE                                                                                                     \
    const float *__restrict__ normals, const float *__restrict__ shadow, int shadow_channels,                        \
        const float *__restrict__ occlusion, int occlusion_channels, const double *__restrict__ table, pk::i64 lights, \
        int has_environment
#define PK_MASK const void *__restrict__ weights, int floats, int whole

extern "C" __global__ void shading_float32(PK_SCENE, float* __restrict__ out, pk::i64 pixels) {
    const pk::Scene scene = {
        normals, {shadow, shadow_channels}, {occlusion, occlusion_channels}, table, lights, has_environment, 0, 0, 0};
    PK_EACH(i, pixels) {
        const pk::Pixel<float> shade = pk::shaded<float>(scene, i);
        for (int c = 0; c < 3; ++c) out[3 * i + c] = shade.value[c];
    }
}

#define PK_PIXEL(name, T)                                                                                                    \
    extern "C" __global__ void shade_##name(PK_SCENE, int highlight, double strength, double sharpness,                      \
                                            const T* __restrict__ albedo, const T* __restrict__ background, PK_MASK,         \
                                            T* __restrict__ out, pk::i64 pixels) {                                           \
        const pk::Scene scene = {normals,   {shadow, shadow_channels}, {occlusion, occlusion_channels}, table, lights,       \
                                 has_environment, highlight, strength, sharpness};                                           \
        const pk::Weights mask = {weights, floats, whole};                                                                   \
        PK_EACH(i, pixels) pk::shade_pixel(scene, albedo, background, mask, out, i);                                         \
    }                                                                                                                        \
    extern "C" __global__ void composite_##name(const T* __restrict__ foreground, const T* __restrict__ background, PK_MASK, \
                                                T* __restrict__ out, int channels, int linear, pk::i64 pixels) {             \
        const pk::Weights mask = {weights, floats, whole};                                                                   \
        PK_EACH(i, pixels) pk::composite_pixel(foreground, background, mask, channels, linear != 0, out, i);                 \
    }

#define PK_DEPTH(name, T)                                                                                                   \
    extern "C" __global__ void normals_##name(const T* __restrict__ z, PK_MASK, float* __restrict__ out, pk::i64 rows,      \
                                              pk::i64 cols, double scale, pk::i64 pixels) {                                 \
        const pk::Weights mask = {weights, floats, whole};                                                                  \
        PK_EACH(i, pixels) pk::normal_pixel(z, mask, out, rows, cols, scale, i);                                            \
    }                                                                                                                       \
    extern "C" __global__ void extents_##name(const T* __restrict__ z, PK_MASK, double* __restrict__ records, pk::i64 cols, \
                                              pk::i64 rows) {                                                               \
        const pk::Weights mask = {weights, floats, whole};                                                                  \
        PK_EACH(r, rows) pk::extent_row(z, mask, records, cols, r);                                                         \
    }

#define PK_LINEAR(name, T, whole_code)                                                                                      \
    extern "C" __global__ void to_linear_##name(const T* __restrict__ codes, float* __restrict__ light, pk::i64 samples) {  \
        PK_EACH(i, samples) light[i] = (float)pk::linear_from_code((double)codes[i] / whole_code);                          \
    }

PK_PIXEL(uint8, pk::u8)
PK_PIXEL(uint16, pk::u16)
PK_PIXEL(float32, float)
PK_DEPTH(uint8, pk::u8)
PK_DEPTH(uint16, pk::u16)
PK_DEPTH(float32, float)
PK_DEPTH(float64, double)
PK_LINEAR(uint8, pk::u8, 255.0)
PK_LINEAR(uint16, pk::u16, 65535.0)
PK_LINEAR(float32, float, 1.0)

extern "C" __global__ void to_codes_uint8(const float* __restrict__ light, pk::u8* __restrict__ codes, pk::i64 samples) {
    PK_EACH(i, samples) codes[i] = (pk::u8)pk::nearest_code(light[i], pk::u8());
}
extern "C" __global__ void to_codes_uint16(const float* __restrict__ light, pk::u16* __restrict__ codes, pk::i64 samples) {
    PK_EACH(i, samples) codes[i] = (pk::u16)pk::nearest_code((double)light[i], pk::u16());
}
extern "C" __global__ void to_codes_float32(const float* __restrict__ light, float* __restrict__ codes, pk::i64 samples) {
    PK_EACH(i, samples) codes[i] = (float)pk::code_from_linear((double)light[i]);
}
