// Cubic B-splines as images: the coefficients that interpolate samples, and the two-scale relation between levels.
//
// s[x] = (c[x - 1] + 4 c[x] + c[x + 1]) / 6 is solved for c by two recursions, with the pole z = sqrt(3) - 2 of that filter:
//     a[k] = -6 z s[k] + z a[k - 1]      and      c[k] = a[k] + z c[k + 1],
// the line mirrored about its first and last sample. The first recursion starts REACH samples before the line, on the
// mirrored ones: what lies further is weighed by |z|^33 < 2^-62. The second starts at c[n - 1] = (a[n - 1] + z a[n - 2]) / (1 - z^2),
// exact for a mirrored line. It may also start at 0, REACH samples behind the last one that is wanted: that is off by less
// than 2^-60 c, so that lines can be worked on in blocks. In double, rounded to float once.
//
// b3(x) = sum_j h_j b3(2x - j) with h = [1 4 6 4 1] / 8: coefficients G at one scale are U G at half of it,
//     (U G)[2m] = (G[m - 1] + 6 G[m] + G[m + 1]) / 8,    (U G)[2m + 1] = (G[m] + G[m + 1]) / 2.
// A level stores k = -1 .. last. Down is [1 4 6 4 1] / 16; its samples outside are mirrored about 0 and about the last.
// Invariant: whatever Down does, U G_{l+1} plus (G_l - U G_{l+1}) is the spline of G_l.
// Sources: Unser, Aldroubi & Eden, "B-spline signal processing: part II - efficient design and applications", IEEE Trans.
// Signal Processing 41(2), 1993, box 1; Thevenaz, Blu & Unser, "Interpolation revisited", IEEE Trans. Medical Imaging
// 19(7), 2000, appendix; Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications
// 31(4), 1983 (a = 3/8).
#pragma once
#include "platform.h"

namespace pk {

constexpr double POLE = -0.26794919243112270647;  // sqrt(3) - 2
constexpr double GAIN = -6 * POLE, END_GAIN = 1 / (1 - POLE * POLE);
constexpr int REACH = 32;  // |z|^32 < 2^-60
constexpr int BLOCK = 224;  // coefficients of a line between two starts of the second recursion; another number, other last bits

PK_INLINE double forward(double amount, double before) { return amount + POLE * before; }
PK_INLINE double backward(double a, double behind) { return a + POLE * behind; }
PK_INLINE double last_coefficient(double a, double before) { return (a + POLE * before) * END_GAIN; }

template <class T>
constexpr double UNIT = 1;  // the value of white
template <>
constexpr double UNIT<u8> = 255;
template <>
constexpr double UNIT<u16> = 65535;

// Which of first..last stands for k, mirrored about 0 and last; first is 0 or -1, so that with -1 what is stored is used.
PK_INLINE i64 reflected(i64 k, i64 first, i64 last) {
    if (last == 0) return 0;
    while (k < first || k > last) k = k < 0 ? -k : 2 * last - k;
    return k;
}

// The coefficients of a level between k = -1 and its last, for n samples.
PK_INLINE i64 stored(i64 n, int level) { return ((n - 1) >> level) + 4; }

PK_INLINE float down(float a, float b, float c, float d, float e) {
    return (a + e) * 0.0625f + ((b + d) * 0.25f + c * 0.375f);
}
PK_INLINE double up_on(double before, double at, double after) { return 0.125 * (before + after) + 0.75 * at; }
PK_INLINE double up_between(double before, double after) { return 0.5 * (before + after); }

}  // namespace pk
