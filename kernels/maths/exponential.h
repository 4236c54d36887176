// The exponential function and powers in double: the same bits on every machine, which the C library does not promise.
//
// x = k log 2 + r with the integer k next to x / log 2, so |r| <= 0.3466, and
//     e^r = 1 + r (1 + r/2 (1 + r/3 (...))),
// whose first dropped term is 0.3466^15 / 15! < 1e-19; k goes into the exponent's bits. k log 2 is taken off in two parts, the
// larger of which has 32 bits, so that its product with k is exact.
// Error: exponential 5e-16, power 5e-16 (1 + p max(|log x|, 1)), both relative (tests/test_shading_maths.py).
// Source: Abramowitz & Stegun, 4.2.1 and 4.2.25.
#pragma once
#include "logarithm.h"
#include "platform.h"

namespace pk {

// Of x held to -700..700, so that the result is a normal number.
PK_INLINE double exponential(double x) {
    constexpr double high = 0x1.62e42feep-1, low = 0x1.a39ef35793c76p-33;  // log 2, split after 32 bits
    constexpr double shift = 6755399441055744.0;                           // 2^52 + 2^51: sums with it have no fraction
    const double least = x > -700 ? x : -700, held = least < 700 ? least : 700;
    const double shifted = held * 1.4426950408889634 + shift, k = shifted - shift;
    const double r = (held - k * high) - k * low;
    double sum = 1;
    for (int n = 14; n > 0; --n) sum = 1 + r * (1.0 / n) * sum;
    return sum * double_of((bits_of(shifted) + 1023) << 52);  // its lowest bits are those of k
}

// x^p for x >= 0 and p > 0; what is not above 1e-300, and NaN, counts as 0.
PK_INLINE double power(double x, double p) {
    const double held = x > 1e-300 ? x : 1, result = exponential(p * logarithm(held));
    return x > 1e-300 ? result : 0;
}

}  // namespace pk
