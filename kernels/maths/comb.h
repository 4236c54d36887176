// How well the teeth of a comb of pitch p fit a profile g: one Fourier coefficient of it, at the angle a = 2 pi / p,
//
//     C = sum_i g[i] exp(j a i);    |C| / sum g is 1 where all of g lies on teeth, and arg C / a is where a tooth is.
//
// A drift of the pitch turns late teeth against early ones. So |C| is also taken of windows of a few teeth each, and summed.
//
// Sums go by the recursion of Goertzel, which needs one product a sample and no sine,
//     s[i] = g[i] + 2 cos(a) s[i-1] - s[i-2],    sum_i g[i] exp(j a i) = exp(j a (e - 1)) (s[e-1] - exp(j a) s[e-2])
// over the samples before e. What a step rounds off counts as if g had it, but s may be as large as 1 / sin(a) times the sum
// of g, or the number of steps times it; so a run ends after at most RUN samples, at multiples of RUN, whatever the pitch, and
// the error is below 1e-11 sum g. The angle of e - 1 teeth comes from the quotient (e - 1) / p, rounded once.
// Source: Goertzel, "An algorithm for the evaluation of finite trigonometric series", Amer. Math. Monthly 65(1), 1958; its
// error: Gentleman, "An error analysis of Goertzel's (Watt's) method for computing Fourier coefficients", Computer J. 12(2), 1969.
#pragma once
#include "turns.h"

namespace pk {

constexpr i64 RUN = 256;

// The samples of a window, at least 1: window >= 1 pitches, pitch >= 1. All n where it is wider, or infinite.
PK_INLINE i64 window_samples(double window, double pitch, i64 n) {
    const double samples = window * pitch;
    return samples >= (double)n ? n : (i64)samples;
}

PK_INLINE double goertzel(double g, double twice_cosine, double s1, double s2) { return twice_cosine * s1 + (g - s2); }

// The sum of the run that ends before sample e.
struct Complex {
    double re, im;
};
PK_INLINE Complex run_sum(Direction tooth, double pitch, double e, double s1, double s2) {
    const Direction last = direction((e - 1) / pitch);
    const double re = s1 - tooth.cosine * s2, im = -(tooth.sine * s2);
    return {last.cosine * re - last.sine * im, last.cosine * im + last.sine * re};
}

PK_INLINE double magnitude(double re, double im) { return square_root(re * re + im * im); }

// Where a tooth is, in [0, pitch).
PK_INLINE double tooth_position(double re, double im, double pitch) {
    const double position = turns_of(re, im) * pitch;
    return position < pitch ? position : 0;
}

}  // namespace pk
