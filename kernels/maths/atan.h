// The arc tangent of x >= 0 from additions, products, quotients and square roots alone: the same bits on
// every machine, which the C library does not promise.
//
// Two reductions bring the argument under tan(pi/16) = 0.199,
//     atan(x) = pi/2 - atan(1/x)                          for x > 1,
//     atan(x) = 2 atan(x / (1 + sqrt(1 + x^2)))           twice,
// and the odd Taylor series does the rest: its first dropped term is 0.199^25/25 < 2e-19.
// Error: under 1e-15 (tests/test_lenses.py). Source: Abramowitz & Stegun, 4.4.34 and 4.4.42.
#pragma once
#include "platform.h"

namespace pk {

PK_INLINE double square_root(double x) {
#ifdef __CUDACC__
    return __dsqrt_rn(x);
#else
    return __builtin_sqrt(x);
#endif
}
PK_INLINE float square_root(float x) {
#ifdef __CUDACC__
    return __fsqrt_rn(x);
#else
    return __builtin_sqrtf(x);
#endif
}

PK_INLINE double arc_tangent(double x) {
    const bool steep = x > 1;
    double z = steep ? 1 / x : x;
    z = z / (1 + square_root(1 + z * z));
    z = z / (1 + square_root(1 + z * z));
    const double w = z * z;
    double sum = 1.0 / 23;
    for (int n = 21; n > 0; n -= 2) sum = 1.0 / n - w * sum;
    const double angle = 4 * (z * sum);
    return steep ? 1.5707963267948966 - angle : angle;
}

}  // namespace pk
