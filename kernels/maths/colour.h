// Colours as one luma and two chromas, for coding.
//
// YCoCg has the chromas orthogonal to each other and is undone by four additions:
//     Y = (R + 2G + B) / 4,   Co = (R - B) / 2,   Cg = (2G - R - B) / 4;      G = Y + Cg,  R, B = (Y - Cg) +- Co.
// In floats both ways are exact for integers below 2^21. The reversible transform keeps integers,
//     Y = floor((R + 2G + B) / 4),   U = B - G,   V = R - G;                  G = Y - floor((U + V) / 4).
// Sources: Malvar and Sullivan, "YCoCg-R: a color space with RGB reversibility and low dynamic range", JVT-I014, 2003
// (eq. 1); ISO/IEC 15444-1, Annex G.2 (the reversible component transform).
#pragma once
#include "platform.h"

namespace pk {

PK_INLINE void to_ycocg(float r, float g, float b, float& y, float& co, float& cg) {
    const float ends = r + b;
    y = (ends + 2.0f * g) * 0.25f;
    co = (r - b) * 0.5f;
    cg = (2.0f * g - ends) * 0.25f;
}

PK_INLINE void from_ycocg(float y, float co, float cg, float& r, float& g, float& b) {
    const float middle = y - cg;
    g = y + cg;
    r = middle + co;
    b = middle - co;
}

PK_INLINE void to_reversible(i32 r, i32 g, i32 b, i32& y, i32& u, i32& v) {
    y = (r + 2 * g + b) >> 2;
    u = b - g;
    v = r - g;
}

// In unsigned arithmetic: what a hostile stream holds may wrap around.
PK_INLINE void from_reversible(i32 y, i32 u, i32 v, i32& r, i32& g, i32& b) {
    g = (i32)((u32)y - (u32)((i32)((u32)u + (u32)v) >> 2));
    r = (i32)((u32)v + (u32)g);
    b = (i32)((u32)u + (u32)g);
}

PK_INLINE float moved(float value, float by) { return value + by; }
PK_INLINE i32 moved(i32 value, i32 by) { return (i32)((u32)value + (u32)by); }

// To nearest, halves up, and into the range of a sample.
PK_INLINE i32 to_sample(float value, i32 most) {
    const float up = value + 0.5f;
    const float low = up > 0.0f ? up : 0.0f;
    return (i32)(low < (float)most ? low : (float)most);
}

PK_INLINE i32 to_sample(i32 value, i32 most) { return value < 0 ? 0 : value > most ? most : value; }

}  // namespace pk
