// Scalar quantisers: a dead zone with bins of one step outside, and an affine one of at most 256 values.
//
// Dead zone of z steps, 1 <= z <= 2. The zero bin is |x| < z/2 step; bin q = 1, 2, ... holds
//     (q - 1 + z/2) step <= |x| < (q + z/2) step,
// so that z = 1 rounds to nearest, halves away from zero, and z = 2 is the quantiser of JPEG 2000. With t = |x| / step and
// k = floor(t), q = k if t - k < z/2, else k + 1. As t - k is exact, nothing is rounded but t and z/2.
// Bin q is restored to the point r of the way from its low to its high end: (q + d) step with d = r + z/2 - 1.
// Sources: Sullivan, "Efficient scalar quantization of exponential and Laplacian random variables", IEEE Trans.
// Information Theory 42(5), 1996; ISO/IEC 15444-1 (JPEG 2000), equations E-2 and E-6.
#pragma once
#include "platform.h"

namespace pk {

// The bin of x; `refused` is set, and 0 returned, if there is none: NaN, infinities, |x| of 2^31 steps and more.
PK_INLINE i32 dead_zone_bin(float x, float step, float half_zone, i32& refused) {
    const float size = x < 0 ? -x : x, t = size / step;
    const i32 fits = t < 2147483648.0f;
    const float held = t < 2147483648.0f ? t : 0;
    const i32 k = (i32)held, above = held - (float)k >= half_zone;
    const i32 q = k + above, sign = -(x < 0);  // q is no more than 2^31 - 128, the last float32 below 2^31
    refused |= 1 - fits;
    return (q ^ sign) - sign;
}

PK_INLINE float dead_zone_point(i32 q, float step, float shift) {
    const float signed_size = (float)q, size = signed_size < 0 ? -signed_size : signed_size;
    const float point = (size + shift) * step;
    return q == 0 ? 0 : q < 0 ? -point : point;
}

// Affine: symbol s of the values x = offset + s scale, to the nearest one, halves up. Float64, where products of a
// symbol and a float32 scale are exact. A band of one value has scale 0, and `inverse` 0.
PK_INLINE u8 affine_symbol(float x, double offset, double inverse) {
    const double t = ((double)x - offset) * inverse + 0.5;
    return (u8)(i32)(t < 255 ? t : 255);  // below 256 by the choice of scale; defined even if x changed since
}
PK_INLINE float affine_value(u8 symbol, double offset, double scale) { return (float)(offset + (double)symbol * scale); }

// A rectangle of a plane; its rows are counted through all bands from `first` on.
struct Band {
    i64 row, col, rows, cols, first, index;
};
struct Line {
    i64 start, cols, parameters;  // where it begins in the planes; how long it is; whose scale and offset it has
};
// Line `line` of the planes; `hint` is any band of no later place, and becomes its band.
PK_INLINE Line line_of(const Band* bands, i64 band_count, i64 parameters, i64 rows, i64 cols, i64 line, i64& hint) {
    const i64 lines = bands[band_count - 1].first + bands[band_count - 1].rows, plane = line / lines, within = line % lines;
    if (within < bands[hint].first) hint = 0;
    while (within >= bands[hint].first + bands[hint].rows) ++hint;
    const Band& band = bands[hint];
    return {(plane * rows + band.row + within - band.first) * cols + band.col, band.cols, plane * parameters + band.index};
}

}  // namespace pk
