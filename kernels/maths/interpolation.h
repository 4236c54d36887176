// How a value between pixels is made of the pixels around it.
//
// A position is an integer pixel and a fraction in [0, 1) of the way to the next, kept apart: one float32 for
// both would round a coordinate of 4,000 to 1/4096 of a pixel. Kernels are separable, columns first:
//     value = sum_k wx[k] (sum_j wy[j] pixel(y + first + j, x + first + k)),
// added in that order, so that every loop that reads this file gives the same bits.
#pragma once
#include "platform.h"

namespace pk {

enum Interpolation { NEAREST, BILINEAR, BICUBIC, LANCZOS4 };
enum Border { ZEROS, BORDER, REFLECTION };

// Bicubic convolution with a = -0.75, as OpenCV and torch have it.
// Source: Keys, "Cubic convolution interpolation for digital image processing", IEEE ASSP 29(6), 1981, eq. 15.
struct Bicubic {
    static constexpr int taps = 4, first = -1;
    static PK_INLINE void weights(float f, float* w) {
        constexpr float a = -0.75f;
        w[0] = ((a * f - 2 * a) * f + a) * f;
        w[1] = ((a + 2) * f - (a + 3)) * f * f + 1;
        w[2] = ((-(a + 2) * f + (2 * a + 3)) * f - a) * f;
        w[3] = (-a * f + a) * f * f;
    }
};

// Lanczos with four lobes, normalised to a sum of 1: w_k ~ sinc(d) sinc(d / 4), d = f - k, k = -3..4.
//
// sin(pi d) differs between taps by its sign only and cancels in the normalisation, which leaves
// w_k ~ (-1)^k sin(pi d / 4) / d^2. Multiplied by f (1 - f), nothing is singular at the ends, where the
// nearest pixel gets exactly 1. sin and cos of pi f / 4 are Taylor series: dropped terms are below 1e-9.
// Source: Lanczos, Applied Analysis, 1956, sigma factors; Duchon, J. Applied Meteorology 18, 1979, eq. 12.
struct Lanczos4 {
    static constexpr int taps = 8, first = -3;

    static PK_INLINE float sine_over(float t) {  // sin(pi x / 4) / x for t = x^2 <= 1
        return 0.78539816f +
               t * (-0.080745512f + t * (0.0024903946f + t * (-3.6576204e-5f + t * (3.1336162e-7f + t * -1.7572477e-9f))));
    }
    static PK_INLINE float cosine(float t) {  // cos(pi x / 4)
        return 1 + t * (-0.30842514f +
                        t * (0.015854344f + t * (-3.2599189e-4f + t * (3.5908604e-6f + t * -2.4611382e-8f))));
    }
    static PK_INLINE void weights(float f, float* w) {
        const float g = 1 - f, fg = f * g, near = sine_over(f * f), next = sine_over(g * g);
        const float sine = fg * (f * near), mirrored = fg * (g * next), cosines = fg * cosine(f * f);
        const float both = (sine + cosines) * 0.70710678f;
        float over[8] = {-mirrored, cosines, -both, near * g, next * f, -cosines, both, -sine};
        const float d[8] = {f + 3, f + 2, f + 1, 1, 1, 2 - f, 3 - f, 4 - f};
        for (int k = 0; k < 8; ++k) over[k] /= d[k] * d[k];
        const float sum = ((over[0] + over[1]) + (over[2] + over[3])) + ((over[4] + over[5]) + (over[6] + over[7]));
        const float unit = 1 / sum;
        for (int k = 0; k < 8; ++k) w[k] = over[k] * unit;
    }
};

// Two rows or columns.
PK_INLINE float lerp(float a, float b, float f) { return a + f * (b - a); }

// The pixel that stands for index i of a line of n pixels; -1 for none.
PK_INLINE i32 bordered(i32 i, i32 n, int border) {
    if (i >= 0 && i < n) return i;
    if (border == ZEROS) return -1;
    if (border == BORDER) return i < 0 ? 0 : n - 1;
    if (n == 1) return 0;
    const i32 period = 2 * (n - 1);
    i32 m = i % period;
    if (m < 0) m += period;
    return m < n ? m : period - m;
}

PK_INLINE void store(float value, u8& to) {
    const float v = (value < 0 ? 0 : value > 255 ? 255 : value) + 0.5f;
    to = (u8)(i32)v;
}
PK_INLINE void store(float value, u16& to) {
    const float v = (value < 0 ? 0 : value > 65535 ? 65535 : value) + 0.5f;
    to = (u16)(i32)v;
}
PK_INLINE void store(float value, float& to) { to = value; }

// Where one output pixel samples.
struct Position {
    i32 x, y;
    float fx, fy;
};
constexpr i32 NOWHERE = -(1 << 30);  // x of a position that is not finite: it shows zero, whatever the border
constexpr double FARTHEST = 1 << 28;  // positions are clamped to this many pixels from the origin
constexpr float MOST = 0x1.fffffep-1f;  // the largest fraction: float32 rounds what is still closer to the next pixel up

// A coordinate as integer and fraction; NOWHERE if it is not finite.
PK_INLINE void floor_of(double at, i32& low, float& fraction) {
    const double above = at >= -FARTHEST ? at : -FARTHEST, inside = above < FARTHEST ? above : FARTHEST;
    const i32 toward_zero = (i32)inside;
    low = toward_zero - ((double)toward_zero > inside);
    fraction = (float)(inside - (double)low);
}
PK_INLINE float below_one(float fraction) { return fraction < MOST ? fraction : MOST; }
PK_INLINE i32 or_nowhere(double at, i32 low) { return at - at == 0 ? low : NOWHERE; }
PK_INLINE void split(double at, i32& whole, float& fraction) {
    floor_of(at, whole, fraction);
    fraction = below_one(fraction);
    whole = or_nowhere(at, whole);
}

// An image whose pixels lie `pitch` values apart.
template <class T>
struct Plane {
    const T* at;
    i32 rows, cols;
    i64 pitch;

    PK_INLINE float operator()(i32 row, i32 col) const {
        return row < 0 || col < 0 ? 0.0f : (float)at[((i64)row * cols + col) * pitch];
    }
};

template <class Kernel, class T>
PK_CALL T convolved(Plane<T> image, Position p, int border) {
    float wx[Kernel::taps], wy[Kernel::taps], value = 0;
    i32 rows[Kernel::taps];
    Kernel::weights(p.fx, wx);
    Kernel::weights(p.fy, wy);
    for (int j = 0; j < Kernel::taps; ++j) rows[j] = bordered(p.y + Kernel::first + j, image.rows, border);
    PK_ROLLED for (int k = 0; k < Kernel::taps; ++k) {
        const i32 col = bordered(p.x + Kernel::first + k, image.cols, border);
        float sum = wy[0] * image(rows[0], col);
        for (int j = 1; j < Kernel::taps; ++j) sum += wy[j] * image(rows[j], col);
        value = k ? value + wx[k] * sum : wx[k] * sum;
    }
    T result;
    store(value, result);
    return result;
}

// The definition of sampling that the fast loops are held to: any position, any border, one channel.
template <class T>
PK_INLINE T sample(const Plane<T>& image, const Position& p, int interpolation, int border) {
    if (p.x == NOWHERE || p.y == NOWHERE) return 0;
    const bool whole = p.fx == 0 && p.fy == 0;  // the pixel itself, with all its bits
    if (interpolation == NEAREST || whole) {
        const i32 row = bordered(p.y + (p.fy >= 0.5f), image.rows, border);
        const i32 col = bordered(p.x + (p.fx >= 0.5f), image.cols, border);
        return row < 0 || col < 0 ? T(0) : image.at[((i64)row * image.cols + col) * image.pitch];
    }
    if (interpolation == BICUBIC) return convolved<Bicubic>(image, p, border);
    if (interpolation == LANCZOS4) return convolved<Lanczos4>(image, p, border);
    const i32 top = bordered(p.y, image.rows, border), bottom = bordered(p.y + 1, image.rows, border);
    const i32 left = bordered(p.x, image.cols, border), right = bordered(p.x + 1, image.cols, border);
    T result;
    store(lerp(lerp(image(top, left), image(bottom, left), p.fy), lerp(image(top, right), image(bottom, right), p.fy), p.fx),
          result);
    return result;
}

}  // namespace pk
