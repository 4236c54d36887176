// sRGB codes and linear light (IEC 61966-2-1), both ways, for codes v and light x from 0 to 1:
//
//     x = v / 12.92 up to v = 0.04045, ((v + 0.055) / 1.055)^2.4 beyond
//     v = 12.92 x   up to x = 0.0031308, 1.055 x^(1 / 2.4) - 0.055 beyond
//
// Beyond 0 and 1 both go on: what is above 1 by the same powers, what is below 0 as its mirror image, f(-x) = -f(x). NaN stays.
// To codes of 8 bits there is a way in float: with q = sqrt(x), 255 v = 255 (1.055 q^(5/6) - 0.055) is a quotient of two
// polynomials of degree 4 within 2.5e-5, and within 1.2e-4 in float arithmetic. Coefficients: benchmarks/fit_srgb.py.
// Source: IEC 61966-2-1:1999, 5.2.
#pragma once
#include "atan.h"
#include "exponential.h"
#include "platform.h"

namespace pk {

PK_INLINE double linear_from_code(double v) {
    const double size = v < 0 ? -v : v, curve = power((size + 0.055) / 1.055, 2.4);
    const double light = size <= 0.04045 ? size / 12.92 : curve;
    return v < 0 ? -light : v >= 0 ? light : v;
}

PK_INLINE double code_from_linear(double x) {
    const double size = x < 0 ? -x : x, curve = 1.055 * power(size, 1 / 2.4) - 0.055;
    const double code = size <= 0.0031308 ? size * 12.92 : curve;
    return x < 0 ? -code : x >= 0 ? code : x;
}

// Light to the nearest code. Light is held to 0..1, and NaN is 0.
template <class Real>
PK_INLINE Real held_to_one(Real x) {
    const Real least = x > 0 ? x : 0;
    return least < 1 ? least : 1;
}
PK_INLINE i32 nearest_code(float light, u8) {
    const float x = held_to_one(light), q = square_root(x);
    const float above = -13.0357733f + q * (134.200836f + q * (9910.55762f + q * (37427.0156f + q * 18667.4824f)));
    const float below = 1 + q * (30.23176f + q * (133.491653f + q * (92.1807785f + q * 2.41435695f)));
    const float curve = above / below, line = x * (255 * 12.92f);
    return (i32)((x <= 0.0031308f ? line : curve) + 0.5f);
}
PK_INLINE i32 nearest_code(double light, u16) { return (i32)(code_from_linear(held_to_one(light)) * 65535 + 0.5); }

}  // namespace pk
