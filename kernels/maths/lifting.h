// Wavelets by lifting: samples in pairs, and in each step one of a pair gains an amount that its neighbours determine.
//
// A line x of n samples is split into evens e[k] = x[2k] and odds o[k] = x[2k + 1]. Steps 0, 1, 2, ... alternate between
//     o[k] += amount(e[k], e[k + 1])      and      e[k] += amount(o[k - 1], o[k]),
// after which the evens are the low band and the odds the high one. The inverse subtracts the same amounts in reverse
// order. A neighbour beyond an end is the one on the other side, as if the line were mirrored about its last sample;
// Haar has no neighbours but its partner, and a last sample without a partner stays as it is. A line of 1 sample stays.
//
//     haar    o -= e;                 e += o / 2                        (integers: the S-transform, floor(o / 2))
//     cdf53   o -= (e + e') / 2;      e += (o' + o) / 4                 (integers: floor(./2), floor((. + 2) / 4))
//     cdf97   o += a (e + e');        e += b (o' + o);
//             o += c (e + e');        e += d (o' + o);        e /= K, o *= K
//
// A constant line has itself as its low band, an alternating one (+1, -1, ...) is -2 in its high band, for all three.
// Invariants: integers come back bit by bit, whatever their size, because all sums are modulo 2^32. Coefficients are those
// of unbounded integers for |x| < 2^29 (haar: a high band of high bands is at most 4 |x|) and |x| <= 2^26 (cdf53: the low
// filter iterated ten times has absolute sum below 2.942 in two dimensions, and no sum in a level exceeds 8 times its input).
// Sources: Sweldens, "The lifting scheme: a custom-design construction of biorthogonal wavelets", Appl. Comput. Harmon.
// Anal. 3(2), 1996; Daubechies & Sweldens, "Factoring wavelet transforms into lifting steps", J. Fourier Anal. Appl. 4(3),
// 1998; ITU-T T.800 (JPEG 2000), Annex F.3.8 and F.4.8: 5/3 reversible, 9/7 irreversible with its constants; Said &
// Pearlman, "An image multiresolution representation for lossless and lossy compression", IEEE TIP 5(9), 1996, section II.
#pragma once
#include "platform.h"

namespace pk {

enum Wavelet { HAAR, CDF53, CDF97 };  // order of _WAVELETS in pixkern.lifting

PK_INLINE float sum(float a, float b) { return a + b; }
PK_INLINE float difference(float a, float b) { return a - b; }
PK_INLINE i32 sum(i32 a, i32 b) { return (i32)((u32)a + (u32)b); }
PK_INLINE i32 difference(i32 a, i32 b) { return (i32)((u32)a - (u32)b); }

// REACH: how many pairs away a sample may lie that a coefficient depends on.
struct Haar {
    static constexpr int STEPS = 2, REACH = 0;
    static constexpr float low_gain = 1, high_gain = 1;
    template <int step>
    static PK_INLINE float amount(float left, float right) {
        return step == 0 ? -left : 0.5f * right;
    }
    template <int step>
    static PK_INLINE i32 amount(i32 left, i32 right) {
        return step == 0 ? difference(0, left) : right >> 1;
    }
};

struct Cdf53 {
    static constexpr int STEPS = 2, REACH = 1;
    static constexpr float low_gain = 1, high_gain = 1;
    template <int step>
    static PK_INLINE float amount(float left, float right) {
        return (step == 0 ? -0.5f : 0.25f) * (left + right);
    }
    template <int step>
    static PK_INLINE i32 amount(i32 left, i32 right) {
        return step == 0 ? difference(0, sum(left, right) >> 1) : sum(sum(left, right), 2) >> 2;
    }
};

struct Cdf97 {
    static constexpr int STEPS = 4, REACH = 2;
    static constexpr float low_gain = (float)(1 / 1.230174104914001), high_gain = 1.230174104914001f;  // 1 / K, K
    template <int step>
    static PK_INLINE float amount(float left, float right) {
        constexpr float factor = step == 0   ? -1.586134342059924f
                                 : step == 1 ? -0.052980118572961f
                                 : step == 2 ? 0.882911075530934f
                                             : 0.443506852043971f;
        return factor * (left + right);
    }
};

template <class W, int step, class T>
PK_INLINE T lift(T sample, T left, T right) {
    return sum(sample, W::template amount<step>(left, right));
}
template <class W, int step, class T>
PK_INLINE T unlift(T sample, T left, T right) {
    return difference(sample, W::template amount<step>(left, right));
}

// What the coefficients of a level are multiplied by in the end: along both directions at once, where both have any,
// so that LH and HL, whose two factors cancel, stay as they are.
struct Gains {
    float ll, hl, lh, hh;
};
template <class W>
PK_INLINE Gains gains(i64 rows, i64 cols) {
    constexpr float low = W::low_gain, high = W::high_gain;
    if (rows > 1 && cols > 1) return {low * low, 1, 1, high * high};
    if (rows > 1) return {low, 1, high, 1};
    if (cols > 1) return {low, high, 1, 1};
    return {1, 1, 1, 1};
}
template <class W>
PK_INLINE Gains inverse_gains(i64 rows, i64 cols) {
    constexpr float low = W::low_gain, high = W::high_gain;
    if (rows > 1 && cols > 1) return {high * high, 1, 1, low * low};
    if (rows > 1) return {high, 1, low, 1};
    if (cols > 1) return {high, low, 1, 1};
    return {1, 1, 1, 1};
}
PK_INLINE float scaled(float value, float gain) { return value * gain; }
PK_INLINE i32 scaled(i32 value, float) { return value; }

// Where sample i of a line lies whose ends are mirrors; any i, n > 1.
PK_INLINE i64 mirrored(i64 i, i64 n) {
    if (i >= 0 && i < n) return i;
    const i64 period = 2 * (n - 1), m = (i % period + period) % period;
    return m < n ? m : period - m;
}

// Calls `use` with the wavelet as a type.
template <class Use>
PK_INLINE void with_wavelet(int wavelet, float, Use use) {
    if (wavelet == HAAR) return use(Haar());
    if (wavelet == CDF53) return use(Cdf53());
    return use(Cdf97());
}
template <class Use>
PK_INLINE void with_wavelet(int wavelet, i32, Use use) {
    if (wavelet == HAAR) return use(Haar());
    return use(Cdf53());
}

}  // namespace pk
