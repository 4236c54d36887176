#include "cpu/level.h"
#include "maths/normals.h"
#include "maths/shading.h"
#include "maths/srgb.h"
#include "maths/turns.h"

namespace pk {

// An image of factors: 3 channels, 1, or 0 for none.
struct Map {
    const float* values;
    int channels;
};

// A mask as bytes, of which `whole` is all of a pixel, or as floats; neither: all pixels are whole.
struct Weights {
    const u8* bytes;
    const float* floats;
    int whole;
};

// What shines on a surface. `light` has LIGHT_SIZE numbers each, `terms` TERMS for each channel; `sharpness` is the exponent
// of Phong and Blinn, and the roughness of GGX.
struct Scene {
    const float* normals;
    Map shadow, occlusion;
    const double* light;
    i64 lights;
    const double* terms;
    bool has_environment;
    int highlight;
    double strength, sharpness;
};

template <class T, class M>
struct Heights {
    i64 rows, cols;
    const T* z;
    double scale;
    const M* mask;  // or null
};

}  // namespace pk

#define PK_LOOPS "cpu/normals.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/light_blocks.h"
#include "cpu/compile_levels.h"
#define PK_LOOPS "cpu/shading.h"
#include "cpu/compile_levels.h"

namespace pk {

template <class T, class M>
void normals(const T* z, i64 rows, i64 cols, double scale, const M* mask, float* out, i64 begin, i64 end) {
    const Heights<T, M> of{rows, cols, z, scale, mask};
    PK_AT_LEVEL(normal_rows, of, out, begin, end);
}

template <class T, class M>
void extents(const T* z, i64 rows, i64 cols, const M* mask, int whole, double* records, i64 begin, i64 end) {
    const Heights<T, M> of{rows, cols, z, 1, mask};
    PK_AT_LEVEL(extent_rows, of, whole, records, begin, end);
}

void shading(const float* normals, const float* shadow, int shadow_channels, const float* occlusion, int occlusion_channels,
             const double* light, i64 lights, const double* terms, bool has_environment, float* out, i64 begin, i64 end) {
    const Scene scene{normals, {shadow, shadow_channels}, {occlusion, occlusion_channels}, light, lights, terms,
                      has_environment, NO_HIGHLIGHT, 0, 0};
    PK_AT_LEVEL(shading_pixels, scene, out, begin, end);
}

template <class T>
void shade(const T* albedo, const float* normals, const float* shadow, int shadow_channels, const float* occlusion,
           int occlusion_channels, const double* light, i64 lights, const double* terms, bool has_environment, int highlight,
           double strength, double sharpness, const T* background, const u8* bytes, const float* floats, int whole, T* out,
           i64 begin, i64 end) {
    const Scene scene{normals, {shadow, shadow_channels}, {occlusion, occlusion_channels}, light, lights, terms,
                      has_environment, highlight, strength, sharpness};
    const Weights mask{bytes, floats, whole};
    PK_AT_LEVEL(shade_pixels, scene, albedo, background, mask, out, begin, end);
}

template <class T>
void composite(const T* foreground, const T* background, const u8* bytes, const float* floats, int whole, int channels,
               bool linear, T* out, i64 begin, i64 end) {
    const Weights mask{bytes, floats, whole};
    if (channels == 3)
        PK_AT_LEVEL(composite_pixels<3>, foreground, background, mask, linear, out, begin, end);
    else
        PK_AT_LEVEL(composite_pixels<1>, foreground, background, mask, linear, out, begin, end);
}

template <class T>
void to_linear(const T* codes, float* light, i64 begin, i64 end) {
    PK_AT_LEVEL(linear_samples, codes, light, begin, end);
}

template <class T>
void to_codes(const float* light, T* codes, i64 begin, i64 end) {
    PK_AT_LEVEL(code_samples, light, codes, begin, end);
}

double sine_of(double turns) { return direction(turns).sine; }
double cosine_of(double turns) { return direction(turns).cosine; }
double power_of(double x, double p) { return power(x, p); }

#define PK_HEIGHTS(T, M)                                                                          \
    template void normals<T, M>(const T*, i64, i64, double, const M*, float*, i64, i64);          \
    template void extents<T, M>(const T*, i64, i64, const M*, int, double*, i64, i64);
#define PK_DEPTH(T) PK_HEIGHTS(T, u8) PK_HEIGHTS(T, float)
#define PK_PIXEL(T)                                                                                                       \
    template void shade<T>(const T*, const float*, const float*, int, const float*, int, const double*, i64, const double*, \
                           bool, int, double, double, const T*, const u8*, const float*, int, T*, i64, i64);              \
    template void composite<T>(const T*, const T*, const u8*, const float*, int, int, bool, T*, i64, i64);                \
    template void to_linear<T>(const T*, float*, i64, i64);                                                               \
    template void to_codes<T>(const float*, T*, i64, i64);
PK_DEPTH(u8)
PK_DEPTH(u16)
PK_DEPTH(float)
PK_DEPTH(double)
PK_PIXEL(u8)
PK_PIXEL(u16)
PK_PIXEL(float)

}  // namespace pk
