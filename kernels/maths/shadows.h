// Shadows that a height field casts on itself: the horizon along lines that run away from the light.
//
// The field is turned so that the light stands beyond row 0. Walking one row away from it, a ray of light moves sideways by
// `slope` pixels, |slope| <= 1, and comes down by `rise`. Line c is at column c + slope k in row k; its heights h_k are
// interpolated linearly between the two pixels beside it. What shades it there is the highest of all rays that graze what it
// has passed, its ceiling, and light gets through where that is not above the surface:
//     c_k = max over i >= 1 of (h_{k-i} - i rise),       lit_k = 1 - clamp((c_k - h_k - bias) / rise, 0, 1).
// The division lets a shadow end within one step: it is full where the ray passes a whole step's descent above the surface,
// and ends where the ray meets it. A pixel takes what the two lines beside it say, linearly. Flat fields and all planes that
// face the light are lit exactly, because differences of linear interpolations of a plane are those of the plane.
// Recurrence: c_{k+1} = max(c_k, h_k) - rise; every operation is monotone, so that a lower light never lights more.
// Source: horizons as in Max, "Horizon mapping: shadows for bump-mapped surfaces", The Visual Computer 4(2), 1988, carried
// along sheared lines as in Timonen & Westerholm, "Scalable height field self-shadowing", Eurographics 2010, section 3.
#pragma once
#include "platform.h"

namespace pk {

constexpr float NOWHERE = -1e30f, LOWEST = -1e29f, HIGHEST = 1e29f;  // no surface; what a surface may be

// A height as the field has it: not a number is no surface.
PK_INLINE float surface(float height) { return height > LOWEST ? (height < HIGHEST ? height : HIGHEST) : NOWHERE; }

// The height of a line between two pixels; beside no surface, that of the other.
PK_INLINE float surface_between(float a, float b, float fraction) {
    const float both = a + fraction * (b - a), left = a > LOWEST ? both : b;
    return b > LOWEST ? left : a;
}

struct Ray {
    double slope;       // sideways, per row
    float rise, bias;   // heights, in pixels
    float inverse_rise;
};

// How much light gets through under `ceiling` to a surface, and what the ceiling is one row on.
PK_INLINE float light_under(float ceiling, float height, const Ray& ray) {
    const float hidden = ((ceiling - height) - ray.bias) * ray.inverse_rise;
    const float lit = 1 - (hidden > 0 ? hidden : 0);
    const float some = lit > 0 ? lit : 0;
    return height > LOWEST ? some : 1;
}
PK_INLINE float next_ceiling(float ceiling, float height, const Ray& ray) {
    return (ceiling > height ? ceiling : height) - ray.rise;
}

// Where the lines are in a row: at `whole` + `fraction` columns beyond their number.
struct Shear {
    i64 whole;
    float fraction;
};
PK_INLINE Shear shear(double slope, i64 row) {
    const double at = slope * (double)row;
    const i64 cut = (i64)at, whole = (double)cut > at ? cut - 1 : cut;
    return {whole, (float)(at - (double)whole)};
}

// A pixel between the line on its left, at distance 1 - fraction, and the one on its right.
PK_INLINE float light_between(float left, float right, float fraction) { return right + fraction * (left - right); }

}  // namespace pk
