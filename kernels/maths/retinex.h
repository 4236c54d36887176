// Retinex: how bright a pixel is among those around it.
//
// Multiscale Retinex of a value I in codes of 0..255, with blurs b_s at n scales (Jobson, Rahman & Woodell, "A multiscale retinex
// for bridging the gap between color images and the human observation of scenes", IEEE Trans. Image Processing 6(7), 1997,
// eq. 5; with 1 added to all values, so that black has a logarithm):
//     R = 1/n sum_s [log10(I + 1) - log10(b_s + 1)] = 1/n log10 prod_s (I + 1) / (b_s + 1).
// One logarithm per sample. Colour restoration multiplies it by 46 [log10(125 (I + 1)) - log10(sum of the channels' I + 1)]
// (there, eq. 9 and 10).
//
// Percentiles are counted in bins: each sample adds its mask's weight in 255ths, so that sums are integers and have no order.
// Sources: also Petro, Sbert & Morel, "Multiscale Retinex", IPOL 4, 2014: the simplest colour balance, and MSRCP.
#pragma once
#include "blur.h"
#include "logarithm_2.h"

namespace pk {

constexpr int BINS = 8192;                         // _BINS in _retinex.py
constexpr float BRIGHTEST = 1048576;               // codes; its fourth power is a float
constexpr float LOG10_2 = 0.30102999566398120f;

PK_INLINE float finite_code(float value) { return held(value, BRIGHTEST); }

// log10 of `ratio` over the number of scales.
PK_INLINE float mean_logarithm(float ratio, float per_scale) { return logarithm_2(ratio) * per_scale; }

struct Plain {
    static constexpr float RANGE = 2.5f;  // |R| < log10(256) = 2.41; _RANGES in _retinex.py
};
struct Restored {
    static constexpr float RANGE = 235;  // 46 * 2.095 * 2.41 = 232
};
PK_INLINE float restoration(float lit, float sum) { return 46.0f * LOG10_2 * logarithm_2(125.0f * lit / sum); }

template <class Kind>
PK_INLINE i32 bin_of(float value) {
    return (i32)held((value + Kind::RANGE) * (BINS / (2 * Kind::RANGE)), (float)(BINS - 1));
}
PK_INLINE u32 counted(u8 mask) { return mask; }
PK_INLINE u32 counted(float mask) { return (u32)(i32)(mask * 255.0f + 0.5f); }

// To 0..1: 0 at `low`, `gain` is 1 / (high - low).
PK_INLINE float stretched(float value, float low, float gain) { return held((value - low) * gain, 1.0f); }

// MSRCP: colours times what takes the intensity to `bright`, as far as the brightest channel allows; all of 0..1.
PK_INLINE float common_factor(float bright, float intensity, float brightest) {
    const float wanted = quotient(bright, intensity), most = quotient(1.0f, brightest);
    return wanted < most ? wanted : most;
}

PK_INLINE float intensity(float r, float g, float b) { return ((r + g) + b) * (1.0f / 3); }
PK_INLINE float largest(float r, float g, float b) {
    const float two = r > g ? r : g;
    return two > b ? two : b;
}

// A guided filter whose guide is its input: mean and mean of squares become slope and offset (He, Sun & Tang, "Guided image
// filtering", IEEE Trans. PAMI 35(6), 2013, eq. 5 and 6); then lightness over the base that they make, times `mean`.
PK_INLINE void guide(float& mean, float& square, float flat) {
    const float variance = held(square - mean * mean, 1.0f), slope = variance / (variance + flat);
    square = mean * (1.0f - slope);
    mean = slope;
}
PK_INLINE float flattened(float lightness, float slope, float offset, float mean) {
    return held(quotient(lightness, slope * lightness + offset) * mean, 1.0f);
}

// From a pixel to 0..1 and back, and the image's share in the result.
struct Mix {
    float unit, most, original;
};
PK_INLINE float mixed(float value, float code, const Mix& mix) {
    return ((1.0f - mix.original) * held(value, 1.0f) + mix.original * code) * mix.most;
}

}  // namespace pk
