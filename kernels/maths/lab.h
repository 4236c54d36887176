// CIELAB with another lightness: a and b stay, in float.
//
// With white point D65 and linear light r, g, b: (X, Y, Z) = M (r, g, b), each over white, and
//     L* = 116 f(Y) - 16,   a* = 500 (f(X) - f(Y)),   b* = 200 (f(Y) - f(Z)),
//     f(t) = t^(1/3) above (6/29)^3, t / (3 (6/29)^2) + 4/29 below.
// Another L* with the same a* and b* moves f(X), f(Y) and f(Z) by the same amount: (L' - L) / 116.
// Lightness is L* / 100, 0 to 1. Powers are those of logarithm_2.h: within 1e-6 of a code of 0..1 there and back. sRGB's curve is
// not srgb.h's, whose powers are in double: nine powers a pixel take half the lanes there, for digits that no code shows.
// Sources: CIE 15:2004, 8.2.1; IEC 61966-2-1:1999, 5.2, and the matrix of its primaries with rows over D65.
#pragma once
#include "logarithm_2.h"

namespace pk {

PK_INLINE float light_of_code(float v) {
    const float curve = power_2((v + 0.055f) * (1 / 1.055f), 2.4f);
    return v <= 0.04045f ? v * (1 / 12.92f) : curve;
}
PK_INLINE float code_of_light(float x) {
    const float curve = 1.055f * power_2(x, 1 / 2.4f) - 0.055f;
    return x <= 0.0031308f ? x * 12.92f : curve;
}

constexpr float LAB_EDGE = 6.0f / 29;
PK_INLINE float lab_root(float t) {
    const float root = power_2(t, 1.0f / 3);
    return t > LAB_EDGE * LAB_EDGE * LAB_EDGE ? root : t * (1 / (3 * LAB_EDGE * LAB_EDGE)) + 4.0f / 29;
}
PK_INLINE float lab_cube(float f) { return f > LAB_EDGE ? f * f * f : (f - 4.0f / 29) * (3 * LAB_EDGE * LAB_EDGE); }

PK_INLINE float lightness(float f_of_y) { return 1.16f * f_of_y - 0.16f; }
PK_INLINE float luminance(float r, float g, float b) { return (0.2126729f * r + 0.7151521f * g) + 0.0721750f * b; }

// Codes r, g, b of 0..1, to the lightness `l`; colours that leave the cube of sRGB are held to it.
PK_INLINE float held_light(float x) {
    const float least = x > 0.0f ? x : 0.0f;
    return least < 1.0f ? least : 1.0f;
}
PK_INLINE void relight_lab(float& r, float& g, float& b, float l) {
    const float lr = light_of_code(r), lg = light_of_code(g), lb = light_of_code(b);
    const float fx = lab_root((0.4339499f * lr + 0.3762098f * lg) + 0.1898403f * lb);
    const float fy = lab_root(luminance(lr, lg, lb));
    const float fz = lab_root((0.0177566f * lr + 0.1094680f * lg) + 0.8727755f * lb);
    const float by = (l - lightness(fy)) * (1 / 1.16f);
    const float x = lab_cube(fx + by), y = lab_cube(fy + by), z = lab_cube(fz + by);
    r = code_of_light(held_light((3.0799551f * x - 1.5371390f * y) - 0.5428161f * z));
    g = code_of_light(held_light((-0.9212586f * x + 1.8760111f * y) + 0.0452475f * z));
    b = code_of_light(held_light((0.0528874f * x - 0.2040259f * y) + 1.1511385f * z));
}

}  // namespace pk
