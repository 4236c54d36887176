// Multiscale Retinex of rows from the cells of all its scales, in one pass: no blur is ever written in full size.
#include "cpu/cells_to_rows.h"

namespace pk::PK_LEVEL {

template <class T>
inline void load_codes(const T* __restrict pixels, float scale, int n, float* __restrict codes) {
    for (int i = 0; i < n; ++i) codes[i] = finite_code((float)pixels[i] * scale);
}

// Each sample's weight, and what its pixel counts.
template <int C, class M>
inline void load_weights(const M* __restrict mask, int pixels, float* __restrict weights, u32* __restrict counts) {
    for (int x = 0; x < pixels; ++x)
        for (int c = 0; c < C; ++c) weights[x * C + c] = weight_of(mask[x]);
    for (int x = 0; x < pixels; ++x) counts[x] = counted(mask[x]);
}
inline void load_weights(i64, const Unmasked*, int, float*, u32*) {}
template <class M>
inline void load_weights(i64 channels, const M* mask, int pixels, float* weights, u32* counts) {
    with_channels(channels, [&](auto c) { load_weights<decltype(c)::value>(mask, pixels, weights, counts); });
}

// How much of a run of pixels a mask covers. Nothing: the run is left out; all of it: no weight is looked at. Together 0.6 of
// the time, albedo of bytes, half of them outside, EPYC, 2026-11.
enum Cover { NOTHING, PARTS, EVERYTHING };
inline Cover cover(const Unmasked*, int) { return EVERYTHING; }
template <class M>
inline Cover cover(const M* __restrict mask, int pixels) {
    M least = mask[0], most = mask[0];
    for (int x = 0; x < pixels; ++x) {
        least = mask[x] < least ? mask[x] : least;
        most = mask[x] > most ? mask[x] : most;
    }
    return !(weight_of(most) > 0.0f) ? NOTHING : weight_of(least) < 1.0f ? PARTS : EVERYTHING;
}

// lit: codes + 1.
inline void restore(Plain, i64, const float*, int, float*) {}
inline void restore(Restored, i64 channels, const float* __restrict lit, int n, float* __restrict values) {
    alignas(64) float sums[EXPANDED];
    for (int i = 0; i < n; i += (int)channels) {
        float sum = lit[i];
        for (int c = 1; c < channels; ++c) sum += lit[i + c];
        for (int c = 0; c < channels; ++c) sums[i + c] = sum;
    }
    for (int i = 0; i < n; ++i) values[i] *= restoration(lit[i], sums[i]);
}

template <int C>
inline void count(const i32* __restrict places, const u32* counts, u32 each, int pixels, i64* bins) {
    for (int x = 0; x < pixels; ++x)
        for (int c = 0; c < C; ++c) bins[c * BINS + places[x * C + c]] += counts ? counts[x] : each;
}

// Rows begin..end; bins: (channels, BINS), to which the samples are added, or null.
template <class Kind, class T, class M>
inline void retinex_rows(Kind kind, const T* image, const M* mask, i64 channels, float scale, const Cells* scales, int count_scales,
                         float* out, i64* bins, i64 begin, i64 end) {
    constexpr bool masked = Masked<M>::value;
    const i64 cols = scales[0].cols, samples = cols * channels;
    const float per_scale = LOG10_2 / (float)count_scales;
    alignas(64) float lit[EXPANDED], blurs[EXPANDED], blurred[EXPANDED], sums[EXPANDED], values[EXPANDED], weights[EXPANDED];
    alignas(64) u32 counts[EXPANDED];
    alignas(64) i32 places[EXPANDED];
    for (i64 row = begin; row < end; ++row)
        for (i64 i0 = 0; i0 < samples; i0 += EXPANDED) {
            const int n = (int)(samples - i0 < EXPANDED ? samples - i0 : EXPANDED), pixels = (int)(n / channels);
            float* __restrict to = out + row * samples + i0;
            const M* run = masked ? mask + row * cols + i0 / channels : mask;
            const Cover covered = cover(run, pixels);
            if (covered == NOTHING) {
                for (int i = 0; i < n; ++i) to[i] = 0;
                continue;
            }
            load_codes(image + row * samples + i0, scale, n, lit);
            for (int i = 0; i < n; ++i) {
                lit[i] += 1.0f;
                blurs[i] = 1;
                values[i] = 1;
            }
            for (int s = 0; s < count_scales; ++s) {
                expand(channels, scales[s], scales[s].values, channels, row, i0, n, blurred);
                if (masked) {
                    expand(channels, scales[s], scales[s].weights, 1, row, i0, n, sums);
                    for (int i = 0; i < n; ++i) blurred[i] = quotient(blurred[i], sums[i]);
                }
                for (int i = 0; i < n; ++i) {
                    blurs[i] *= blurred[i] + 1.0f;
                    values[i] *= lit[i];
                }
            }
            for (int i = 0; i < n; ++i) values[i] = mean_logarithm(values[i] / blurs[i], per_scale);
            restore(kind, channels, lit, n, values);
            if (covered == PARTS) {
                load_weights(channels, run, pixels, weights, counts);
                for (int i = 0; i < n; ++i) values[i] = weights[i] > 0.0f ? values[i] : 0.0f;
            }
            for (int i = 0; i < n; ++i) to[i] = values[i];
            if (!bins) continue;
            for (int i = 0; i < n; ++i) places[i] = bin_of<Kind>(values[i]);
            with_channels(channels, [&](auto c) {
                count<decltype(c)::value>(places, covered == PARTS ? counts : nullptr, masked ? 255 : 1, pixels, bins);
            });
        }
}

// Sums of each row's samples and weights: (rows, channels + 1), in units of 0..1.
template <class T, class M>
inline void sum_rows(const T* image, const M* mask, i64 cols, i64 channels, float scale, double* sums, i64 begin, i64 end) {
    alignas(64) float codes[EXPANDED], weights[EXPANDED];
    alignas(64) u32 counts[EXPANDED];
    const i64 samples = cols * channels;
    for (i64 row = begin; row < end; ++row) {
        double* slots = sums + row * (channels + 1);
        for (i64 c = 0; c <= channels; ++c) slots[c] = 0;
        for (i64 i0 = 0; i0 < samples; i0 += EXPANDED) {
            const int n = (int)(samples - i0 < EXPANDED ? samples - i0 : EXPANDED);
            load_codes(image + row * samples + i0, scale, n, codes);
            for (int i = 0; i < n; ++i) weights[i] = 1;
            load_weights(channels, Masked<M>::value ? mask + row * cols + i0 / channels : mask, (int)(n / channels), weights,
                         counts);
            for (int i = 0; i < n; i += (int)channels) {
                for (i64 c = 0; c < channels; ++c) slots[c] += (double)weighted(codes[i + c], weights[i]);
                slots[channels] += (double)weights[i];
            }
        }
    }
}

}  // namespace pk::PK_LEVEL
