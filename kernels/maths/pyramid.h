// Gaussian and Laplacian pyramids of Burt & Adelson: REDUCE, EXPAND, and what EXPAND misses.
//
// The weights w = [1 4 6 4 1] / 16 along both axes make the next level g of an image x, and bring it back to size:
//     REDUCE   g[k] = sum_j w[j] x[2k + j]                                    j = -2..2
//     EXPAND   u[2k] = (g[k - 1] + 6 g[k] + g[k + 1]) / 8,    u[2k + 1] = (g[k] + g[k + 1]) / 2
// The residual x - u goes into the pyramid, and u + (x - u) is the image again. n samples become ceil(n / 2).
// Ends are those of OpenCV's pyrDown and pyrUp: REDUCE mirrors x about its end samples (`reflected`), EXPAND mirrors g
// about its first sample and repeats its last one (`expandable`).
//
// Sums are taken over rows first, then over columns, and divided once, by 256 or 64. Of integers they are exact, rounded
// half up; what they need: 255 * 256 + 128 < 2^16 for bytes, 65535 * 256 + 128 < 2^24 for words. With floats the
// divisor is a power of two, so that only the 8 additions per sample round.
// Invariants: residuals of integers fit their type; sums that are put together again are held to the range of the dtype, so
// that a residual of any value is safe.
// Source: Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 31(4), 1983, eq. 1-4,
// with a = 3/8.
#pragma once
#include "platform.h"

namespace pk {

// Five rows or columns of x around sample 2k; three of g around sample k; two of g around the gap behind it.
template <class Sum>
PK_INLINE Sum reduced(Sum a, Sum b, Sum c, Sum d, Sum e) {
    return (Sum)((Sum)((Sum)(a + e) + (Sum)(6 * c)) + (Sum)(4 * (Sum)(b + d)));
}
template <class Sum>
PK_INLINE Sum expanded(Sum before, Sum here, Sum after) {
    return (Sum)((Sum)(before + after) + (Sum)(6 * here));
}
template <class Sum>
PK_INLINE Sum expanded(Sum here, Sum after) {
    return (Sum)(4 * (Sum)(here + after));
}

// What a pyramid of samples T is computed in, and what its residuals are.
template <class T>
struct Pyramid;

template <class T, class UnsignedSum, class Signed, int most>
struct IntegerPyramid {
    using Sum = UnsignedSum;
    using Residual = Signed;
    static PK_INLINE T of_reduced(Sum sum) { return (T)((Sum)(sum + 128) >> 8); }
    static PK_INLINE T of_expanded(Sum sum) { return (T)((Sum)(sum + 32) >> 6); }
    static PK_INLINE Residual residual(T sample, T guess) { return (Residual)((Residual)sample - (Residual)guess); }
    // A residual beyond the range of T moves any guess to its end.
    static PK_INLINE T sample(T guess, Residual residual) {
        const Residual held = residual < -most ? (Residual)-most : residual > most ? (Residual)most : residual;
        const Residual sum = (Residual)(guess + held);
        return (T)(sum < 0 ? 0 : sum > most ? most : sum);
    }
};
template <>
struct Pyramid<u8> : IntegerPyramid<u8, u16, i16, 255> {};
template <>
struct Pyramid<u16> : IntegerPyramid<u16, u32, i32, 65535> {};
template <>
struct Pyramid<float> {
    using Sum = float;
    using Residual = float;
    static PK_INLINE float of_reduced(float sum) { return sum * (1.0f / 256); }
    static PK_INLINE float of_expanded(float sum) { return sum * (1.0f / 64); }
    static PK_INLINE float residual(float sample, float guess) { return sample - guess; }
    static PK_INLINE float sample(float guess, float residual) { return guess + residual; }
};

// Where sample i of n lies whose ends are mirrors; -2 <= i <= n + 1.
PK_INLINE i64 reflected(i64 i, i64 n) {
    if (n == 1) return 0;
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
}
// Where EXPAND finds sample k of n; -1 <= k <= n.
PK_INLINE i64 expandable(i64 k, i64 n) {
    const i64 inside = k < 0 ? -k : k;
    return inside < n ? inside : n - 1;
}

}  // namespace pk
