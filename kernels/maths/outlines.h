// A picture of an outline, laid anywhere: moved, turned and rescaled, each sample the mean of n x n places within it.
//
// A place between four pixels is their bilinear mixture; beyond the picture there is nothing. With n places a pixel of the picture
// apart or less, fine outlines do not break up.
#pragma once
#include "patterns.h"
#include "sample_grid.h"

namespace pk {

struct Outline {
    const float* values;
    i64 rows, cols;
    double x, y, cosine, sine;  // where its middle is, in patterns' units; its axes, in pixels of it per unit
    double col, row;            // its middle, in pixels of it
    int taps;                   // n
};

PK_INLINE float pixel_of(const Outline& from, i64 row, i64 col) {
    const bool inside = row >= 0 && row < from.rows && col >= 0 && col < from.cols;
    return inside ? from.values[row * from.cols + col] : 0.0f;
}

PK_INLINE float value_at(const Outline& from, double x, double y) {
    // far away is nothing, and does not fit an integer
    if (!(x > -2 && y > -2 && x < (double)from.cols + 1 && y < (double)from.rows + 1)) return 0;
    const i64 col = (i64)(x + 2) - 2, row = (i64)(y + 2) - 2;
    const float s = (float)(x - (double)col), t = (float)(y - (double)row);
    const float a = pixel_of(from, row, col), b = pixel_of(from, row, col + 1);
    const float c = pixel_of(from, row + 1, col), d = pixel_of(from, row + 1, col + 1);
    const float upper = a + s * (b - a), lower = c + s * (d - c);
    return upper + t * (lower - upper);
}

PK_INLINE float shade_of(const Outline& from, const SampleGrid& at, i64 row, i64 col) {
    float sum = 0;
    for (int i = 0; i < from.taps; ++i)
        for (int j = 0; j < from.taps; ++j) {
            const double across = ((double)j + 0.5) / from.taps - 0.5, down = ((double)i + 0.5) / from.taps - 0.5;
            const double u = (at.left + (double)col + across) * at.pitch - from.x, v = (at.top + (double)row + down) * at.pitch - from.y;
            const double x = (u * from.cosine - v * from.sine) + from.col;
            const double y = (u * from.sine + v * from.cosine) + from.row;
            sum += value_at(from, x, y);
        }
    return sum / (float)(from.taps * from.taps);
}

}  // namespace pk
