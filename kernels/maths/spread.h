// Blur whose width varies from pixel to pixel: Gaussians of a few widths, mixed.
//
// Widths are 0, s_1, s_2, ... with s_{l+1} = sqrt(2) s_l. A pixel of width s between two of them takes a mixture of their two
// Gaussians: the share of the wider one is linear in sqrt(s), which comes nearer to the response of a Gaussian to an edge
// than shares linear in s or s^2 (0.004 of the edge against 0.005 and 0.008), and (s / s_1)^4 below s_1, where a sampled
// Gaussian has hardly begun to leave its pixel. A mixture is a convex combination of pixels.
#pragma once
#include "atan.h"
#include "platform.h"

namespace pk {

// The share of the wider one: from 0 to the first width, and between square roots of two widths. Exactly 1 from the wider
// one on, so that a pixel gets the same bits whether a loop leaves the narrower one out or not.
PK_INLINE float share_from_zero(float width, float first) {
    const float part = width / first, square = part * part;
    return width < first ? square * square : 1;
}
PK_INLINE float share_between(float root, float from, float to) {
    const float share = (root - from) / (to - from);
    return root < to ? (share > 0 ? share : 0) : 1;
}

// Pixel i of a line of n that is mirrored about its ends, half-sample symmetry, as often as it takes.
PK_INLINE i64 reflected_pixel(i64 i, i64 n) {
    if (i >= 0 && i < n) return i;
    const i64 period = 2 * n, m = (i % period + period) % period;
    return m < n ? m : period - 1 - m;
}

// A sampled Gaussian: weights[k] of the pixels k before and k after; pairs are added from the middle outwards.
struct Gaussian {
    const float* weights;
    i32 reach;
};

}  // namespace pk
