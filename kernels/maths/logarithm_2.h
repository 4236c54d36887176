// Logarithm and power of 2 in float: the same bits on every machine and in every lane of a vector.
//
// x = 2^k (1 + f) with f in [sqrt(1/2) - 1, sqrt(2) - 1), from the bits, and log2(1 + f) = f P(f), P of degree 8; 2^y = 2^k 2^r with
// r in [-1/2, 1/2] and 2^r a polynomial of degree 6. Both polynomials are minimax fits (benchmarks/fit_logarithm_2.py), 7e-9 and
// 2e-9 off; in float arithmetic log2 is within 1.2e-7 of the larger of |log2 x| and 1, 2^y within 1.2e-7 (1 + |y|) of itself.
#pragma once
#include "platform.h"

namespace pk {

// Of a normal x > 0.
PK_INLINE float logarithm_2(float x) {
    const u32 bits = bits_of(x);
    const i32 k = (i32)(bits - 0x3f3504f3u) >> 23;  // 0x3f3504f3 is sqrt(1/2)
    const float f = float_of(bits - ((u32)k << 23)) - 1.0f;
    float p = 0.125411212f;
    p = p * f - 0.210302933f;
    p = p * f + 0.217379666f;
    p = p * f - 0.238519509f;
    p = p * f + 0.28765665f;
    p = p * f - 0.360721192f;
    p = p * f + 0.48092253f;
    p = p * f - 0.721347129f;
    p = p * f + 1.44269487f;
    return p * f + (float)k;
}

// Of y held to -126..126, so that the result is a normal number.
PK_INLINE float power_of_2(float y) {
    const float least = y > -126.0f ? y : -126.0f, held = least < 126.0f ? least : 126.0f;
    constexpr float shift = 12582912.0f;  // 2^23 + 2^22: sums with it have no fraction
    const float shifted = held + shift, r = held - (shifted - shift);
    float p = 0.000153458797f;
    p = p * r + 0.0013399932f;
    p = p * r + 0.00961848871f;
    p = p * r + 0.0555032877f;
    p = p * r + 0.240226469f;
    p = p * r + 0.693147206f;
    p = p * r + 1.0f;
    return p * float_of((bits_of(shifted) + 127u) << 23);  // its lowest bits are those of k
}

// x^p for x >= 0; what is below 1e-36 counts as 0.
PK_INLINE float power_2(float x, float p) {
    const float result = power_of_2(p * logarithm_2(x > 1e-36f ? x : 1.0f));
    return x > 1e-36f ? result : 0.0f;
}

}  // namespace pk
