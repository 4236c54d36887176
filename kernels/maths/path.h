// Where a row of output pixels samples, from the lens at every eighth pixel.
//
// A lens is smooth, so one row of its positions is a smooth path. It is evaluated in float64 at nodes 8 pixels
// apart and follows the cubic through four nodes in between, whose error is at most 3/128 of a fourth difference
// of the nodes. Where a fourth difference exceeds ROUGH, or a second one BENT, the path is evaluated at every pixel
// instead, so that the cubic is within 3/128 ROUGH = 2.4e-7 of a pixel of the lens. (The nodes must see the lens bend:
// a feature narrower than some 30 pixels, such as a pole that almost cancels, can hide between them.)
//
// Inside a segment only the departure from base + slope i is float32, with integers base and slope: it is less
// than 6 pixels, whose roundings are 4e-7. A straight path (the identity) has no departure and stays exact.
#pragma once
#include "interpolation.h"

namespace pk {

constexpr int BLOCK = 256;  // pixels of a row whose path is made at once: its nodes stay in registers and cache
constexpr int STEP = 8;
constexpr int AROUND = 4;  // nodes more than segments: one before the first and three after the last
constexpr int NODES = BLOCK / STEP + AROUND;  // also where the output ends within a block: a wider one has the same bits
constexpr double ROUGH = 1e-5, BENT = 1;  // pixels

PK_INLINE bool within(double value, double limit) { return (value <= limit) & (value >= -limit); }

// Whether five nodes in a row allow the cubic.
PK_INLINE bool smooth(double a, double b, double c, double d, double e) {
    const double left = (c - b) - (b - a), right = (e - d) - (d - c), fourth = (left + right) - 2 * ((d - c) - (c - b));
    return within(fourth, ROUGH) & within(left, BENT) & within(right, BENT) & within(b, FARTHEST) & within(c, FARTHEST) &
           within(d, FARTHEST);
}

// The path from node b to node c, in units of t = i / STEP.
struct Segment {
    i32 base, slope;
    float k0, k1, k2, k3;
};

PK_INLINE Segment segment(double a, double b, double c, double d) {
    const double before = b - a, here = c - b, after = d - c;
    const double k3 = ((after - here) - (here - before)) * (1.0 / 6), k2 = (here - before) * 0.5, k1 = here - k2 - k3;
    i32 base = (i32)b;
    base -= base > b;
    const double per_pixel = k1 * (1.0 / STEP);
    const i32 slope = (i32)(per_pixel + (per_pixel < 0 ? -0.5 : 0.5));
    return {base, slope, (float)(b - base), (float)(k1 - (double)STEP * slope), (float)k2, (float)k3};
}

// Pixel i of a segment, moved by `extra`, which may be anything.
constexpr float MOST_EXTRA = 1 << 28;
PK_INLINE void follow(const Segment& s, int i, float extra, i32& whole, float& fraction) {
    const float t = (float)i * (1.0f / STEP), path = s.k0 + t * (s.k1 + t * (s.k2 + t * s.k3));
    const float above = path + extra >= -MOST_EXTRA ? path + extra : -MOST_EXTRA;
    const float away = above < MOST_EXTRA ? above : MOST_EXTRA;
    i32 low = (i32)away;
    low -= (float)low > away;
    const float f = away - (float)low;
    whole = or_nowhere(extra, s.base + s.slope * i + low);
    fraction = f < MOST ? f : MOST;
}

// A low-resolution field of displacements (x, y), corners on the corners of the output, bilinear in between.
struct Residual {
    const float* at;
    i64 rows, cols;
};

// Cell and weight of pixel i of `length` come from the integers i (nodes - 1) / (length - 1), without rounding.
PK_INLINE void cell_of(i64 i, i64 length, i64 nodes, i64& cell, float& weight) {
    const i64 spans = nodes - 1, last = length > 1 ? length - 1 : 1, at = i * spans;
    cell = at / last;
    if (cell >= spans) cell = spans > 0 ? spans - 1 : 0;
    weight = spans > 0 ? (float)(at - cell * last) / (float)last : 0;
}

// Its value at one pixel of an output of length_y x length_x.
PK_INLINE void displacement(const Residual& residual, i64 row, i64 length_y, i64 col, i64 length_x, float& dx, float& dy) {
    i64 top, left;
    float down, along;
    cell_of(row, length_y, residual.rows, top, down);
    cell_of(col, length_x, residual.cols, left, along);
    const i64 below = top + 1 < residual.rows ? top + 1 : top, right = left + 1 < residual.cols ? left + 1 : left;
    const float* upper = residual.at + top * residual.cols * 2;
    const float* lower = residual.at + below * residual.cols * 2;
    dx = lerp(lerp(upper[2 * left], lower[2 * left], down), lerp(upper[2 * right], lower[2 * right], down), along);
    dy = lerp(lerp(upper[2 * left + 1], lower[2 * left + 1], down), lerp(upper[2 * right + 1], lower[2 * right + 1], down), along);
}

}  // namespace pk
