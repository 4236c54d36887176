// The natural logarithm of a normal x > 0 in double: the same bits on every machine, which the C library does not promise.
//
// x = 2^k m with m in [sqrt(1/2), sqrt(2)), from the bits, and with z = (m - 1) / (m + 1), |z| <= 0.1716,
//     log m = 2 artanh z = 2 (z + z^3/3 + z^5/5 + ...),
// whose first dropped term is 2 * 0.1716^25 / 25 < 6e-21. k log 2 is added in two parts, the larger of which has 32 bits, so
// that its product with k is exact. Error: under 5e-16 of the larger of |log x| and 1 (tests/test_gridscore.py).
// k goes from bits to double without a conversion, which AVX2 does not have for 64-bit integers: loops over x vectorise.
// Source: Abramowitz & Stegun, 4.1.27.
#pragma once
#include "platform.h"

namespace pk {

PK_INLINE double logarithm(double x) {
    const u64 bits = bits_of(x);
    // 0x3fe6a09e667f3bcd is sqrt(1/2): what lies above it by whole powers of two goes into k
    const u64 above = bits - 0x3fe6a09e667f3bcdull + (1024ull << 52), k_1024 = above >> 52;  // k + 1024, positive
    const double k = double_of(0x4330000000000000ull | k_1024) - (4503599627370496.0 + 1024);  // 2^52 + 1024
    const double m = double_of(bits - ((k_1024 - 1024) << 52)), z = (m - 1) / (m + 1), w = z * z;
    double sum = 1.0 / 23;
    for (int n = 21; n > 0; n -= 2) sum = 1.0 / n + w * sum;
    constexpr double high = 0x1.62e42feep-1, low = 0x1.a39ef35793c76p-33;  // log 2, split after 32 bits
    return k * high + (2 * (z * sum) + k * low);
}

}  // namespace pk
