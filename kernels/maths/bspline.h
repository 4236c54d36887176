// Cubic B-splines: the weights of four coefficients at a position, as numbers and as a law to draw one of them from.
//
// A spline is f(x) = sum_k c[k] b3(x - k) with b3(t) = 2/3 - t^2 + |t|^3 / 2 for |t| < 1 and (2 - |t|)^3 / 6 for 1 <= |t| < 2.
// At x = i + t, 0 <= t < 1, the coefficients i - 1 .. i + 2 have the weights
//     (1 - t)^3 / 6,   2/3 - t^2 + t^3 / 2,   2/3 - (1 - t)^2 + (1 - t)^3 / 2,   t^3 / 6.
// They are not negative and sum to 1, so they are also probabilities: one coefficient, drawn by them, has f(x) as its mean.
//
// The law: with A = round(65536 w0), B = round(65536 (w0 + w1)), C = round(65536 (1 - w3)), a 16-bit word u takes tap
// (u >= A) + (u >= B) + (u >= C). Stored less 32768 and C less 1 more (C can be 65536), to be compared as signed.
// Sources: Unser, Aldroubi & Eden, "B-spline signal processing: part I", IEEE Trans. Signal Processing 41(2), 1993; Pharr,
// Wronski, Salvi & Fajardo, "Filtering after shading with stochastic texture filtering", Proc. ACM Comput. Graph. 7(1), 2024.
#pragma once
#include "platform.h"

namespace pk {

struct Weights {
    double w0, w1, w2, w3;
};
PK_INLINE Weights cubic_weights(double t) {
    const double s = 1 - t;
    return {s * s * s / 6, 2.0 / 3 - t * t + t * t * t / 2, 2.0 / 3 - s * s + s * s * s / 2, t * t * t / 6};
}

struct TapLaw {
    i32 a, b, c;  // -32768..32767; the first two compared by >=, the last by >
};
PK_INLINE TapLaw tap_law(const Weights& w) {
    const i32 a = (i32)(65536 * w.w0 + 0.5), b = (i32)(65536 * (w.w0 + w.w1) + 0.5), c = (i32)(65536 * (1 - w.w3) + 0.5);
    return {a - 32768, b - 32768, c - 1 - 32768};
}

// Lookups are summed PORTION at a time in float, and the sums of portions in double: a float sum of a million equal numbers
// is off by 1 %, one of a thousand by 1e-5.
constexpr u64 PORTION = 1024;

}  // namespace pk
